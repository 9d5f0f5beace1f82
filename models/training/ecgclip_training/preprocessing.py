"""The model's own preprocessing, defined once in models/preprocessing.json and shared with the device.

Everything is in double precision; docs/model-format.md is the normative text."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.signal import lfilter, lfilter_zi

DEFINITION = Path(__file__).resolve().parents[2] / "preprocessing.json"


@dataclass(frozen=True)
class Preprocessing:
    """The definition as read from the file, and the text that the model file carries."""

    text: str
    sample_rate: float
    cutoff: float
    half_width: float
    beta: float
    b: np.ndarray
    a: np.ndarray

    @staticmethod
    def load(path: Path = DEFINITION) -> Preprocessing:
        text = path.read_text()
        document = json.loads(text)
        if document["format"] != "ecgclip-preprocessing/1":
            raise ValueError(f"{path}: unknown format {document['format']!r}")
        resampler, high_pass = document["resampler"], document["highPass"]
        return Preprocessing(
            text=text,
            sample_rate=float(document["sampleRateHz"]),
            cutoff=float(resampler["cutoffHz"]),
            half_width=float(resampler["halfWidthSeconds"]),
            beta=float(resampler["kaiserBeta"]),
            b=np.asarray(high_pass["b"], dtype=np.float64),
            a=np.asarray(high_pass["a"], dtype=np.float64),
        )

    def kernel(self, t: np.ndarray) -> np.ndarray:
        """Kaiser-windowed sinc at times t in seconds, 0 outside +-half_width."""
        inside = np.abs(t) <= self.half_width
        ratio = np.where(inside, t / self.half_width, 0.0)
        window = np.i0(self.beta * np.sqrt(1 - ratio**2)) / np.i0(self.beta)
        return np.where(inside, np.sinc(2 * self.cutoff * t) * window, 0.0)

    def resample(self, x: np.ndarray, rate: float) -> np.ndarray:
        """Millivolts [..., sample] at `rate` Hz to 100 Hz; the first sample stands for all before it."""
        length = x.shape[-1]
        exact_rate, exact_half_width = (Fraction(v).limit_denominator(1000) for v in (rate, self.half_width))
        step = exact_rate / Fraction(self.sample_rate).limit_denominator(1000)
        reach = math.ceil(exact_half_width * exact_rate) + 1
        # Output n is there once sample floor(n step + half width) is.
        count = max(0, math.ceil((length - exact_half_width * exact_rate) / step))
        out = np.zeros((*x.shape[:-1], count))
        padded = np.concatenate([np.repeat(x[..., :1], reach, axis=-1), x], axis=-1)
        phases = step.denominator
        for phase in range(min(phases, count)):
            n = np.arange(phase, count, phases)
            position = step * int(phase)
            centre = int(position)
            offsets = np.arange(-reach, reach + 1)
            weights = self.kernel(float(position - centre) / rate - offsets / rate)
            keep = weights != 0
            offsets, weights = offsets[keep], weights[keep] / weights[keep].sum()
            centres = centre + (n - phase) // phases * step.numerator
            block = np.zeros((*x.shape[:-1], len(n)))
            for offset, weight in zip(offsets, weights, strict=True):
                block += weight * padded[..., centres + offset + reach]
            out[..., n] = block
        return out

    def high_pass(self, r: np.ndarray) -> np.ndarray:
        """The biquad, in the steady state of a constant r[0] before the start."""
        if r.shape[-1] == 0:
            return r
        zi = lfilter_zi(self.b, self.a)
        y, _ = lfilter(self.b, self.a, r, axis=-1, zi=zi * r[..., :1])
        return y

    def __call__(self, millivolts: np.ndarray, rate: float) -> np.ndarray:
        """Millivolts [..., sample] at `rate` Hz to what the encoder sees at 100 Hz, in millivolts."""
        return self.high_pass(self.resample(millivolts, rate))


def quantise_input(millivolts: np.ndarray, millivolts_per_code: float) -> np.ndarray:
    """Input codes: round half away from zero, clamp to +-127."""
    scaled = millivolts / millivolts_per_code
    return np.clip(np.sign(scaled) * np.floor(np.abs(scaled) + 0.5), -127, 127).astype(np.int8)
