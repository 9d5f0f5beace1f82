"""Other cohorts, to be scored and never trained on: Challenge 2020/21 trees by their SNOMED CT codes, LUDB by its table.

They are scored as the product reads them: all windows that `ecgclip screen` reads, at ages that the model file names, for the
tasks of the catalogue. `Rules` turns each of these off, to show what it did to the scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import ludb, snomed, tasks, wfdb_tree
from .infer import integer_logits
from .int8 import IntegerModel
from .manifest import Record
from .metrics import interval, per_statement, resamplings, sigmoid, weighted
from .preprocessing import Preprocessing
from .shape import FRAME_STRIDE, SAMPLE_RATE, Shape

MINIMUM_POSITIVES = 8
TREES = ("cpsc2018", "cinc2021")
WINDOW_STEP = 10 * SAMPLE_RATE


@dataclass
class Cohort:
    """Windows [window][12][time] of all records, and the record that each is of; what was said of every record (its set, and
    codes of it), and its age, NaN where that is not told."""

    name: str
    windows: np.ndarray
    owner: np.ndarray
    records: list[str]
    said: list[tuple[str, tuple[str, ...]]]
    ages: np.ndarray
    left_out: dict[str, int]


@dataclass(frozen=True)
class Rules:
    """How records are scored; without any of these, as the first scores were."""

    # A change of ST or T that is not told apart may be ST depression, so it does not deny it.
    unclear: bool = False
    # Codes are of whole records and findings come and go: the mean over the windows that `ecgclip screen` reads, not the first.
    windows: bool = False
    # Only ages at which the product assesses a statement.
    ages: bool = False
    # Those of the catalogue, whose SNOMED CT codes are the cohorts' and whose statements are all that mean them: ST depression
    # that a reader of PTB-XL calls ischaemia is ST depression. Their probability is put together like a super-class's.
    tasks: bool = False
    # LUDB's column of ischaemia and infarction, which single statements could not take.
    ischaemia: bool = False


# Every change that was made after scores had been seen, in this order: for its meaning, not for what it gave.
FIRST = Rules()
HISTORY = {
    "as first scored": FIRST,
    "unclear ST-T": Rules(unclear=True),
    "all windows": Rules(unclear=True, windows=True),
    "validated ages": Rules(unclear=True, windows=True, ages=True),
    "tasks": Rules(unclear=True, windows=True, ages=True, tasks=True),
    "ischaemia in LUDB": Rules(unclear=True, windows=True, ages=True, tasks=True, ischaemia=True),
}
NONSPECIFIC, NONSPECIFIC_AT_FIRST = "428750005", frozenset(["NST_", "NDT", "NT_"])


@dataclass(frozen=True)
class Target:
    """What is scored: `heads` answer whether one of `statements` holds."""

    key: str
    name: str
    statements: frozenset[str]
    heads: tuple[str, ...]


def targets(codes: list[str], rules: Rules) -> list[Target]:
    """In the order of the model's statements; the key of a task is the first of them that answers it."""
    if not rules.tasks:
        return [Target(code, code, frozenset([code]), (code,)) for code in codes]
    found = []
    for task in tasks.load():
        if heads := task.heads(set(codes)):
            found.append(Target(heads[0], task.name, frozenset(task.scp), heads))
    return sorted(found, key=lambda target: codes.index(target.key))


