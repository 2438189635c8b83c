"""Checkpoints that survive being killed at any moment."""

import os
from pathlib import Path

import torch


def save(file: Path, state: dict) -> None:
    part = file.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, file)


def load(file: Path) -> dict:
    return torch.load(file, map_location="cpu", weights_only=True)
