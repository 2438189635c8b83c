"""One update of the authors' loop: StyleGAN2, DeepLabV3+, GCA, LPIPS-VGG, discriminator, Adam on W+ and noise."""

import torch
import torch.nn.functional as F
from torch import Tensor

from deeplab import Deeplab
from gca import Gca
from lpips_vgg import LpipsVgg
from stylegan2 import CHANNELS, STYLE, Discriminator, Synthesis

DIFFERS = "the same networks, sizes and terms with random weights"
NARROW = (16, 16, 16, 8)


class OfficialStep:
    def __init__(self, side: int, network_size: tuple[int, int], narrow: bool, device: torch.device) -> None:
        self.side, self.size = side, network_size
        channels, style = (NARROW, 16) if narrow else (CHANNELS, STYLE)
        self.generator = Synthesis(side, channels, style)
        self.discriminator = Discriminator(side, channels)
        self.trimap = Deeplab(8, 32) if narrow else Deeplab()
        self.matting = Gca(4) if narrow else Gca()
        self.perceptual = LpipsVgg(8) if narrow else LpipsVgg()
        for network in self._networks():
            network.to(device).eval().requires_grad_(False)
        self.styles = torch.randn(1, self.generator.layers, style, device=device, requires_grad=True)
        self.noise = [torch.randn(1, 1, s, s, device=device, requires_grad=True) for s in self.generator.noise_sides]
        self.adam = torch.optim.Adam([self.styles, *self.noise], lr=1e-4)
        self.portrait = torch.rand(1, 3, side, side, device=device) * 2 - 1
        self.foreground, self.background = (torch.rand(1, 3, side, side, device=device) for _ in range(2))
        self.features = self.perceptual.features(self._means(self.portrait))
        self.mean = torch.tensor([0.485, 0.456, 0.406], device=device)[:, None, None]
        self.deviation = torch.tensor([0.229, 0.224, 0.225], device=device)[:, None, None]

    def _networks(self):
        return self.generator, self.discriminator, self.trimap, self.matting, self.perceptual

    def _means(self, image: Tensor) -> Tensor:
        return F.avg_pool2d(image, self.side // 256) if self.side > 256 else image

    def run(self) -> float:
        image = self.generator(self.styles, self.noise)
        inner = F.interpolate(image, self.size, mode="bicubic", align_corners=False)
        logits = self.trimap(inner)
        probabilities = logits.log_softmax(1)
        entropy = -(probabilities.exp() * probabilities).sum(1).mean()
        classes = F.one_hot(logits.argmax(1), 3).permute(0, 3, 1, 2).float()
        raw = self._matte((inner + 1) / 2, classes)
        alpha = raw * classes[:, 1:2] + classes[:, 2:3]
        alpha = F.interpolate(alpha, (self.side, self.side), mode="bicubic", align_corners=False)
        scene = alpha * self.foreground + (1 - alpha) * self.background
        loss = entropy + 10 * F.mse_loss(image, self.portrait)
        loss = loss + 100 * self.perceptual.distance(self._means(image), self.features)
        loss = loss + F.softplus(-self.discriminator(scene * 2 - 1)).mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        return loss.item()

    def _matte(self, image: Tensor, classes: Tensor) -> Tensor:
        """GCA wants sides of multiples of 32."""
        height, width = image.shape[2:]
        right, below = -width % 32, -height % 32
        pad = lambda x: F.pad(x, (0, right, 0, below), mode="replicate")
        return self.matting(pad((image - self.mean) / self.deviation), pad(classes))[:, :, :height, :width]
