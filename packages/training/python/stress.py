"""Held-out pictures made harder, the same on every run: what photographs of strangers do to a network.

    python stress.py --pack /tmp/networks/pack --selfie selfie_segmentation.tflite A.safetensors B.safetensors

Held-out photographs are mostly selfies that every network finds. Four kinds of trouble: `company` (before another
held-out photograph, all of its people count), `far` (small in a natural scene), `turned` (10 to 30 degrees, cut), `dark`
(against the light, blurred or compressed). Errors count trusted pixels only, with MediaPipe's answer for the prior, as
`cutOut` has it.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

import augment
from export import load_exported
from metrics import grad, iou, is_gross, sad
from predict import predict
from samples import Labelled, Pack, composite, shown
from teachers import selfie_teacher
from trimaps import UNKNOWN, trimap_of

KINDS = ("company", "far", "turned", "dark")
SHAPE = {True: (512, 384), False: (384, 512)}
"""Height and width of pictures, upright or not."""


class HardPicture(NamedTuple):
    kind: str
    name: str
    picture: Labelled


def _crop(random: augment.Random, record: np.ndarray, shape: tuple[int, int], zoom: tuple[float, float],
          rotation: float) -> Labelled:
    return shown(record, augment.crop_matrix(random, record.shape[:2], shape, record[..., 3], zoom, rotation), shape)


def _placed(random: augment.Random, record: np.ndarray, behind: Labelled, fill: tuple[float, float]) -> Labelled:
    """The person of a record before a picture, `fill` of its height or width."""
    shape, alpha = behind.alpha.shape, record[..., 3]
    rows, columns = np.flatnonzero(alpha.max(1) > 25), np.flatnonzero(alpha.max(0) > 25)
    scale = random.uniform(*fill) * min(shape[0] / len(rows), shape[1] / len(columns))
    # On the ground, so that a body which the photograph cut off is cut off here too.
    x = random.uniform(0, shape[1] - len(columns) * scale) - columns[0] * scale
    y = shape[0] - (rows[-1] + 1) * scale
    matrix = augment.mirrored_by_chance(random, np.array([[scale, 0, x], [0, scale, y], [0, 0, 1]]), shape[1])
    return composite(augment.warp(record[..., 6:9], matrix, shape, True), augment.warp(alpha, matrix, shape, False), behind)


def hard_pictures(folder: Path, seed: int = 173) -> Iterator[HardPicture]:
    pack = Pack(folder)
    entries = [e for e in pack.pictures if e["held_out"] and e["set"] == "photos" and e["doubt"] < 0.05]
    entries = [e for e in entries if pack.record(e)[..., 3].max() > 25]
    for index, entry in enumerate(entries):
        # One stream for each picture: what is drawn for one does not move those after it.
        random = np.random.default_rng([seed, index])
        record = pack.record(entry)
        shape = SHAPE[entry["height"] >= entry["width"]]
        another = pack.record(entries[(index + 1 + random.integers(len(entries) - 1)) % len(entries)])
        scene = pack.scene(pack.backgrounds[random.integers(len(pack.backgrounds))])
        nobody = np.zeros(scene.shape[:2], np.uint8)
        matrix = augment.crop_matrix(random, scene.shape[:2], shape, nobody, (1, 1.5), 0)
        empty = Labelled(augment.warp(scene, matrix, shape, True), nobody := np.zeros(shape, np.uint8),
                         np.full_like(nobody, 255))
        angle = random.uniform(10, 30) * random.choice([-1, 1])
        made = {
            "company": _placed(random, record, _crop(random, another, shape, (1, 1.2), 0), (0.5, 0.8)),
            "far": _placed(random, record, empty, (0.25, 0.5)),
            "turned": _crop(random, record, shape, (1, 1.4), angle),
        }
        plain = _crop(random, record, shape, (1, 1.1), 0)
        dark = augment.degrade(random, augment.light(random, augment.backlight(random, plain.rgb, plain.alpha)))
        made["dark"] = plain._replace(rgb=dark)
        for kind, picture in made.items():
            yield HardPicture(kind, entry["name"], picture)


def errors(alpha: np.ndarray, picture: Labelled) -> tuple[float, ...]:
    """SAD, SAD and Grad of the unknown region, IoU, gross failure."""
    trusted = picture.weight > 127
    unknown = (trimap_of(picture.alpha) == UNKNOWN) & trusted
    told = np.where(trusted, alpha, picture.alpha)
    return (sad(alpha, picture.alpha, trusted), sad(alpha, picture.alpha, unknown), grad(alpha, picture.alpha, unknown),
            iou(told, picture.alpha), float(is_gross(told, picture.alpha)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="+", help="exported weights")
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--selfie", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, help="the worst 32 for the first weights: picture, truth, answers")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    teacher = selfie_teacher(options.selfie)
    networks = {file.stem: load_exported(file).eval() for file in options.weights}
    rows: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    worst: list[tuple[float, np.ndarray]] = []
    for kind, _, picture in hard_pictures(options.pack):
        prior = np.rint(teacher(picture.rgb) * 255).astype(np.uint8)
        answers = [predict(network, picture.rgb, prior, None)[0] for network in networks.values()]
        for name, alpha in zip(networks, answers):
            rows.setdefault((name, kind), []).append(errors(alpha, picture))
        if options.sheet:
            maps = [picture.alpha, *answers]
            strip = np.hstack([picture.rgb[..., ::-1], *[np.repeat(m[..., None], 3, 2) for m in maps]])
            badness = sad(answers[0], picture.alpha, picture.weight > 127)
            worst = sorted([*worst, (badness, cv2.resize(strip, (200 * (1 + len(maps)), 200)))], key=lambda w: -w[0])[:32]
    print("mean of SAD, unknown SAD, unknown Grad, IoU; gross failures of how many")
    for kind in KINDS:
        for name in networks:
            values = np.array(rows[name, kind])
            print(f"{kind:8s} {name:12s}", np.round(values[:, :4].mean(0), 4).tolist(), int(values[:, 4].sum()), len(values))
    for name in networks:
        values = np.concatenate([rows[name, kind] for kind in KINDS])
        print(f"all      {name:12s}", np.round(values[:, :4].mean(0), 4).tolist(), int(values[:, 4].sum()), len(values))
    if options.sheet:
        strips = [strip for _, strip in worst]
        half = len(strips) // 2
        cv2.imwrite(str(options.sheet), np.hstack([np.vstack(strips[:half]), np.vstack(strips[half:2 * half])]))


if __name__ == "__main__":
    main()
