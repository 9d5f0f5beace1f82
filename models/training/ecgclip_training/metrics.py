"""Scores of multi-label predictions, each with the numbers that make it readable: positives and prevalence."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score


def macro(labels: np.ndarray, scores: np.ndarray, positives: int = 10) -> dict[str, float]:
    """Macro AUC and average precision over the statements with at least so many positives."""
    chosen = np.flatnonzero((labels.sum(0) >= positives) & (labels.sum(0) < len(labels)))
    return {
        "auc": float(np.mean([roc_auc_score(labels[:, k], scores[:, k]) for k in chosen])),
        "averagePrecision": float(
            np.mean([average_precision_score(labels[:, k], scores[:, k]) for k in chosen])
        ),
        "statements": len(chosen),
    }


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over bins of equal mass."""
    order = np.argsort(probabilities)
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(len(p) * abs(labels[p].mean() - probabilities[p].mean()) for p in parts) / len(labels))


def per_statement(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float | int | None]:
    """AUC, average precision, Brier score and calibration of one statement; null where they do not exist."""
    count = int(labels.sum())
    both = 0 < count < len(labels)
    return {
        "positives": count,
        "prevalence": count / len(labels),
        "auc": float(roc_auc_score(labels, probabilities)) if both else None,
        "averagePrecision": float(average_precision_score(labels, probabilities)) if both else None,
        "brier": float(np.mean((probabilities - labels) ** 2)),
        "calibrationError": calibration_error(labels, probabilities),
    }
