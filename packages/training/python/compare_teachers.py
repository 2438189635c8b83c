"""Which rule of consensus is best: teachers and rules against the annotated masks of the held-out `eg_` photographs.

    python compare_teachers.py --labels /tmp/networks/labels
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from consensus import consensus
from metrics import iou, is_gross
from pictures import is_held_out, list_pictures, read_gray, truth_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("/work/shared/data"))
    parser.add_argument("--labels", type=Path, required=True)
    options = parser.parse_args()
    rows: dict[str, list[tuple[float, bool, float]]] = {}
    for file in list_pictures(options.data, "photos"):
        truth = truth_of(options.data, "photos", file.stem)
        if not file.stem.startswith("eg_") or truth is None or not is_held_out("photos", file.stem):
            continue
        mask = read_gray(truth)
        answers = {}
        for teacher in ("rvm", "selfie", "sinet", "deeplab", "prisma"):
            answer = cv2.imread(str(options.labels / teacher / "photos" / f"{file.stem}.png"), 0)
            if answer is not None:
                answers[teacher] = answer.astype(np.float32) / 255
        rvm, selfie = answers["rvm"], answers["selfie"]
        every = list(answers.values())
        answers["mean of rvm, selfie"] = (rvm + selfie) / 2
        answers["median of all"] = np.median(every, 0)
        answers["rvm gated by all"] = consensus(rvm, every[1:], None, False).alpha
        label = consensus(rvm, every[1:], mask > 127, True)
        answers["rvm gated by mask"] = label.alpha
        for who, answer in answers.items():
            grey = np.rint(answer * 255).astype(np.uint8)
            rows.setdefault(who, []).append((iou(grey, mask), is_gross(grey, mask), float(label.weight.mean())))
    for who, values in rows.items():
        print(f"{who:22s} IoU {np.mean([v[0] for v in values]):.4f}  gross {sum(v[1] for v in values):3d} of {len(values)}")


if __name__ == "__main__":
    main()
