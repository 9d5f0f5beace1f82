"""Other cohorts, to be scored and never trained on: Challenge 2020/21 trees by their SNOMED CT codes, LUDB by its table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import snomed, wfdb_tree
from .concepts import CATALOGUE
from .infer import integer_logits
from .int8 import IntegerModel
from .manifest import Record, labels
from .metrics import interval, per_statement, resamplings, sigmoid, weighted
from .preprocessing import Preprocessing
from .ptbxl import LEADS
from .shape import WINDOW_SAMPLES

MINIMUM_POSITIVES = 8
TREES = ("cpsc2018", "cinc2021")
# LUDB's headers scale every lead to a range of 1 mV, which breaks Einthoven's law; its codes obey it exactly, so they are read
# as microvolts: the QRS amplitudes are then those of adults.
LUDB_CODES_PER_MILLIVOLT = 1000.0


@dataclass
class Cohort:
    """Preprocessed windows [record][12][992] with labels and what is known of them [record][code]."""

    name: str
    signals: np.ndarray
    labels: np.ndarray
    known: np.ndarray
    patients: np.ndarray
    left_out: dict[str, int]


def tree(folder: Path, name: str, codes: list[str]) -> Cohort:
    """A Challenge tree; records that cannot be used are counted by reason."""
    found = wfdb_tree.read(folder / name, on_error="skip")
    records = snomed.labelled(found.records, found.snomed, codes)
    signals = [wfdb_tree.signal(folder / name, record.location) for record in records]
    return cohort(name, records, signals, codes, dict(found.skipped))


def ludb(folder: Path, codes: list[str]) -> Cohort:
    """LUDB's records 1-120: what its table does not list in a column that it fills is absent; other statements are unknown."""
    with (CATALOGUE / "ludb.csv").open(newline="") as stream:
        rules = [(row["column"], row["starts with"], row["scp"]) for row in csv.DictReader(stream)]
    sayable = {code for *_, code in rules}
    records, signals = [], []
    with (folder / "ludb" / "ludb.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            number = row["ID"].strip()
            said = {
                code
                for column, start, code in rules
                for line in row[column].splitlines()
                if line.strip() and line.strip().startswith(start)
            }
            records.append(
                Record(
                    name=f"ludb/{number}",
                    source="wfdb:ludb",
                    location=number,
                    patient=f"ludb:{number}",
                    statements={code: 0.0 for code in codes if code in said},
                    unknown=frozenset(set(codes) - sayable),
                )
            )
            signals.append(ludb_signal(folder / "ludb" / number))
    return cohort("ludb", records, signals, codes, {})


def ludb_signal(path: Path) -> tuple[np.ndarray, float]:
    """Millivolts [12][sample] and the rate."""
    import wfdb

    record = wfdb.rdrecord(str(path), physical=False)
    order = [[name.lower() for name in record.sig_name].index(lead.lower()) for lead in LEADS]
    return record.d_signal[:, order].T / LUDB_CODES_PER_MILLIVOLT, float(record.fs)


def cohort(
    name: str,
    records: list[Record],
    signals: list[tuple[np.ndarray, float]],
    codes: list[str],
    left_out: dict[str, int],
) -> Cohort:
    preprocessing = Preprocessing.load()
    windows = [preprocessing(signal, rate)[:, :WINDOW_SAMPLES] for signal, rate in signals]
    positive, known = labels(records, codes)
    patients = np.array([record.name for record in records])
    return Cohort(name, np.stack(windows), positive, known, patients, left_out)


def load(folder: Path, codes: list[str]) -> list[Cohort]:
    """All cohorts that are at hand."""
    there = [tree(folder, name, codes) for name in TREES if (folder / name).exists()]
    return [*there, ludb(folder, codes)] if (folder / "ludb" / "ludb.csv").exists() else there


def scores(model: IntegerModel, cohorts: list[Cohort], codes: list[str]) -> dict:
    """The shipped model on all cohorts together, statements with at least eight known positives, with intervals by record
    (patients are not told), thresholds and calibration as shipped."""
    logits = np.concatenate([integer_logits(model, part.signals)[0] for part in cohorts])
    truth = np.concatenate([part.labels for part in cohorts])
    known = np.concatenate([part.known for part in cohorts]) > 0
    names = np.concatenate([part.patients for part in cohorts])
    weights = resamplings(names)
    table, rounds = {}, []
    for k, code in enumerate(codes):
        rows = known[:, k]
        positives = truth[rows, k].sum()
        if positives < MINIMUM_POSITIVES or positives == rows.sum():
            continue
        auc, average = weighted(truth[rows, k], logits[rows, k], weights[:, rows])
        entry = per_statement(truth[rows, k], sigmoid(logits[rows, k]))
        entry |= {"records": int(rows.sum())}
        entry["interval95"] = {"auc": interval(auc), "averagePrecision": interval(average)}
        table[code] = entry
        rounds.append((auc, average))
    auc, average = (np.nanmean([one[k] for one in rounds], axis=0) for k in range(2))
    return {
        "cohorts": {part.name: {"records": len(part.labels), "leftOut": part.left_out} for part in cohorts},
        "records": len(truth),
        "statements": len(table),
        "auc": float(np.mean([entry["auc"] for entry in table.values()])),
        "averagePrecision": float(np.mean([entry["averagePrecision"] for entry in table.values()])),
        "interval95": {"auc": interval(auc), "averagePrecision": interval(average)},
        "codes": table,
    }
