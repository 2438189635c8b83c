"""Robust Video Matting, from its TensorFlow.js graph, on TensorFlow. GPL-3.0: its answers only."""

import base64
import json
from pathlib import Path

import numpy as np


def _weights(folder: Path, manifest: list[dict]) -> dict[str, np.ndarray]:
    values = {}
    for group in manifest:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        at = 0
        for weight in group["weights"]:
            quantization = weight.get("quantization")
            dtype = np.dtype(quantization["dtype"] if quantization else weight["dtype"])
            count = int(np.prod(weight["shape"])) if weight["shape"] else 1
            raw = np.frombuffer(data, dtype, count, at)
            at += count * dtype.itemsize
            if quantization and "scale" in quantization:
                raw = raw.astype(np.float32) * quantization["scale"] + quantization["min"]
            values[weight["name"]] = raw.reshape(weight["shape"]).astype(weight["dtype"])
    return values


class RvmTeacher:
    """Mattes of single pictures, all recurrent states empty."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        import tensorflow as tf
        from google.protobuf import json_format

        model = json.loads((folder / "model.json").read_text())
        weights = _weights(folder, model["weightsManifest"])
        nodes, activations = [], {}
        for node in model["modelTopology"]["node"]:
            if node["op"] == "FusedDepthwiseConv2dNative":
                steps = [base64.b64decode(s).decode() for s in node["attr"]["fused_ops"]["list"]["s"]]
                keep = ("strides", "padding", "data_format", "dilations", "T", "explicit_paddings")
                attributes = {k: v for k, v in node["attr"].items() if k in keep}
                tensor = {"T": node["attr"]["T"]}
                name = node["name"]
                chain = [{"name": f"{name}/raw", "op": "DepthwiseConv2dNative", "input": node["input"][:2],
                          "attr": attributes},
                         {"name": f"{name}/biased", "op": "BiasAdd", "input": [f"{name}/raw", node["input"][2]],
                          "attr": tensor}]
                last = steps[1] if len(steps) > 1 else "Identity"
                chain.append({"name": name, "op": last, "input": [f"{name}/biased"], "attr": tensor})
                nodes += chain
            else:
                nodes.append(node)
        constants = {n["name"] for n in nodes if n["op"] == "Const"}
        graph = json_format.ParseDict({"node": nodes, "versions": model["modelTopology"]["versions"]},
                                      tf.compat.v1.GraphDef(), ignore_unknown_fields=True)
        for node in graph.node:
            if node.op == "_FusedConv2D":
                node.attr["TArgs"].list.type.extend([node.attr["T"].type] * node.attr["num_args"].i)
            if node.name in constants:
                dtype = tf.dtypes.as_dtype(node.attr["dtype"].type).as_numpy_dtype
                node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(weights[node.name].astype(dtype)))
        config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
        with tf.Graph().as_default() as built:
            tf.import_graph_def(graph, name="")
        self.session = tf.compat.v1.Session(graph=built, config=config)

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """RGB [H, W, 3] uint8 → alpha [H, W] in [0, 1]."""
        feed = {f"r{i}i:0": np.float32(0) for i in range(1, 5)}
        feed |= {"downsample_ratio:0": np.float32(1), "src:0": rgb[None].astype(np.float32) / 255}
        return self.session.run("Identity_1:0", feed)[0, ..., 0]
