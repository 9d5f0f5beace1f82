"""What metrics.json says about an exported model, section by section; every figure comes with its positives or interval."""

from __future__ import annotations

import numpy as np

from .augment import noise
from .infer import LEAD_SUBSETS, codes_of, integer_logits
from .int8 import IntegerModel
from .metrics import (
    interval,
    macro,
    macro_interval,
    macro_rounds,
    mean_calibration,
    paired_difference,
    per_statement,
    resamplings,
    scorable,
    sigmoid,
    super_classes,
    weighted,
)

AGE_GROUPS = {"under50": (0, 50), "from50to69": (50, 70), "from70": (70, 200)}


def statement_table(labels: np.ndarray, logits: np.ndarray, patients: np.ndarray, codes: list[str]) -> dict:
    """Each statement's scores, with intervals by patient where there are positives."""
    weights = resamplings(patients)
    table = {}
    for k, code in enumerate(codes):
        table[code] = per_statement(labels[:, k], sigmoid(logits[:, k]))
        if table[code]["auc"] is not None:
            auc, average = weighted(labels[:, k], logits[:, k], weights)
            table[code]["interval95"] = {"auc": interval(auc), "averagePrecision": interval(average)}
    return table


def super_class_table(
    labels: np.ndarray, logits: np.ndarray, patients: np.ndarray, codes: list[str], classes: dict[str, str]
) -> dict:
    """The five super-classes, as metrics.super_classes scores them."""
    names, truth, scores = super_classes(codes, classes, labels, sigmoid(logits))
    weights = resamplings(patients)
    auc, average = macro_rounds(truth, scores, weights, positives=1)
    table: dict = macro(truth, scores, positives=1)
    table["interval95"] = {"auc": interval(auc), "averagePrecision": interval(average)}
    table["classes"] = {name: per_statement(truth[:, k], scores[:, k]) for k, name in enumerate(names)}
    return table


def quantisation(
    labels: np.ndarray,
    integer: tuple[np.ndarray, np.ndarray],
    plain: tuple[np.ndarray, np.ndarray],
    patients: np.ndarray,
) -> dict:
    """What the integers cost: (logits, embeddings) of the integer and of the float network on the same records."""
    cosine = (integer[1] * plain[1]).sum(1) / (
        np.linalg.norm(integer[1], axis=1) * np.linalg.norm(plain[1], axis=1)
    )
    return {
        "logitRootMeanSquareError": float(np.sqrt(np.mean((integer[0] - plain[0]) ** 2))),
        "embeddingCosineMean": float(cosine.mean()),
        "embeddingCosinePercentile1": float(np.quantile(cosine, 0.01)),
        "int8MinusFloat": paired_difference(labels, integer[0], plain[0], patients),
    }


def lead_subsets(
    model: IntegerModel, signals: np.ndarray, labels: np.ndarray, rhythm: np.ndarray, patients: np.ndarray
) -> dict:
    """Macro scores with fewer leads, over all statements and over rhythm statements, with intervals and calibration."""
    table = {}
    for name, leads in LEAD_SUBSETS.items():
        logits, _ = integer_logits(model, signals, leads)
        table[name] = {
            kind: macro_interval(labels[:, chosen], logits[:, chosen], patients)
            | mean_calibration(labels[:, chosen], logits[:, chosen])
            for kind, chosen in (("all", np.ones_like(rhythm)), ("rhythm", rhythm))
        }
    return table


def subgroups(
    labels: np.ndarray, logits: np.ndarray, patients: np.ndarray, ages: np.ndarray, sexes: np.ndarray
) -> dict:
    """Macro scores by sex and age over the statements with at least five positives in the group."""
    groups = {sex: sexes == sex for sex in ("female", "male")}
    groups |= {name: (ages >= low) & (ages < high) for name, (low, high) in AGE_GROUPS.items()}
    table = {}
    for name, chosen in groups.items():
        if len(scorable(labels[chosen], 5)):
            table[name] = macro_interval(labels[chosen], logits[chosen], patients[chosen], 5) | {
                "records": int(chosen.sum())
            }
    return table


def empty_windows(model: IntegerModel, thresholds: np.ndarray, windows: int = 1000, seed: int = 17) -> dict:
    """Findings above threshold in windows of noise, mains, wander, steps or nothing at all; every fourth is flat or has no
    lead connected."""
    rng = np.random.default_rng(seed)
    length = model.shape.window_samples
    signals = np.stack([noise(length, rng) for _ in range(windows)])
    signals[::4] = 0
    masks = np.ones((windows, 12))
    masks[::8] = 0
    embedding, frames = model.embeddings(codes_of(signals, model.shape, model.millivolts_per_code))
    said = sigmoid(model.logits(embedding, frames, masks)) >= thresholds
    return {
        "windows": windows,
        "findings": int(said.sum()),
        "windowsWithFindings": int(said.any(1).sum()),
        "shareOfWindows": float(said.any(1).mean()),
        "shareOfAssessments": float(said.mean()),
    }


def float_against_teacher(
    labels: np.ndarray, student: np.ndarray, teachers: list[np.ndarray], patients: np.ndarray
) -> dict:
    """What pruning and distillation cost against the teachers' mean, and each teacher alone: how far single runs differ."""
    teacher = np.mean(teachers, axis=0)
    return {
        "alone": [macro(labels, one) for one in teachers],
        "teacher": macro_interval(labels, teacher, patients),
        "studentMinusTeacher": paired_difference(labels, student, teacher, patients),
    }
