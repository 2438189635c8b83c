"""What the network is trained for. Every term is weighted per pixel by the trust in the label."""

import torch
import torch.nn.functional as F
from torch import Tensor

from layers import double, halve
from metrics import HALF, gaussian_kernels
from network import PortraitAnswer
from trimaps import UNKNOWN


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp_min(1)


def laplacian(difference: Tensor, levels: int = 4) -> Tensor:
    """Σ_l 2^l · mean |L_l(difference)|: the Laplacian pyramid is linear, so that of the difference is enough."""
    total, x = difference.new_zeros(()), difference
    for level in range(levels):
        smaller = halve(x)
        total = total + 2**level * (x - double(smaller)).abs().mean()
        x = smaller
    return total + 2**levels * x.abs().mean()


def gradient(difference: Tensor) -> Tensor:
    """Differences between neighbours."""
    across = difference[..., 1:] - difference[..., :-1]
    down = difference[..., 1:, :] - difference[..., :-1, :]
    return across.abs().mean() + down.abs().mean()


def slope(alpha: Tensor) -> Tensor:
    """Magnitude of the Gaussian gradient by which mattes are measured, [N, 1, H, W] without a border of `HALF` pixels."""
    smooth, steep = (torch.from_numpy(kernel).float() for kernel in gaussian_kernels())
    across = F.conv2d(F.conv2d(alpha, steep[None, None, None]), smooth[None, None, :, None])
    down = F.conv2d(F.conv2d(alpha, smooth[None, None, None]), steep[None, None, :, None])
    return (across.square() + down.square() + 1e-6).sqrt()


def portrait_loss(answer: PortraitAnswer, alpha: Tensor, weight: Tensor, classes: Tensor, guide: Tensor,
                  mode: Tensor) -> dict[str, Tensor]:
    """All maps [N, 1, H, W] in [0, 1] but `classes` [N, H, W] (0, 1, 2); `mode` [N] (0 plain, 1 prior, 2 trimap).

    Where a trimap is given, alpha counts in its unknown region only. Absolute errors alone draw every edge as sharp as the
    likeliest, which squared ones, and Grad among them, punish.
    """
    logits, alpha_logit = double(answer.quarter_logits).float(), answer.alpha_logit.float()
    predicted = torch.sigmoid(alpha_logit)
    is_given = (mode == 2).float()[:, None, None, None]
    trust = weight * (1 - is_given + is_given * guide[:, 1:2])
    band = (classes == UNKNOWN)[:, None].float() * trust
    sure = trust - band
    difference = (predicted - alpha) * trust
    # Classes are smooth: half the size is enough to learn them from.
    cross = F.cross_entropy(logits, classes[:, ::2, ::2], reduction="none")[:, None]
    certain = F.binary_cross_entropy_with_logits(alpha_logit, (alpha > 0.5).float(), reduction="none")
    pixels = float(alpha.numel())
    in_band = difference * band
    share = pixels / band.sum().clamp_min(1)
    inner = band[..., HALF:-HALF, HALF:-HALF]
    steepness = (slope(predicted) - slope(alpha)).square() * inner
    return {
        "classes": 0.5 * _mean(cross, weight[..., ::2, ::2] * (1 - 0.8 * is_given)),
        "certain": 0.3 * (certain.clamp_max(12) * sure).sum() / pixels,
        "alpha": 4.0 * difference.abs().sum() / pixels,
        "band": 1.0 * _mean((predicted - alpha).abs(), band),
        "square": 2.0 * in_band.square().mean() * share,
        "grad": 2.0 * steepness.sum() / inner.sum().clamp_min(1),
        "laplacian": 0.1 * laplacian(in_band) * share,
        "gradient": 0.5 * gradient(in_band) * share,
    }
