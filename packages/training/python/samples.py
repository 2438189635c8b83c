"""Endless batches from packed pictures: real photographs, composites, and backgrounds without anyone."""

import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset

import augment
from augment import chance
from teachers import Teacher, selfie_teacher
from trimaps import trimap_of

SHAPES = [(384, 384, 8), (320, 448, 8), (448, 320, 8), (416, 352, 8), (352, 416, 8), (512, 384, 6), (512, 352, 6),
          (352, 512, 6), (384, 512, 6)]
"""Height, width, pictures of a batch."""

WEIGHTS = {"eg": 1.0, "ccp": 1.1, "hagrid": 2.5, "ais": 3.0, "coco": 3.0, "omi": 0.8, "london": 0.6, "canada": 0.6}
"""How often a picture of a set is taken, relative to the others."""

COMPOSITE, EMPTY = 0.33, 0.04
PLAIN, PRIOR = 0.08, 0.67
"""How often the network is given nothing, and how often MediaPipe's answer; else a trimap. It always hears that answer
where it is used without a trimap."""
WORSENED = 0.25
"""How often that answer is damaged further."""
PEOPLE_BEHIND = 0.4
"""Of the composites, how many have another photograph with its people behind them, instead of a scene with nobody: rooms and
streets as people photograph them, groups, and somebody who stands before somebody."""
EDGES_LARGER = 0.0
"""Of the pictures with a trimap, how many are shown larger than they are: so `cutOut` asks about edges."""
LARGER = (1.1, 2.2)
"""How much larger, per pixel of the packed picture."""


class Sample(NamedTuple):
    """uint8: picture [H, W, 3], alpha, weight, classes [H, W], guide [H, W, 4] as `network.GUIDE` (prior as 0–255)."""

    picture: np.ndarray
    alpha: np.ndarray
    weight: np.ndarray
    classes: np.ndarray
    guide: np.ndarray
    mode: int  # 0 plain, 1 prior, 2 trimap


class Labelled(NamedTuple):
    """uint8: RGB [H, W, 3]; alpha and weight [H, W]."""

    rgb: np.ndarray
    alpha: np.ndarray
    weight: np.ndarray


def composite(foreground: np.ndarray, alpha: np.ndarray, behind: Labelled) -> Labelled:
    """Somebody before a picture, who may show somebody too: alpha is that of all of them."""
    a = alpha[..., None].astype(np.float32) / 255
    rgb = np.rint(foreground * a + behind.rgb * (1 - a)).astype(np.uint8)
    everyone = np.rint(255 - (255 - alpha.astype(np.float32)) * (255 - behind.alpha) / 255).astype(np.uint8)
    # Where the one in front is opaque, doubts about what lies behind do not count.
    return Labelled(rgb, everyone, np.where(alpha > 250, np.uint8(255), behind.weight))


def shown(record: np.ndarray, matrix: np.ndarray, shape: tuple[int, int]) -> Labelled:
    """A packed photograph and its labels under an affine map."""
    weight = augment.warp(record[..., 4], matrix, shape, False)
    weight[weight < 250] = 0
    rgb, alpha = (augment.warp(part, matrix, shape, True) for part in (record[..., :3], record[..., 3]))
    return Labelled(rgb, alpha, weight)


class Pack:
    def __init__(self, folder: Path) -> None:
        index = json.loads((folder / "index.json").read_text())
        self.pictures, self.backgrounds = index["pictures"], index["backgrounds"]
        self.pixels = np.memmap(folder / "pixels.u8", np.uint8, "r")
        self.scenes = np.memmap(folder / "backgrounds.u8", np.uint8, "r")

    def record(self, entry: dict) -> np.ndarray:
        """[H, W, 9]: RGB, alpha, weight, prior, foreground RGB."""
        shape = entry["height"], entry["width"], 9
        return self.pixels[entry["at"]:entry["at"] + int(np.prod(shape))].reshape(shape)

    def scene(self, entry: dict) -> np.ndarray:
        shape = entry["height"], entry["width"], 3
        return self.scenes[entry["at"]:entry["at"] + int(np.prod(shape))].reshape(shape)


