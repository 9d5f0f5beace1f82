"""A task of one's own on a shipped model: a linear probe on its frozen integers, fitted to a labelled table and written as a
further statement of the head, which the device then reports like the others.

Every record is scored by a probe that saw no record of its fold: those logits calibrate, set the threshold and are the scores
that the card prints. The probe that is shipped sees all records."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import calibrate, export, probe, table
from .infer import integer_logits
from .int8 import IntegerModel
from .manifest import ManifestError
from .metrics import MINIMUM_POSITIVES, interval, per_statement, resamplings, sigmoid, weighted
from .preprocessing import Preprocessing
from .ptbxl import LEADS
from .reading import open_model

MINIMUM_FOLDS = 3
CARD = """# {name}

`{base}` with {count} of one's own: a linear probe on its frozen embedding, fitted to {records} recordings of {patients} patients
(`python -m ecgclip_training task`). Its encoder, its other statements and what was measured of them are those of `{base}`: see
its card. No medical device.

| task | positives | records | AUC | average precision | Brier | ECE | threshold |
|---|---|---|---|---|---|---|---|
{rows}

Every record scored by a probe that saw no record of its fold; intervals: 95 %, 1,000 bootstrap samples by patient. Threshold and
calibration were fitted to the same out-of-fold scores, so both look a little better here than they are. Twelve leads are needed.
"""


@dataclass(frozen=True)
class Answer:
    """One task's head, in the words of the model file: weight [feature], bias, threshold, and its scores."""

    name: str
    weight: np.ndarray
    bias: float
    threshold: float
    scores: dict


def features(path: Path, found: table.Table, model: IntegerModel) -> np.ndarray:
    """What the head reads of every recording's first window [record][feature]."""
    preprocessing, parts = Preprocessing.load(), []
    length = model.shape.window_samples
    for record in found.records:
        signal, rate = table.signal(path.parent, record.location)
        window = preprocessing(signal, rate)[:, :length]
        if window.shape[1] < length:
            raise ManifestError(f"record {record.name}: shorter than a window: give at least ten seconds")
        parts.append(window)
    return integer_logits(model, np.stack(parts))[1]


def answered(name: str, x: np.ndarray, labels: np.ndarray, patients: np.ndarray, folds: np.ndarray) -> Answer:
    """The probe of one task from the records where it is known."""
    positives = int(labels.sum())
    if min(positives, len(labels) - positives) < MINIMUM_POSITIVES:
        raise ManifestError(
            f"task {name}: {positives} yes and {len(labels) - positives} no:"
            f" label at least {MINIMUM_POSITIVES} recordings of each kind"
        )
    if len(np.unique(folds)) < MINIMUM_FOLDS:
        raise ManifestError(f"task {name}: fewer than {MINIMUM_FOLDS} folds: leave the column fold out")
    column, known = labels[:, None], np.ones((len(labels), 1))
    logits = np.zeros((len(labels), 1))
    for fold in np.unique(folds):
        inside, outside = folds != fold, folds == fold
        fitted = probe.fit(x[inside], column[inside], known[inside], patients[inside])
        logits[outside] = fitted.logits(x[outside])
    calibration = calibrate.fit(column, logits)
    logit = calibration.slope * logits[:, 0] + calibration.shift[0]
    auc, average = weighted(labels, logit, resamplings(patients))
    scores = per_statement(labels, sigmoid(logit)) | {"records": len(labels)}
    scores["interval95"] = {"auc": interval(auc), "averagePrecision": interval(average)}
    whole = probe.fit(x, column, known, patients)
    weight = calibration.slope * whole.weight[0] / whole.scale
    bias = calibration.slope * whole.bias[0] + calibration.shift[0] - weight @ whole.mean
    return Answer(name, weight, float(bias), float(calibration.threshold[0]), scores)


def with_answers(model: IntegerModel, answers: list[Answer]) -> IntegerModel:
    """The model with a row of the head more for each answer. None of them reads the lead mask: all need twelve leads."""
    rows = np.stack([answer.weight for answer in answers])
    return replace(
        model,
        head_weight=np.concatenate([model.head_weight, rows.astype(np.float32)]),
        head_mask=np.concatenate([model.head_mask, np.zeros((len(answers), 12), np.float32)]),
        head_bias=np.append(model.head_bias, np.float32([answer.bias for answer in answers])),
    )


def described(answer: Answer, ages: np.ndarray) -> dict:
    """The answer as the model file lists statements."""
    entry = {
        "code": answer.name,
        "name": answer.name,
        "group": "diagnostic",
        "leadSets": [LEADS],
        "threshold": round(answer.threshold, 3),
        "trainingPositives": answer.scores["positives"],
    }
    if not np.isnan(ages).all():
        youngest, oldest = np.nanpercentile(ages, [1, 99])
        entry["ages"] = {"minimumYears": int(np.ceil(youngest)), "maximumYears": int(oldest)}
    return entry


def card_row(answer: Answer) -> str:
    scores = answer.scores
    shown = [
        f"{scores[key]:.3f} [{scores['interval95'][key][0]:.3f}, {scores['interval95'][key][1]:.3f}]"
        for key in ("auc", "averagePrecision")
    ]
    return (
        f"| {answer.name} | {scores['positives']} | {scores['records']} | {shown[0]} | {shown[1]}"
        f" | {scores['brier']:.3f} | {scores['calibrationError']:.3f} | {answer.threshold:.2f} |"
    )


def add(path: Path, base: Path, target: Path, created: str) -> dict:
    """Reads the table, fits its tasks on the model folder `base`, writes the folder `target` and returns the scores."""
    model, statements, metadata = open_model(base)
    codes = [entry["code"] for entry in statements]
    found = table.read(path, codes)
    if not found.tasks:
        raise ManifestError(
            f"{path}: no task: add a column of 1, 0 or nothing beside the ones that have a meaning"
        )
    if taken := set(found.tasks) & set(codes):
        raise ManifestError(f"task {min(taken)}: the model has a statement of this name: rename the column")
    x = features(path, found, model)
    patients = np.array([record.patient for record in found.records])
    folds = np.array([record.fold for record in found.records])
    ages = np.array([np.nan if record.age is None else record.age for record in found.records])
    answers, entries = [], []
    for column, name in enumerate(found.tasks):
        known = found.known[:, column] > 0
        answers.append(answered(name, x[known], found.labels[known, column], patients[known], folds[known]))
        entries.append(described(answers[-1], ages[known]))
    larger = with_answers(model, answers)
    target.mkdir(parents=True, exist_ok=True)
    export.save_int8(
        target / "model.safetensors",
        target.name,
        larger,
        [*statements, *entries],
        Preprocessing.load(),
        metadata["training"],
        created,
    )
    export.save_golden(target / "golden.safetensors", larger)
    metrics = {"base": metadata["name"], "tasks": {answer.name: answer.scores for answer in answers}}
    (target / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    text = CARD.format(
        name=target.name,
        base=metadata["name"],
        count="a task" if len(answers) == 1 else f"{len(answers)} tasks",
        records=len(found.records),
        patients=len(set(patients)),
        rows="\n".join(card_row(answer) for answer in answers),
    )
    (target / "card.md").write_text(text)
    export.save_manifest(target)
    return metrics
