"""How the edge head draws the edges of the mattes of held-out pictures; the only figures a choice may rest on."""

from pathlib import Path

import cv2
import numpy as np
import torch

from edge_network import EdgeHead
from edge_samples import EdgePack
from metrics import grad, sad
from network import PortraitNetwork
from predict import padded
from trimaps import UNKNOWN, trimap_of

@torch.inference_mode()
def drawn(portrait: PortraitNetwork, head: EdgeHead, rgb: np.ndarray, matte: np.ndarray, scale: float = 1.0,
          grown: tuple[int, int] = (9, 4)) -> np.ndarray:
    """uint8 picture and matte → matte, its edges drawn anew."""
    classes = trimap_of(matte, *grown)
    height, width = matte.shape
    size = round(width * scale), round(height * scale)
    larger = lambda x, how: padded(x if scale == 1 else cv2.resize(x, size, interpolation=how))
    to_tensor = lambda x: torch.from_numpy(x).reshape(*x.shape[:2], -1).permute(2, 0, 1)[None].float()
    picture = to_tensor(larger(rgb, cv2.INTER_CUBIC)) / 127.5 - 1
    coarse = to_tensor(larger(matte, cv2.INTER_LINEAR)) / 255
    trimap = to_tensor((larger(classes, cv2.INTER_NEAREST)[..., None] == np.arange(3)).astype(np.float32))
    seen = portrait.see(picture, torch.cat([trimap, torch.zeros_like(coarse)], 1))
    alpha = torch.sigmoid(head(seen, picture, coarse, trimap))[0, 0, :size[1], :size[0]].numpy()
    if scale != 1:
        alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA)
    return np.where(classes == UNKNOWN, np.rint(alpha * 255), matte).astype(np.uint8)


def validate_edges(portrait: PortraitNetwork, head: EdgeHead, pack: Path, scales: tuple[float, ...] = (1.0, 1.5),
                   every: int = 2) -> dict[str, dict[str, list[float]]]:
    """SAD and Grad of the unknown region: of the mattes as they are (scale 0), and drawn anew at each scale."""
    files = EdgePack(pack)
    sums: dict[str, list] = {}
    for entry in [e for e in files.pictures if e["held_out"]][::every]:
        record = np.array(files.record(entry))
        rgb, truth, trusted = np.ascontiguousarray(record[..., :3]), record[..., 3], record[..., 4] > 127
        region = (trimap_of(truth) == UNKNOWN) & trusted
        group = "photos" if entry["set"] == "photos" else "portraits"
        for teacher, matte in (("portrait", np.array(files.matte(entry))), ("selfie", record[..., 5].copy())):
            for scale in (0, *scales):
                found = matte if scale == 0 else drawn(portrait, head, rgb, matte, scale)
                sums.setdefault(f"{group} {teacher} {scale}", []).append(
                    (sad(found, truth, region), grad(found, truth, region)))
    return {key: [round(float(v), 4) for v in np.mean(rows, 0)] for key, rows in sums.items()}
