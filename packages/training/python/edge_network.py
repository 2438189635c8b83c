"""The edge head of the portrait network: what it saw of a picture, and a matte → alpha along the matte's edges.

It decides nothing about who is a person: the portrait network is given the matte's trimap, and the head draws how the edge
runs in its unknown band. It begins as the portrait network's own detail branch, which it sees through a U-Net.
"""

import torch
from torch import Tensor, nn

from layers import Convolution, blocks_to_channels, channels_to_blocks, double, halve
from network import PortraitNetwork, Seen

WIDTHS = (24, 40, 64, 96)
"""Channels at 1/2, 1/4, 1/8 and 1/16 of the size."""


class EdgeHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.context = Convolution(32, 24, 3)
        # 2×2 blocks of the picture, the trimap at half size, the selfie segmenter's answer, 2×2 blocks of the matte.
        self.detail = nn.ModuleList([Convolution(12 + 3 + 1 + 4, 24, 3), Convolution(24, 24, 3)])
        self.alpha = Convolution(24, 4, 3)
        inputs = (24, *WIDTHS)
        self.down = nn.ModuleList(Convolution(a, b, 3, 1 if i == 0 else 2)
                                  for i, (a, b) in enumerate(zip(inputs, WIDTHS)))
        self.same = nn.ModuleList(Convolution(w, w, 3) for w in WIDTHS)
        self.deep = Convolution(WIDTHS[3], WIDTHS[3], 3)
        self.up = nn.ModuleList(Convolution(WIDTHS[i + 1] + WIDTHS[i], WIDTHS[i], 3) for i in (2, 1, 0))
        self.change = Convolution(WIDTHS[0], 4, 3)
        nn.init.zeros_(self.change.weight)

    def begin_as(self, network: PortraitNetwork) -> "EdgeHead":
        """As the detail branch of a portrait network that hears no prior."""
        self.context.load_state_dict(network.context.state_dict())
        self.detail[1].load_state_dict(network.detail[1].state_dict())
        self.alpha.load_state_dict(network.alpha.state_dict())
        first = network.detail[0]
        with torch.no_grad():
            self.detail[0].weight.zero_()
            self.detail[0].weight[:, :15] = first.weight[:, :15]
            self.detail[0].weight[:, 15] = first.weight[:, 16]
            self.detail[0].bias.copy_(first.bias)
        return self

    def forward(self, seen: Seen, picture: Tensor, matte: Tensor, trimap: Tensor) -> Tensor:
        """
        `seen` of the picture and the trimap; `picture` [N, 3, H, W] RGB in [−1, 1], `matte` [N, 1, H, W] in [0, 1],
        `trimap` [N, 3, H, W] one-hot → logit of alpha [N, 1, H, W].
        """
        person = torch.sigmoid(seen.logit) - 0.5
        y = torch.cat([blocks_to_channels(picture), halve(trimap), person, blocks_to_channels(matte - 0.5)], 1)
        y = torch.relu(self.detail[0](y) + double(self.context(seen.joined)))
        y = y + torch.relu(self.detail[1](y))
        x, skips = y, []
        for down, same in zip(self.down, self.same):
            x = torch.relu(down(x))
            x = x + torch.relu(same(x))
            skips.append(x)
        x = x + torch.relu(self.deep(x))
        for up, skip in zip(self.up, skips[2::-1]):
            x = torch.relu(up(torch.cat([double(x), skip], 1)))
        return channels_to_blocks(self.alpha(y) + self.change(x)) + double(seen.logit)
