"""The float network as an ONNX file for users of other runtimes: batch norm folded, pooling and head included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .int8 import IntegerModel
from .quantise import FloatLayer

OPERATORS = 17


class Builder:
    """Nodes and constants of a graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants[name] = value
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def slice(self, source: str, output: str, start: int, end: int) -> str:
        """[..., start:end] along time."""
        bounds = [
            self.constant(f"{output}.{key}", np.array([value], np.int64))
            for key, value in (("start", start), ("end", end), ("axis", 2))
        ]
        return self.add("Slice", [source, *bounds], output)


def convolutions(builder: Builder, layers: list[FloatLayer], samples: int) -> tuple[str, int]:
    """Adds every layer for a window of so many samples; the last output's name and length."""
    names, lengths = {"input": "input"}, {"input": samples}
    for layer in layers:
        source, length = names[layer.input], lengths[layer.input]
        if layer.crop:
            source = builder.slice(source, f"{layer.name}.cropped", layer.crop, length)
            length -= layer.crop
        weight = builder.constant(f"{layer.name}.weight", layer.weight)
        bias = builder.constant(f"{layer.name}.bias", layer.bias)
        edges = {"strides": [layer.stride], "pads": [layer.padding] * 2}
        output = builder.add("Conv", [source, weight, bias], f"{layer.name}.sum", **edges)
        length = (length + 2 * layer.padding - layer.weight.shape[2]) // layer.stride + 1
        if layer.skip:
            skip, end = names[layer.skip], layer.skip_crop + length
            if (layer.skip_crop, end) != (0, lengths[layer.skip]):
                skip = builder.slice(skip, f"{layer.name}.skip", layer.skip_crop, end)
            output = builder.add("Add", [output, skip], f"{layer.name}.added")
        if layer.relu:
            output = builder.add("Relu", [output], f"{layer.name}.out")
        names[layer.name], lengths[layer.name] = output, length
    return output, length


def build(layers: list[FloatLayer], model: IntegerModel, codes: list[str]) -> onnx.ModelProto:
    """Inputs: `input` [batch][12][window] in millivolts, quantised or not, and `mask` [batch][12]. Outputs: `embedding`, what the
    head reads, and `logits` [batch][statement], calibrated."""
    builder = Builder()
    samples = model.shape.window_samples
    frames, _ = convolutions(builder, layers, samples)
    mean = builder.add("ReduceMean", [frames], "mean", axes=[2], keepdims=1)
    parts = [builder.add("Squeeze", [mean, builder.constant("time", np.array([2], np.int64))], "means")]
    if model.pooling == "spread":
        centred = builder.add("Sub", [frames, mean], "centred")
        squares = builder.add("Mul", [centred, centred], "squares")
        variance = builder.add("ReduceMean", [squares], "variance", axes=[2], keepdims=0)
        parts.append(builder.add("Sqrt", [variance], "deviations"))
    builder.add("Concat", parts, "embedding", axis=1)
    both = builder.add("Concat", ["embedding", "mask"], "features", axis=1)
    weight = np.concatenate([model.head_weight, model.head_mask], axis=1)
    head = [both, builder.constant("head.weight", weight), builder.constant("head.bias", model.head_bias)]
    builder.add("Gemm", head, "logits", transB=1)
    graph = helper.make_graph(
        builder.nodes,
        "ecgclip",
        [
            helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 12, samples]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["batch", 12]),
        ],
        [
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", weight.shape[1] - 12]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(codes)]),
        ],
        [numpy_helper.from_array(value, name) for name, value in builder.constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPERATORS)], ir_version=8)
    helper.set_model_props(made, {"statements": ";".join(codes)})
    onnx.checker.check_model(made)
    return made


def save(path: Path, layers: list[FloatLayer], model: IntegerModel, codes: list[str]) -> None:
    path.write_bytes(build(layers, model, codes).SerializeToString(deterministic=True))
