"""Mattes of whole pictures, as the TypeScript side makes them."""

import cv2
import numpy as np
import torch

from network import MULTIPLE_OF, PortraitNetwork


def padded(maps: np.ndarray) -> np.ndarray:
    """Repeats the right and the bottom edge up to the next multiples of 32."""
    height, width = maps.shape[:2]
    return cv2.copyMakeBorder(maps, 0, -height % MULTIPLE_OF, 0, -width % MULTIPLE_OF, cv2.BORDER_REPLICATE)


@torch.inference_mode()
def predict(network: PortraitNetwork, rgb: np.ndarray, prior: np.ndarray | None = None,
            classes: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """uint8 maps [H, W, ·] of sides up to 512 → alpha uint8 [H, W], classes uint8 [H, W]."""
    height, width = rgb.shape[:2]
    to_tensor = lambda x: torch.from_numpy(x).permute(2, 0, 1)[None].float().contiguous(memory_format=torch.channels_last)
    picture = to_tensor(padded(rgb)) / 127.5 - 1
    guide = np.zeros((*padded(rgb).shape[:2], 4), np.float32)
    if prior is not None:
        guide[..., 3] = padded(prior).astype(np.float32) / 255 - 0.5
    if classes is not None:
        guide[..., :3] = padded(classes)[..., None] == np.arange(3)
    answer = network(picture, to_tensor(guide))
    alpha = torch.sigmoid(answer.alpha_logit)[0, 0, :height, :width].numpy()
    found = answer.logits[0, :, :height, :width].argmax(0).numpy().astype(np.uint8)
    alpha = np.rint(alpha * 255).astype(np.uint8)
    if classes is not None:
        alpha = np.where(classes == 0, 0, np.where(classes == 2, 255, alpha)).astype(np.uint8)
    return alpha, found
