"""LPIPS 0.1 with VGG16 (Zhang et al., CVPR 2018). Random weights."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LpipsVgg(nn.Module):
    def __init__(self, width: int = 64) -> None:
        super().__init__()
        inputs, levels = 3, []
        for depth, factor in zip((2, 2, 3, 3, 3), (1, 2, 4, 8, 8)):
            layers: list[nn.Module] = []
            for _ in range(depth):
                layers += [nn.Conv2d(inputs, factor * width, 3, padding=1), nn.ReLU()]
                inputs = factor * width
            levels.append(nn.Sequential(*layers))
        self.levels = nn.ModuleList(levels)
        self.weights = nn.ParameterList(nn.Parameter(torch.rand(factor * width, 1, 1)) for factor in (1, 2, 4, 8, 8))

    def features(self, image: Tensor) -> list[Tensor]:
        found, x = [], image
        for i, level in enumerate(self.levels):
            x = level(x if i == 0 else F.max_pool2d(x, 2))
            found.append(x / (x.square().sum(1, keepdim=True) + 1e-10).sqrt())
        return found

    def distance(self, image: Tensor, others: list[Tensor]) -> Tensor:
        pairs = zip(self.features(image), others, self.weights)
        return sum(((a - b).square() * w).sum(1).mean() for a, b, w in pairs)
