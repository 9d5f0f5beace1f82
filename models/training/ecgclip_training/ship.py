"""Writes models/<name> from the runs of lock.toml: integers, scores, card, golden vectors, text side, ONNX."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from . import (
    asking,
    card,
    cohorts,
    evaluate,
    explain,
    export,
    figures,
    finish,
    manifest,
    onnx_file,
    prompts,
    ptbxl,
    splits,
    text_file,
)
from .calibrate import fit
from .cohort import TEST_FOLD, TRAINING_FOLDS, exact_signals
from .infer import head_of, integer_logits
from .int8 import IntegerModel
from .material import Material
from .metrics import macro_interval, sigmoid
from .preprocessing import Preprocessing
from .ptbxl import LEADS, Statement
from .quantise import FloatLayer, float_layers
from .reading import open_float, open_model
from .runs import Plan, load_average
from .train import logits

CROSS_VALIDATED = ("AFIB", "CLBBB")


@dataclass
class Shipment:
    """Everything that the files are written from."""

    name: str
    created: str
    integer: IntegerModel
    layers: list[FloatLayer]
    kept: np.ndarray
    statements: list[dict]
    codes: list[str]


def prepare(
    plans: dict[str, Plan], material: Material, runs: Path, table: list[Statement], name: str, created: str
) -> Shipment:
    """The student of lock.toml in integers, calibrated on what its teachers said of records they had not seen."""
    folds = cross_validation(plans)
    learner, recipe = load_average(runs / "student")
    trained = material.rows(*TRAINING_FOLDS)
    kept = finish.kept_statements(material, trained)
    rows, found = finish.out_of_fold(folds, runs, material)
    calibration = fit(material.labels[rows][:, kept], found[:, kept])
    layers = float_layers(learner.model)
    integer = finish.to_integers(layers, learner.model.encoder.shape, material, trained, recipe)
    finish.set_head(integer, learner.model, kept, calibration)
    groups = {statement.code: statement.group for statement in table}
    classes = {statement.code: statement.super_class for statement in table if statement.super_class}
    sets = finish.lead_sets(folds, runs, material, kept, LEADS)
    statements = finish.describe(material, trained, kept, calibration.threshold, groups, classes, sets)
    codes = [entry["code"] for entry in statements]
    return Shipment(name, created, integer, layers, kept, statements, codes)


def measured(
    shipment: Shipment, plans: dict[str, Plan], material: Material, runs: Path, folder: Path
) -> dict:
    """metrics.json: fold 9 with the shipped integers and against the teachers, held-out folds of the teachers."""
    held = material.rows(TEST_FOLD, measured=True)
    signals, integer = exact_signals(folder, held), shipment.integer
    features = finish.float_features(shipment.layers, integer, signals)
    plain = head_of(integer, features)
    teachers = [load_average(runs / name)[0].model for name in plans["student"].teachers]
    unit = integer.millivolts_per_code
    taught = [logits(teacher, signals, unit)[:, shipment.kept] for teacher in teachers]
    labels = material.labels[held][:, shipment.kept]
    return scored(shipment, material, signals, features) | {
        "teacher": evaluate.float_against_teacher(labels, plain, taught, material.patients[held]),
        "crossValidated": cross_validated(shipment, plans, material, runs),
    }


def scored(shipment: Shipment, material: Material, signals: np.ndarray, features: np.ndarray) -> dict:
    """What the integers and the float network, whose features these are, say of fold 9's signals, and of windows without an
    ECG."""
    held = material.rows(TEST_FOLD, measured=True)
    labels, patients = material.labels[held][:, shipment.kept], material.patients[held]
    integer = shipment.integer
    found, embedding = integer_logits(integer, signals)
    plain = head_of(integer, features)
    thresholds = np.array([entry["threshold"] for entry in shipment.statements])
    classes = {e["code"]: e["superClass"] for e in shipment.statements if "superClass" in e}
    return {
        "fold": TEST_FOLD,
        "records": len(held),
        "trainingRecords": len(material.rows(*TRAINING_FOLDS)),
        "trainingRecordsMeasured": len(material.rows(*TRAINING_FOLDS, measured=True)),
        "multiplyAccumulates": integer.shape.multiply_accumulates(),
        "shape": asdict(integer.shape),
        "int8": macro_interval(labels, found, patients),
        "float": macro_interval(labels, plain, patients),
        "quantisation": evaluate.quantisation(labels, (found, embedding), (plain, features), patients),
        "superClasses": evaluate.super_class_table(labels, found, patients, shipment.codes, classes),
        "subgroups": evaluate.subgroups(labels, found, patients, material.ages[held], material.sexes[held]),
        "emptyWindows": evaluate.empty_windows(integer, thresholds),
        "statements": evaluate.statement_table(labels, found, patients, shipment.codes),
    }


def looked_at(shipment: Shipment, material: Material, runs: Path, devices: dict[str, str]) -> dict:
    """Saliency against criteria on fold 9, and what embeddings sort by."""
    held = material.rows(TEST_FOLD, measured=True)
    learner, recipe = load_average(runs / "student")
    return {
        "saliency": explain.saliency(learner.model, material, held, recipe.millivolts_per_code),
        "neighbours": neighbours(shipment, material, devices),
    }


def neighbours(shipment: Shipment, material: Material, devices: dict[str, str]) -> dict:
    """Whether embeddings of fold 9 sort by the record's group of findings, or by the recorder."""
    held = material.rows(TEST_FOLD, measured=True)
    _, features = integer_logits(shipment.integer, material.signals[held])
    groups, recorders = group_names(material, held), np.array([devices[material.names[row]] for row in held])
    patients = material.patients[held]
    return {
        "finding": explain.neighbour_purity(features, groups, patients),
        "recorder": explain.neighbour_purity(features, recorders, patients),
    }


