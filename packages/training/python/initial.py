"""Writes a checkpoint of the untrained network: both trunks as published. What a training starts from."""

import argparse
from pathlib import Path

import torch

import checkpoint
from network import PortraitNetwork


def initial_network(selfie: Path, mobilenet: Path) -> PortraitNetwork:
    network = PortraitNetwork()
    network.selfie.load_published(selfie)
    network.mobilenet.load_published(mobilenet)
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--selfie", type=Path, required=True)
    parser.add_argument("--mobilenet", type=Path, default=Path("/work/shared/data/nets/deeplab-person/deeplab_nchw.onnx"))
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.manual_seed(1)
    state = initial_network(options.selfie, options.mobilenet).state_dict()
    checkpoint.save(options.out, {"average": state, "network": state, "step": 0, "pictures": 0})


if __name__ == "__main__":
    main()
