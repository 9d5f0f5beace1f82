"""The model's preprocessing against the formulas of docs/model-format.md, summed directly, and against scipy."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, freqz
from scipy.special import i0

from ecgclip_training.preprocessing import DEFINITION, Preprocessing, quantise_input

REPOSITORY = Path(__file__).resolve().parents[3]
RATES = ["100", "125", "128", "250", "257.3", "360", "500", "1000"]


@pytest.fixture(scope="module")
def preprocessing() -> Preprocessing:
    return Preprocessing.load()


def direct_sum(x: np.ndarray, rate: Fraction, p: Preprocessing) -> np.ndarray:
    """r[n] sample by sample: exact positions, every tap that the half width reaches, Bessel function of scipy."""
    half_width = Fraction(str(p.half_width))
    out = []
    while (Fraction(len(out), 100) + half_width) * rate // 1 < len(x):
        centre = Fraction(len(out), 100)
        taps = range(-int(half_width * rate) - 2, len(x))
        inside = [k for k in taps if abs(centre - k / rate) <= half_width]
        weights = []
        for k in inside:
            t = float(centre - k / rate)
            u = 2 * p.cutoff * t
            sinc = np.sin(np.pi * u) / (np.pi * u) if u else 1.0
            root = np.sqrt(max(0.0, 1 - (t / p.half_width) ** 2))
            weights.append(sinc * i0(p.beta * root) / i0(p.beta))
        values = [x[max(k, 0)] for k in inside]
        out.append(np.dot(values, weights) / np.sum(weights))
    return np.array(out)


def test_the_high_pass_is_the_butterworth_of_scipy(preprocessing):
    b, a = butter(2, 0.5, "highpass", fs=100)
    np.testing.assert_allclose(preprocessing.b, b, rtol=1e-14)
    np.testing.assert_allclose(preprocessing.a, a, rtol=1e-14)
    _, gain = freqz(preprocessing.b, preprocessing.a, [0.5], fs=100)
    assert abs(gain[0]) == pytest.approx(np.sqrt(0.5), abs=1e-9)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("length", [1, 40, 255, 256, 257])
def test_the_resampler_is_the_direct_sum_and_ends_where_the_samples_end(preprocessing, rate, length):
    x = np.random.default_rng(length).normal(size=length)
    expected = direct_sum(x, Fraction(rate), preprocessing)
    found = preprocessing.resample(x, float(rate))
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_later_samples_never_change_an_output(preprocessing):
    x = np.random.default_rng(1).normal(size=900)
    whole = preprocessing(x, 257.3)
    part = preprocessing(x[:600], 257.3)
    np.testing.assert_allclose(part, whole[: len(part)], atol=1e-12)


def test_the_filter_is_its_difference_equation_started_in_the_steady_state(preprocessing):
    r = np.random.default_rng(2).normal(size=300) + 5
    x = np.concatenate([np.full(2, r[0]), r])
    y = np.zeros(len(x))
    for n in range(2, len(x)):
        past = sum(preprocessing.b[k] * x[n - k] for k in range(3))
        y[n] = past - preprocessing.a[1] * y[n - 1] - preprocessing.a[2] * y[n - 2]
    np.testing.assert_allclose(preprocessing.high_pass(r), y[2:], atol=1e-9)


def test_an_electrode_offset_leaves_nothing_behind(preprocessing):
    y = preprocessing(np.full((12, 5000), 300.0), 500)
    assert y.shape == (12, 992)
    assert np.abs(y).max() < 1e-9


def test_the_device_is_held_to_the_same_numbers(preprocessing):
    """The fixture of Swift's preprocessor: a script of its own computed it."""
    fixture = REPOSITORY / "Tests" / "InferenceTests" / "Fixtures" / "preprocessing.json"
    reference = json.loads(fixture.read_text())
    for case in reference["cases"]:
        k = np.arange(case["sampleCount"], dtype=np.int64)
        for lead, expected in zip(reference["leads"], case["millivolts"], strict=True):
            x = ((k * k * (lead + 3) + 17 * k * (lead + 1)) % 2001 - 1000 + 2 * k) / 1000
            found = preprocessing(x, case["sampleRate"])
            # 12 decimals are written.
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_input_codes_round_half_away_from_zero_and_clamp():
    millivolts = np.array([0.0, 0.24, 0.25, 0.75, -0.25, -0.75, 63.5, 64.0, -64.0, 1e9])
    codes = quantise_input(millivolts, 0.5)
    assert codes.dtype == np.int8
    assert codes.tolist() == [0, 0, 1, 2, -1, -2, 127, 127, -127, 127]


def test_an_unknown_format_is_refused(tmp_path):
    other = tmp_path / "preprocessing.json"
    other.write_text(DEFINITION.read_text().replace("ecgclip-preprocessing/1", "ecgclip-preprocessing/9"))
    with pytest.raises(ValueError, match="unknown format"):
        Preprocessing.load(other)
