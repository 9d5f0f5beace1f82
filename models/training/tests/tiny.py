"""An invented cohort of noise, small enough to train on in a second."""

from __future__ import annotations

import numpy as np

from ecgclip_training.material import Material
from ecgclip_training.rhythm import beats
from ecgclip_training.shape import Shape
from ecgclip_training.train import Recipe

SHAPE = Shape.of("r18", 4)
RECIPE = Recipe(shape=SHAPE, epochs=3, batch=8, noise=0.1, measured=0.1, seed=5)
TRAINING = np.arange(24)
WATCHED = np.arange(24, 60)
WORDS = ["atrial fibrillation", "left bundle branch block", "premature ventricular complex"]


def cohort() -> Material:
    """60 records of 10 s; statement k is a rhythm of its own in all leads, so that there is something to learn."""
    rng = np.random.default_rng(11)
    labels = (rng.random((60, 3)) < 0.5).astype(np.float32)
    signals = rng.normal(0, 0.3, (60, 12, 992)).astype(np.float32)
    time = np.arange(992) / 100
    for k, frequency in enumerate((3, 9, 20)):
        wave = np.sin(2 * np.pi * frequency * time).astype(np.float32)
        signals += labels[:, k, None, None] * wave

    def say(record: int, generator: np.random.Generator) -> str:
        said = [word for word, there in zip(WORDS, labels[record], strict=True) if there]
        return ". ".join(generator.permutation(said)) or "nothing found"

    return Material(
        codes=["A", "B", "C"],
        names=[f"tiny/{k}" for k in range(60)],
        signals=signals,
        labels=labels,
        known=np.ones_like(labels),
        folds=np.ones(60, int),
        patients=np.arange(60),
        ages=np.full(60, np.nan),
        sexes=np.full(60, ""),
        gain_spread=np.zeros((60, 12)),
        amplitude=np.ones(60, bool),
        beats=[beats(signal) for signal in signals],
        concepts=labels,
        text=say,
    )
