"""From trained runs to what a model folder holds: integers, calibrated head, thresholds, and which leads a statement needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from .augment import evaluation_batch
from .calibrate import Calibration
from .infer import codes_of
from .int8 import IntegerModel
from .material import Material
from .metrics import per_statement
from .model import StatementModel
from .quantise import FloatLayer, largest, quantise, run_float
from .runs import Plan, load_average, windows
from .shape import Shape
from .statements import MINIMUM_POSITIVES, NAMES, RHYTHM
from .train import Recipe, logits

# The smallest lead sets that are tried for a statement, from the simplest cable to the full twelve.
CANDIDATES = [["II"], ["I"], ["V1"], ["I", "II"], ["II", "V1"], ["I", "II", "V2"], ["I", "II", "V1", "V5"]]
CANDIDATES += [["I", "II", "III", "aVR", "aVL", "aVF"], ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]]
# A statement is assessed on a lead set that keeps this much of what twelve leads give on held-out folds.
AUC_LOSS, PRECISION_KEPT = 0.02, 0.9
# Ages outside these percentiles of the training records were too few to say anything about.
AGE_PERCENTILES = (1, 99)


def kept_statements(material: Material, trained: np.ndarray) -> np.ndarray:
    """Columns with enough positives among recorded (not restored) training records."""
    measured = trained[material.amplitude[trained]]
    return np.flatnonzero(material.labels[measured].sum(0) >= MINIMUM_POSITIVES)


def to_integers(
    layers: list[FloatLayer], shape: Shape, material: Material, trained: np.ndarray, recipe: Recipe
) -> IntegerModel:
    """Ranges from training records as they are, paced ones among them, and as augmentation makes them: noise, lost leads, none."""
    recipe, unit = replace(recipe, shape=shape), recipe.millivolts_per_code
    rng = np.random.default_rng(0)
    paced = trained[material.labels[trained, material.codes.index("PACE")] > 0]
    chosen = np.concatenate([paced, rng.permutation(trained)])[:512]
    batches = [batch.x for batch in windows(material, chosen, recipe, 8)]
    for start in range(0, len(chosen), 64):
        batches.append(evaluation_batch(material.signals[chosen[start : start + 64]], shape, unit)[0])
    codes = codes_of(material.signals[rng.permutation(trained)[:256]], shape, unit)
    return quantise(shape, recipe.pooling, layers, largest(layers, batches, 0.99999), unit, codes)


def float_features(
    layers: list[FloatLayer], model: IntegerModel, signals: np.ndarray, leads: list[int] | None = None
) -> np.ndarray:
    """What the head reads [record][feature], computed by the float layers on quantised inputs."""
    parts = []
    for start in range(0, len(signals), 64):
        x, _ = evaluation_batch(signals[start : start + 64], model.shape, model.millivolts_per_code, leads)
        with torch.no_grad():
            frames = run_float(layers, x)[layers[-1].name].double().numpy()
        features = [frames.mean(-1), frames.std(-1)] if model.pooling == "spread" else [frames.mean(-1)]
        parts.append(np.concatenate(features, axis=1))
    return np.concatenate(parts)


def out_of_fold(
    plans: list[Plan], runs: Path, material: Material, leads: list[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of recorded training records and their logits [row][statement] by the run that never saw them."""
    rows, found = [], []
    for plan in plans:
        learner, recipe = load_average(runs / plan.name)
        held = material.rows(*plan.held, measured=True)
        rows.append(held)
        found.append(logits(learner.model, material.signals[held], recipe.millivolts_per_code, leads))
    return np.concatenate(rows), np.concatenate(found)


def set_head(
    integer: IntegerModel, model: StatementModel, kept: np.ndarray, calibration: Calibration
) -> None:
    """The head of the kept statements, with the calibration folded in."""
    weight = model.head_weight.detach().double().numpy()[kept] * calibration.slope
    bias = model.head.bias.detach().double().numpy()[kept] * calibration.slope + calibration.shift
    width = model.pool.output_width
    integer.head_weight = weight[:, :width].astype(np.float32)
    integer.head_mask = weight[:, width:].astype(np.float32)
    integer.head_bias = bias.astype(np.float32)


def lead_sets(
    plans: list[Plan], runs: Path, material: Material, kept: np.ndarray, leads: list[str]
) -> list[list[list[str]]]:
    """For every kept rhythm the smallest lead sets on which held-out folds keep its AUC and average precision. What is not a
    rhythm needs the twelve leads that its criteria are written for, however well fewer rank it here."""
    rows, complete = out_of_fold(plans, runs, material)
    labels = material.labels[rows][:, kept]
    best = [per_statement(labels[:, k], complete[:, column]) for k, column in enumerate(kept)]
    chosen: list[list[list[str]]] = [[] for _ in kept]
    for names in CANDIDATES:
        _, found = out_of_fold(plans, runs, material, [leads.index(name) for name in names])
        for k, column in enumerate(kept):
            if material.codes[column] not in RHYTHM or any(set(one) <= set(names) for one in chosen[k]):
                continue
            score = per_statement(labels[:, k], found[:, column])
            if (
                score["auc"] >= best[k]["auc"] - AUC_LOSS
                and score["averagePrecision"] >= PRECISION_KEPT * best[k]["averagePrecision"]
            ):
                chosen[k].append(names)
    return [sets or [leads] for sets in chosen]


def describe(
    material: Material,
    trained: np.ndarray,
    kept: np.ndarray,
    thresholds: np.ndarray,
    groups: dict[str, str],
    super_class: dict[str, str],
    sets: list[list[list[str]]],
) -> list[dict]:
    """The statements as the model file lists them."""
    ages = material.ages[trained]
    youngest, oldest = np.nanpercentile(ages, AGE_PERCENTILES)
    counts = (material.labels[trained] * material.known[trained]).sum(0)
    rows = []
    for row, column in enumerate(kept):
        code = material.codes[column]
        entry = {
            "code": code,
            "name": NAMES[code],
            "group": groups[code],
            "leadSets": sets[row],
            "ages": {"minimumYears": int(np.ceil(youngest)), "maximumYears": int(oldest)},
            "threshold": round(float(thresholds[row]), 3),
            "trainingPositives": int(counts[column]),
        }
        if code in super_class:
            entry["superClass"] = super_class[code]
        rows.append(entry)
    return rows
