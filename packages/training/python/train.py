"""Trains the portrait network; goes on from its checkpoint; SIGTERM and SIGINT write one first.

    python train.py --pack /tmp/networks/pack --out /tmp/networks/run --selfie selfie_segmentation.tflite --hours 2

Master weights, their average and the optimiser are float32; a step computes in bfloat16 where the processor has
instructions for it, which is several times as fast there and several times as slow elsewhere.
"""

import argparse
import json
import math
import signal
import time
from pathlib import Path

import torch
from torch.utils.data import DataLoader

import checkpoint
from export import load_exported
from initial import initial_network
from losses import portrait_loss
from network import PortraitNetwork
from samples import EDGES_LARGER, PLAIN, PRIOR, Sample, Samples
from validate import validate

WARM_UP = 100  # steps
FLOOR = 0.02  # of the learning rate, at the end
AVERAGE = 0.998
CLIP = 10.0


def learning_rate(progress: float, step: int) -> float:
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1)))
    return min(1, (step + 1) / WARM_UP) * (FLOOR + (1 - FLOOR) * cosine)


def groups(network: PortraitNetwork, options: argparse.Namespace) -> list[dict]:
    """Trunks, which know something already, learn slowly; biases are not decayed."""
    sorted_out: dict[tuple[bool, bool], list] = {}
    for name, parameter in network.named_parameters():
        trunk = name.startswith(("selfie.", "mobilenet."))
        sorted_out.setdefault((trunk, parameter.ndim > 1), []).append(parameter)
    rates = {True: options.trunk_rate, False: options.rate}
    return [{"params": p, "lr": rates[trunk], "base": rates[trunk], "weight_decay": 0.01 if decays else 0.0}
            for (trunk, decays), p in sorted_out.items()]


def fast_dtype() -> torch.dtype:
    has_bfloat16 = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if has_bfloat16 else torch.float32


def forward(network: PortraitNetwork, batch: Sample, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    layout = {"dtype": dtype, "memory_format": torch.channels_last}
    unit = lambda x: x.float() / 255
    guide = unit(batch.guide.permute(0, 3, 1, 2))
    guide[:, 3] = torch.where((batch.mode == 1)[:, None, None], guide[:, 3] - 0.5, 0.0)
    picture = batch.picture.permute(0, 3, 1, 2).float() / 127.5 - 1
    weights = {name: value.to(dtype) for name, value in network.named_parameters()}
    answer = torch.func.functional_call(network, weights, (picture.to(**layout), guide.to(**layout)))
    return portrait_loss(answer, unit(batch.alpha)[:, None], unit(batch.weight)[:, None], batch.classes.long(),
                         guide, batch.mode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("/work/shared/data"))
    parser.add_argument("--selfie", type=Path, required=True)
    parser.add_argument("--hours", type=float, default=2, help="length of the whole schedule, in hours of training")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--trunk-rate", type=float, default=3e-4)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--validate-minutes", type=float, default=20)
    parser.add_argument("--save-minutes", type=float, default=5)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--weights", type=Path, help="exported weights to begin with, instead of the published trunks")
    parser.add_argument("--plain", type=float, default=PLAIN, help="share of pictures with neither prior nor trimap")
    parser.add_argument("--prior", type=float, default=PRIOR, help="share of pictures with a prior; the others have a trimap")
    parser.add_argument("--edges-larger", type=float, default=EDGES_LARGER, help="share of the last that are enlarged")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.backends.nnpack.set_flags(False)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    file, log = options.out / "checkpoint.pt", options.out / "log.jsonl"

    network = (load_exported(options.weights).train() if options.weights else
               initial_network(options.selfie, options.data / "nets/deeplab-person/deeplab_nchw.onnx"))
    average = PortraitNetwork()
    network.to(memory_format=torch.channels_last)
    average.load_state_dict(network.state_dict())
    average.to(memory_format=torch.channels_last).eval()
    optimizer = torch.optim.AdamW(groups(network, options), betas=(0.9, 0.99), foreach=True)
    step, elapsed, pictures, dtype = 0, 0.0, 0, fast_dtype()
    if options.resume and file.exists():
        state = checkpoint.load(file)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        for group, fresh in zip(optimizer.param_groups, groups(network, options)):
            group["base"], group["weight_decay"] = fresh["base"], fresh["weight_decay"]
        step, elapsed, pictures = state["step"], state["elapsed"], state["pictures"]

    def save() -> None:
        checkpoint.save(file, {"network": network.state_dict(), "average": average.state_dict(),
                               "optimizer": optimizer.state_dict(), "step": step, "elapsed": elapsed,
                               "pictures": pictures})

    def note(**entry) -> None:
        with open(log, "a") as out:
            out.write(json.dumps({"step": step, "pictures": pictures, "hours": round(elapsed / 3600, 4), **entry}) + "\n")

    stopping = False

    def stop(*_) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    loader = DataLoader(Samples(options.pack, options.seed + 7919 * step, options.selfie, options.plain, options.prior,
                                options.edges_larger), batch_size=None, num_workers=1,
                        prefetch_factor=6)
    saved = validated = last = time.monotonic()
    sums: dict[str, float] = {}
    counted = since = 0
    note(started=vars(options) | {k: str(v) for k, v in vars(options).items() if isinstance(v, Path)})
    try:
        for batch in loader:
            factor = learning_rate(elapsed / 3600 / options.hours, step)
            for group in optimizer.param_groups:
                group["lr"] = group["base"] * factor
            terms = forward(network, Sample(*batch), dtype)
            loss = sum(terms.values())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            if torch.isfinite(norm):
                optimizer.step()
                keep = min(AVERAGE, (1 + step) / (10 + step))
                with torch.no_grad():
                    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - keep)
            for name, value in {**terms, "norm": norm}.items():
                sums[name] = sums.get(name, 0) + float(value.detach())
            step, counted = step + 1, counted + 1
            pictures, since = pictures + len(batch[0]), since + len(batch[0])
            now = time.monotonic()
            elapsed, last = elapsed + now - last, now
            if counted == 50:
                note(loss={k: round(v / counted, 4) for k, v in sums.items()}, lr=factor)
                sums, counted = {}, 0
            if stopping or step >= options.steps or elapsed / 3600 >= options.hours * 1.5:
                break
            if now - saved > 60 * options.save_minutes:
                save()
                saved = time.monotonic()
            if now - validated > 60 * options.validate_minutes:
                note(validation=validate(average, options.pack, options.data))
                validated = time.monotonic()
            last = time.monotonic()
    finally:
        save()


if __name__ == "__main__":
    main()
