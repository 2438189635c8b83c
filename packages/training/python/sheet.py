"""A contact sheet: picture, label or truth, predicted matte, predicted trimap, for the held-out slice or a real set.

    python sheet.py --checkpoint RUN/checkpoint.pt --pack PACK --out sheet.png [--labels LABELS --set ppm] [--worst 24]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch

from measure import load_average
from metrics import sad
from pictures import list_pictures, read_gray, read_rgb, truth_of
from predict import predict
from samples import Pack

HEIGHT = 160


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--pack", type=Path)
    parser.add_argument("--data", type=Path, default=Path("/work/shared/data"))
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--set", dest="name", help="a real set, for a report; default: the held-out slice of the pack")
    parser.add_argument("--mode", default="plain", choices=("plain", "prior"))
    parser.add_argument("--every", type=int, default=1, help="take one picture in so many")
    parser.add_argument("--worst", type=int, help="show the worst so many only")
    parser.add_argument("--columns", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.backends.nnpack.set_flags(False)
    network, cases = load_average(options.checkpoint), []
    if options.name:
        for file in list_pictures(options.data, options.name)[::options.every]:
            truth = read_gray(truth_of(options.data, options.name, file.stem))
            prior = options.labels and cv2.imread(str(options.labels / "selfie" / options.name / f"{file.stem}.png"), 0)
            cases.append((file.stem, read_rgb(file), truth, np.ones(truth.shape, bool), prior))
    else:
        pack = Pack(options.pack)
        for entry in [e for e in pack.pictures if e["held_out"]][::options.every]:
            record = np.array(pack.record(entry))
            cases.append((entry["name"], np.ascontiguousarray(record[..., :3]), record[..., 3], record[..., 4] > 127,
                          record[..., 5]))
    tiles = []
    for name, rgb, truth, trusted, prior in cases:
        alpha, classes = predict(network, rgb, prior if options.mode == "prior" else None)
        error = sad(alpha, truth, trusted)
        maps = [np.repeat(m[..., None], 3, 2) for m in (truth, alpha, classes * 127)]
        maps[0] = np.where(trusted[..., None], maps[0], np.uint8([160, 40, 40]))
        width = max(1, round(rgb.shape[1] * HEIGHT / rgb.shape[0] / 2) * 2)
        row = np.hstack([cv2.resize(m, (width, HEIGHT), interpolation=cv2.INTER_AREA) for m in (rgb, *maps)])
        cv2.putText(row, f"{name} {error:.2f}", (3, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 0, 0), 1, cv2.LINE_AA)
        tiles.append((error, row))
    if options.worst:
        tiles = sorted(tiles, key=lambda t: -t[0])[:options.worst]
    widest = max(row.shape[1] for _, row in tiles)
    rows = [cv2.copyMakeBorder(r, 2, 2, 2, 2 + widest - r.shape[1], cv2.BORDER_CONSTANT) for _, r in tiles]
    rows += [np.zeros_like(rows[0])] * (-len(rows) % options.columns)
    lines = [np.hstack(rows[i:i + options.columns]) for i in range(0, len(rows), options.columns)]
    cv2.imwrite(str(options.out), cv2.cvtColor(np.vstack(lines), cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