def group_names(material: Material, rows: np.ndarray) -> np.ndarray:
    """One word for each record: its most telling finding among those that are frequent."""
    order = ["PACE", "CLBBB", "CRBBB", "AFIB", "STACH", "SBRAD", "IMI", "ASMI", "LVH", "NORM"]
    columns = [material.codes.index(code) for code in order]
    found = [
        next((code for code, k in zip(order, columns, strict=True) if material.labels[row, k]), "other")
        for row in rows
    ]
    return np.array(found)


def draw(
    shipment: Shipment, metrics: dict, material: Material, devices: dict[str, str], folder: Path
) -> None:
    """The card's pictures."""
    held = material.rows(TEST_FOLD, measured=True)
    found, features = integer_logits(shipment.integer, material.signals[held])
    labels = material.labels[held][:, shipment.kept]
    figures.reliability(folder / "calibration.png", labels, sigmoid(found))
    panels = {
        "by finding": group_names(material, held),
        "by recorder": np.array([devices[material.names[row]] for row in held]),
    }
    figures.embedding_map(folder / "embedding.png", features, panels)
    figures.saliency_bars(folder / "saliency.png", metrics["explain"]["saliency"])


def cross_validation(plans: dict[str, Plan]) -> list[Plan]:
    """The teachers that leave folds out; together they leave out each of 1-8 once."""
    chosen = [plans[name] for name in plans["student"].teachers if plans[name].held]
    if sorted(fold for plan in chosen for fold in plan.held) != list(TRAINING_FOLDS):
        raise ValueError("lock.toml: the student's teachers must leave out each training fold once")
    return chosen


def cross_validated(shipment: Shipment, plans: dict[str, Plan], material: Material, runs: Path) -> dict:
    """Scores on folds 1-8, every record by the teacher that never saw it."""
    rows, found = finish.out_of_fold(cross_validation(plans), runs, material)
    labels, patients = material.labels[rows][:, shipment.kept], material.patients[rows]
    table = evaluate.statement_table(labels, found[:, shipment.kept], patients, shipment.codes)
    return macro_interval(labels, found[:, shipment.kept], patients) | {
        "records": len(rows),
        "statements": {code: table[code] for code in CROSS_VALIDATED if code in table},
    }


def gathered(runs: Path) -> dict:
    """What other commands found out before: the comparison and the prompted scores, where they were run."""
    stored = {"comparison": runs / "comparison.json", "zeroShot": runs / "zero-shot.json"}
    return {key: json.loads(path.read_text()) for key, path in stored.items() if path.exists()}


def text_geometry(text_run: Path) -> dict:
    """How near the text encoder puts phrases that a general one confuses."""
    if not text_run.exists():
        return {}
    learner, _ = load_average(text_run)
    return {"text": prompts.geometry(learner.text, learner.tokeniser)}


