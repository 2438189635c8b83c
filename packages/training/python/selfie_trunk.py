"""MediaPipe's selfie segmenter (Apache-2.0): a MobileNetV3-small-like encoder with an attentive decoder.

Here it is both a teacher, as published, and one of the two trunks of our network, fine-tuned.
"""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from layers import Convolution, channels_to_blocks, depthwise, double, everywhere, hard_swish
from tflite_weights import layer_weights


class Block(nn.Module):
    """Inverted residual with optional squeeze-and-excitation."""

    def __init__(self, inputs: int, wide: int, outputs: int, kernel: int, stride: int, squeeze: int,
                 hard: bool) -> None:
        super().__init__()
        self.expand = Convolution(inputs, wide, 1)
        self.depthwise = depthwise(wide, kernel, stride, same="tf")
        if squeeze:
            self.squeeze = Convolution(wide, squeeze, 1)
            self.excite = Convolution(squeeze, wide, 1)
        self.project = Convolution(wide, outputs, 1)
        self.squeezes, self.residual = squeeze > 0, stride == 1 and inputs == outputs
        self.activation = hard_swish if hard else torch.relu

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.depthwise(self.activation(self.expand(x))))
        if self.squeezes:
            y = y * torch.sigmoid(self.excite(torch.relu(self.squeeze(everywhere(y)))))
        y = self.project(y)
        return x + y if self.residual else y


class Stage(nn.Module):
    """One step of the decoder: doubles the map and lets the encoder's channels through by attention."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.enter = Convolution(inputs, channels, 1)
        self.squeeze = Convolution(channels, channels, 1)
        self.excite = Convolution(channels, channels, 1)
        self.mix = Convolution(channels, channels, 1)
        self.depthwise = depthwise(channels, 3)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        y = self.enter(double(x))
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(everywhere(skip + y)))))
        h = torch.relu(self.mix(skip * gate + y))
        return h + torch.relu(self.depthwise(h))


class SelfieFeatures(NamedTuple):
    """What the rest of a network may use; sides are fractions of the trunk's input."""

    logit: Tensor  # 1, 1 channel
    half: Tensor  # 1/2, 16
    quarter: Tensor  # 1/4, 16
    eighth: Tensor  # 1/8, 24
    sixteenth: Tensor  # 1/16, 32


class SelfieTrunk(nn.Module):
    """RGB in [0, 1] (and further channels) of sides divisible by 16."""

    def __init__(self, inputs: int = 3) -> None:
        super().__init__()
        self.stem = Convolution(inputs, 16, 3, 2, same="tf")
        self.blocks = nn.ModuleList([
            Block(16, 16, 16, 3, 2, 8, False),
            Block(16, 72, 24, 3, 2, 0, False),
            Block(24, 88, 24, 3, 1, 0, False),
            Block(24, 96, 32, 5, 2, 24, True),
            Block(32, 128, 32, 5, 1, 32, True),
            Block(32, 128, 32, 5, 1, 32, True),
            Block(32, 96, 32, 5, 1, 24, True),
            Block(32, 96, 32, 5, 1, 24, True),
        ])
        self.bottom = Convolution(32, 128, 1)
        self.bottom_gate = Convolution(32, 128, 1)
        self.stages = nn.ModuleList([Stage(128, 24), Stage(24, 16), Stage(16, 16)])
        self.head = Convolution(16, 4, 1)

    def forward(self, x: Tensor) -> SelfieFeatures:
        stem = hard_swish(self.stem(x))
        maps = [stem]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        bottom = maps[8]
        y = torch.relu(self.bottom(bottom)) * torch.sigmoid(self.bottom_gate(everywhere(bottom)))
        eighth = self.stages[0](y, maps[3])
        quarter = self.stages[1](eighth, maps[1])
        half = self.stages[2](quarter, stem)
        return SelfieFeatures(channels_to_blocks(self.head(half)), half, quarter, eighth, bottom)

    def in_published_order(self) -> list[Convolution]:
        """The layers as the published file executes them."""
        layers = [self.stem]
        for block in self.blocks:
            layers += [block.expand, block.depthwise]
            if block.squeezes:
                layers += [block.squeeze, block.excite]
            layers.append(block.project)
        layers += [self.bottom, self.bottom_gate]
        for stage in self.stages:
            layers += [stage.enter, stage.squeeze, stage.excite, stage.mix, stage.depthwise]
        return [*layers, self.head]

    def load_published(self, file: Path) -> "SelfieTrunk":
        """Takes the published weights; input channels beyond RGB start at zero."""
        layers, weights = self.in_published_order(), layer_weights(file)
        if len(layers) != len(weights):
            raise ValueError(f"{file} has {len(weights)} convolutions, {len(layers)} expected")
        with torch.no_grad():
            for layer, (kernel, bias) in zip(layers, weights):
                values = torch.from_numpy(kernel.copy())
                if layer is self.head:  # transposed 2×2 convolution at stride 2: four 1×1 ones
                    layer.weight.copy_(values.reshape(4, 16, 1, 1))
                    layer.bias.fill_(float(bias[0]))
                    continue
                values = values.permute(3, 0, 1, 2) if layer.groups > 1 else values.permute(0, 3, 1, 2)
                if layer is self.stem:
                    layer.weight.zero_()
                    layer.weight[:, :3].copy_(values)
                else:
                    layer.weight.copy_(values)
                layer.bias.copy_(torch.from_numpy(bias.copy()))
        return self
