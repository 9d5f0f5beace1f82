"""Scores of multi-label predictions, each with the numbers that make it readable: positives, prevalence, interval."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

MINIMUM_POSITIVES = 10


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def scorable(labels: np.ndarray, positives: int = MINIMUM_POSITIVES) -> np.ndarray:
    """Columns with enough positives and at least one negative."""
    count = labels.sum(0)
    return np.flatnonzero((count >= positives) & (count < len(labels)))


def macro(
    labels: np.ndarray, scores: np.ndarray, positives: int = MINIMUM_POSITIVES
) -> dict[str, float | int]:
    """Macro AUC and average precision over the statements with at least so many positives."""
    chosen = scorable(labels, positives)
    return {
        "auc": float(np.mean([roc_auc_score(labels[:, k], scores[:, k]) for k in chosen])),
        "averagePrecision": float(
            np.mean([average_precision_score(labels[:, k], scores[:, k]) for k in chosen])
        ),
        "statements": len(chosen),
    }


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over bins of equal mass."""
    order = np.argsort(probabilities, kind="stable")
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
        "brierOfPrevalence": float(labels.mean() * (1 - labels.mean())),
        "calibrationError": calibration_error(labels, probabilities),
    }


def mean_calibration(labels: np.ndarray, logits: np.ndarray) -> dict[str, float]:
    """Brier score, that of the prevalence alone, and calibration error: means over the statements with enough positives."""
    single = [per_statement(labels[:, k], sigmoid(logits[:, k])) for k in scorable(labels)]
    keys = ("brier", "brierOfPrevalence", "calibrationError")
    return {key: float(np.mean([entry[key] for entry in single])) for key in keys}


def resamplings(patients: np.ndarray, rounds: int = 1000, seed: int = 3) -> np.ndarray:
    """How often each record is drawn [round][record] when patients are drawn with replacement."""
    _, group = np.unique(patients, return_inverse=True)
    count = group.max() + 1
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(count, np.full(count, 1 / count), rounds)
    return drawn[:, group].astype(np.float64)


def weighted(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUC and average precision of one statement for every row of weights [round][record]; NaN where a round has no
    positive or no negative. Tied scores are taken in record order, as continuous logits allow."""
    order = np.argsort(-scores, kind="stable")
    positive = weights[:, order] * labels[order]
    negative = weights[:, order] * (1 - labels[order])
    hits, alarms = positive.cumsum(1), negative.cumsum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = 1 - (positive * (alarms - negative)).sum(1) / (hits[:, -1] * alarms[:, -1])
        said = hits + alarms
        # A record drawn k times stands k times at one score: precision is that after the last of them.
        precision = np.where(said > 0, hits / np.maximum(said, 1e-12), 0)
        average = (positive * precision).sum(1) / hits[:, -1]
    return auc, average


def macro_rounds(
    labels: np.ndarray, scores: np.ndarray, weights: np.ndarray, positives: int = MINIMUM_POSITIVES
) -> tuple[np.ndarray, np.ndarray]:
    """Macro AUC and average precision of every bootstrap round, over the statements chosen on the whole sample."""
    found = [weighted(labels[:, k], scores[:, k], weights) for k in scorable(labels, positives)]
    return (
        np.nanmean([auc for auc, _ in found], axis=0),
        np.nanmean([average for _, average in found], axis=0),
    )


def interval(rounds: np.ndarray) -> list[float]:
    """95 % percentile interval."""
    low, high = np.nanquantile(rounds, [0.025, 0.975])
    return [float(low), float(high)]


def macro_interval(
    labels: np.ndarray, scores: np.ndarray, patients: np.ndarray, positives: int = MINIMUM_POSITIVES
) -> dict:
    """`macro` with 95 % intervals of 1,000 bootstrap samples by patient."""
    auc, average = macro_rounds(labels, scores, resamplings(patients), positives)
    return macro(labels, scores, positives) | {
        "interval95": {"auc": interval(auc), "averagePrecision": interval(average)}
    }


def paired_difference(
    labels: np.ndarray, one: np.ndarray, other: np.ndarray, patients: np.ndarray
) -> dict[str, dict]:
    """One set of scores minus another on the same records, with paired intervals by patient."""
    weights = resamplings(patients)
    rounds = [macro_rounds(labels, scores, weights) for scores in (one, other)]
    plain = [macro(labels, scores) for scores in (one, other)]
    return {
        key: {
            "difference": plain[0][key] - plain[1][key],
            "interval95": interval(rounds[0][k] - rounds[1][k]),
        }
        for k, key in enumerate(("auc", "averagePrecision"))
    }


def super_classes(
    codes: list[str], super_class: dict[str, str], labels: np.ndarray, probabilities: np.ndarray
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Labels and scores of NORM, MI, STTC, CD, HYP: a class is there when one of its statements is, and its score is
    1 - product of (1 - p) over them."""
    names = ["NORM", "MI", "STTC", "CD", "HYP"]
    truth, scores = [], []
    for name in names:
        members = [k for k, code in enumerate(codes) if super_class.get(code) == name]
        truth.append(labels[:, members].max(1))
        scores.append(1 - np.prod(1 - probabilities[:, members], axis=1))
    return names, np.stack(truth, 1), np.stack(scores, 1)
