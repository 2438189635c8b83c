"""One step of the preset `fast`: the layered generator, the portrait network twice (trimap, then alpha), Adam.

The target of the search and the bounds of the change are made outside of the step there too; the perceptual loss of the
compact networks, which costs little, is left out.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from network import PortraitNetwork

DIFFERS = "random weights and targets; without the compact perceptual loss and the trust region"
FIELDS = 12
RANGE = 0.1


class FastStep:
    def __init__(self, side: int, network_size: tuple[int, int], narrow: bool, device: torch.device) -> None:
        self.side = side
        self.network = PortraitNetwork().to(device).eval().requires_grad_(False)
        picture = lambda channels: torch.rand(1, channels, side, side, device=device)
        self.image, self.foreground, self.background = picture(3), picture(3), picture(3)
        self.alpha, self.band, self.target = picture(1), picture(1), picture(1)
        self.target_classes = torch.rand(1, 3, side, side, device=device).softmax(1)
        self.grids = [torch.zeros(1, FIELDS, s, s, device=device, requires_grad=True) for s in (4, 8, 16, 32, 64)]
        self.adam = torch.optim.Adam(self.grids, lr=1e-3)

    def _portrait(self) -> Tensor:
        fields = self.grids[0]
        for grid in self.grids[1:]:
            fields = F.interpolate(fields, grid.shape[2:], mode="bilinear", align_corners=False) + grid
        fields = F.interpolate(fields, (self.side, self.side), mode="bilinear", align_corners=False)
        shift_f, gain_f, shift_b, gain_b = fields.split(3, 1)
        change = self.alpha * (shift_f + gain_f * self.foreground)
        change = change + (1 - self.alpha) * (shift_b + gain_b * self.background)
        return self.image + self.band * RANGE * torch.tanh(change / RANGE)

    def run(self) -> float:
        portrait = self._portrait()
        seen = portrait * 2 - 1
        empty = torch.zeros_like(seen[:, :1]).expand(-1, 4, -1, -1)
        logits = self.network(seen, empty).logits
        classes = F.one_hot(logits.argmax(1), 3).permute(0, 3, 1, 2).float()
        guide = torch.cat([classes, torch.zeros_like(classes[:, :1])], 1)
        raw = torch.sigmoid(self.network(seen, guide).alpha_logit)
        alpha = raw * classes[:, 1:2] + classes[:, 2:3]
        loss = (alpha - self.target).abs().mean() + F.mse_loss(portrait, self.image)
        loss = loss - (self.target_classes * logits.log_softmax(1)).sum(1).mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        return loss.item()
