"""Figures on the held-out slice of photos/ and portraits/train: the only ones a choice may rest on."""

from pathlib import Path

import numpy as np

from metrics import grad, iou, is_gross, sad
from network import PortraitNetwork
from pictures import read_gray, truth_of
from predict import predict
from samples import Pack
from trimaps import UNKNOWN, trimap_of


def validate(network: PortraitNetwork, pack: Path, data: Path, modes: tuple[str, ...] = ("plain", "prior"),
             limit: int | None = None) -> dict[str, dict[str, float]]:
    """SAD of photographs counts trusted pixels only; IoU and gross failures are against the `eg_` masks."""
    files = Pack(pack)
    entries = [e for e in files.pictures if e["held_out"]][:limit]
    results = {}
    for mode in modes:
        rows: dict[str, list[float]] = {}
        add = lambda key, value: rows.setdefault(key, []).append(value)
        for entry in entries:
            record = np.array(files.record(entry))
            truth, trusted = record[..., 3], record[..., 4] > 127
            given = trimap_of(truth)
            unknown = (given == UNKNOWN) & trusted
            alpha, _ = predict(network, np.ascontiguousarray(record[..., :3]),
                               record[..., 5] if mode == "prior" else None, given if mode == "trimap" else None)
            group = "photos" if entry["set"] == "photos" else "portraits"
            add(f"{group}_sad", sad(alpha, truth, trusted))
            add(f"{group}_unknown_sad", sad(alpha, truth, unknown))
            add(f"{group}_unknown_grad", grad(alpha, truth, unknown))
            if entry["kind"] == "eg" and entry["mask"]:
                mask = read_gray(truth_of(data, "photos", entry["name"]))
                add("eg_iou", iou(alpha, mask))
                add("eg_gross", float(is_gross(alpha, mask)))
            elif group == "photos":
                add("other_gross", float(is_gross(np.where(trusted, alpha, truth), truth)))
        results[mode] = {k: round(float(np.sum(v) if "gross" in k else np.mean(v)), 4) for k, v in rows.items()}
    return results
