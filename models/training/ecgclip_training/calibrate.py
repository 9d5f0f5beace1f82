"""From logits to probabilities and thresholds, on records that the weights behind them were not trained on.

The shipped weights see folds 1-8. Four runs that leave out two folds each give every one of those records a logit of its own;
one slope for all statements and a shift for each, drawn to 0 where positives are few, are fitted to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from .metrics import sigmoid


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(slope * logit + shift[statement])."""

    slope: float
    shift: np.ndarray
    threshold: np.ndarray


def fit(labels: np.ndarray, logits: np.ndarray, prior: float = 4.0) -> Calibration:
    """Fits slope and shifts by penalised likelihood, then the threshold of the best F1 of each statement.

    `prior` is the weight of the belief that shifts are 0 and the slope 1, in records near the decision: without it logits that
    separate the labels would get an endless slope."""
    count = labels.shape[1]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        slope, shift = np.exp(parameters[0]), parameters[1:]
        z = slope * logits + shift
        p = sigmoid(z)
        value = np.logaddexp(0, z).sum() - (labels * z).sum() + prior / 2 * (parameters**2).sum()
        error = p - labels
        gradient = np.concatenate([[(error * logits).sum() * slope], error.sum(0)])
        return float(value), gradient + prior * parameters

    found = minimize(loss, np.zeros(1 + count), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    slope, shift = float(np.exp(found.x[0])), found.x[1:]
    probability = sigmoid(slope * logits + shift)
    return Calibration(
        slope, shift, np.array([best_threshold(labels[:, k], probability[:, k]) for k in range(count)])
    )


def best_threshold(labels: np.ndarray, probability: np.ndarray) -> float:
    """The threshold of the best F1, drawn towards 0.5 as if four more records of each kind sat there: few positives must
    not give an extreme one. Between 0.1 and 0.9."""
    candidates = np.linspace(0.1, 0.9, 81)
    scores = []
    for candidate in candidates:
        said = probability >= candidate
        hits = (said & (labels > 0)).sum()
        scores.append((2 * hits + 4) / (said.sum() + labels.sum() + 8))
    best = np.max(scores)
    good = candidates[np.asarray(scores) >= best - 1e-12]
    return float(good[np.argmin(np.abs(good - 0.5))])
