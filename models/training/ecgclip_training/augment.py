"""What happens to an ECG between a clinic and a bedside, done to training windows: crops, gain, noise, wander, mains, lost
leads, windows without any ECG, and the input quantisation that the device will apply.

Everything random about a record's window comes from a generator of its own (seed, epoch, record), so that a window is the
same whatever the number of processes and wherever a run was resumed."""

from __future__ import annotations

import numpy as np
import torch

from .shape import SAMPLE_RATE, Shape

_LIMB = [0, 1, 2, 3, 4, 5]
# Lead sets that bedside cables really have, beside the full twelve.
LEAD_SETS = [
    _LIMB,
    [0, 1],
    [1],
    [1, 6],
    [0],
    [*_LIMB, 6],
    [*_LIMB, 6, 10],
    [0, 1, 6, 7, 8, 9, 10, 11],
    [6, 7, 8, 9, 10, 11],
    [0, 1, 7],
]


def fake_quantise(x: torch.Tensor, millivolts_per_code: float) -> torch.Tensor:
    """The rounding and clipping of the device's input codes, still in millivolts."""
    return torch.clamp(torch.round(x / millivolts_per_code), -127, 127) * millivolts_per_code


def lead_mask(rng: np.random.Generator) -> np.ndarray:
    """Which leads are there, [12]: all in half of the windows, else a cable's set or random losses."""
    mask = np.ones(12, dtype=np.float32)
    kind = rng.random()
    if kind < 0.3:
        mask[:] = 0
        mask[LEAD_SETS[rng.integers(len(LEAD_SETS))]] = 1
    elif kind < 0.5:
        mask[rng.random(12) < 0.25] = 0
        if mask.sum() == 0:
            mask[1] = 1
    return mask


def crop_frames(shape: Shape, rng: np.random.Generator, shortest: float) -> int:
    """Frames of one batch's windows: the whole ten seconds in two of five batches, else from so many seconds on."""
    longest = shape.window_frames
    shortest = max(1, round((shortest * SAMPLE_RATE - shape.receptive_field) / 16) + 1)
    return longest if rng.random() < 0.4 else int(rng.integers(shortest, longest + 1))


def noise(length: int, rng: np.random.Generator) -> np.ndarray:
    """A window without an ECG [12][length] in millivolts: flat, white, wandering, mains, steps, or several of them."""
    time = np.arange(length) / SAMPLE_RATE
    x = np.zeros((12, length))
    common = rng.random() < 0.5
    size = np.exp(rng.uniform(np.log(0.005), np.log(2.0), 1 if common else (12, 1)))
    chosen = rng.random(5) < 0.4
    if chosen[0]:
        x += size * rng.standard_normal((12, length))
    if chosen[1]:
        x += size * np.cumsum(rng.standard_normal((12, length)), axis=1) / 10
    if chosen[2]:
        frequency = rng.choice([50.0, 60.0, 100 / 3, 40.0])
        x += size * np.sin(2 * np.pi * frequency * time + rng.uniform(0, 6.28, (12, 1)))
    if chosen[3]:
        x += size * np.cumsum(rng.random((12, length)) < 0.01, axis=1) * rng.choice([-1, 1], (12, 1))
        x -= x.mean(1, keepdims=True)
    if chosen[4]:
        x += size * np.sin(2 * np.pi * rng.uniform(0.1, 3) * time + rng.uniform(0, 6.28, (12, 1)))
    if rng.random() < 0.3:
        x *= rng.random((12, 1)) < 0.5
    return x


def window(
    crop: np.ndarray, rng: np.random.Generator, gain_spread: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """A crop [12][time] in millivolts as a bedside would have recorded it, and its lead mask [12].

    `gain_spread` is the standard deviation of the logarithm of a lead's amplitude where that was only estimated."""
    length = crop.shape[1]
    # The limb leads share one unknown scale, each chest lead has its own.
    unknown = np.exp(gain_spread * rng.standard_normal(7)[[0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]])
    gains = rng.uniform(0.8, 1.25) * rng.uniform(0.93, 1.07, 12) * unknown
    x = crop * gains[:, None]
    if rng.random() < 0.5:
        x = x + rng.uniform(0, 0.04, (12, 1)) * rng.standard_normal((12, length))
    time = np.arange(length) / SAMPLE_RATE
    if rng.random() < 0.5:
        turns = rng.uniform(0.1, 0.6, (12, 1)) * time + rng.random((12, 1))
        x = x + rng.uniform(0, 0.15, (12, 1)) * np.sin(2 * np.pi * turns)
    if rng.random() < 0.1:
        # What the resampler leaves of mains: 60 Hz appears at 40 Hz, 50 Hz at the very edge.
        turns = rng.choice([40.0, 50.0]) * time + rng.random((12, 1))
        x = x + rng.uniform(0, 0.03, (12, 1)) * np.sin(2 * np.pi * turns)
    return x.astype(np.float32), lead_mask(rng)


def evaluation_batch(
    signals: np.ndarray, shape: Shape, millivolts_per_code: float, leads: list[int] | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The first window of each record as the device would read it, with all leads or only some."""
    x = torch.from_numpy(signals[..., : shape.window_samples].astype(np.float32))
    mask = torch.zeros(len(signals), 12)
    mask[:, leads if leads is not None else slice(None)] = 1
    return fake_quantise(x, millivolts_per_code) * mask[:, :, None], mask
