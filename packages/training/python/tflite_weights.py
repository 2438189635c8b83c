"""Reads the constants of a TensorFlow Lite file, in the order of the layers that use them."""

import struct
from pathlib import Path

import numpy as np

FLOAT32, FLOAT16 = 0, 1
CONV_2D, DEPTHWISE_CONV_2D, DEQUANTIZE, CUSTOM = 3, 4, 6, 32
DTYPES = {FLOAT32: np.dtype("<f4"), FLOAT16: np.dtype("<f2")}


class Table:
    """One table of a flatbuffer: fields by number, as schema.fbs of TensorFlow Lite counts them."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data, self.position = data, position
        self.vtable = position - struct.unpack_from("<i", data, position)[0]
        self.size = struct.unpack_from("<H", data, self.vtable)[0]

    def _at(self, field: int) -> int:
        slot = 4 + 2 * field
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0] if slot < self.size else 0
        return self.position + offset if offset else 0

    def scalar(self, field: int, layout: str, default: int = 0) -> int:
        at = self._at(field)
        return struct.unpack_from("<" + layout, self.data, at)[0] if at else default

    def _vector(self, field: int) -> tuple[int, int]:
        at = self._at(field)
        if not at:
            return 0, 0
        start = at + struct.unpack_from("<I", self.data, at)[0]
        return start + 4, struct.unpack_from("<I", self.data, start)[0]

    def array(self, field: int, dtype: str) -> np.ndarray:
        start, length = self._vector(field)
        return np.frombuffer(self.data, dtype, length, start)

    def tables(self, field: int) -> list["Table"]:
        start, length = self._vector(field)
        places = [start + 4 * i for i in range(length)]
        return [Table(self.data, p + struct.unpack_from("<I", self.data, p)[0]) for p in places]


def layer_weights(file: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """(filter, bias) of every convolution in execution order; filters OHWI (depthwise: 1HWC), float32."""
    data = Path(file).read_bytes()
    model = Table(data, struct.unpack_from("<I", data, 0)[0])
    codes = [max(c.scalar(0, "b"), c.scalar(3, "i")) for c in model.tables(1)]
    graph, buffers = model.tables(2)[0], model.tables(4)
    tensors, operators = graph.tables(0), graph.tables(3)

    def constant(index: int) -> np.ndarray:
        tensor = tensors[index]
        raw = buffers[tensor.scalar(2, "I")].array(0, "u1").tobytes()
        values = np.frombuffer(raw, DTYPES[tensor.scalar(1, "b")]).astype(np.float32)
        return values.reshape(tensor.array(0, "<i4"))

    source: dict[int, int] = {}
    layers = []
    for operator in operators:
        code, inputs = codes[operator.scalar(0, "I")], operator.array(1, "<i4").tolist()
        if code == DEQUANTIZE:
            source[operator.array(2, "<i4")[0]] = inputs[0]
        elif code in (CONV_2D, DEPTHWISE_CONV_2D, CUSTOM):
            layers.append(tuple(constant(source.get(i, i)) for i in inputs[1:3]))
    return layers
