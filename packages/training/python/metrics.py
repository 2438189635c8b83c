"""The errors of packages/core/src/metrics, and gross failures."""

import cv2
import numpy as np

SIGMA, HALF = 1.4, 4


def gaussian_kernels() -> tuple[np.ndarray, np.ndarray]:
    """Gaussian of `SIGMA` and its slope, of 2 · `HALF` + 1 samples and norm 1."""
    u = np.arange(-HALF, HALF + 1, dtype=np.float64)
    smooth = np.exp(-(u * u) / (2 * SIGMA * SIGMA))
    steep = u * smooth
    return smooth / np.linalg.norm(smooth), steep / np.linalg.norm(steep)


def _magnitude(matte: np.ndarray) -> np.ndarray:
    smooth, steep = gaussian_kernels()
    matte = matte.astype(np.float64) / 255
    across = cv2.sepFilter2D(matte, cv2.CV_64F, steep, smooth, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(matte, cv2.CV_64F, smooth, steep, borderType=cv2.BORDER_REPLICATE)
    return np.hypot(across, down)


def sad(predicted: np.ndarray, truth: np.ndarray, region: np.ndarray | None = None) -> float:
    """uint8 mattes; in thousands."""
    difference = np.abs(predicted.astype(np.float64) - truth) / 255000
    return float(difference.sum() if region is None else difference[region].sum())


def grad(predicted: np.ndarray, truth: np.ndarray, region: np.ndarray | None = None) -> float:
    square = (_magnitude(predicted) - _magnitude(truth)) ** 2 / 1000
    return float(square.sum() if region is None else square[region].sum())


def iou(predicted: np.ndarray, truth: np.ndarray) -> float:
    p, t = predicted > 127, truth > 127
    return float((p & t).sum() / max((p | t).sum(), 1))


def is_gross(predicted: np.ndarray, truth: np.ndarray) -> bool:
    """More than a tenth of the person lost, or more than a twentieth of the background kept."""
    p, t = predicted > 127, truth > 127
    return bool((t & ~p).sum() > 0.1 * t.sum() or (p & ~t).sum() > 0.05 * (~t).sum())
