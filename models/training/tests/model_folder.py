"""A model folder read with nothing but its format: headers as JSON, tensors by their offsets, layers tap by tap."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TYPES = {
    "I8": np.int8,
    "U8": np.uint8,
    "I32": np.dtype("<i4"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}


def read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Metadata and tensors of a safetensors file."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, last = (start + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(content[first:last], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return metadata, tensors


@dataclass
class ModelFolder:
    """model.safetensors of a folder, and its evaluation by the words of docs/model-format.md."""

    graph: dict
    statements: list[dict]
    metadata: dict[str, str]
    tensors: dict[str, np.ndarray]

    @staticmethod
    def open(folder: Path) -> ModelFolder:
        metadata, tensors = read(folder / "model.safetensors")
        return ModelFolder(
            json.loads(metadata["graph"]), json.loads(metadata["statements"]), metadata, tensors
        )

    def activations(self, codes: np.ndarray) -> dict[str, np.ndarray]:
        """Every layer for input codes [time][12]; one matrix product a tap, floor division for the shift."""
        outputs = {"input": codes.astype(np.int64)}
        for layer in self.graph["layers"]:
            weight = self.tensors[f"{layer['name']}.weight"].astype(np.float64)
            zeros = layer.get("padding", 0)
            x = np.pad(outputs[layer["input"]][layer["crop"] :], ((zeros, zeros), (0, 0)))
            length = (len(x) - layer["kernel"]) // layer["stride"] + 1
            total = np.tile(self.tensors[f"{layer['name']}.bias"].astype(np.float64), (length, 1))
            for tap in range(layer["kernel"]):
                rows = x[tap : tap + (length - 1) * layer["stride"] + 1 : layer["stride"]]
                total += rows.astype(np.float64) @ weight[:, tap].T
            assert np.abs(total).max() < 2**31
            total = total.astype(np.int64) * self.tensors[f"{layer['name']}.multiplier"]
            if "skip" in layer:
                skip = outputs[layer["skip"]][layer["skipCrop"] :]
                total = total[: len(skip)]
                total = total + skip[: len(total)] * self.tensors[f"{layer['name']}.skipMultiplier"]
            half = 2 ** (layer["shift"] - 1)
            rounded = np.floor_divide(total + half, 2 ** layer["shift"])
            outputs[layer["name"]] = np.clip(rounded, layer["minimum"], layer["maximum"])
        return outputs

    def embedding(self, frames: np.ndarray) -> np.ndarray:
        """Sums over frames [frame][channel], with spread pooling the sums of squares behind them."""
        frames = frames.astype(np.int64)
        parts = [frames, frames**2] if self.graph.get("pooling", "mean") == "spread" else [frames]
        return np.concatenate([part.sum(0) for part in parts])

    def features(self, embedding: np.ndarray, frames: int) -> list[float]:
        """What the head reads, a number at a time."""
        width, scale = self.graph["layers"][-1]["outputChannels"], self.graph["embeddingScale"]
        sums = [int(value) for value in embedding]
        means = [value * scale / frames for value in sums[:width]]
        spreads = [frames * squares - total**2 for total, squares in zip(sums, sums[width:], strict=False)]
        return means + [math.sqrt(value) * scale / frames for value in spreads]

    def logits(self, embedding: np.ndarray, frames: int, mask: np.ndarray) -> np.ndarray:
        """The head in index order, one statement after the other."""
        found = []
        features = self.features(embedding, frames)
        for row, bias in enumerate(self.tensors["head.bias"]):
            logit = float(bias)
            for weight, present in zip(self.tensors["head.mask"][row], mask, strict=True):
                logit += float(weight) * float(present)
            for weight, value in zip(self.tensors["head.weight"][row], features, strict=True):
                logit += float(weight) * value
            found.append(logit)
        return np.array(found)


def check_golden(folder: Path) -> int:
    """Evaluates every golden case from the model file alone, bit for bit; returns the number of cases."""
    model = ModelFolder.open(folder)
    metadata, golden = read(folder / "golden.safetensors")
    last = model.graph["layers"][-1]["name"]
    for case in range(int(metadata["cases"])):
        outputs = model.activations(golden[f"case{case}.input"])
        embedding = model.embedding(outputs[last])
        np.testing.assert_array_equal(golden[f"case{case}.embedding"], embedding)
        assert len(embedding) == model.graph["embeddingWidth"] == model.tensors["head.weight"].shape[1]
        mask = golden[f"case{case}.mask"]
        expected = model.logits(embedding, model.graph["windowFrames"], mask)
        np.testing.assert_array_equal(golden[f"case{case}.logits"], expected)
        assert not golden[f"case{case}.input"][:, mask == 0].any(), "a missing lead is exactly zero"
    for layer in model.graph["layers"]:
        np.testing.assert_array_equal(
            golden[f"case0.{layer['name']}"], model.activations(golden["case0.input"])[layer["name"]]
        )
    return int(metadata["cases"])
