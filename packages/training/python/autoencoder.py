"""A small autoencoder of pictures: 8×8 pixels ↔ 32 numbers, 0.98 M parameters, 2.66 GMAC there and back at 256².

What principal components of 8×8 blocks do, and a network beside it that does the rest:

    z = A (x − 1/2) + E(x),   D(z) = S z + 1/2 + N(3 tanh(z / 3)).

It starts as the components alone, 35.6 dB on held-out photographs, and they stay as they are. 3×3 convolutions, ReLU,
nearest ×2, strides: what TensorFlow.js runs with a gradient on every backend. Layers are numbered as in TAESD's
`nn.Sequential`, so that one reader in TypeScript reads both families.
"""

import numpy as np
import torch
from torch import Tensor, nn

WIDTHS = (32, 64, 80)
"""Channels at a half, a quarter and an eighth of the size."""
LATENTS = 32
FACTOR = 8
"""Pixels of a side that one latent stands for."""
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
            convolution(quarter, half), double(), Block(half),
            double(), convolution(half, 3),
        )
        self.analysis = nn.Conv2d(3, LATENTS, FACTOR, FACTOR)
        self.synthesis = nn.ConvTranspose2d(LATENTS, 3, FACTOR, FACTOR)
        for last in (self.encoder[-1], self.decoder[-1]):
            nn.init.zeros_(last.weight)

    @torch.no_grad()
    def start_as_components(self, blocks: np.ndarray) -> "Autoencoder":
        """The first principal components of blocks [N, 8, 8, 3] in [0, 1], of variance 1."""
        flat = blocks.transpose(0, 3, 1, 2).reshape(len(blocks), -1).astype(np.float64) - 0.5
        _, deviations, directions = np.linalg.svd(flat, full_matrices=False)
        deviations = deviations[:LATENTS] / len(flat) ** 0.5
        to_tensor = lambda rows: torch.from_numpy(rows.reshape(LATENTS, 3, FACTOR, FACTOR)).float()
        analysis = to_tensor(directions[:LATENTS] / deviations[:, None])
        self.analysis.weight.copy_(analysis)
        self.analysis.bias.copy_(-0.5 * analysis.sum((1, 2, 3)))
        self.synthesis.weight.copy_(to_tensor(directions[:LATENTS] * deviations[:, None]))
        self.synthesis.bias.fill_(0.5)
        # A step of Adam moves a weight by the rate, whatever its size: it would blur what is exact here.
        for linear in (self.analysis, self.synthesis):
            linear.requires_grad_(False)
        return self

    def encode(self, x: Tensor) -> Tensor:
        return self.analysis(x) + self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.synthesis(z) + self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))
