"""Puts pictures, labels, weights and priors into one file of bytes that a training maps into memory.

    python pack.py --labels /tmp/networks/labels --out /tmp/networks/pack

OUT/pixels.u8 holds, per picture, [H, W, 9]: RGB, alpha, weight, prior, foreground RGB; OUT/index.json says where.
Backgrounds are [H, W, 3] in OUT/backgrounds.u8.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from consensus import Label, consensus, mean_of_mattes
from foreground import estimate_foreground
from pictures import fit, is_held_out, list_pictures, read_gray, read_rgb, truth_of

VOTERS = ("selfie", "deeplab", "prisma")
TRUSTED_MASKS = ("eg",)
"""Sets whose masks are of the person alone and of all persons."""

SCENES_WITH_PEOPLE = frozenset(
    """
    140006 147021 188025 206062 216041 220075 226022 238025 250047 277053 292066 361010 368016 48055
    61086 71099 102062 206097 226033 267036 285022 344010 365073 372047 64061 219090 223004 274007
    374067
    """.split()
)
"""Of the natural scenes these show somebody, seen by eye: as a background they would teach that people are none."""

MOST_DOUBT = {"eg": 0.35, "ccp": 0.25, "coco": 0.35, "hagrid": 0.15, "ais": 0.2}
"""A photograph with more doubt is dropped."""


def _answer(labels: Path, teacher: str, name: str, stem: str) -> np.ndarray | None:
    file = labels / teacher / name / f"{stem}.png"
    return cv2.imread(str(file), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255 if file.exists() else None


def label_photo(labels: Path, name: str, file: Path, mask_file: Path | None) -> Label:
    matte, contradicted = _answer(labels, "rvm", name, file.stem), None
    votes = [v for t in VOTERS if (v := _answer(labels, t, name, file.stem)) is not None]
    isnet = _answer(labels, "isnet", name, file.stem)
    if isnet is not None:
        matte, contradicted = mean_of_mattes(matte, isnet)
        votes.append(isnet)
    mask = read_gray(mask_file) > 127 if mask_file else None
    return consensus(matte, votes, mask, file.stem.split("_")[0] in TRUSTED_MASKS, contradicted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("/work/shared/data"))
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    entries, dropped = [], {}
    with open(options.out / "pixels.u8", "wb") as out:
        for name in ("photos", "train"):
            for file in list_pictures(options.data, name):
                rgb, truth = read_rgb(file), truth_of(options.data, name, file.stem)
                kind = file.stem.split("_")[0]
                if name == "photos":
                    label = label_photo(options.labels, name, file, truth)
                    if label.doubt > MOST_DOUBT[kind] and not is_held_out(name, file.stem):
                        dropped[kind] = dropped.get(kind, 0) + 1
                        continue
                else:
                    alpha = read_gray(truth).astype(np.float32) / 255
                    label = Label(alpha, np.ones_like(alpha), 0)
                prior = _answer(options.labels, "selfie", name, file.stem)
                maps = [np.rint(np.clip(m, 0, 1) * 255).astype(np.uint8)[..., None]
                        for m in (label.alpha, label.weight, prior)]
                record = np.concatenate([rgb, *maps, estimate_foreground(rgb, label.alpha)], 2)
                entries.append({"set": name, "kind": kind, "name": file.stem, "height": rgb.shape[0],
                                "width": rgb.shape[1], "at": out.tell(), "doubt": round(label.doubt, 4),
                                "held_out": is_held_out(name, file.stem), "mask": truth is not None})
                out.write(record.tobytes())
    scenes = []
    with open(options.out / "backgrounds.u8", "wb") as out:
        for file in sorted((options.data / "portraits/train/background").iterdir()):
            if file.stem in SCENES_WITH_PEOPLE:
                continue
            rgb = fit(cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB))
            scenes.append({"name": file.stem, "height": rgb.shape[0], "width": rgb.shape[1], "at": out.tell()})
            out.write(rgb.tobytes())
    (options.out / "index.json").write_text(json.dumps({"pictures": entries, "backgrounds": scenes}))
    print(len(entries), "pictures,", sum(e["held_out"] for e in entries), "held out; dropped:", dropped)


if __name__ == "__main__":
    main()
