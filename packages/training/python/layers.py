"""The few layers all networks here are made of. Every one exists in TensorFlow.js with a gradient."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Convolution(nn.Conv2d):
    """Convolution with bias and explicit zero padding (left, right, top, bottom); never batch-normalised.

    At stride 1 the padding keeps the size. At stride 2 it is `tf` (TensorFlow's SAME on even sizes: the odd
    zero goes to the right and the bottom) or `torch` (the same on all sides).
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1,
                 groups: int = 1, same: str = "torch") -> None:
        super().__init__(inputs, outputs, kernel, stride, 0, dilation, groups)
        total = dilation * (kernel - 1)
        if stride == 2 and same == "tf":
            total = kernel - 2
        before = total // 2
        self.borders = (before, total - before)
        if before == total - before:
            self.padding = (before, before)
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        before, after = self.borders
        if before != after:
            x = F.pad(x, (before, after, before, after))
        return super().forward(x)


def depthwise(channels: int, kernel: int, stride: int = 1, dilation: int = 1, same: str = "torch") -> Convolution:
    return Convolution(channels, channels, kernel, stride, dilation, channels, same)


def hard_swish(x: Tensor) -> Tensor:
    """x · relu6(x + 3) / 6"""
    return F.hardswish(x)


def double(x: Tensor) -> Tensor:
    """Bilinear ×2, half-pixel centres, edges clamped (align_corners False)."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def halve(x: Tensor) -> Tensor:
    """Mean of 2×2 blocks."""
    return F.avg_pool2d(x, 2)


def everywhere(x: Tensor) -> Tensor:
    """Mean over the picture, [N, C, 1, 1]."""
    return x.mean((2, 3), keepdim=True)


def blocks_to_channels(x: Tensor) -> Tensor:
    """[N, C, H, W] → [N, 4C, H/2, W/2]; channels ordered (row, column, c), unlike torch's pixel_unshuffle."""
    return torch.cat([x[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)], 1)


def channels_to_blocks(x: Tensor) -> Tensor:
    """[N, 4, H, W] → [N, 1, 2H, 2W]: the inverse of `blocks_to_channels` for one channel."""
    return F.pixel_shuffle(x, 2)