class Samples(IterableDataset):
    """Batches of `Sample`s, stacked into tensors. Held-out pictures never occur."""

    def __init__(self, pack: Path, seed: int, selfie: Path, plain: float = PLAIN, prior: float = PRIOR,
                 edges_larger: float = EDGES_LARGER) -> None:
        self.folder, self.seed, self.selfie = pack, seed, selfie
        self.plain, self.prior_share, self.edges_larger = plain, prior, edges_larger

    def __iter__(self):
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        # Of the picture as it is cut and lit here: the answer to the whole picture is too good for a part of it.
        self.prior: Teacher = selfie_teacher(self.selfie)
        worker = torch.utils.data.get_worker_info()
        random = np.random.default_rng([self.seed, worker.id if worker else 0])
        self.pack = Pack(self.folder)
        self.entries = [e for e in self.pack.pictures if not e["held_out"]]
        odds = np.array([WEIGHTS[e["kind"]] for e in self.entries])
        # Composites need a matte that is right to the hair.
        exact = odds * [{"omi": 2.5, "london": 2.5, "canada": 2.5}.get(e["kind"], 1.0) * (e["doubt"] < 0.02)
                        for e in self.entries]
        self.odds, self.exact = odds / odds.sum(), exact / exact.sum()
        while True:
            height, width, count = SHAPES[random.integers(len(SHAPES))]
            samples = [self.sample(random, (height, width)) for _ in range(count)]
            yield Sample(*(torch.from_numpy(np.stack(column)) for column in zip(*samples)))

    def scene(self, random: augment.Random, shape: tuple[int, int]) -> np.ndarray:
        scene = self.pack.scene(self.pack.backgrounds[random.integers(len(self.pack.backgrounds))])
        nobody = np.zeros(scene.shape[:2], np.uint8)
        matrix = augment.crop_matrix(random, scene.shape[:2], shape, nobody, (1, 2.5), 0)
        scene = augment.warp(scene, matrix, shape, True)
        return cv2.GaussianBlur(scene, (0, 0), random.uniform(1, 8)) if chance(random, 0.4) else scene

    def nobody(self, random: augment.Random, shape: tuple[int, int]) -> Labelled:
        return Labelled(self.scene(random, shape), np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8))

    def photograph(self, random: augment.Random, shape: tuple[int, int], larger: bool) -> Labelled:
        record = self.pack.record(self.choose(random, shape))
        zoom = (1.0, 1.8) if chance(random, 0.2) else (1.0, 1.25)
        rotation = random.normal(0, 5) if chance(random, 0.3) else 0
        matrix = (augment.edge_matrix(random, record.shape[:2], shape, record[..., 3], LARGER) if larger else
                  augment.crop_matrix(random, record.shape[:2], shape, record[..., 3], zoom, rotation))
        return shown(record, matrix, shape)

    def behind(self, random: augment.Random, shape: tuple[int, int]) -> Labelled:
        """What a composite is made over."""
        return (self.photograph(random, shape, False) if chance(random, PEOPLE_BEHIND) else self.nobody(random, shape))

    def sample(self, random: augment.Random, shape: tuple[int, int]) -> Sample:
        mode = self.mode(random)
        larger = mode == 2 and chance(random, self.edges_larger)
        what = random.random()
        if what < EMPTY:
            rgb, alpha, weight = self.nobody(random, shape)
        elif what < EMPTY + COMPOSITE:
            record = self.pack.record(self.entries[random.choice(len(self.entries), p=self.exact)])
            matrix = (augment.edge_matrix(random, record.shape[:2], shape, record[..., 3], LARGER) if larger else
                      augment.place_matrix(random, record.shape[:2], shape, record[..., 3]))
            foreground = augment.warp(record[..., 6:9], matrix, shape, True)
            alpha = augment.warp(record[..., 3], matrix, shape, larger)
            behind = self.behind(random, shape)
            scene = augment.light(random, behind.rgb)
            if chance(random, 0.5):  # one light for both
                gain = (scene.mean((0, 1)) + 20) / (foreground.mean((0, 1)) + 20)
                gain = gain ** random.uniform(0.2, 0.8)
                foreground = np.clip(foreground * gain, 0, 255).astype(np.uint8)
            rgb, alpha, weight = composite(foreground, alpha, behind._replace(rgb=scene))
        else:
            rgb, alpha, weight = self.photograph(random, shape, larger)
        if chance(random, 0.06):
            rgb = augment.backlight(random, rgb, alpha)
        rgb = augment.degrade(random, augment.light(random, rgb))
        return Sample(rgb, alpha, weight, trimap_of(alpha), self.guide(random, rgb, alpha, mode), mode)

    def mode(self, random: augment.Random) -> int:
        what = random.random()
        return 0 if what < self.plain else 1 if what < self.plain + self.prior_share else 2

    def choose(self, random: augment.Random, shape: tuple[int, int]) -> dict:
        """A picture, mostly of about the shape asked for, so that not everything becomes a close-up."""
        for _ in range(4):
            entry = self.entries[random.choice(len(self.entries), p=self.odds)]
            if abs(np.log(entry["height"] / entry["width"] * shape[1] / shape[0])) < 0.3 or chance(random, 0.2):
                break
        return entry

    def guide(self, random: augment.Random, rgb: np.ndarray, alpha: np.ndarray, mode: int) -> np.ndarray:
        guide = np.zeros((*alpha.shape, 4), np.uint8)
        if mode == 0:
            return guide
        if mode == 1:
            prior = np.rint(self.prior(rgb) * 255).astype(np.uint8)
            guide[..., 3] = augment.worsen_prior(random, prior) if chance(random, WORSENED) else prior
            return guide
        given = trimap_of(alpha, int(random.integers(3, 24)), int(random.integers(2, 14)))
        guide[..., :3] = (given[..., None] == np.arange(3)) * np.uint8(255)
        return guide
