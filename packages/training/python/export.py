"""Writes the averaged weights as float16 safetensors, and fixtures of the exact network for the TypeScript port.

    python export.py weights --checkpoint RUN/checkpoint.pt --selfie selfie_segmentation.tflite --out portrait.safetensors
    python export.py fixture --weights portrait.safetensors --out fixture.safetensors

Names are those of the modules (`selfie.blocks.0.expand.weight`). Filters are HWIO, depthwise ones HWC1: as
`packages/models/weights` has them. A fixture holds NHWC float32 maps and the outputs of the float16 weights.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

import checkpoint
from layers import Convolution
from network import GUIDE, PortraitNetwork
from selfie_trunk import SelfieTrunk

NAME = "portrait"
SIZES = ((64, 96), (96, 64))


PRIOR = "prior."
"""Before the names of the published selfie segmenter, whose answer the network hears."""


def filters(network: torch.nn.Module) -> dict[str, bool]:
    """Names of all filters; whether each is depthwise."""
    return {f"{name}.weight": module.groups > 1 for name, module in network.named_modules()
            if isinstance(module, Convolution)}


def to_tensorflow(values: np.ndarray, is_depthwise: bool) -> np.ndarray:
    return values.transpose(2, 3, 0, 1) if is_depthwise else values.transpose(2, 3, 1, 0)


def from_tensorflow(values: np.ndarray, is_depthwise: bool) -> np.ndarray:
    return values.transpose(2, 3, 0, 1) if is_depthwise else values.transpose(3, 2, 0, 1)


def halves(network: torch.nn.Module, state: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    kernels, tensors = filters(network), {}
    for name, value in state.items():
        values = value.float().numpy()
        if name in kernels:
            values = to_tensorflow(values, kernels[name])
        half = np.ascontiguousarray(values).astype(np.float16)
        if not np.isfinite(half).all():
            raise ValueError(f"{name} does not fit float16")
        half[np.abs(half) < 6.2e-5] = 0  # no subnormal numbers
        tensors[name] = half
    return tensors


def export_weights(file: Path, selfie: Path, out: Path) -> None:
    state, prior = checkpoint.load(file), SelfieTrunk().load_published(selfie)
    tensors = halves(PortraitNetwork(), state["average"])
    tensors |= {PRIOR + name: values for name, values in halves(prior, prior.state_dict()).items()}
    metadata = {"network": NAME, "steps": str(state["step"]), "pictures": str(state["pictures"])}
    save_file(tensors, str(out), metadata)
    count = sum(t.size for t in tensors.values())
    print(f"{out}: {out.stat().st_size} bytes, {count} parameters, step {state['step']}")


def load_exported(file: Path) -> PortraitNetwork:
    network = PortraitNetwork().eval()
    kernels, state = filters(network), {}
    for name, values in load_file(str(file)).items():
        if name.startswith(PRIOR):
            continue
        values = values.astype(np.float32)
        state[name] = torch.from_numpy(np.ascontiguousarray(
            from_tensorflow(values, kernels[name]) if name in kernels else values))
    network.load_state_dict(state)
    return network


def export_fixture(weights: Path, out: Path) -> None:
    network, random, tensors = load_exported(weights), np.random.default_rng(16), {}
    for height, width in SIZES:
        y, x = np.mgrid[0:height, 0:width]
        inside = np.hypot((y - height / 2) / height, (x - width / 2) / width)
        wave = np.stack([np.sin(x / 7 + c) * np.cos(y / 5 - c) for c in range(3)], -1)
        picture = np.clip(0.5 * wave + 0.3 * random.standard_normal((height, width, 3)), -1, 1)
        classes = np.where(inside < 0.25, 2, np.where(inside < 0.4, 1, 0))
        trimap = (classes[..., None] == np.arange(3)).astype(np.float32)
        prior = (1 / (1 + np.exp((inside - 0.32) * 30)) - 0.5)[..., None]
        nothing = np.zeros((height, width, GUIDE), np.float32)
        with_trimap, with_prior = nothing.copy(), nothing.copy()
        with_trimap[..., :3], with_prior[..., 3:] = trimap, prior
        key = f"{height}x{width}"
        tensors[f"{key}.picture"] = picture[None].astype(np.float32)
        for mode, guide in (("plain", nothing), ("trimap", with_trimap), ("prior", with_prior)):
            to_tensor = lambda v: torch.from_numpy(v.astype(np.float32)).permute(2, 0, 1)[None].contiguous()
            with torch.inference_mode():
                answer = network(to_tensor(picture), to_tensor(guide))
            tensors[f"{key}.{mode}.guide"] = guide[None]
            for name, value in (("quarter_logits", answer.quarter_logits), ("logits", answer.logits),
                                ("alpha", torch.sigmoid(answer.alpha_logit)), ("alpha_logit", answer.alpha_logit)):
                tensors[f"{key}.{mode}.{name}"] = np.ascontiguousarray(value.permute(0, 2, 3, 1).numpy())
    save_file(tensors, str(out), {"network": NAME, "weights": weights.name})
    print(f"{out}: {out.stat().st_size} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    weights = commands.add_parser("weights")
    weights.add_argument("--checkpoint", type=Path, required=True)
    weights.add_argument("--selfie", type=Path, required=True, help="selfie_segmentation.tflite")
    fixture = commands.add_parser("fixture")
    fixture.add_argument("--weights", type=Path, required=True)
    for command in (weights, fixture):
        command.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.backends.nnpack.set_flags(False)
    if options.command == "weights":
        export_weights(options.checkpoint, options.selfie, options.out)
    else:
        export_fixture(options.weights, options.out)


if __name__ == "__main__":
    main()
