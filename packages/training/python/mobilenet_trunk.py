"""DeepLabV3+'s MobileNetV2 0.5 with its pooling head, initialised from a person segmenter (MIT).

Batch normalisation is folded into the convolutions when the published weights are read,
and no layer here has any.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import relu6

from layers import Convolution, depthwise, everywhere

# (expansion, output channels, stride, dilation), of blocks 0 to 16. The published network has output stride 8
# (block 6 at stride 1, all dilations after it doubled): the same numbers at every second pixel, at four times the cost.
BLOCKS = [(1, 8, 1, 1),
          (6, 12, 2, 1), (6, 12, 1, 1),
          (6, 16, 2, 1), (6, 16, 1, 1), (6, 16, 1, 1),
          (6, 32, 2, 1), (6, 32, 1, 1), (6, 32, 1, 1), (6, 32, 1, 1),
          (6, 48, 1, 1), (6, 48, 1, 1), (6, 48, 1, 1),
          (6, 80, 1, 1), (6, 80, 1, 2), (6, 80, 1, 2), (6, 160, 1, 2)]


class Block(nn.Module):
    """Inverted residual; the first block has no expansion."""

    def __init__(self, inputs: int, expansion: int, outputs: int, stride: int, dilation: int) -> None:
        super().__init__()
        wide = inputs * expansion
        if expansion > 1:
            self.expand = Convolution(inputs, wide, 1)
        self.depthwise = depthwise(wide, 3, stride, dilation)
        self.project = Convolution(wide, outputs, 1)
        self.expands, self.residual = expansion > 1, stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = relu6(self.expand(x)) if self.expands else x
        y = self.project(relu6(self.depthwise(y)))
        return x + y if self.residual else y


class MobilenetFeatures(NamedTuple):
    """Sides are fractions of the trunk's input."""

    half: Tensor  # 1/2, 8 channels
    quarter: Tensor  # 1/4, 12
    eighth: Tensor  # 1/8, 16
    context: Tensor  # 1/16, 256


class MobilenetTrunk(nn.Module):
    """RGB in [−1, 1] (and further channels)."""

    def __init__(self, inputs: int = 3) -> None:
        super().__init__()
        self.stem = Convolution(inputs, 16, 3, 2)
        self.blocks = nn.ModuleList()
        channels = 16
        for expansion, outputs, stride, dilation in BLOCKS:
            self.blocks.append(Block(channels, expansion, outputs, stride, dilation))
            channels = outputs
        self.local = Convolution(160, 256, 1)
        self.pooled = Convolution(160, 256, 1)
        self.context = Convolution(512, 256, 1)

    def forward(self, x: Tensor) -> MobilenetFeatures:
        x = relu6(self.stem(x))
        maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        pooled = torch.relu(self.pooled(everywhere(x))).expand(-1, -1, *x.shape[2:])
        context = torch.relu(self.context(torch.cat([pooled, torch.relu(self.local(x))], 1)))
        return MobilenetFeatures(maps[0], maps[2], maps[5], context)

    def load_published(self, file: Path) -> "MobilenetTrunk":
        """Takes the weights of an ONNX file; input channels beyond RGB start at zero."""
        layers = [self.stem]
        for block in self.blocks:
            layers += ([block.expand] if block.expands else []) + [block.depthwise, block.project]
        layers += [self.local, self.pooled, self.context]
        with torch.no_grad():
            for layer, (kernel, bias) in zip(layers, _folded(file)):
                values = torch.from_numpy(kernel)
                if layer.groups > 1 and values.shape[2] > 3:  # dilation is written as zeros between the taps
                    values = values[:, :, ::values.shape[2] // 2, ::values.shape[3] // 2]
                if layer is self.stem:
                    layer.weight.zero_()
                    layer.weight[:, :3].copy_(values)
                else:
                    layer.weight.copy_(values)
                layer.bias.copy_(torch.from_numpy(bias))
        return self


def _folded(file: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Every convolution that a batch normalisation follows, the two in one."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(file)).graph
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    normalized = {n.input[0]: n for n in graph.node if n.op_type == "BatchNormalization"}
    layers = []
    for node in graph.node:
        if node.op_type != "Conv" or node.output[0] not in normalized:
            continue
        norm = normalized[node.output[0]]
        epsilon = next((a.f for a in norm.attribute if a.name == "epsilon"), 1e-5)
        scale, offset, mean, variance = (constants[i] for i in norm.input[1:5])
        gain = scale / np.sqrt(variance + epsilon)
        kernel = constants[node.input[1]] * gain[:, None, None, None]
        layers.append((kernel.astype(np.float32), (offset - mean * gain).astype(np.float32)))
    return layers
