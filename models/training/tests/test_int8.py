"""The integer reference against the model format evaluated number by number, in Python's unbounded integers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ecgclip_training.int8 import IntegerModel, Layer
from ecgclip_training.shape import Shape


def random_layer(
    rng: np.random.Generator, kernel: int, stride: int, crop: int, relu: bool, skip: bool
) -> Layer:
    inputs, outputs = 5, 4
    return Layer(
        name="layer",
        input="input",
        kernel=kernel,
        stride=stride,
        crop=crop,
        minimum=0 if relu else -127,
        maximum=127,
        shift=int(rng.integers(20, 40)),
        weight=rng.integers(-63, 64, (outputs, kernel, inputs)).astype(np.int8),
        bias=rng.integers(-5000, 5000, outputs).astype(np.int32),
        multiplier=np.zeros(outputs, np.int32),
        skip="input" if skip else None,
        skip_crop=2,
        skip_multiplier=np.zeros(outputs, np.int32) if skip else None,
    )


def scaled(layer: Layer, rng: np.random.Generator) -> Layer:
    """Multipliers that let the outputs fill their range and pass it."""
    outputs = len(layer.bias)
    layer.multiplier = (
        (rng.uniform(0.001, 0.02, outputs) * 2.0**layer.shift).clip(0, 2**31 - 1).astype(np.int32)
    )
    if layer.skip:
        layer.skip_multiplier = (
            (rng.uniform(0.2, 1.2, outputs) * 2.0**layer.shift).clip(0, 2**31 - 1).astype(np.int32)
        )
    return layer


def direct(layer: Layer, x: np.ndarray, skip: np.ndarray | None) -> list[list[int]]:
    """One record by the normative text: every product, every sum, floor division for the shift."""
    out: list[list[int]] = []
    t = 0
    while layer.crop + t * layer.stride + layer.kernel <= len(x):
        if skip is not None and layer.skip_crop + t >= len(skip):
            break
        frame = []
        for o in range(len(layer.bias)):
            total = int(layer.bias[o])
            for k in range(layer.kernel):
                for i in range(x.shape[1]):
                    total += int(layer.weight[o, k, i]) * int(x[layer.crop + t * layer.stride + k, i])
            assert -(2**31) <= total < 2**31
            total *= int(layer.multiplier[o])
            if skip is not None:
                total += int(skip[layer.skip_crop + t, o]) * int(layer.skip_multiplier[o])
            rounded = (total + 2 ** (layer.shift - 1)) // 2**layer.shift
            frame.append(min(max(rounded, layer.minimum), layer.maximum))
        out.append(frame)
        t += 1
    return out


@pytest.mark.parametrize("seed", range(12))
def test_a_layer_is_the_format_evaluated_number_by_number(seed):
    rng = np.random.default_rng(seed)
    kernel, stride, crop = [(7, 2, 0), (3, 1, 0), (3, 2, 0), (1, 2, 3)][seed % 4]
    skipped = seed % 2 == 1
    layer = scaled(random_layer(rng, kernel, stride, crop, seed % 3 > 0, skipped), rng)
    x = rng.integers(-127, 128, (2, 23, 5)).astype(np.int8)
    skip = rng.integers(-127, 128, (2, 9 if seed % 4 == 1 else 40, 4)).astype(np.int8) if skipped else None
    found = layer.run(x, skip)
    for record in range(2):
        expected = direct(layer, x[record], skip[record] if skipped else None)
        assert found[record].tolist() == expected
    assert found.dtype == np.int8
    assert len(np.unique(found)) > 10, "the case is worth something"


@pytest.mark.parametrize(
    ("accumulator", "expected"), [(1, 1), (-1, 0), (3, 2), (-3, -1), (254, 127), (-255, -127), (-256, -127)]
)
def test_halves_round_up_and_the_range_clamps(accumulator, expected):
    layer = Layer(
        "layer", "input", 1, 1, 0, -127, 127, 1,
        np.zeros((1, 1, 1), np.int8), np.array([accumulator], np.int32), np.array([1], np.int32),
    )  # fmt: skip
    assert layer.run(np.zeros((1, 1, 1), np.int8), None).item() == expected


def test_an_accumulator_beyond_int32_is_refused():
    layer = Layer(
        "wide", "input", 1, 1, 0, 0, 127, 30,
        np.full((1, 1, 1), 63, np.int8), np.array([2**31 - 100], np.int32), np.array([1], np.int32),
    )  # fmt: skip
    with pytest.raises(OverflowError, match="wide"):
        layer.run(np.full((1, 1, 1), 127, np.int8), None)


@pytest.mark.parametrize("pooling", ["mean", "spread"])
def test_logits_are_the_head_in_index_order(pooling):
    rng = np.random.default_rng(3)
    weight, mask_weight, bias = (rng.normal(size=s).astype(np.float32) for s in ((3, 8), (3, 12), 3))
    channels = 4 if pooling == "spread" else 8
    last = random_layer(rng, 3, 1, 0, True, False)
    last.weight = np.zeros((channels, 3, 5), np.int8)
    model = IntegerModel(Shape(), pooling, [last], 0.03, 0.0123, 63, weight, mask_weight, bias)
    frames = rng.integers(0, 128, (2, 49, channels)).astype(np.int8)
    embedding = model.sums(frames)
    assert embedding.shape == (2, 8) and embedding.dtype == np.int32
    mask = rng.integers(0, 2, (2, 12)).astype(np.uint8)
    found = model.logits(embedding, 49, mask)
    for record in range(2):
        for s in range(3):
            logit = float(bias[s])
            for lead in range(12):
                logit += float(mask_weight[s, lead]) * float(mask[record, lead])
            for c in range(8):
                total = sum(int(v) for v in frames[record, :, c % channels])
                feature = total * 0.0123 / 49
                if c >= channels:
                    squares = sum(int(v) ** 2 for v in frames[record, :, c - channels])
                    feature = math.sqrt(49 * squares - total * total) * 0.0123 / 49
                logit += float(weight[s, c]) * feature
            assert found[record, s] == logit, "bit for bit"
