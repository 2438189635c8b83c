"""What others need for the same work: a line of JSON in, a line of JSON out, until the input ends.

In: {"work": NAME, "model": FILE, "shape": [...], "width": W, "height": H, "image": FILE, ...}; arrays are raw float32.
Out: {"milliseconds": CPU time of one run, "library": "pymatting 1.1.15"} or {"missing": why}.
"""

import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

sessions = {}


def prepare(job):
    """What is called, and the library it is from. Imports fail here."""
    import numpy as np

    def picture(key, channels):
        shape = (job["height"], job["width"], channels)[: 3 if channels > 1 else 2]
        return np.fromfile(job[key], np.float32).reshape(shape).astype(np.float64)

    if job["work"] == "onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
        entry = session.get_inputs()[0]
        sizes = [a if isinstance(a, int) else b for a, b in zip(entry.shape, job["shape"])]
        x = np.random.default_rng(1).random(sizes, np.float32)
        return lambda: session.run(None, {entry.name: x}), f"onnxruntime {onnxruntime.__version__}"

    import pymatting

    library = f"pymatting {pymatting.__version__}"
    image = picture("image", 3)
    if job["work"] == "closed-form matting":
        trimap = picture("trimap", 1)
        return lambda: pymatting.estimate_alpha_cf(image, trimap), library
    if job["work"] == "refineMatte":
        alpha, trimap = picture("alpha", 1), picture("trimap", 1)
        return lambda: refine(pymatting, np, image, alpha, trimap), library
    alpha = picture("alpha", 1)
    layers = {
        "closed-form layers": pymatting.estimate_foreground_cf,
        "multi-level layers": pymatting.estimate_foreground_ml,
    }[job["work"]]
    return lambda: layers(image, alpha, return_background=True), library


def refine(pymatting, np, image, alpha, trimap):
    """The system of refineMatte over all pixels, with what pymatting has for it."""
    import scipy.sparse

    certain = (trimap < 0.1) | (trimap > 0.9)
    prior = np.where(certain, trimap > 0.9, alpha).ravel()
    weight = np.where(certain.ravel(), 100.0, 0.003 * 1000 ** np.abs(2 * prior - 1) ** 4)
    laplacian = pymatting.cf_laplacian(image, is_known=certain.ravel())
    system = laplacian + scipy.sparse.diags(weight)
    return pymatting.cg(system, weight * prior, M=pymatting.ichol(system), rtol=3e-4)


for line in sys.stdin:
    job = json.loads(line)
    key = json.dumps(job, sort_keys=True)
    try:
        if key not in sessions:
            sessions[key] = prepare(job)
            # Once for compilers and caches.
            sessions[key][0]()
        run, library = sessions[key]
        start = time.process_time()
        run()
        answer = {"milliseconds": 1000 * (time.process_time() - start), "library": library}
    except ImportError as error:
        answer = {"missing": str(error)}
    except Exception as error:
        answer = {"missing": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
