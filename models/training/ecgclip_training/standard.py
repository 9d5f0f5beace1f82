"""The textbook R18 and R34 (width 64, padded) in our model format, to time this engine and other runtimes on the same network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from . import export, onnx_file
from .model import StatementModel
from .preprocessing import Preprocessing
from .quantise import float_layers, largest, quantise
from .runs import load_average
from .shape import Shape
from .statements import NAMES
from .train import Recipe

WIDTH = 64
KINDS = ("r18", "r34")
LENGTHS = (1000, 5000)
MILLIVOLTS_PER_CODE = Recipe().millivolts_per_code
CARD = """# {name}

{source} weights, to measure speed with: not a model of anything. {kind} of width {width} with padding on {length} samples: {frames} frames,
{work:.0f} M multiply-accumulates. It cannot be streamed: with padding a frame depends on where its window begins.
`model.onnx` is the same network in float for other runtimes. Written by `python -m ecgclip_training standard`.
"""


def standard(kind: str, length: int, width: int = WIDTH) -> Shape:
    """The dense network with padding on `length` samples."""
    return Shape(kind, Shape.of(kind, width).stages, padded=True, samples=length)


def random_weights(shape: Shape, seed: int = 1) -> StatementModel:
    """Fresh weights whose batch norms have seen pulses, so that no layer falls silent or overflows."""
    torch.manual_seed(seed)
    model = StatementModel(1, shape, "mean")
    codes = export.golden_inputs(shape.window_samples)[0][[0, 5, 8]]
    x = torch.from_numpy(codes.transpose(0, 2, 1).astype(np.float32) * MILLIVOLTS_PER_CODE)
    with torch.no_grad():
        model.train()
        for _ in range(30):
            model.encoder(x)
    return model.eval()


def write(kind: str, length: int, folder: Path, created: str, given: Path | None = None) -> Path:
    """One model folder, models/bench/<kind>-w<width>-12x<length>; `given` is a run whose weights it takes."""
    if given is None:
        shape = standard(kind, length)
        model = random_weights(shape)
    else:
        trained = load_average(given)[0].model
        shape = standard(kind, length, trained.encoder.shape.stages[0])
        of = trained.encoder.shape
        if (of.kind, of.stages, of.inner) != (kind, shape.stages, ()):
            raise ValueError(f"{given}: not a dense {kind}: name a run of that kind that was not pruned")
        model = StatementModel(1, shape, "mean")
        model.encoder.load_state_dict(trained.encoder.state_dict())
        model.eval()
    target = folder / f"{kind}-w{shape.stages[0]}-12x{length}"
    target.mkdir(parents=True, exist_ok=True)
    codes = export.golden_inputs(shape.window_samples)[0][[0, 5, 8]]
    layers = float_layers(model)
    x = torch.from_numpy(codes.transpose(0, 2, 1).astype(np.float32) * MILLIVOLTS_PER_CODE)
    integer = quantise(shape, "mean", layers, largest(layers, [x], 0.9999), MILLIVOLTS_PER_CODE, codes)
    width = shape.stages[-1]
    integer.head_weight = np.zeros((1, width), np.float32)
    integer.head_mask, integer.head_bias = np.zeros((1, 12), np.float32), np.zeros(1, np.float32)
    code = next(iter(NAMES))
    entry = {
        "code": code,
        "name": NAMES[code],
        "group": "diagnostic",
        "threshold": 0.5,
        "trainingPositives": 0,
    }
    entry["leadSets"] = [export.LEADS]
    digest = export.training_digest(Path(__file__).parent, "")
    said = (target.name, integer, [entry], Preprocessing.load(), digest, created)
    export.save_int8(target / "model.safetensors", *said)
    export.save_float(target / "float.safetensors", layers, *said)
    export.save_golden(target / "golden.safetensors", integer)
    onnx_file.save(target / "model.onnx", layers, integer, [code])
    work = shape.multiply_accumulates()
    (target / "metrics.json").write_text(json.dumps({"multiplyAccumulates": work}) + "\n")
    text = CARD.format(
        name=target.name,
        source="Random" if given is None else f"The run {given.name}'s",
        kind=kind.upper(),
        width=shape.stages[0],
        frames=shape.window_frames,
        length=length,
        work=work / 1e6,
    )
    (target / "card.md").write_text(text)
    export.save_manifest(target)
    return target
