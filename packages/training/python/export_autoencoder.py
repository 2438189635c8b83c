"""Writes the averaged weights of the autoencoder as float16 safetensors, named and laid out as in PyTorch.

    python export_autoencoder.py --checkpoint /tmp/networks/autoencoder/checkpoint.pt --out compact-autoencoder.safetensors
"""

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

import checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    state, tensors = checkpoint.load(options.checkpoint), {}
    for name, value in state["average"].items():
        half = np.ascontiguousarray(value.float().numpy()).astype(np.float16)
        if not np.isfinite(half).all():
            raise ValueError(f"{name} does not fit float16")
        half[np.abs(half) < 6.2e-5] = 0  # no subnormal numbers
        tensors[name] = half
    save_file(tensors, str(options.out), {"network": "compact-autoencoder", "steps": str(state["step"])})
    count = sum(t.size for t in tensors.values())
    print(f"{options.out}: {options.out.stat().st_size} bytes, {count} parameters, step {state['step']}")


if __name__ == "__main__":
    main()
