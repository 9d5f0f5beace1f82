"""The mandatory comparison: encoders pre-trained in different ways under one probe, at 1, 10 and 100 % of the labels, and
statements that no training text named, found by prompts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from . import predictions, probe
from .augment import evaluation_batch
from .cohort import TEST_FOLD, TRAINING_FOLDS
from .material import Material
from .metrics import (
    MINIMUM_POSITIVES,
    interval,
    macro,
    macro_rounds,
    mean_calibration,
    per_statement,
    resamplings,
    scorable,
    weighted,
)
from .model import StatementModel
from .prompts import prompt_embeddings
from .reports import naming
from .runs import Plan, is_finished, labelled_share, load_average
from .shape import Shape
from .train import logits

SHARES = (0.01, 0.1, 1.0)
# Runs of the comparison are called <method>-s<seed>, supervised and fine-tuned ones <method>-<percent>-s<seed>.
RUN = re.compile(r"(?P<method>[a-z0-9]+?)(-(?P<percent>\d+))?-s(?P<seed>\d+)")


def embeddings(model: StatementModel, signals: np.ndarray, unit: float) -> np.ndarray:
    """Pooled features [record][feature] of the first window."""
    model.eval()
    parts = []
    with torch.no_grad():
        for start in range(0, len(signals), 128):
            x, _ = evaluation_batch(signals[start : start + 128], model.encoder.shape, unit)
            parts.append(model.embedding(x).numpy())
    return np.concatenate(parts)


def probed(model: StatementModel, material: Material, unit: float, seed: int) -> dict[float, np.ndarray]:
    """Logits [record][statement] on the test fold for every share of the labels, on the frozen encoder."""
    trained = material.rows(*TRAINING_FOLDS, measured=True)
    held = material.rows(TEST_FOLD, measured=True)
    features = embeddings(model, material.signals[trained], unit)
    unseen = embeddings(model, material.signals[held], unit)
    found = {}
    for share in SHARES:
        rows = np.isin(trained, labelled_share(material, trained, share, seed))
        fitted = probe.fit(
            features[rows],
            material.labels[trained][rows],
            material.known[trained][rows],
            material.patients[trained][rows],
            seed,
        )
        found[share] = fitted.logits(unseen)
    return found


def random_model(material: Material, seed: int, shape: Shape) -> StatementModel:
    """An encoder that has learnt nothing."""
    torch.manual_seed(seed)
    return StatementModel(len(material.codes), shape).eval()


def gather(
    plans: dict[str, Plan], material: Material, runs: Path, kept: Path = predictions.FOLDER
) -> dict[str, dict[float, list[np.ndarray]]]:
    """Test logits of every method, share and seed: of the runs that have been trained here, which are kept, and of those that
    were kept before. All are read from what is kept, so that it makes no difference where a run was trained."""
    table: dict[str, dict[float, list[np.ndarray]]] = {}
    for name, plan in plans.items():
        match = RUN.fullmatch(name)
        if not match:
            continue
        named = {match["method"]: plan}
        if match["method"] == "ecgclip18":
            named["random"] = replace(plan, name=f"random-s{match['seed']}")
        keep(named, match["percent"], material, runs / name, kept)
        for method, one in named.items():
            path = kept / f"{one.name}.npz"
            if path.exists():
                for share, logits in predictions.read(path, one, material).items():
                    table.setdefault(method, {}).setdefault(share, []).append(logits)
    return table


def keep(named: dict[str, Plan], percent: str | None, material: Material, run: Path, kept: Path) -> None:
    """Scores a finished run, and the encoder that has learnt nothing in its place, unless that has been done."""
    paths = {method: kept / f"{plan.name}.npz" for method, plan in named.items()}
    checkpoint = run / "checkpoint.pt"
    if not is_finished(run) or all(predictions.is_current(path, checkpoint) for path in paths.values()):
        return
    learner, recipe = load_average(run)
    unit = recipe.millivolts_per_code
    for method, plan in named.items():
        if percent:
            held = material.signals[material.rows(TEST_FOLD, measured=True)]
            found = {int(percent) / 100: logits(learner.model, held, unit)}
        else:
            seed = plan.recipe.seed
            model = random_model(material, seed, recipe.shape) if method == "random" else learner.model
            found = probed(model, material, unit, seed)
        predictions.save(paths[method], plan, material, found)


def comparison(
    plans: dict[str, Plan], material: Material, runs: Path, kept: Path = predictions.FOLDER
) -> dict:
    """Scores of every method and share, the mean over seeds of macro AUC and average precision on the test fold with 95 %
    intervals by patient, and the differences that the paper claims."""
    held = material.rows(TEST_FOLD, measured=True)
    labels, weights = material.labels[held], resamplings(material.patients[held])
    table = gather(plans, material, runs, kept)
    rounds, plain = {}, {}
    for method, shares in table.items():
        for share, seeds in shares.items():
            scored = [macro_rounds(labels, found, weights) for found in seeds]
            rounds[method, share] = np.mean(scored, axis=0)
            single = [macro(labels, found) | mean_calibration(labels, found) for found in seeds]
            plain[method, share] = {
                key: float(np.mean([entry[key] for entry in single]))
                for key in single[0]
                if key != "statements"
            } | {"seeds": len(seeds), "perSeed": single}
    result: dict = {
        "statements": len(scorable(labels)),
        "records": len(held),
        "methods": {},
        "differences": [],
    }
    for (method, share), entry in plain.items():
        auc, average = rounds[method, share]
        entry["interval95"] = {"auc": interval(auc), "averagePrecision": interval(average)}
        result["methods"].setdefault(method, {})[f"{share:g}"] = entry
    for one, other in CLAIMS:
        if one in rounds and other in rounds:
            difference = rounds[one] - rounds[other]
            entry = {"one": list(one), "other": list(other)}
            for k, key in enumerate(("auc", "averagePrecision")):
                entry[key] = {
                    "difference": plain[one][key] - plain[other][key],
                    "interval95": interval(difference[k]),
                }
            result["differences"].append(entry)
    return result


CLAIMS = [
    (("ecgclip34", 1.0), ("random", 1.0)),
    (("ecgclip18", 1.0), ("random", 1.0)),
    (("ecgclip34", 1.0), ("merl", 1.0)),
    (("ecgclip18", 1.0), ("merl", 1.0)),
    (("ecgclip34", 1.0), ("supervised", 1.0)),
    (("ecgclip18", 1.0), ("supervised", 1.0)),
    (("ecgclip34", 0.1), ("random", 1.0)),
    (("ecgclip34", 0.1), ("merl", 1.0)),
    (("ecgclip34", 0.1), ("supervised", 1.0)),
    (("ecgclip34", 0.1), ("supervised", 0.1)),
    (("ecgclip18", 0.1), ("supervised", 0.1)),
    (("ecgclip34", 0.01), ("supervised", 0.01)),
    (("tuned", 1.0), ("supervised", 1.0)),
    (("tuned", 0.1), ("supervised", 0.1)),
    (("tuned", 0.01), ("supervised", 0.01)),
]


def prompted(
    learner_folder: Path, material: Material, rows: np.ndarray, codes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores [record][code]: cosine with a statement's prompts less that with its contrast."""
    learner, recipe = load_average(learner_folder)
    assert learner.text is not None and learner.tokeniser is not None and learner.projection is not None
    names, positive, contrast = prompt_embeddings(learner.text, learner.tokeniser)
    features = embeddings(learner.model, material.signals[rows], recipe.millivolts_per_code)
    with torch.no_grad():
        signals = torch.nn.functional.normalize(learner.projection(torch.from_numpy(features)), dim=-1)
        scores = (signals @ (positive - contrast).T).numpy()
    chosen = [names.index(code) for code in codes]
    columns = [material.codes.index(code) for code in codes]
    return material.labels[rows][:, columns], scores[:, chosen]


