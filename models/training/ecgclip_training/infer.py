"""The integer model on records, as the device would read them: input codes from the double-precision preprocessing."""

from __future__ import annotations

import numpy as np

from .int8 import IntegerModel
from .preprocessing import quantise_input
from .shape import Shape

# 12, 8, 6, 3 and 2 leads: the PhysioNet/CinC Challenge 2021 subsets and the eight that are independent; one lead as on a
# simple monitor.
LEAD_SUBSETS = {
    "12": list(range(12)),
    "8": [0, 1, 6, 7, 8, 9, 10, 11],
    "6": [0, 1, 2, 3, 4, 5],
    "3": [0, 1, 7],
    "2": [0, 1],
    "1": [1],
}


def codes_of(
    signals: np.ndarray, shape: Shape, millivolts_per_code: float, leads: list[int] | None = None
) -> np.ndarray:
    """Input codes [record][time][12] of the first window; leads that are left out are exactly 0."""
    codes = quantise_input(signals[..., : shape.window_samples].astype(np.float64), millivolts_per_code)
    if leads is not None:
        missing = [lead for lead in range(12) if lead not in leads]
        codes[:, missing] = 0
    return np.ascontiguousarray(codes.transpose(0, 2, 1))


def integer_logits(
    model: IntegerModel, signals: np.ndarray, leads: list[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Logits and features of the integer model for signals [record][lead][time]."""
    mask = np.zeros((len(signals), 12))
    mask[:, leads if leads is not None else slice(None)] = 1
    embeddings, frames = [], model.shape.window_frames
    for start in range(0, len(signals), 64):
        codes = codes_of(signals[start : start + 64], model.shape, model.millivolts_per_code, leads)
        part, frames = model.embeddings(codes)
        embeddings.append(part)
    embedding = np.concatenate(embeddings)
    return model.logits(embedding, frames, mask), model.features(embedding, frames)


def head_of(model: IntegerModel, embedding: np.ndarray) -> np.ndarray:
    """The same head on float embeddings of complete ECGs."""
    return embedding @ model.head_weight.T.astype(np.float64) + model.head_mask.sum(1) + model.head_bias
