"""Trains the autoencoder on crops of all training photographs; goes on from its checkpoint; SIGTERM writes one first.

    python train_autoencoder.py --pack /tmp/networks/pack --out /tmp/networks/autoencoder --hours 2 [--resume]

Half of the crops lie on the border of a person, where a search moves the latents. Latents carry noise, so that the
decoder knows what lies around a code, and are held near variance 1, so that the noise cannot be outgrown.
"""

import argparse
import json
import math
import signal
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

import checkpoint
from autoencoder import FACTOR, Autoencoder

CROP = 96
BATCH = 8
RATE = 1e-3
FLOOR = 0.02  # of the rate, at the end
WARM_UP = 200  # steps
AVERAGE = 0.999
CLIP = 1.0
NOISE = 0.05  # deviation, of latents of variance 1
SPREAD = 0.01  # weight of (mean z² − 1)²
EDGES = 0.1  # weight of the differences of neighbours beside the values


class Crops(IterableDataset):
    """RGB [8, 3, 96, 96] uint8, mirrored and halved at random."""

    def __init__(self, pack: Path, seed: int) -> None:
        self.entries = [p for p in json.loads((pack / "index.json").read_text())["pictures"] if not p["held_out"]]
        self.pack, self.seed = pack, seed

    def __iter__(self):
        worker = get_worker_info()
        random = np.random.default_rng([self.seed, worker.id if worker else 0])
        pixels = np.memmap(self.pack / "pixels.u8", np.uint8, "r")
        while True:
            yield torch.from_numpy(np.stack([self._crop(random, pixels) for _ in range(BATCH)])).permute(0, 3, 1, 2)

    def _crop(self, random: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
        while True:
            p = self.entries[random.integers(len(self.entries))]
            height, width = p["height"], p["width"]
            if min(height, width) >= CROP:
                break
        record = pixels[p["at"]: p["at"] + height * width * 9].reshape(height, width, 9)
        size = 2 * CROP if random.random() < 0.3 and min(height, width) >= 2 * CROP else CROP
        y, x = random.integers(height - size + 1), random.integers(width - size + 1)
        if random.random() < 0.5:
            alpha = record[::4, ::4, 3]
            rows, columns = np.nonzero((alpha > 12) & (alpha < 243))
            if len(rows):
                i = random.integers(len(rows))
                y, x = (int(np.clip(4 * at[i] - random.integers(size), 0, side - size))
                        for at, side in ((rows, height), (columns, width)))
        crop = record[y: y + size, x: x + size, :3]
        if size > CROP:
            crop = np.rint(crop.reshape(CROP, 2, CROP, 2, 3).mean((1, 3))).astype(np.uint8)
        return np.ascontiguousarray(crop[:, ::-1] if random.random() < 0.5 else crop)


def blocks_of(pack: Path, seed: int, crops: int = 200) -> np.ndarray:
    """[N, 8, 8, 3] in [0, 1], of random crops."""
    source, n = iter(Crops(pack, seed)), CROP // FACTOR
    pictures = np.concatenate([next(source).permute(0, 2, 3, 1).numpy() for _ in range(crops // BATCH)])
    return (pictures.reshape(-1, n, FACTOR, n, FACTOR, 3).transpose(0, 1, 3, 2, 4, 5).reshape(-1, FACTOR, FACTOR, 3) / 255)


def differences(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def losses(network: Autoencoder, crops: Tensor) -> dict[str, Tensor]:
    picture = crops.float().div(255).contiguous(memory_format=torch.channels_last)
    z = network.encode(picture)
    shown = network.decode(z + NOISE * torch.randn_like(z))
    edges = sum((a - b).square().mean() for a, b in zip(differences(shown), differences(picture)))
    return {"values": (shown - picture).square().mean(), "edges": EDGES * edges,
            "spread": SPREAD * (z.square().mean() - 1).square()}


@torch.inference_mode()
def validate(network: Autoencoder, pack: Path, count: int = 40) -> dict[str, float]:
    """PSNR of held-out photographs, whole and without noise: mean, worst, and of the pixels at a border."""
    entries = [p for p in json.loads((pack / "index.json").read_text())["pictures"] if p["held_out"]]
    pixels, whole, border = np.memmap(pack / "pixels.u8", np.uint8, "r"), [], []
    for p in entries[:: max(1, len(entries) // count)][:count]:
        record = pixels[p["at"]: p["at"] + p["height"] * p["width"] * 9].reshape(p["height"], p["width"], 9)
        record = record[: p["height"] // 8 * 8, : p["width"] // 8 * 8]
        picture = torch.from_numpy(np.ascontiguousarray(record[..., :3])).permute(2, 0, 1)[None].float() / 255
        error = (network(picture).clamp(0, 1) - picture).square().mean(1)[0].numpy()
        unknown = (record[..., 3] > 12) & (record[..., 3] < 243)
        whole.append(-10 * math.log10(error.mean()))
        if unknown.any():
            border.append(-10 * math.log10(error[unknown].mean()))
    return {"psnr": round(float(np.mean(whole)), 3), "worst": round(min(whole), 3), "border": round(float(np.mean(border)), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hours", type=float, default=2, help="length of the whole schedule, in hours of training")
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.backends.nnpack.set_flags(False)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    file, log = options.out / "checkpoint.pt", options.out / "log.jsonl"

    network, average = Autoencoder().start_as_components(blocks_of(options.pack, options.seed)), Autoencoder()
    average.load_state_dict(network.state_dict())
    network.to(memory_format=torch.channels_last)
    average.to(memory_format=torch.channels_last).eval()
    trained = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, RATE, betas=(0.9, 0.99), foreach=True)
    step, elapsed = 0, 0.0
    if options.resume and file.exists():
        state = checkpoint.load(file)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, elapsed = state["step"], state["elapsed"]

    def save() -> None:
        checkpoint.save(file, {"network": network.state_dict(), "average": average.state_dict(),
                               "optimizer": optimizer.state_dict(), "step": step, "elapsed": elapsed})

    def note(**entry) -> None:
        with open(log, "a") as out:
            out.write(json.dumps({"step": step, "hours": round(elapsed / 3600, 4), **entry}) + "\n")

    stopping = False

    def stop(*_) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    loader = DataLoader(Crops(options.pack, options.seed + 7919 * step), batch_size=None, num_workers=1, prefetch_factor=8)
    saved = validated = last = time.monotonic()
    sums: dict[str, float] = {}
    note(validation=validate(average, options.pack))
    try:
        for crops in loader:
            progress = min(1, elapsed / 3600 / options.hours)
            rate = min(1, (step + 1) / WARM_UP) * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * progress)))
            for group in optimizer.param_groups:
                group["lr"] = RATE * rate
            terms = losses(network, crops)
            optimizer.zero_grad(set_to_none=True)
            sum(terms.values()).backward()
            norm = torch.nn.utils.clip_grad_norm_(trained, CLIP)
            if torch.isfinite(norm):
                optimizer.step()
                keep = min(AVERAGE, (1 + step) / (10 + step))
                with torch.no_grad():
                    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - keep)
            for name, value in {**terms, "norm": norm}.items():
                sums[name] = sums.get(name, 0) + float(value.detach())
            step += 1
            now = time.monotonic()
            elapsed, last = elapsed + now - last, now
            if step % 200 == 0:
                note(loss={k: round(v / 200, 6) for k, v in sums.items()}, rate=round(rate, 4))
                sums = {}
            if stopping or step >= options.steps or elapsed / 3600 >= options.hours:
                break
            if now - saved > 300:
                save()
                saved = time.monotonic()
            if now - validated > 900:
                note(validation=validate(average, options.pack))
                validated = time.monotonic()
            last = time.monotonic()
    finally:
        save()
    note(validation=validate(average, options.pack))


if __name__ == "__main__":
    main()
