"""From the trained network to integers: nothing changes by folding, little by rounding."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny import RECIPE, cohort  # noqa: E402

from ecgclip_training.infer import codes_of  # noqa: E402
from ecgclip_training.model import StatementModel  # noqa: E402
from ecgclip_training.quantise import (  # noqa: E402
    FloatLayer,
    float_layers,
    fold,
    integer_layer,
    largest,
    quantise,
    run_float,
)
from ecgclip_training.shape import Shape  # noqa: E402

UNIT = RECIPE.millivolts_per_code
SHAPE = Shape("r18", (8, 16, 32, 64), (8, 16, 16, 24, 32, 24, 64, 48))


@pytest.fixture(scope="module")
def model() -> StatementModel:
    """Batch statistics as after some training: taken from the cohort itself."""
    torch.manual_seed(4)
    net = StatementModel(3, SHAPE)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.3, 0.3)
            module.momentum = None
    with torch.no_grad():
        net.encoder(torch.from_numpy(cohort().signals[:16]))
    return net.eval()


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return codes_of(cohort().signals, SHAPE, UNIT)


@pytest.fixture(scope="module")
def inputs(codes) -> torch.Tensor:
    return torch.from_numpy(codes.transpose(0, 2, 1).astype(np.float32) * np.float32(UNIT))


def test_folding_takes_up_the_batch_norm():
    torch.manual_seed(1)
    convolution, norm = torch.nn.Conv1d(4, 6, 3, bias=False), torch.nn.BatchNorm1d(6)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.2, 3)
    torch.nn.init.uniform_(norm.weight, -2, 2)
    torch.nn.init.normal_(norm.bias)
    norm.eval()
    weight, bias = (torch.from_numpy(part) for part in fold(convolution, norm))
    x = torch.randn(2, 4, 50)
    with torch.no_grad():
        torch.testing.assert_close(
            torch.nn.functional.conv1d(x, weight, bias), norm(convolution(x)), rtol=1e-4, atol=1e-5
        )


def test_the_list_of_convolutions_is_the_encoder(model, inputs):
    layers = float_layers(model)
    with torch.no_grad():
        outputs = run_float(layers, inputs)
        expected = model.encoder(inputs)
    torch.testing.assert_close(outputs[layers[-1].name], expected, rtol=1e-3, atol=1e-4)
    known = {"input"}
    for layer in layers:
        assert layer.input in known and (layer.skip is None or layer.skip in known), layer.name
        known.add(layer.name)
    assert len(layers) == 20, "stem, 16 convolutions, 3 shortcuts"


def test_the_integers_keep_to_their_ranges(model, inputs, codes):
    layers = float_layers(model)
    integer = quantise(SHAPE, "mean", layers, largest(layers, [inputs], 0.99999), UNIT, codes[:32])
    for layer, source in zip(integer.layers, layers, strict=True):
        largest_weight = np.abs(layer.weight).max(axis=(1, 2))
        assert largest_weight.max() <= 63, layer.name
        sums = (
            pair_sums(layer.weight)
            if (layer.kernel, layer.stride) == (3, 1)
            else np.zeros(len(largest_weight))
        )
        assert sums.max() <= 127, layer.name
        assert ((largest_weight == 63) | (sums >= 124)).all(), "each channel uses its whole range"
        assert layer.multiplier.min() > 0 and layer.multiplier.max() < 2**30, layer.name
        assert 1 <= layer.shift <= 40
        assert (layer.minimum, layer.maximum) == (0 if source.relu else -127, 127)
        # The largest sum that any input can make stays in int32.
        reach = np.abs(layer.weight.astype(np.int64)).sum(axis=(1, 2)) * 127 + np.abs(
            layer.bias.astype(np.int64)
        )
        assert reach.max() < 2**31


def pair_sums(weight: np.ndarray) -> np.ndarray:
    """The largest of |g0 + g1 + g2| and |g0 - g1 + g2| of each output channel of [out][3][in] weights."""
    first, middle, last = (weight[:, step].astype(np.int64) for step in range(3))
    return np.maximum(np.abs(first + middle + last), np.abs(first - middle + last)).max(axis=1)


def test_weights_of_one_sign_leave_room_for_their_sums():
    """All three weights alike: 3 * 42 = 126 is the most that fits a byte."""
    even = FloatLayer(
        "one", "input", 1, 0, True, np.full((1, 1, 3), 0.5, np.float32), np.zeros(1, np.float32)
    )
    assert integer_layer(even, {"input": 0.01, "one": 0.02}, 63).weight.tolist() == [[[42]] * 3]
    apart = FloatLayer("one", "input", 2, 0, True, even.weight, even.bias)
    assert integer_layer(apart, {"input": 0.01, "one": 0.02}, 63).weight.tolist() == [[[63]] * 3]


def test_rounding_changes_the_embedding_little(model, inputs, codes):
    layers = float_layers(model)
    integer = quantise(SHAPE, "mean", layers, largest(layers, [inputs], 0.99999), UNIT, codes[:32])
    with torch.no_grad():
        wanted = model.encoder(inputs).mean(-1).numpy()[32:]
    sums, frames = integer.embeddings(codes[32:])
    found = sums * integer.embedding_scale / frames
    cosine = (found * wanted).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)
    assert frames == 49
    assert cosine.min() > 0.995


def test_the_spread_of_the_frames_survives_rounding(model, inputs, codes):
    layers = float_layers(model)
    integer = quantise(SHAPE, "spread", layers, largest(layers, [inputs], 0.99999), UNIT, codes[:32])
    with torch.no_grad():
        frames = model.encoder(inputs)[32:].numpy()
    found = integer.features(*integer.embeddings(codes[32:]))
    wanted = np.concatenate([frames.mean(-1), frames.std(-1)], axis=1)
    for half in (slice(None, 64), slice(64, None)):
        one, other = found[:, half], wanted[:, half]
        cosine = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
        assert cosine.min() > 0.995


def test_corrected_biases_take_up_the_mean_error(model, inputs, codes):
    layers = float_layers(model)
    # Coarse weights make an error that is worth correcting.
    ranges = largest(layers, [inputs], 0.99999)
    with torch.no_grad():
        wanted = model.encoder(inputs).mean(-1).numpy()
    errors = []
    for corrects in (False, True):
        integer = quantise(SHAPE, "mean", layers, ranges, UNIT, codes, weight_maximum=7, corrects=corrects)
        sums, frames = integer.embeddings(codes)
        errors.append(np.abs((sums * integer.embedding_scale / frames - wanted).mean(0)).mean())
    assert errors[1] < errors[0] / 3


def test_a_layer_rescales_as_its_scales_say():
    """One weight of 0.5, one bias of 0.1, a skip that passes unchanged: worked out by hand."""
    source = FloatLayer(
        "one", "input", 1, 0, True, np.full((1, 1, 1), 0.5, np.float32), np.array([0.1], np.float32), "input"
    )
    layer = integer_layer(source, {"input": 0.01, "one": 0.02}, 63)
    assert layer.weight.tolist() == [[[63]]]
    assert layer.bias.tolist() == [round(0.1 / (0.01 * 0.5 / 63))]
    assert layer.multiplier[0] / 2**layer.shift == pytest.approx(0.01 * 0.5 / 63 / 0.02, rel=1e-6)
    assert layer.skip_multiplier[0] / 2**layer.shift == pytest.approx(0.01 / 0.02, rel=1e-6)
    x = np.array([[[100]]], np.int8)
    # 100 codes are 1.0; 0.5 * 1.0 + 0.1 + 1.0 = 1.6, which is 80 codes of 0.02.
    assert layer.run(x, x).item() == 80
