"""The linear probe: one ridge-penalised logistic regression for each statement on frozen embeddings, the same for every
encoder that is compared. The penalty is chosen by cross-validation within the training records, by patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

PENALTIES = (0.3, 3.0, 30.0, 300.0)


@dataclass(frozen=True)
class Probe:
    """logit = (embedding - mean) / scale @ weight.T + bias."""

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    penalty: float

    def logits(self, embeddings: np.ndarray) -> np.ndarray:
        return (embeddings - self.mean) / self.scale @ self.weight.T + self.bias


def solve(
    x: np.ndarray, labels: np.ndarray, known: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weights [statement][feature] and biases by L-BFGS on all statements at once. A statement without positives keeps zero
    weights and a bias of its smoothed prevalence."""
    statements, features = labels.shape[1], x.shape[1]
    rate = ((labels * known).sum(0) + 0.5) / (known.sum(0) + 1)
    start = np.zeros((statements, features + 1))
    start[:, -1] = np.log(rate / (1 - rate))
    active = (labels * known).sum(0) > 0

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(-1, features + 1)
        z = x @ w[:, :-1].T + w[:, -1]
        y, k = labels[:, active], known[:, active]
        value = (k * (np.logaddexp(0, z) - y * z)).sum() + penalty / 2 * (w[:, :-1] ** 2).sum()
        error = k * (expit(z) - y)
        gradient = np.concatenate([error.T @ x + penalty * w[:, :-1], error.sum(0)[:, None]], axis=1)
        return value, gradient.ravel()

    found = minimize(loss, start[active].ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    start[active] = found.x.reshape(-1, features + 1)
    return start[:, :-1], start[:, -1]


def fit(
    embeddings: np.ndarray, labels: np.ndarray, known: np.ndarray, patients: np.ndarray, seed: int = 0
) -> Probe:
    """Embeddings [record][feature] and labels [record][statement]; `known` masks statements."""
    x = embeddings.astype(np.float64)
    mean, scale = x.mean(0), x.std(0) + 1e-6
    x = (x - mean) / scale
    names, group = np.unique(patients, return_inverse=True)
    part = np.random.default_rng(seed).permutation(len(names))[group] % 3
    losses = []
    for penalty in PENALTIES:
        total = 0.0
        for held in range(3):
            inside, outside = part != held, part == held
            weight, bias = solve(x[inside], labels[inside], known[inside], penalty)
            z = x[outside] @ weight.T + bias
            total += (known[outside] * (np.logaddexp(0, z) - labels[outside] * z)).sum()
        losses.append(total)
    best = PENALTIES[int(np.argmin(losses))]
    return Probe(mean, scale, *solve(x, labels, known, best), best)
