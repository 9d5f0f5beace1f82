"""Writes the model folder: int8 and float weights, golden vectors, metrics, card and manifest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save as serialised

from .int8 import IntegerModel
from .preprocessing import Preprocessing
from .ptbxl import LEADS
from .shape import FRAME_STRIDE, MINIMUM_FRAMES, SAMPLE_RATE

if TYPE_CHECKING:
    from .quantise import FloatLayer


def graph(model: IntegerModel) -> dict:
    """The graph as docs/model-format.md writes it."""
    layers = []
    for layer in model.layers:
        entry = {
            "name": layer.name,
            "input": layer.input,
            "kernel": layer.kernel,
            "stride": layer.stride,
            "crop": layer.crop,
            "inputChannels": layer.weight.shape[2],
            "outputChannels": layer.weight.shape[0],
            "minimum": layer.minimum,
            "maximum": layer.maximum,
            "shift": layer.shift,
        }
        if layer.padding:
            entry["padding"] = layer.padding
        if layer.skip:
            entry |= {"skip": layer.skip, "skipCrop": layer.skip_crop}
        layers.append(entry)
    window = {"windowSamples": model.shape.window_samples} if model.shape.padded else {}
    return {
        "input": {
            "leads": LEADS,
            "sampleRateHz": SAMPLE_RATE,
            "millivoltsPerCode": model.millivolts_per_code,
        },
        "frameStride": FRAME_STRIDE,
        "receptiveField": model.shape.receptive_field,
        "windowFrames": model.shape.window_frames,
        "minimumFrames": MINIMUM_FRAMES,
        "embeddingWidth": len(model.layers[-1].weight) * (2 if model.pooling == "spread" else 1),
        "embeddingScale": model.embedding_scale,
        "pooling": model.pooling,
        "weightMaximum": model.weight_maximum,
        **window,
        "layers": layers,
    }


def save(tensors: dict[str, np.ndarray], path: Path, metadata: dict[str, str]) -> None:
    """A safetensors file with its header in sorted order, since the library writes metadata in a random one: the same
    network gives the same bytes."""
    content = serialised(tensors, metadata)
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[start:])


def described(
    form: str,
    name: str,
    model: IntegerModel,
    statements: list[dict],
    preprocessing: Preprocessing,
    training: str,
    created: str,
) -> dict[str, str]:
    """What a file of weights says of itself: but for its format, the same in integers and in float."""
    return {
        "format": form,
        "name": name,
        "created": created,
        "training": training,
        "preprocessing": preprocessing.text,
        "graph": json.dumps(graph(model)),
        "statements": json.dumps(statements),
    }


def save_int8(
    path: Path,
    name: str,
    model: IntegerModel,
    statements: list[dict],
    preprocessing: Preprocessing,
    training: str,
    created: str,
) -> None:
    tensors = {}
    for layer in model.layers:
        tensors[f"{layer.name}.weight"] = layer.weight
        tensors[f"{layer.name}.bias"] = layer.bias
        tensors[f"{layer.name}.multiplier"] = layer.multiplier
        if layer.skip_multiplier is not None:
            tensors[f"{layer.name}.skipMultiplier"] = layer.skip_multiplier
    tensors |= {"head.weight": model.head_weight, "head.mask": model.head_mask, "head.bias": model.head_bias}
    save(
        tensors,
        path,
        described("ecgclip-model/1", name, model, statements, preprocessing, training, created),
    )


def save_float(
    path: Path,
    layers: list[FloatLayer],
    name: str,
    model: IntegerModel,
    statements: list[dict],
    preprocessing: Preprocessing,
    training: str,
    created: str,
) -> None:
    tensors = {f"{layer.name}.weight": layer.weight for layer in layers}
    tensors |= {f"{layer.name}.bias": layer.bias for layer in layers}
    tensors |= {"head.weight": model.head_weight, "head.mask": model.head_mask, "head.bias": model.head_bias}
    save(
        tensors,
        path,
        described("ecgclip-float/1", name, model, statements, preprocessing, training, created),
    )


def golden_inputs(length: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Synthetic windows [case][time][12] and lead masks: never a recording."""
    rng = np.random.default_rng(seed)
    cases, masks = [], []

    def add(codes: np.ndarray, mask: list[int] | None = None) -> None:
        present = np.ones(12, np.uint8)
        if mask is not None:
            present[:] = 0
            present[mask] = 1
        cases.append((codes * present).astype(np.int8))
        masks.append(present)

    add(pulses(rng, length))
    add(np.zeros((length, 12)))
    add(np.full((length, 12), 127))
    add(np.full((length, 12), -127))
    add(np.where(np.arange(length)[:, None] % 2 == 0, 127, -127) * np.ones(12))
    add(rng.integers(-127, 128, (length, 12)))
    add(pulses(rng, length), [0, 1, 2, 3, 4, 5])
    add(pulses(rng, length), [1, 6])
    add(pulses(rng, length) + rng.integers(-3, 4, (length, 12)))
    return np.stack(cases), np.stack(masks)


def pulses(rng: np.random.Generator, length: int) -> np.ndarray:
    """Something like an ECG: pulses of random size and width in every lead, irregular in time."""
    time = np.arange(length) / 100
    codes = np.zeros((length, 12))
    beat = 0.4
    while beat < length / 100:
        for width, offset, size in ((0.02, 0.0, 30), (0.05, 0.28, 8), (0.03, -0.16, 4)):
            shape = np.exp(-0.5 * ((time - beat - offset) / width) ** 2)
            codes += shape[:, None] * size * rng.uniform(-1, 1, 12)
        beat += rng.uniform(0.5, 1.1)
    return np.clip(np.round(codes), -127, 127)


def save_golden(path: Path, model: IntegerModel) -> None:
    inputs, masks = golden_inputs(model.shape.window_samples)
    tensors = {}
    for case, (codes, mask) in enumerate(zip(inputs, masks, strict=True)):
        outputs = model.activations(codes[None])
        embedding = model.sums(outputs[model.layers[-1].name])
        tensors[f"case{case}.input"] = codes
        tensors[f"case{case}.mask"] = mask
        tensors[f"case{case}.embedding"] = embedding[0]
        tensors[f"case{case}.logits"] = model.logits(embedding, model.shape.window_frames, mask[None])[0]
        if case == 0:
            for layer in model.layers:
                tensors[f"case0.{layer.name}"] = outputs[layer.name][0]
    save(tensors, path, {"cases": str(len(inputs))})


def save_manifest(folder: Path) -> None:
    """SHA256SUMS over all other files, as `sha256sum` writes it."""
    names = sorted(p.name for p in folder.iterdir() if p.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(lines))


def training_digest(package: Path, splits: str) -> str:
    """SHA-256 over the training sources and the split of every record."""
    digest = hashlib.sha256()
    for source in sorted(package.glob("*.py")):
        digest.update(source.read_bytes())
    digest.update(splits.encode())
    return digest.hexdigest()
