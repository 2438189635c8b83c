"""Trains the edge head of the portrait network, which stays as it is; goes on from its checkpoint; SIGTERM and SIGINT write one first.

    python train_edges.py --pack /tmp/networks/pack --weights portrait.safetensors --out /tmp/networks/edges --hours 2 [--resume]
"""

import argparse
import json
import signal
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader

import checkpoint
from edge_network import EdgeHead
from edge_samples import EdgeSample, EdgeSamples
from edge_validate import validate_edges
from export import load_exported
from losses import gradient, laplacian
from metrics import HALF, gaussian_kernels
from network import PortraitNetwork
from train import fast_dtype, learning_rate
from trimaps import UNKNOWN

AVERAGE, CLIP = 0.998, 5.0


def slope(alpha: Tensor) -> Tensor:
    """Magnitude of the Gaussian gradient by which mattes are measured (σ 1.4), [N, 1, H, W]."""
    smooth, steep = (torch.from_numpy(kernel).float() for kernel in gaussian_kernels())
    across = F.conv2d(F.conv2d(alpha, steep[None, None, None]), smooth[None, None, :, None])
    down = F.conv2d(F.conv2d(alpha, smooth[None, None, None]), steep[None, None, :, None])
    return (across.square() + down.square() + 1e-6).sqrt()


def edge_loss(logit: Tensor, alpha: Tensor, band: Tensor) -> dict[str, Tensor]:
    """
    All [N, 1, H, W]; `band`: where the matte's edge is, weighted by the trust in the label. Absolute errors alone draw every
    edge as sharp as the likeliest, which squared ones, and Grad among them, punish.
    """
    predicted = torch.sigmoid(logit.float())
    difference = (predicted - alpha) * band
    share = band.numel() / band.sum().clamp_min(1)
    inner = band[..., HALF:-HALF, HALF:-HALF]
    steepness = (slope(predicted) - slope(alpha)).square() * inner
    return {
        "alpha": difference.abs().mean() * share,
        "square": 2.0 * difference.square().mean() * share,
        "laplacian": 0.1 * laplacian(difference) * share,
        "gradient": 0.5 * gradient(difference) * share,
        "grad": 2.0 * steepness.sum() / inner.sum().clamp_min(1),
    }


def forward(portrait: PortraitNetwork, head: EdgeHead, batch: EdgeSample, dtype: torch.dtype) -> dict[str, Tensor]:
    """`portrait` in `dtype` already."""
    layout = {"dtype": dtype, "memory_format": torch.channels_last}
    unit = lambda x: (x.float() / 255)[:, None]
    picture = (batch.picture.permute(0, 3, 1, 2).float() / 127.5 - 1).to(**layout)
    trimap = torch.stack([batch.trimap == k for k in range(3)], 1)
    one_hot, matte = trimap.to(**layout), unit(batch.matte).to(**layout)
    with torch.no_grad():
        seen = portrait.see(picture, torch.cat([one_hot, torch.zeros_like(matte)], 1))
    weights = {name: value.to(dtype) for name, value in head.named_parameters()}
    logit = torch.func.functional_call(head, weights, (seen, picture, matte, one_hot))
    return edge_loss(logit, unit(batch.alpha), trimap[:, UNKNOWN:UNKNOWN + 1] * unit(batch.weight))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="exported weights of the portrait network")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hours", type=float, default=2, help="length of the whole schedule, in hours of training")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--validate-minutes", type=float, default=15)
    parser.add_argument("--save-minutes", type=float, default=5)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.backends.nnpack.set_flags(False)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    file, log = options.out / "checkpoint.pt", options.out / "log.jsonl"

    dtype = fast_dtype()
    portrait = load_exported(options.weights)
    network, average = EdgeHead().begin_as(portrait), EdgeHead()
    exact = load_exported(options.weights).to(memory_format=torch.channels_last)
    portrait.to(dtype=dtype, memory_format=torch.channels_last).requires_grad_(False)
    network.to(memory_format=torch.channels_last)
    average.load_state_dict(network.state_dict())
    average.to(memory_format=torch.channels_last).eval()
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, betas=(0.9, 0.99), foreach=True)
    step, elapsed, places = 0, 0.0, 0
    if options.resume and file.exists():
        state = checkpoint.load(file)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, elapsed, places = state["step"], state["elapsed"], state["pictures"]

    def save() -> None:
        checkpoint.save(file, {"network": network.state_dict(), "average": average.state_dict(),
                               "optimizer": optimizer.state_dict(), "step": step, "elapsed": elapsed,
                               "pictures": places})

    def note(**entry) -> None:
        with open(log, "a") as out:
            out.write(json.dumps({"step": step, "places": places, "hours": round(elapsed / 3600, 4), **entry}) + "\n")

    stopping = False

    def stop(*_) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    loader = DataLoader(EdgeSamples(options.pack, options.seed + 7919 * step), batch_size=None, num_workers=1,
                        prefetch_factor=6)
    saved = validated = last = time.monotonic()
    sums: dict[str, float] = {}
    counted = 0
    try:
        for batch in loader:
            factor = learning_rate(elapsed / 3600 / options.hours, step)
            for group in optimizer.param_groups:
                group["lr"] = options.rate * factor
            terms = forward(portrait, network, EdgeSample(*batch), dtype)
            optimizer.zero_grad(set_to_none=True)
            sum(terms.values()).backward()
            norm = torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            if torch.isfinite(norm):
                optimizer.step()
                keep = min(AVERAGE, (1 + step) / (10 + step))
                with torch.no_grad():
                    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - keep)
            for name, value in {**terms, "norm": norm}.items():
                sums[name] = sums.get(name, 0) + float(value.detach())
            step, counted, places = step + 1, counted + 1, places + len(batch[0])
            now = time.monotonic()
            elapsed, last = elapsed + now - last, now
            if counted == 50:
                note(loss={k: round(v / counted, 4) for k, v in sums.items()}, lr=round(factor, 4))
                sums, counted = {}, 0
            if stopping or elapsed / 3600 >= options.hours:
                break
            if now - saved > 60 * options.save_minutes:
                save()
                saved = time.monotonic()
            if now - validated > 60 * options.validate_minutes:
                save()
                note(validation=validate_edges(exact, average, options.pack))
                saved = validated = time.monotonic()
            last = time.monotonic()
    finally:
        save()


if __name__ == "__main__":
    main()
