"""Reports (never choices): errors on the real sets and on portraits/dev, of teachers' cached answers and of checkpoints.

    python measure.py --labels /tmp/networks/labels --teacher rvm --teacher selfie --checkpoint RUN/checkpoint.pt
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

import checkpoint
from metrics import grad, iou, is_gross, sad
from network import PortraitNetwork
from pictures import list_pictures, read_gray, read_rgb, truth_of
from predict import predict
from trimaps import UNKNOWN, trimap_of

REPORTED = ("ppm", "dev", "eg1800", "portraits")


def given_trimap(data: Path, name: str, stem: str, truth: np.ndarray) -> np.ndarray:
    """Classes: the published trimap at the matte's size, or the rule where there is none."""
    folder = {"ppm": "real/ppm", "dev": "real/dev", "portraits": "portraits/dev"}.get(name)
    if folder is None:
        return trimap_of(truth)
    trimap = cv2.imread(str(data / folder / "trimap" / f"{stem}.png"), cv2.IMREAD_GRAYSCALE)
    trimap = cv2.resize(trimap, truth.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.where(trimap == 0, 0, np.where(trimap == 255, 2, 1)).astype(np.uint8)


def measure(answer, data: Path, name: str, hard_only: bool) -> dict[str, float]:
    rows = []
    for file in list_pictures(data, name):
        truth = read_gray(truth_of(data, name, file.stem))
        given = given_trimap(data, name, file.stem, truth)
        alpha = answer(name, file, given)
        row = {"iou": iou(alpha, truth), "gross": is_gross(alpha, truth)}
        if not hard_only:
            unknown = given == UNKNOWN
            row |= {"sad": sad(alpha, truth), "unknown_sad": sad(alpha, truth, unknown),
                    "unknown_grad": grad(alpha, truth, unknown)}
        rows.append(row)
    return {k: float(np.sum([r[k] for r in rows]) if k == "gross" else np.mean([r[k] for r in rows])) for k in rows[0]}


def network_answer(network: PortraitNetwork, labels: Path, mode: str):
    def answer(name: str, file: Path, given: np.ndarray) -> np.ndarray:
        prior = cv2.imread(str(labels / "selfie" / name / f"{file.stem}.png"), cv2.IMREAD_GRAYSCALE)
        return predict(network, read_rgb(file), prior if mode == "prior" else None,
                       given if mode == "trimap" else None)[0]

    return answer


def load_average(file: Path) -> PortraitNetwork:
    network = PortraitNetwork()
    network.load_state_dict(checkpoint.load(file)["average"])
    return network.to(memory_format=torch.channels_last).eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("/work/shared/data"))
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--teacher", action="append", default=[])
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--mode", action="append", default=[], help="plain, prior, trimap")
    parser.add_argument("--set", action="append", dest="sets", help="default: all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.backends.nnpack.set_flags(False)
    answers = {t: lambda name, file, _, t=t: cv2.imread(str(options.labels / t / name / f"{file.stem}.png"), 0)
               for t in options.teacher}
    if options.checkpoint:
        network = load_average(options.checkpoint)
        answers |= {m: network_answer(network, options.labels, m) for m in options.mode or ("plain", "prior")}
    results = {}
    for name in options.sets or REPORTED:
        print(f"{name:10s}  SAD    unknown SAD  Grad   IoU    gross")
        for who, answer in answers.items():
            r = measure(answer, options.data, name, name == "eg1800")
            results.setdefault(name, {})[who] = r
            parts = [f"{r[k]:6.2f}" if k in r else "     -" for k in ("sad", "unknown_sad", "unknown_grad")]
            print(f"{who:10s}{parts[0]} {parts[1]:>10s} {parts[2]:>8s}  {r['iou']:.4f} {int(r['gross']):4d}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
