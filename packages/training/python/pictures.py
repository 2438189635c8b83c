"""Where the pictures are, how they are read, and which of them are held out of the training."""

import hashlib
from pathlib import Path

import cv2
import numpy as np

LONGEST_SIDE = 512

SETS = {
    "photos": ("photos/image", "photos/mask"),
    "train": ("portraits/train/image", "portraits/train/alpha"),
    "faces": ("portraits/faces", None),
    "ppm": ("real/ppm/image", "real/ppm/alpha"),
    "dev": ("real/dev/image", "real/dev/alpha"),
    "eg1800": ("real/eg1800/image", "real/eg1800/mask"),
    "portraits": ("portraits/dev/image", "portraits/dev/alpha"),
}
"""name → folder of pictures, folder of mattes or masks; below the data folder. The last four are for reports only."""

HELD_OUT_ONE_IN = {"photos": 10, "train": 14}


def list_pictures(data: Path, name: str) -> list[Path]:
    return sorted(p for p in (data / SETS[name][0]).iterdir() if p.suffix in (".jpg", ".png"))


def truth_of(data: Path, name: str, stem: str) -> Path | None:
    """Matte or mask of a picture; None where there is none."""
    folder = SETS[name][1]
    file = data / folder / f"{stem}.png" if folder else None
    return file if file and file.exists() else None


def is_held_out(name: str, stem: str) -> bool:
    """A fixed slice by hash of the name: for every choice of a weight or a setting."""
    one_in = HELD_OUT_ONE_IN.get(name)
    digest = hashlib.sha256(f"{name}/{stem}".encode()).digest()
    return one_in is not None and int.from_bytes(digest[:4], "big") % one_in == 0


def fit(picture: np.ndarray, longest: int = LONGEST_SIDE) -> np.ndarray:
    """Reduces a picture or matte to a longest side, by area."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    return cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)


def read_rgb(file: Path) -> np.ndarray:
    """[H, W, 3] uint8, longest side at most 512."""
    return fit(cv2.cvtColor(cv2.imread(str(file), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))


def read_gray(file: Path) -> np.ndarray:
    """[H, W] uint8, longest side at most 512."""
    return fit(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE))
