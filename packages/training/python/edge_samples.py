"""Endless batches of places on the edge of somebody's matte, from what `edge_pack.py` packed."""

import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset

import augment
from augment import chance
from samples import CHANNELS, WEIGHTS, Pack
from trimaps import UNKNOWN, trimap_of

SIDE, COUNT = 320, 6
"""Of a place, pixels; places of a batch."""

SCALE = (0.8, 2.2)
"""How much larger a place is shown than it is in a picture of 512 pixels."""

COMPOSITE = 0.3
KINDS = {"omi": 2.0, "london": 1.5, "canada": 1.5}
"""How much more often than in the training of the whole: their mattes were made at twice the size."""

TEACHERS = (0.86, 0.06)
"""How often the matte is that of the portrait network and of the selfie segmenter; else the truth, spoilt."""


class EdgeSample(NamedTuple):
    """uint8, [N, H, W, 3] or [N, H, W]."""

    picture: np.ndarray
    alpha: np.ndarray
    weight: np.ndarray
    matte: np.ndarray
    trimap: np.ndarray  # classes


class EdgePack(Pack):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.mattes = np.memmap(folder / "mattes.u8", np.uint8, "r")
        self.composite_pixels = np.memmap(folder / "composites.u8", np.uint8, "r")
        self.composites = json.loads((folder / "composites.json").read_text())

    def matte(self, entry: dict) -> np.ndarray:
        """[H, W]: the portrait network's."""
        shape, at = (entry["height"], entry["width"]), entry["at"] // CHANNELS
        return self.mattes[at:at + int(np.prod(shape))].reshape(shape)

    def composite(self, entry: dict) -> np.ndarray:
        """[H, W, 5]: RGB, alpha, the portrait network's matte."""
        shape = entry["height"], entry["width"], 5
        return self.composite_pixels[entry["at"]:entry["at"] + int(np.prod(shape))].reshape(shape)


def spoilt(random: augment.Random, alpha: np.ndarray) -> np.ndarray:
    """A matte as a network would draw it that sees little: smaller, moved, soft or hard."""
    factor = random.uniform(0.2, 0.7)
    small = cv2.resize(alpha, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    matte = cv2.resize(small, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    if chance(random, 0.5):
        steep, middle = np.exp(random.uniform(0, 1.2)), random.uniform(90, 165)
        matte = np.clip((matte.astype(np.float32) - middle) * steep + 127.5, 0, 255).astype(np.uint8)
    return matte


def moved(random: augment.Random, matte: np.ndarray) -> np.ndarray:
    if chance(random, 0.1):
        kernel = np.ones((int(random.integers(2, 6)),) * 2, np.uint8)
        matte = (cv2.dilate if chance(random, 0.5) else cv2.erode)(matte, kernel)
    if chance(random, 0.1):
        matte = cv2.GaussianBlur(matte, (0, 0), random.uniform(0.5, 3))
    if chance(random, 0.1):
        shift = np.float32([[1, 0, random.uniform(-2, 2)], [0, 1, random.uniform(-2, 2)]])
        matte = cv2.warpAffine(matte, shift, matte.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return matte


class EdgeSamples(IterableDataset):
    """Batches of `EdgeSample`s, stacked into tensors. Held-out pictures never occur."""

    def __init__(self, pack: Path, seed: int) -> None:
        self.folder, self.seed = pack, seed

    def __iter__(self):
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        random = np.random.default_rng([self.seed, worker.id if worker else 0])
        self.pack = EdgePack(self.folder)
        self.entries = [e for e in self.pack.pictures if not e["held_out"]]
        odds = np.array([WEIGHTS[e["kind"]] * KINDS.get(e["kind"], 1.0) for e in self.entries])
        self.odds = odds / odds.sum()
        while True:
            samples = [self.sample(random) for _ in range(COUNT)]
            yield EdgeSample(*(torch.from_numpy(np.stack(column)) for column in zip(*samples)))

    def sample(self, random: augment.Random) -> EdgeSample:
        teacher = int(np.searchsorted(np.cumsum(TEACHERS), random.random()))
        if chance(random, COMPOSITE):
            maps = self.pack.composite(self.pack.composites[random.integers(len(self.pack.composites))])
            rgb, alpha = maps[..., :3], maps[..., 3]
            weight = np.full(alpha.shape, 255, np.uint8)
            matte = maps[..., 4] if teacher < len(TEACHERS) else spoilt(random, np.ascontiguousarray(alpha))
        else:
            entry = self.entries[random.choice(len(self.entries), p=self.odds)]
            maps = self.pack.record(entry)
            rgb, alpha, weight = maps[..., :3], maps[..., 3], maps[..., 4]
            known = self.pack.matte(entry), maps[..., 5]
            matte = known[teacher] if teacher < len(known) else spoilt(random, np.ascontiguousarray(alpha))
        matte = moved(random, np.ascontiguousarray(matte))
        trimap = trimap_of(matte, int(random.integers(5, 17)), int(random.integers(3, 12)))
        unknown = trimap == UNKNOWN
        shape = SIDE, SIDE
        # Where the truth is soft, or else where the matte has an edge.
        soft = (alpha > 25) & (alpha < 230) & (weight > 250)
        at = np.where(soft & unknown if (soft & unknown).any() else unknown, np.uint8(128), np.uint8(0))
        matrix = augment.edge_matrix(random, alpha.shape, shape, at, SCALE)
        if chance(random, 0.25):
            turn = np.eye(3)
            turn[:2] = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), random.uniform(-25, 25), 1)
            matrix = (turn @ np.vstack([matrix, [0, 0, 1]]))[:2]
        rgb = augment.warp(rgb, matrix, shape, True)
        alpha, matte = augment.warp(alpha, matrix, shape, True), augment.warp(matte, matrix, shape, True)
        weight = augment.warp(weight, matrix, shape, True)
        weight[weight < 250] = 0
        trimap = cv2.warpAffine(trimap, matrix, shape, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101)
        rgb = augment.degrade(random, augment.light(random, rgb))
        return EdgeSample(rgb, alpha, weight, matte, trimap)
