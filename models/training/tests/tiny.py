"""An invented cohort of noise, small enough to train on in a second."""

from __future__ import annotations

import numpy as np

from ecgclip_training.data import Dataset
from ecgclip_training.train import Recipe

RECIPE = Recipe(width=4, epochs=3, batch=8, seed=5)
TRAINING = np.arange(24)
WATCHED = np.arange(24, 60)


def cohort() -> Dataset:
    """60 records of 10 s; statement k is a rhythm of its own in all leads, so that there is something to learn."""
    rng = np.random.default_rng(11)
    labels = (rng.random((60, 3)) < 0.5).astype(np.float32)
    signals = rng.normal(0, 0.3, (60, 12, 992)).astype(np.float32)
    time = np.arange(992) / 100
    for k, frequency in enumerate((3, 9, 20)):
        wave = np.sin(2 * np.pi * frequency * time).astype(np.float32)
        signals += labels[:, k, None, None] * wave
    statements = [{"code": code, "group": "form", "description": code} for code in ("A", "B", "C")]
    return Dataset(signals, labels, np.ones(60, int), np.arange(60), statements)
