"""A small autoencoder of pictures: 8×8 pixels ↔ 32 numbers, 0.99 M parameters, 2.99 GMAC there and back at 256².

3×3 convolutions, ReLU, nearest ×2, strides: what TensorFlow.js runs with a gradient on every backend. Layers are
numbered as in TAESD's `nn.Sequential`, so that one reader in TypeScript reads both families.
"""

import torch
from torch import Tensor, nn

WIDTHS = (32, 64, 80)
"""Channels at a half, a quarter and an eighth of the size."""
LATENTS = 32
BOUND = 3.0
"""The decoder sees 3 tanh(z / 3)."""


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 3, stride, 1)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    """y = ReLU(x + conv(ReLU(conv(x))))"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(convolution(width, width), nn.ReLU(), convolution(width, width))
        nn.init.zeros_(self.conv[2].weight)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.conv(x))


class Bound(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(z / BOUND) * BOUND


def double() -> nn.Upsample:
    return nn.Upsample(scale_factor=2, mode="nearest")


class Autoencoder(nn.Module):
    """RGB [N, 3, H, W] in [0, 1], sides multiples of 8 ↔ latents [N, 32, H/8, W/8]."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.encoder = nn.Sequential(
            convolution(3, half, 2), Block(half),
            convolution(half, quarter, 2), Block(quarter), Block(quarter),
            convolution(quarter, eighth, 2), Block(eighth), Block(eighth),
            convolution(eighth, LATENTS),
        )
        self.decoder = nn.Sequential(
            Bound(), convolution(LATENTS, eighth), nn.ReLU(), Block(eighth), Block(eighth),
            convolution(eighth, quarter), double(), Block(quarter), Block(quarter),
            convolution(quarter, half), double(), Block(half), Block(half),
            double(), convolution(half, 3),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))
