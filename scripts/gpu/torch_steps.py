"""Times one step of a search in PyTorch, to stand beside that of latent-matte; prints one line of JSON.

    python3 torch_steps.py --preset official --side 1024 --network-size 800 608 --seconds 30
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "torch_port"))

MOST_STEPS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=("fast", "official"), required=True)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--network-size", type=int, nargs=2, default=(800, 608))
    parser.add_argument("--narrow", action="store_true")
    parser.add_argument("--cpu", action="store_true", help="where there is no CUDA")
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        print(json.dumps({"skipped": "PyTorch is not installed"}))
        return
    if not torch.cuda.is_available() and not options.cpu:
        print(json.dumps({"skipped": f"PyTorch {torch.__version__} finds no CUDA"}))
        return
    if options.cpu:
        torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if options.preset == "fast":
        from fast_step import DIFFERS, FastStep as Step
    else:
        from official_step import DIFFERS, OfficialStep as Step
    torch.manual_seed(1)
    step = Step(options.side, tuple(options.network_size), options.narrow, device)
    # Kernels are chosen in the first two.
    step.run()
    step.run()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    times: list[float] = []
    end = time.perf_counter() + options.seconds
    while len(times) < MOST_STEPS and (time.perf_counter() < end or not times):
        start = time.perf_counter()
        step.run()  # reads the loss: the GPU is done
        times.append(time.perf_counter() - start)
    cuda = device.type == "cuda"
    print(json.dumps({
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "torch": torch.__version__,
        "steps": len(times),
        "secondsPerStep": statistics.median(times),
        "peakMegabytes": torch.cuda.max_memory_allocated() / 2**20 if cuda else None,
        "differs": DIFFERS,
    }))


if __name__ == "__main__":
    main()