def zero_shot(plans: dict[str, Plan], material: Material, runs: Path) -> dict:
    """Prompted scores of every statement by the run whose texts never named it, on folds that the run never saw; beside them
    the mean of the runs that did read about it."""
    table: dict[str, dict] = {}
    for plan in plans.values():
        if not plan.left_out:
            continue
        rows = material.rows(*plan.held, TEST_FOLD, measured=True)
        labels, scores = prompted(runs / plan.name, material, rows, material.codes)
        weights = resamplings(material.patients[rows])
        for k in scorable(labels, MINIMUM_POSITIVES):
            code = material.codes[k]
            entry = table.setdefault(code, {"named": []})
            auc, average = weighted(labels[:, k], scores[:, k], weights)
            if code in plan.left_out:
                entry |= per_statement(labels[:, k], scores[:, k])
                entry["interval95"] = {"auc": interval(auc), "averagePrecision": interval(average)}
                entry["rounds"] = auc
            elif code not in naming(plan.left_out):
                entry["named"].append(per_statement(labels[:, k], scores[:, k])["auc"])
    unseen = {code: entry for code, entry in table.items() if "rounds" in entry}
    macro_auc = np.mean([entry.pop("rounds") for entry in unseen.values()], axis=0)
    for entry in unseen.values():
        entry["aucWhenNamed"] = float(np.mean(entry.pop("named")))
        del entry["brier"], entry["brierOfPrevalence"], entry["calibrationError"]
    return {
        "folds": [7, 8, TEST_FOLD],
        "statements": len(unseen),
        "auc": float(np.mean([entry["auc"] for entry in unseen.values()])),
        "aucWhenNamed": float(np.mean([entry["aucWhenNamed"] for entry in unseen.values()])),
        "interval95": {"auc": interval(macro_auc)},
        "codes": unseen,
    }
