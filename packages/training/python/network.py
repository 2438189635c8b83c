"""The portrait network: picture (with an optional trimap and an optional prior) → logits of a trimap, and alpha.

Two trunks look at the picture at half its size: MediaPipe's selfie segmenter, which has seen many people, and a
MobileNetV2 that has seen many scenes. A light decoder joins them. Detail is worked out on 2×2 blocks as channels,
at half the size: the field of full-size layers at a fraction of their cost. Alpha starts as the selfie segmenter's
answer, to which the detail branch adds.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from layers import Convolution, blocks_to_channels, channels_to_blocks, double, halve
from mobilenet_trunk import MobilenetTrunk
from selfie_trunk import SelfieTrunk

GUIDE = 4
"""Channels of the guide: one-hot trimap (background, unknown, foreground) and prior − 0.5; zeros where not given."""

MULTIPLE_OF = 32
"""Sides of the picture."""


class PortraitAnswer(NamedTuple):
    quarter_logits: Tensor  # [N, 3, H/4, W/4]: background, unknown, foreground
    alpha_logit: Tensor  # [N, 1, H, W]

    @property
    def logits(self) -> Tensor:
        """[N, 3, H, W]"""
        return double(double(self.quarter_logits))


class PortraitNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.selfie = SelfieTrunk(3 + GUIDE)
        self.mobilenet = MobilenetTrunk(3 + GUIDE)
        self.decoder = nn.ModuleList([
            Convolution(256 + 32, 96, 1),
            Convolution(96 + 16 + 24, 64, 3),
            Convolution(64 + 12 + 16, 40, 3),
            Convolution(40 + 8 + 16, 32, 3),
        ])
        self.classes = Convolution(32, 3, 3)
        self.context = Convolution(32, 24, 3)
        self.detail = nn.ModuleList([Convolution(12 + GUIDE + 1, 24, 3), Convolution(24, 24, 3)])
        self.alpha = Convolution(24, 4, 3)
        for head in (self.classes, self.alpha):
            nn.init.normal_(head.weight, std=0.01)

    def forward(self, picture: Tensor, guide: Tensor) -> PortraitAnswer:
        """`picture` [N, 3, H, W] RGB in [−1, 1], `guide` [N, 4, H, W]; H and W multiples of 32."""
        small, small_guide = halve(picture), halve(guide)
        a = self.selfie(torch.cat([(small + 1) * 0.5, small_guide], 1))
        b = self.mobilenet(torch.cat([small, small_guide], 1))
        x = torch.relu(self.decoder[0](torch.cat([b.context, a.sixteenth], 1)))
        skips = ((b.eighth, a.eighth), (b.quarter, a.quarter), (b.half, a.half))
        for layer, skip in zip(self.decoder[1:], skips):
            x = torch.relu(layer(torch.cat([double(x), *skip], 1)))
        logits = self.classes(x)
        y = torch.cat([blocks_to_channels(picture), small_guide, torch.sigmoid(a.logit) - 0.5], 1)
        y = torch.relu(self.detail[0](y) + double(self.context(x)))
        y = y + torch.relu(self.detail[1](y))
        return PortraitAnswer(logits, channels_to_blocks(self.alpha(y)) + double(a.logit))
