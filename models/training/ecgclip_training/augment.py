"""What happens to an ECG between a clinic and a bedside, done to training batches: crops, gain, noise, lost leads,
and the input quantisation that the device will apply."""

from __future__ import annotations

import numpy as np
import torch

FRAME_STRIDE = 16
RECEPTIVE_FIELD = 219
WINDOW_FRAMES = 49
MINIMUM_FRAMES = 10

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
]


def crop_length(frames: int) -> int:
    """Samples that give exactly so many frames."""
    return (frames - 1) * FRAME_STRIDE + RECEPTIVE_FIELD


def fake_quantise(x: torch.Tensor, millivolts_per_code: float) -> torch.Tensor:
    """The rounding and clipping of the device's input codes, still in millivolts."""
    return torch.clamp(torch.round(x / millivolts_per_code), -127, 127) * millivolts_per_code


def lead_masks(count: int, rng: np.random.Generator) -> torch.Tensor:
    """Which leads are there, [record][12]: all in half of the records, else a cable's set or random losses."""
    mask = np.ones((count, 12), dtype=np.float32)
    for row in mask:
        kind = rng.random()
        if kind < 0.3:
            chosen = LEAD_SETS[rng.integers(len(LEAD_SETS))]
            row[:] = 0
            row[chosen] = 1
        elif kind < 0.5:
            row[rng.random(12) < 0.25] = 0
            if row.sum() == 0:
                row[1] = 1
    return torch.from_numpy(mask)


def training_batch(
    signals: np.ndarray, rng: np.random.Generator, millivolts_per_code: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Augmented inputs [record][12][time] in millivolts and their lead masks, one crop length a batch."""
    frames = WINDOW_FRAMES if rng.random() < 0.4 else int(rng.integers(MINIMUM_FRAMES, WINDOW_FRAMES + 1))
    length = crop_length(frames)
    count, _, available = signals.shape
    starts = rng.integers(0, available - length + 1, count)
    x = np.stack([signal[:, s : s + length] for signal, s in zip(signals, starts, strict=True)])
    x = x * rng.uniform(0.8, 1.25, (count, 1, 1)).astype(np.float32)
    x = x * rng.uniform(0.93, 1.07, (count, 12, 1)).astype(np.float32)
    noisy = (rng.random((count, 1, 1)) < 0.5) * rng.uniform(0, 0.04, (count, 12, 1))
    x = x + (noisy * rng.standard_normal(x.shape)).astype(np.float32)
    time = np.arange(length) / 100
    wander = (rng.random((count, 1, 1)) < 0.5) * rng.uniform(0, 0.15, (count, 12, 1))
    frequency = rng.uniform(0.1, 0.6, (count, 12, 1))
    phase = rng.uniform(0, 2 * np.pi, (count, 12, 1))
    x = x + (wander * np.sin(2 * np.pi * frequency * time + phase)).astype(np.float32)
    mask = lead_masks(count, rng)
    return fake_quantise(torch.from_numpy(x), millivolts_per_code) * mask[:, :, None], mask


def evaluation_batch(
    signals: np.ndarray, millivolts_per_code: float, leads: list[int] | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The first window of each record as the device would read it, with all leads or only some."""
    x = torch.from_numpy(signals[..., : crop_length(WINDOW_FRAMES)].astype(np.float32))
    mask = torch.zeros(len(signals), 12)
    mask[:, leads if leads is not None else slice(None)] = 1
    return fake_quantise(x, millivolts_per_code) * mask[:, :, None], mask
