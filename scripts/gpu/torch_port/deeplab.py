"""DeepLabV3+ with ResNet-101 at output stride 16, three classes, as the trimap network. Random weights."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def unit(inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (kernel - 1) // 2
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False), nn.BatchNorm2d(outputs))


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        self.reduce = unit(inputs, width, 1)
        self.mix = unit(width, width, 3, stride, dilation)
        self.expand = unit(width, 4 * width, 1)
        # What each of 33 blocks adds, a tenth: random weights would otherwise double the variance each time.
        nn.init.constant_(self.expand[1].weight, 0.1)
        same = inputs == 4 * width and stride == 1
        self.identity = nn.Identity() if same else unit(inputs, 4 * width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.mix(F.relu(self.reduce(x))))
        return F.relu(self.expand(y) + self.identity(x))


class Deeplab(nn.Module):
    def __init__(self, width: int = 64, context: int = 256) -> None:
        super().__init__()
        self.stem = unit(3, width, 7, 2)
        inputs, stages = width, []
        for stage, (depth, stride) in enumerate(zip((3, 4, 23, 3), (1, 2, 2, 1))):
            blocks = []
            for i in range(depth):
                dilation = 1 if stage < 3 else 2 * (1, 2, 4)[i]
                blocks.append(Bottleneck(inputs, width * 2**stage, stride if i == 0 else 1, dilation))
                inputs = 4 * width * 2**stage
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.branches = nn.ModuleList(
            [unit(inputs, context, 1)] + [unit(inputs, context, 3, 1, rate) for rate in (6, 12, 18)])
        self.pooled = unit(inputs, context, 1)
        self.project = unit(5 * context, context, 1)
        self.fine = unit(4 * width, 48, 1)
        self.merge = unit(context + 48, context, 3)
        self.refine = unit(context, context, 3)
        self.classify = nn.Conv2d(context, 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        """RGB in [−1, 1] → logits of its size."""
        x = F.max_pool2d(F.relu(self.stem(image)), 3, 2, 1)
        fine = x = self.stages[0](x)
        for stage in self.stages[1:]:
            x = stage(x)
        mean = F.relu(self.pooled(x.mean((2, 3), keepdim=True))).expand(-1, -1, *x.shape[2:])
        x = F.relu(self.project(torch.cat([*(F.relu(branch(x)) for branch in self.branches), mean], 1)))
        x = F.interpolate(x, fine.shape[2:], mode="bilinear", align_corners=True)
        x = F.relu(self.merge(torch.cat([x, F.relu(self.fine(fine))], 1)))
        x = self.classify(F.relu(self.refine(x)))
        return F.interpolate(x, image.shape[2:], mode="bilinear", align_corners=True)
