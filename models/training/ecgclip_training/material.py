"""What a training run sees: preprocessed signals with labels, what is known of them, and a text for every record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Writer = Callable[[int, np.random.Generator], str]


@dataclass
class Material:
    """Row k of every array is record k.

    `signals`: float32 [record][lead][time], 100 Hz, millivolts as the encoder sees them. `known`: 0 where nothing is known
    about a statement. `gain_spread` [record][lead]: how uncertain a restored amplitude is (standard deviation of its logarithm).
    `amplitude` [record]: whether it was recorded. `beats`: QRS sample indices
    of each record. `concepts` [record][concept] and `text(record, generator)` serve contrastive training. Ages are NaN where unknown."""

    codes: list[str]
    names: list[str]
    signals: np.ndarray
    labels: np.ndarray
    known: np.ndarray
    folds: np.ndarray
    patients: np.ndarray
    ages: np.ndarray
    sexes: np.ndarray
    gain_spread: np.ndarray
    amplitude: np.ndarray
    beats: list[np.ndarray]
    concepts: np.ndarray | None = None
    text: Writer | None = None

    def rows(self, *folds: int, measured: bool = False) -> np.ndarray:
        """Rows of these folds; `measured`: only those whose amplitude was recorded, not restored."""
        chosen = np.isin(self.folds, folds)
        return np.flatnonzero(chosen & self.amplitude if measured else chosen)
