"""A model folder read back: integers, statements and float weights, for what is built on a shipped model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors import safe_open

from .int8 import IntegerModel, Layer
from .preprocessing import Preprocessing
from .quantise import FloatLayer
from .shape import BLOCKS, Shape


def open_model(folder: Path) -> tuple[IntegerModel, list[dict], dict[str, str]]:
    """The integer model, its statements and the metadata of models/<name>."""
    path = folder / "model.safetensors"
    metadata, tensors = read(path)
    if metadata["preprocessing"] != Preprocessing.load().text:
        raise ValueError(
            f"{path}: made for another preprocessing than models/preprocessing.json: use its checkout"
        )
    graph = json.loads(metadata["graph"])
    layers = [layer_of(entry, tensors) for entry in graph["layers"]]
    model = IntegerModel(
        shape=shape_of(layers),
        pooling=graph["pooling"],
        layers=layers,
        millivolts_per_code=graph["input"]["millivoltsPerCode"],
        embedding_scale=graph["embeddingScale"],
        weight_maximum=graph["weightMaximum"],
        head_weight=tensors["head.weight"],
        head_mask=tensors["head.mask"],
        head_bias=tensors["head.bias"],
    )
    return model, json.loads(metadata["statements"]), metadata


def read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """A file's metadata and tensors."""
    if not path.exists():
        raise ValueError(f"{path.parent}: no {path.name}: name a folder that `export` or `task` wrote")
    with safe_open(path, "numpy") as opened:
        return opened.metadata(), {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


def open_float(folder: Path) -> list[FloatLayer]:
    """The convolutions of float.safetensors, batch norm folded."""
    metadata, tensors = read(folder / "float.safetensors")
    return [
        FloatLayer(
            name=entry["name"],
            input=entry["input"],
            stride=entry["stride"],
            crop=entry["crop"],
            relu=entry["minimum"] == 0,
            weight=tensors[f"{entry['name']}.weight"],
            bias=tensors[f"{entry['name']}.bias"],
            skip=entry.get("skip"),
            skip_crop=entry.get("skipCrop", 0),
            padding=entry.get("padding", 0),
        )
        for entry in json.loads(metadata["graph"])["layers"]
    ]


def layer_of(entry: dict, tensors: dict[str, np.ndarray]) -> Layer:
    name = entry["name"]
    return Layer(
        name=name,
        input=entry["input"],
        kernel=entry["kernel"],
        stride=entry["stride"],
        crop=entry["crop"],
        minimum=entry["minimum"],
        maximum=entry["maximum"],
        shift=entry["shift"],
        weight=tensors[f"{name}.weight"],
        bias=tensors[f"{name}.bias"],
        multiplier=tensors[f"{name}.multiplier"],
        skip=entry.get("skip"),
        skip_crop=entry.get("skipCrop", 0),
        skip_multiplier=tensors.get(f"{name}.skipMultiplier"),
    )


def shape_of(layers: list[Layer]) -> Shape:
    """The encoder's shape as its convolutions tell it."""
    width = {layer.name: len(layer.weight) for layer in layers}
    inner = tuple(channels for name, channels in width.items() if name.endswith(".conv1"))
    kind = next(kind for kind, counts in BLOCKS.items() if sum(counts) == len(inner))
    stages = tuple(width[f"layer{stage + 1}.0.conv2"] for stage in range(len(BLOCKS[kind])))
    return Shape(kind, stages, inner)
