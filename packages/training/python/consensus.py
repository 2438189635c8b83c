"""What the teachers and a mask say about a photograph, in one matte with a weight per pixel."""

from typing import NamedTuple

import cv2
import numpy as np

from trimaps import UNKNOWN, trimap_of

MARGIN, MARGIN_OF_TRUSTED = 12, 6
"""Pixels (at 512) around an edge in which a teacher of mattes knows more than a mask."""

DEEP = 24
"""Pixels (at 512) from every edge where partial alpha is hesitation, not hair."""


class Label(NamedTuple):
    alpha: np.ndarray  # [H, W] in [0, 1]
    weight: np.ndarray  # [H, W] in [0, 1]
    doubt: float  # area in doubt over the person's area


FAR_APART = 0.5
"""Two mattes that differ by more contradict each other."""


def mean_of_mattes(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Along the edges of the first teacher of mattes the mean of both, of half the variance of either's errors, and where
    they contradict each other. Elsewhere, and where they do, the first's word: it is right more often about where the
    person is (IoU with held-out masks), and IS-Net hesitates inside of people.
    """
    along = trimap_of(np.rint(first * 255).astype(np.uint8)) == UNKNOWN
    apart = np.abs(first - second) > FAR_APART
    return np.where(along & ~apart, (first + second) / 2, first), apart


def _distance(region: np.ndarray) -> np.ndarray:
    """Distance of every pixel to the region; 1e4 where it is empty."""
    if not region.any():
        return np.full(region.shape, 1e4, np.float32)
    return cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5)


def consensus(matte: np.ndarray, votes: list[np.ndarray], mask: np.ndarray | None, trust_mask: bool,
              contradicted: np.ndarray | None = None) -> Label:
    """
    `matte`: the teacher of mattes; `votes`: maps of other teachers; all [0, 1]. `mask`: annotated person.
    `contradicted`: where another teacher of mattes says the opposite; such pixels have no weight near an edge.

    Everywhere the matte, except that far from the reference's edge it must say what the reference says. The
    reference is the mask, or else the majority of all teachers. Where they contradict each other: a trusted mask
    wins; otherwise the pixel has no weight.
    """
    margin = MARGIN_OF_TRUSTED if mask is not None and trust_mask else MARGIN
    reference = mask if mask is not None else np.median([matte, *votes], 0) > 0.5
    outside, inside = _distance(reference), _distance(~reference)
    edge = np.maximum(outside, inside)
    sure = np.where(matte < 0.02, 0, np.where(matte > 0.98, 1, matte)).astype(np.float32)
    hard = reference.astype(np.float32)
    against = (np.abs(matte - hard) > 0.5) & (edge > margin)
    hesitation = (np.abs(matte - hard) <= 0.5) & (edge > DEEP)
    alpha = np.where(hesitation, hard, sure)
    weight = np.ones_like(alpha)
    if mask is not None and trust_mask:
        # The seam between the mask's word and the matte's has no weight.
        alpha = np.where(against, hard, alpha)
        seam = cv2.dilate(against.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        weight[seam & (edge <= margin)] = 0
    else:
        weight[cv2.dilate(against.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0] = 0
    if mask is None:
        agreement = np.mean([(v > 0.5) == reference for v in (matte, *votes)], 0)
        weight[(agreement < 0.7) & (edge > margin)] = 0
    person = max(float(reference.sum()), 1.0)
    doubt = float((against | (weight == 0)).sum()) / person
    if contradicted is not None:
        weight[contradicted & (edge <= margin)] = 0
    return Label(alpha, weight, doubt)