def from_files(target: Path, folder: Path) -> dict:
    """What a model folder's own files give: scores on cohorts whose labels were never trained on, and on fold 9 with fewer leads
    and by prompts."""
    model, statements, _ = open_model(target)
    codes = [entry["code"] for entry in statements]
    raw = ptbxl.raw_records(folder)
    held = np.array([row for row, record in enumerate(raw) if record.fold == TEST_FOLD])
    records, signals = [raw[row] for row in held], exact_signals(folder, held)
    patients = np.array([record.patient for record in records])
    every = [statement.code for statement in ptbxl.read_statements(folder)]
    truth, _ = manifest.labels(records, every)
    rhythm = np.array([entry["group"] == "rhythm" for entry in statements])
    kept = truth[:, [every.index(code) for code in codes]]
    found = {
        "leadSubsets": evaluate.lead_subsets(model, signals, kept, rhythm, patients),
        "otherCohorts": cohorts.scores(model, cohorts.load(folder, model.shape), statements),
    }
    if (target / "text.safetensors").exists():
        side, (_, features) = asking.TextSide.open(target), integer_logits(model, signals)
        found["prompted"] = asking.scores(side, features, truth, patients, every)
    return found


def rescore(target: Path, folder: Path, runs: Path) -> dict:
    """What needs no checkpoint of a model folder, anew, and the comparison where there is a new one that has no fewer seeds; no
    weights change."""
    metrics = json.loads((target / "metrics.json").read_text())
    found = from_files(target, folder) | gathered(runs)
    if "comparison" in found and not covers(found["comparison"], metrics.get("comparison", {})):
        del found["comparison"]
    metrics |= found
    describe(target, metrics)
    return metrics


def covers(new: dict, old: dict) -> bool:
    """Whether a comparison has every row of another with at least as many seeds."""
    return all(
        new["methods"].get(method, {}).get(share, {"seeds": 0})["seeds"] >= entry["seeds"]
        for method, shares in old.get("methods", {}).items()
        for share, entry in shares.items()
    )


def describe(target: Path, metrics: dict) -> None:
    """metrics.json, the card that follows from it, and the manifest of the whole folder."""
    _, statements, metadata = open_model(target)
    (target / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    (target / "card.md").write_text(card.card(metadata["name"], metrics, statements))
    export.save_manifest(target)


def requantise(
    target: Path, plan: Plan, material: Material, folder: Path, devices: dict[str, str], created: str
) -> dict:
    """A model folder's integers anew from its own float weights, with the head, the thresholds and all that was measured of
    the float network as they were; what depends on the integers is scored again."""
    before, statements, metadata = open_model(target)
    layers, trained = open_float(target), material.rows(*TRAINING_FOLDS)
    integer = finish.to_integers(layers, before.shape, material, trained, plan.recipe)
    integer.head_weight, integer.head_mask = before.head_weight, before.head_mask
    integer.head_bias = before.head_bias
    codes = [entry["code"] for entry in statements]
    kept = np.array([material.codes.index(code) for code in codes])
    shipment = Shipment(metadata["name"], created, integer, layers, kept, statements, codes)
    write_weights(shipment, target, splits.PATH.read_text())
    metrics = json.loads((target / "metrics.json").read_text())
    signals = exact_signals(folder, material.rows(TEST_FOLD, measured=True))
    features = finish.float_features(layers, integer, signals)
    metrics |= scored(shipment, material, signals, features) | from_files(target, folder)
    metrics["explain"]["neighbours"] = neighbours(shipment, material, devices)
    draw(shipment, metrics, material, devices, target)
    describe(target, metrics)
    return metrics


def write(shipment: Shipment, text_run: Path, folder: Path, split_table: str) -> None:
    """The weights in all their forms, golden vectors and the text side."""
    write_weights(shipment, folder, split_table)
    if text_run.exists():
        learner, _ = load_average(text_run)
        text_file.save_text(folder / "text.safetensors", learner)


def write_weights(shipment: Shipment, folder: Path, split_table: str) -> None:
    """Integers, floats, golden vectors and ONNX."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = export.training_digest(Path(__file__).parent, split_table)
    said = (
        shipment.name,
        shipment.integer,
        shipment.statements,
        Preprocessing.load(),
        digest,
        shipment.created,
    )
    export.save_int8(folder / "model.safetensors", *said)
    export.save_float(folder / "float.safetensors", shipment.layers, *said)
    export.save_golden(folder / "golden.safetensors", shipment.integer)
    onnx_file.save(folder / "model.onnx", shipment.layers, shipment.integer, shipment.codes)
