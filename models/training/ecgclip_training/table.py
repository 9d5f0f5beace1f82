"""A table of one's own: recordings with statements, with yes-or-no tasks, or with both.

One line for each recording. `record`: the path, from the table's folder, of a WFDB record (without suffix) or of a CSV file of
samples; then, as there are, `patient`, `fold`, `age`, `sex` (female, male), `report`, `codes` (PTB-XL's statements, separated by
`;`: all others are absent; empty: nothing is known). Every further column is a task: 1, 0, or empty where it is not known. Without
`patient` every recording counts as a patient of its own; without `fold` patients are dealt into ten.

A CSV file of samples has a column `time` in seconds and one in millivolts for each of the twelve leads, by name."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import ptbxl, wfdb_tree
from .manifest import ManifestError, Record, check
from .wfdb_tree import Refused

COLUMNS = {"record", "patient", "fold", "age", "sex", "report", "codes"}
ANSWERS = {"1": (1.0, 1.0), "0": (0.0, 1.0), "": (0.0, 0.0)}
# How far, in sample intervals, a time may be from where an even rate puts it.
JITTER = 0.1


@dataclass(frozen=True)
class Table:
    """`labels` and `known`: float32 [record][task] of zeros and ones; where known is 0 the label is 0 and means nothing."""

    records: list[Record]
    tasks: list[str]
    labels: np.ndarray
    known: np.ndarray


def read(path: Path, statements: Iterable[str]) -> Table:
    """Refuses by the record's name: unknown codes, answers that are none of 1, 0 and empty, a patient in two folds, and signals
    that cannot be used. `statements`: the codes that there are."""
    codes = list(statements)
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        columns = list(reader.fieldnames or [])
        if "record" not in columns or len(set(columns)) < len(columns) or "" in columns:
            raise ManifestError(f"{path}: columns {', '.join(columns)}: name each once, one of them record")
        rows = list(reader)
    tasks = [column for column in columns if column not in COLUMNS]
    if not tasks and "codes" not in columns:
        raise ManifestError(
            f"{path}: neither codes nor a task: add a column that says what the recordings show"
        )
    records, answers = [], []
    for line, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ManifestError(
                f"{path}: line {line}: not {len(columns)} columns: quote what contains commas"
            )
        records.append(described(path.stem, row, codes))
        answers.append([answer(records[-1].name, task, row[task]) for task in tasks])
    check(records, codes)
    for record in records:
        signal(path.parent, record.location)
    labels, known = np.array(answers, np.float32).reshape(len(records), len(tasks), 2).transpose(2, 0, 1)
    return Table(records, tasks, labels, known)


def signal(folder: Path, location: str) -> tuple[np.ndarray, float]:
    """Millivolts float64 [12][sample] in the order of `ptbxl.LEADS`, and the rate in Hz. `folder` is the table's."""
    if location.lower().endswith(".csv"):
        return samples(folder / location, location)
    return wfdb_tree.signal(folder, location.removesuffix(".hea"))


def described(table: str, row: dict[str, str], codes: list[str]) -> Record:
    """The manifest's line of a row."""
    name = f"{table}/{row['record']}"
    patient = row.get("patient", row["record"]).strip()
    if not patient:
        raise ManifestError(f"record {name}: no patient: fill it in, or leave the column out for all")
    patient = f"{table}:{patient}"
    said = [code.strip() for code in row.get("codes", "").split(";") if code.strip()]
    return Record(
        name=name,
        source=f"csv:{table}",
        location=row["record"],
        patient=patient,
        fold=int(number(name, "fold", row["fold"])) if "fold" in row else wfdb_tree.fold_of(patient),
        age=number(name, "age", row["age"]) if row.get("age") else None,
        sex=row.get("sex") or None,
        report=row.get("report", ""),
        statements=dict.fromkeys(said, 0.0),
        unknown=frozenset() if said else frozenset(codes),
    )


def number(name: str, column: str, text: str) -> float:
    """A number; a whole one for a fold."""
    try:
        return int(text) if column == "fold" else float(text)
    except ValueError as error:
        raise ManifestError(f"record {name}: {column} {text!r}: write a number") from error


def answer(name: str, task: str, text: str) -> tuple[float, float]:
    """Label and whether it is known."""
    if text.strip() not in ANSWERS:
        raise ManifestError(
            f"record {name}: {task} is {text!r}: write 1, 0, or nothing where it is not known"
        )
    return ANSWERS[text.strip()]


def samples(path: Path, name: str) -> tuple[np.ndarray, float]:
    """What `signal` returns, from a CSV file, or refused."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            columns = [column.strip().lower() for column in stream.readline().split(",")]
            values = np.loadtxt(stream, delimiter=",", ndmin=2).T
    except (OSError, ValueError) as error:
        raise Refused(name, f"unreadable ({error})", "write numbers only below one line of names") from error
    wanted = ["time", *(lead.lower() for lead in ptbxl.LEADS)]
    if absent := [column for column in wanted if columns.count(column) != 1]:
        raise Refused(
            name, f"not a time and 12 standard leads (no single {absent[0]})", "name each column once"
        )
    if len(values) != len(columns):
        raise Refused(name, "not one number for each column", "write numbers only below one line of names")
    time, *leads = values[[columns.index(column) for column in wanted]]
    rate = (len(time) - 1) / (time[-1] - time[0]) if len(time) > 1 and time[-1] > time[0] else 0.0
    if rate and not np.abs((time - time[0]) * rate - np.arange(len(time))).max() <= JITTER:
        raise Refused(name, "times are not even", "resample it to one rate")
    return wfdb_tree.checked(np.stack(leads), round(rate, 3), name)
