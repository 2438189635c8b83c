"""The trunk of MoveNet Lightning (Apache-2.0), a MobileNetV2 1.0 that finds people's joints: whole persons of any size.

Its last block, its pyramid and its heads are left out. Batch normalisation is folded in the published file.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import relu6

from layers import Convolution
from mobilenet_trunk import Block

# (expansion, output channels, stride, dilation) of blocks 0 to 15. The published network has output stride 32: block 13
# at stride 1 and dilation after it see the same, at every second pixel, and keep 1/16.
BLOCKS = [(1, 16, 1, 1),
          (6, 24, 2, 1), (6, 24, 1, 1),
          (6, 32, 2, 1), (6, 32, 1, 1), (6, 32, 1, 1),
          (6, 64, 2, 1), (6, 64, 1, 1), (6, 64, 1, 1), (6, 64, 1, 1),
          (6, 96, 1, 1), (6, 96, 1, 1), (6, 96, 1, 1),
          (6, 160, 1, 1), (6, 160, 1, 2), (6, 160, 1, 2)]


class MovenetFeatures(NamedTuple):
    """Sides are fractions of the trunk's input."""

    quarter: Tensor  # 1/4, 24 channels
    eighth: Tensor  # 1/8, 32
    sixteenth: Tensor  # 1/16, 96
    person: Tensor  # 1/16, 160


class MovenetTrunk(nn.Module):
    """RGB in [−1, 1] (and further channels) of sides divisible by 16."""

    def __init__(self, inputs: int = 3) -> None:
        super().__init__()
        self.stem = Convolution(inputs, 32, 3, 2, same="tf")
        self.blocks = nn.ModuleList()
        channels = 32
        for expansion, outputs, stride, dilation in BLOCKS:
            self.blocks.append(Block(channels, expansion, outputs, stride, dilation, same="tf"))
            channels = outputs

    def forward(self, x: Tensor) -> MovenetFeatures:
        x = relu6(self.stem(x))
        maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return MovenetFeatures(maps[2], maps[5], maps[12], maps[15])

    def load_published(self, file: Path) -> "MovenetTrunk":
        """Takes the weights of a TensorFlow.js graph model; input channels beyond RGB start at zero."""
        layers = [self.stem]
        for block in self.blocks:
            layers += ([block.expand] if block.expands else []) + [block.depthwise, block.project]
        published = _convolutions(file)
        with torch.no_grad():
            for layer, (kernel, bias) in zip(layers, published):
                values = torch.from_numpy(kernel).permute((2, 3, 0, 1) if layer.groups > 1 else (3, 2, 0, 1))
                if layer is self.stem:
                    layer.weight.zero_()
                    layer.weight[:, :3].copy_(values)
                else:
                    if layer.weight.shape != values.shape:
                        raise ValueError(f"{file}: a filter {tuple(values.shape)}, {tuple(layer.weight.shape)} expected")
                    layer.weight.copy_(values)
                layer.bias.copy_(torch.from_numpy(bias))
        return self


def _convolutions(file: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Filter and bias of every convolution of the MobileNetV2, in the order of the file, which is that of execution."""
    model = json.loads(file.read_text())
    data = b"".join((file.parent / path).read_bytes() for group in model["weightsManifest"] for path in group["paths"])
    constants, at = {}, 0
    for entry in (w for group in model["weightsManifest"] for w in group["weights"]):
        halved = entry.get("quantization", {}).get("dtype") == "float16"
        dtype = np.dtype("<f2" if halved else "<i4" if entry["dtype"] == "int32" else "<f4")
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(data, dtype, count, at)
        constants[entry["name"]] = values.reshape(entry["shape"]).astype(np.float32)
        at += count * dtype.itemsize
    names = [node["input"][1:3] for node in model["modelTopology"]["node"]
             if node["op"] in ("_FusedConv2D", "FusedDepthwiseConv2dNative")]
    return [(constants[kernel], constants[bias]) for kernel, bias in names if "/model_1/model/" in kernel]
