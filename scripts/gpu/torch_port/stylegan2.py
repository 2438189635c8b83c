"""StyleGAN2 (Karras et al. 2020), config f: synthesis from W+ with noise maps, and the discriminator. Random weights."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (512, 512, 512, 512, 512, 256, 128, 64, 32)
"""At 4², 8² … 1024²."""

STYLE = 512


def _blur_kernel(gain: float) -> Tensor:
    k = torch.tensor([1.0, 3.0, 3.0, 1.0])
    k = k[:, None] * k[None, :]
    return k / k.sum() * gain


def blur(x: Tensor, kernel: Tensor, before: int, after: int) -> Tensor:
    channels = x.shape[1]
    x = F.pad(x, (before, after, before, after))
    return F.conv2d(x, kernel.expand(channels, 1, -1, -1), groups=channels)


class Modulated(nn.Module):
    """Modulated convolution with demodulation; `up` doubles the map, then blurs."""

    def __init__(self, inputs: int, outputs: int, kernel: int, style: int, up: bool = False, demodulate: bool = True) -> None:
        super().__init__()
        self.up, self.demodulate, self.outputs = up, demodulate, outputs
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = 1 / math.sqrt(inputs * kernel * kernel)
        self.style = nn.Linear(style, inputs)
        nn.init.normal_(self.style.weight, std=1 / math.sqrt(style))
        nn.init.ones_(self.style.bias)
        self.padding = kernel // 2
        self.register_buffer("kernel", _blur_kernel(4.0))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.style(w)
        weight = self.weight * self.scale
        y = x * style[:, :, None, None]
        if self.up:
            y = F.conv_transpose2d(y, weight.transpose(0, 1), stride=2)
            y = blur(y, self.kernel, 1, 1)
        else:
            y = F.conv2d(y, weight, padding=self.padding)
        if self.demodulate:
            energy = weight.square().sum((2, 3)) @ style.square().T
            y = y * torch.rsqrt(energy + 1e-8).T[:, :, None, None]
        return y


class Styled(nn.Module):
    def __init__(self, inputs: int, outputs: int, style: int, up: bool = False) -> None:
        super().__init__()
        self.conv = Modulated(inputs, outputs, 3, style, up)
        self.noise = nn.Parameter(torch.full((1,), 0.1))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        y = self.conv(x, w) + self.noise * noise + self.bias[:, None, None]
        return F.leaky_relu(y, 0.2) * math.sqrt(2)


class Synthesis(nn.Module):
    def __init__(self, resolution: int, channels: tuple[int, ...] = CHANNELS, style: int = STYLE) -> None:
        super().__init__()
        levels = int(math.log2(resolution)) - 1
        self.constant = nn.Parameter(torch.randn(1, channels[0], 4, 4))
        self.first = Styled(channels[0], channels[0], style)
        self.first_rgb = Modulated(channels[0], 3, 1, style, demodulate=False)
        self.blocks = nn.ModuleList()
        for i in range(1, levels):
            self.blocks.append(nn.ModuleList([
                Styled(channels[i - 1], channels[i], style, up=True),
                Styled(channels[i], channels[i], style),
                Modulated(channels[i], 3, 1, style, demodulate=False),
            ]))
        self.register_buffer("kernel", _blur_kernel(4.0))
        self.layers = 2 * levels
        self.noise_sides = [4] + [2 ** (i + 2) for i in range(1, levels) for _ in range(2)]

    def forward(self, w: Tensor, noise: list[Tensor]) -> Tensor:
        """W+ [1, layers, style] → RGB in about [−1, 1]."""
        x = self.first(self.constant, w[:, 0], noise[0])
        rgb = self.first_rgb(x, w[:, 1])
        for i, (up, same, to_rgb) in enumerate(self.blocks):
            x = up(x, w[:, 2 * i + 1], noise[2 * i + 1])
            x = same(x, w[:, 2 * i + 2], noise[2 * i + 2])
            raised = torch.zeros(rgb.shape[0], 3, rgb.shape[2], 2, rgb.shape[3], 2, device=rgb.device)
            raised[:, :, :, 0, :, 0] = rgb
            rgb = blur(raised.reshape(rgb.shape[0], 3, 2 * rgb.shape[2], 2 * rgb.shape[3]), self.kernel, 2, 1)
            rgb = rgb + to_rgb(x, w[:, 2 * i + 3])
        return rgb


class Discriminator(nn.Module):
    """Residual, with blurred strides and the deviation over the batch before the last convolution."""

    def __init__(self, resolution: int, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        top = int(math.log2(resolution)) - 2
        self.enter = nn.Conv2d(3, channels[top], 1)
        self.blocks = nn.ModuleList()
        for i in range(top, 0, -1):
            self.blocks.append(nn.ModuleList([
                nn.Conv2d(channels[i], channels[i], 3, padding=1),
                nn.Conv2d(channels[i], channels[i - 1], 3, stride=2),
                nn.Conv2d(channels[i], channels[i - 1], 1, stride=2, bias=False),
            ]))
        self.last = nn.Conv2d(channels[0] + 1, channels[0], 3, padding=1)
        self.dense = nn.Linear(channels[0] * 16, channels[0])
        self.logit = nn.Linear(channels[0], 1)
        self.register_buffer("kernel", _blur_kernel(1.0))

    def forward(self, image: Tensor) -> Tensor:
        act = lambda x: F.leaky_relu(x, 0.2) * math.sqrt(2)
        x = act(self.enter(image))
        for same, down, skip in self.blocks:
            y = act(same(x))
            y = act(down(blur(y, self.kernel, 2, 2)))
            x = (y + skip(blur(x, self.kernel, 1, 1))) / math.sqrt(2)
        deviation = torch.sqrt(x.var(0, unbiased=False) + 1e-8).mean().expand(x.shape[0], 1, 4, 4)
        x = act(self.last(torch.cat([x, deviation], 1)))
        return self.logit(act(self.dense(x.flatten(1))))
