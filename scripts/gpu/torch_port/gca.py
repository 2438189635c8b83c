"""GCA matting (Li & Lu, AAAI 2020): ResNet-34-D, its mirror image, and guided contextual attention. Random weights.

Spectral normalisation is part of the weights at evaluation and costs nothing.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def unit(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


def doubling(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2))


class Encode(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        halves = inputs != outputs
        self.first, self.second = unit(inputs, outputs, 3, 2 if halves else 1), unit(outputs, outputs)
        self.identity = nn.Sequential(nn.AvgPool2d(2), unit(inputs, outputs, 1)) if halves else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x))) + self.identity(x))


class Decode(nn.Module):
    def __init__(self, inputs: int, outputs: int, doubles: bool) -> None:
        super().__init__()
        self.first = doubling(inputs, inputs) if doubles else nn.Sequential(unit(inputs, outputs), nn.LeakyReLU(0.2))
        self.second = unit(inputs if doubles else outputs, outputs)
        self.identity = nn.Sequential(unit(inputs, outputs, 1), nn.Upsample(scale_factor=2)) if doubles else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.second(self.first(x)) + self.identity(x), 0.2)


def encoder(inputs: int, outputs: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(Encode(inputs if i == 0 else outputs, outputs) for i in range(depth)))


def decoder(inputs: int, outputs: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(Decode(inputs if i == 0 else outputs, outputs, i == 0) for i in range(depth)))


def shortcut(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before in (inputs, outputs):
        layers += [nn.Conv2d(before, outputs, 3, padding=1, bias=False), nn.ReLU(), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers)


class Attention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = nn.Conv2d(channels, channels // 2, 1)
        self.output = unit(channels, channels, 1)

    def forward(self, guide: Tensor, x: Tensor, unknown: Tensor) -> Tensor:
        f = F.pad(self.features(guide)[:, :, ::2, ::2], (1, 1, 1, 1), mode="reflect")
        queries = F.unfold(f, 3)  # [1, 9C, hw]
        keys = queries / queries.square().sum(1, keepdim=True).clamp(min=1e-8).sqrt()
        scores = queries.transpose(1, 2) @ keys
        near = F.max_pool2d(unknown[:, :, ::16, ::16], 3, 1, 1).flatten()
        share = unknown[:, :, ::16, ::16].mean()
        ratio = lambda part: (part / (1 - part).clamp(min=1e-6)).sqrt().clamp(0.1, 10)
        scale = near * ratio(share) + (1 - near) * ratio(1 - share)
        scores = scores * scale - 1e4 * torch.diag(near)
        patches = F.unfold(F.pad(x, (1, 1, 1, 1), mode="reflect"), 4, stride=2)  # [1, 16C, hw]
        rebuilt = patches @ scores.softmax(2).transpose(1, 2)
        spread = F.fold(rebuilt, x.shape[2:], 4, stride=2, padding=1) / 4
        return self.output(spread) + x


class Gca(nn.Module):
    def __init__(self, base: int = 32) -> None:
        super().__init__()
        c64, c128, c256, c512 = (factor * base for factor in (2, 4, 8, 16))
        self.first = nn.Sequential(unit(6, base, 3, 2), nn.ReLU(), unit(base, base), nn.ReLU())
        self.third = nn.Sequential(unit(base, c64, 3, 2), nn.ReLU())
        self.down = nn.ModuleList([encoder(c64, c64, 3), encoder(c64, c128, 4), encoder(c128, c256, 4), encoder(c256, c512, 2)])
        guide: list[nn.Module] = []
        for before, after in zip((3, base // 2, base), (base // 2, base, c128)):
            guide += [nn.ReflectionPad2d(1), nn.Conv2d(before, after, 3, 2, bias=False), nn.ReLU(), nn.BatchNorm2d(after)]
        self.guide = nn.Sequential(*guide)
        self.attend = nn.ModuleList([Attention(c128), Attention(c128)])
        self.skips = nn.ModuleList(shortcut(a, b) for a, b in ((6, base), (base, base), (c64, c64), (c128, c128), (c256, c256)))
        self.up = nn.ModuleList([decoder(c512, c256, 2), decoder(c256, c128, 3), decoder(c128, c64, 3), decoder(c64, base, 2)])
        self.last = nn.Sequential(doubling(base, base))
        self.alpha = nn.Conv2d(base, 1, 3, padding=1)

    def forward(self, image: Tensor, trimap: Tensor) -> Tensor:
        """Normalised RGB, one-hot trimap (unknown is channel 1) → alpha."""
        entry = torch.cat([image, trimap], 1)
        unknown = trimap[:, 1:2]
        x1 = self.first(entry)
        x2 = self.down[0](self.third(x1))
        guide = self.guide(image)
        x3 = self.attend[0](guide, self.down[1](x2), unknown)
        x4 = self.down[2](x3)
        skips = [skip(x) for skip, x in zip(self.skips, (entry, x1, x2, x3, x4))]
        y = self.up[0](self.down[3](x4)) + skips[4]
        y = self.attend[1](guide, self.up[1](y) + skips[3], unknown)
        y = self.up[2](y) + skips[2]
        y = self.up[3](y) + skips[1]
        y = self.alpha(self.last(y) + skips[0])
        return (torch.tanh(y) + 1) / 2
