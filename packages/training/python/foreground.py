"""Colours of the foreground behind a matte (Forte, "Approximate Fast Foreground Colour Estimation", 2021)."""

import cv2
import numpy as np


def _fuse(picture: np.ndarray, foreground: np.ndarray, background: np.ndarray, alpha: np.ndarray,
          radius: int) -> tuple[np.ndarray, np.ndarray]:
    blur = lambda x: cv2.blur(x, (radius, radius))
    weight = blur(alpha)[..., None]
    f = blur(foreground * alpha[..., None]) / (weight + 1e-5)
    b = blur(background * (1 - alpha[..., None])) / (1 - weight + 1e-5)
    a = alpha[..., None]
    return np.clip(f + a * (picture - a * f - (1 - a) * b), 0, 255), b


def estimate_foreground(picture: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """[H, W, 3] uint8 and [H, W] in [0, 1] → [H, W, 3] uint8."""
    picture = picture.astype(np.float32)
    f, b = _fuse(picture, picture, picture, alpha, 91)
    f, _ = _fuse(picture, f, b, alpha, 7)
    return np.where(alpha[..., None] > 0.995, picture, f).astype(np.uint8)
