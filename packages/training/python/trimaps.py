"""Trimaps from mattes, by the rule of the data's README."""

import cv2
import numpy as np

BACKGROUND, UNKNOWN, FOREGROUND = 0, 1, 2


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def trimap_of(alpha: np.ndarray, into_background: int = 9, into_foreground: int = 4) -> np.ndarray:
    """[H, W] uint8 matte → classes: unknown where 0.02 < alpha < 0.98, grown by pixels on either side.

    Edges without any partial pixel are unknown too.
    """
    low, high = alpha <= 5, alpha >= 250
    unknown = (~low & ~high).astype(np.uint8)
    hard = cv2.morphologyEx((alpha > 127).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    unknown |= hard
    grown_out = cv2.dilate(unknown, _disc(into_background)) > 0
    grown_in = cv2.dilate(unknown, _disc(into_foreground)) > 0
    classes = np.where(alpha > 127, np.uint8(FOREGROUND), np.uint8(BACKGROUND))
    classes[grown_out & (alpha <= 127)] = UNKNOWN
    classes[grown_in & (alpha > 127)] = UNKNOWN
    classes[unknown > 0] = UNKNOWN
    return classes
