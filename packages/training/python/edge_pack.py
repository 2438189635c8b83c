"""Adds to a pack what the edge head learns from: the portrait network's mattes of its pictures, and composites.

    python edge_pack.py --pack /tmp/networks/pack --weights portrait.safetensors --selfie selfie_segmentation.tflite

PACK/mattes.u8 holds, per picture of the pack and in its order, [H, W]: the portrait network's matte. PACK/composites.u8 holds
[H, W, 5] each: RGB, alpha and the portrait network's matte; PACK/composites.json says where.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from export import load_exported
from predict import predict
from samples import Samples
from teachers import selfie_teacher

COMPOSITES = 1500
SHAPES = [(512, 512), (512, 384), (384, 512), (448, 448)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="exported weights of the portrait network")
    parser.add_argument("--selfie", type=Path, required=True)
    parser.add_argument("--composites", type=int, default=COMPOSITES)
    options = parser.parse_args()
    torch.set_num_threads(1)
    network, prior = load_exported(options.weights), selfie_teacher(options.selfie)
    samples = Samples(options.pack, 0, options.selfie)
    samples.open()
    with open(options.pack / "mattes.u8", "wb") as out:
        for entry in samples.pack.pictures:
            record = np.array(samples.pack.record(entry))
            matte, _ = predict(network, np.ascontiguousarray(record[..., :3]), record[..., 5])
            out.write(matte.tobytes())
    entries, random = [], np.random.default_rng(34)
    with open(options.pack / "composites.u8", "wb") as out:
        while len(entries) < options.composites:
            shape = SHAPES[random.integers(len(SHAPES))]
            rgb, alpha = samples.composite(random, shape, larger=False)
            rgb = np.ascontiguousarray(rgb)
            matte, _ = predict(network, rgb, np.rint(prior(rgb) * 255).astype(np.uint8))
            entries.append({"height": shape[0], "width": shape[1], "at": out.tell()})
            out.write(np.concatenate([rgb, alpha[..., None], matte[..., None]], -1).tobytes())
    (options.pack / "composites.json").write_text(json.dumps(entries))


if __name__ == "__main__":
    main()