def window_starts(samples: int, shape: Shape) -> list[int]:
    """Where the windows begin that the device reads of a record: the first when one is full, then one every ten seconds, each
    the newest frames on the stride's grid."""
    ends = range(shape.window_samples, samples + 1, WINDOW_STEP)
    frames = ((end - shape.receptive_field) // FRAME_STRIDE + 1 for end in ends)
    return [(count - shape.window_frames) * FRAME_STRIDE for count in frames]


def cohort(
    name: str,
    records: list[Record],
    signals: list[tuple[np.ndarray, float]],
    said: dict[str, tuple[str, ...]],
    shape: Shape,
    left_out: dict[str, int],
) -> Cohort:
    preprocessing, length = Preprocessing.load(), shape.window_samples
    windows, owner = [], []
    for row, (signal, rate) in enumerate(signals):
        whole = preprocessing(signal, rate)
        for start in window_starts(whole.shape[1], shape):
            windows.append(whole[:, start : start + length])
            owner.append(row)
    return Cohort(
        name,
        np.stack(windows),
        np.array(owner),
        [record.name for record in records],
        [(record.source.partition(":")[2], said.get(record.name, ())) for record in records],
        np.array([np.nan if record.age is None else record.age for record in records]),
        left_out,
    )


def load(folder: Path, shape: Shape) -> list[Cohort]:
    """All cohorts that are at hand. Records that cannot be used are counted by reason."""
    found = []
    for name in TREES:
        if (folder / name).exists():
            tree = wfdb_tree.read(folder / name, on_error="skip")
            snomed.check(tree.snomed)
            signals = [wfdb_tree.signal(folder / name, record.location) for record in tree.records]
            found.append(cohort(name, tree.records, signals, tree.snomed, shape, dict(tree.skipped)))
    if (folder / "ludb" / "ludb.csv").exists():
        records, said = ludb.read(folder / "ludb")
        signals = [ludb.signal(folder / "ludb" / record.location) for record in records]
        found.append(cohort("ludb", records, signals, said, shape, {}))
    return found


def probabilities(model: IntegerModel, part: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """[record][statement]: means over a record's windows, and of its first one."""
    windows = sigmoid(integer_logits(model, part.windows)[0])
    first = np.flatnonzero(np.diff(part.owner, prepend=-1))
    return np.add.reduceat(windows, first) / np.bincount(part.owner)[:, None], windows[first]


def truth(
    cohorts: list[Cohort], wanted: list[Target], statements: list[dict], rules: Rules
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and whether they are known [record][target]."""
    meanings = at_first(snomed.load() | ludb.meanings(ludb.phrases()), rules)
    ages = {entry["code"]: entry.get("ages") for entry in statements}
    labels, known = [], []
    for part in cohorts:
        for (owner, codes), age in zip(part.said, part.ages, strict=True):
            holds = [meanings.holds(owner, codes, target.statements) for target in wanted]
            assessed = [
                not rules.ages or all(validated(ages[head], age) for head in target.heads)
                for target in wanted
            ]
            labels.append([value is True for value in holds])
            known.append([value is not None and at for value, at in zip(holds, assessed, strict=True)])
    return np.array(labels), np.array(known)


def at_first(meanings: snomed.Meanings, rules: Rules) -> snomed.Meanings:
    """The rows of both maps that the rules do not have yet, as they were."""
    rows = dict(meanings.by_set)
    for key, row in meanings.by_set.items():
        if row.code == NONSPECIFIC and not rules.unclear:
            rows[key] = replace(row, clauses=(NONSPECIFIC_AT_FIRST,))
        if row.code.startswith("Ischemia:") and not rules.ischaemia:
            rows[key] = replace(row, clauses=())
    return replace(meanings, by_set=rows)


def validated(ages: dict | None, age: float) -> bool:
    """Whether the product assesses a statement at this age; it does where it does not know it."""
    return ages is None or np.isnan(age) or ages["minimumYears"] <= int(age) <= ages["maximumYears"]


def scores(model: IntegerModel, cohorts: list[Cohort], statements: list[dict]) -> dict:
    """The shipped model on all cohorts together, with what each rule did to its scores."""
    found = [probabilities(model, part) for part in cohorts]
    all_windows, first_window = (np.concatenate([pair[k] for pair in found]) for k in range(2))
    history, table = [], {}
    for change, rules in HISTORY.items():
        table = table_of(all_windows if rules.windows else first_window, cohorts, statements, rules)
        history.append(
            {"change": change, **{key: table[key] for key in ("statements", "auc", "averagePrecision")}}
            | {"interval95": table["interval95"]}
            | {"codes": {key: entry["auc"] for key, entry in table["codes"].items()}}
        )
    parts = {
        part.name: {"records": len(part.records), "windows": len(part.owner), "leftOut": part.left_out}
        for part in cohorts
    }
    return {"cohorts": parts, "records": len(all_windows), **table, "history": history}


def table_of(probability: np.ndarray, cohorts: list[Cohort], statements: list[dict], rules: Rules) -> dict:
    """Targets with at least eight known positives, with intervals by record (patients are not told), thresholds and
    calibration as shipped; beside that AUC within every set that has eight of them itself."""
    codes = [entry["code"] for entry in statements]
    wanted = targets(codes, rules)
    labels, known = truth(cohorts, wanted, statements, rules)
    weights = resamplings(np.array([name for part in cohorts for name in part.records]))
    sets = np.array([owner for part in cohorts for owner, _ in part.said])
    table, rounds = {}, []
    for k, target in enumerate(wanted):
        rows = known[:, k]
        said, heads = labels[rows, k].astype(float), [codes.index(head) for head in target.heads]
        if said.sum() < MINIMUM_POSITIVES or said.all():
            continue
        score = 1 - np.prod(1 - probability[rows][:, heads], axis=1)
        auc, average = weighted(said, score, weights[:, rows])
        entry = {"name": target.name, "heads": list(target.heads), **per_statement(said, score)}
        entry["records"] = int(rows.sum())
        entry["bySet"] = {
            name: per_statement(said[inside], score[inside])["auc"]
            for name in np.unique(sets[rows]).tolist()
            if MINIMUM_POSITIVES <= said[inside := sets[rows] == name].sum() < inside.sum()
        }
        entry["interval95"] = {"auc": interval(auc), "averagePrecision": interval(average)}
        table[target.key] = entry
        rounds.append((auc, average))
    auc, average = (np.nanmean([one[k] for one in rounds], axis=0) for k in range(2))
    return {
        "statements": len(table),
        "auc": float(np.mean([entry["auc"] for entry in table.values()])),
        "averagePrecision": float(np.mean([entry["averagePrecision"] for entry in table.values()])),
        "interval95": {"auc": interval(auc), "averagePrecision": interval(average)},
        "codes": table,
    }
