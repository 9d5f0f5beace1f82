"""The manifest: one line for each record of any source, with everything training may know besides the signal."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

COLUMNS = ["name", "source", "location", "patient", "fold", "age", "sex", "report", "statements", "unknown"]
OLDEST = 120.0


class ManifestError(ValueError):
    """A record or a table that cannot be used, with the record's name, the reason and the remedy."""


@dataclass(frozen=True)
class Record:
    """`name` is unique ("ptbxl/123"), `location` is what the source's reader needs. `patient` is unique over sources. Fold 0
    is in no split. `statements`: code to likelihood 0...100; a code that is present is positive whatever its likelihood.
    `unknown`: codes of which nothing is known here; training masks them, they are never negatives."""

    name: str
    source: str
    location: str
    patient: str
    fold: int = 0
    age: float | None = None
    sex: str | None = None
    report: str = ""
    statements: dict[str, float] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()


def write(records: Iterable[Record], path: Path) -> None:
    """As CSV in UTF-8; `read` gives the same records back."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for record in records:
            writer.writerow(
                [
                    record.name,
                    record.source,
                    record.location,
                    record.patient,
                    record.fold,
                    "" if record.age is None else repr(float(record.age)),
                    record.sex or "",
                    record.report,
                    ";".join(
                        f"{code}:{float(likelihood)!r}" for code, likelihood in record.statements.items()
                    ),
                    ";".join(sorted(record.unknown)),
                ]
            )


def read(path: Path) -> list[Record]:
    """Refuses a line that does not parse, by its record's name."""
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if reader.fieldnames != COLUMNS:
            raise ManifestError(f"{path}: not a manifest: the first line must be {','.join(COLUMNS)}")
        return [parse(row, path) for row in reader]


def parse(row: dict[str, str], path: Path) -> Record:
    try:
        if None in row or None in row.values():
            raise ValueError(f"not {len(COLUMNS)} columns")
        statements = dict(entry.rsplit(":", 1) for entry in row["statements"].split(";") if entry)
        return Record(
            name=row["name"],
            source=row["source"],
            location=row["location"],
            patient=row["patient"],
            fold=int(row["fold"]),
            age=float(row["age"]) if row["age"] else None,
            sex=row["sex"] or None,
            report=row["report"],
            statements={code: float(likelihood) for code, likelihood in statements.items()},
            unknown=frozenset(code for code in row["unknown"].split(";") if code),
        )
    except ValueError as error:
        raise ManifestError(f"{path}: record {row['name']}: {error}: correct or remove the line") from error


def check(records: Iterable[Record], codes: Iterable[str]) -> None:
    """Refuses what must not be trained on or scored: unknown codes, a name used twice, a patient in two folds, impossible
    likelihoods, ages, sexes or folds."""
    known, names, folds = set(codes), set(), {}
    for record in records:
        if record.name in names:
            raise ManifestError(f"record {record.name} is listed twice: remove one line")
        names.add(record.name)
        if strange := (set(record.statements) | record.unknown) - known:
            raise ManifestError(f"record {record.name}: unknown code {min(strange)}: map it or remove it")
        if wrong := [value for value in record.statements.values() if not 0 <= value <= 100]:
            raise ManifestError(
                f"record {record.name}: a likelihood of {wrong[0]:g}: 0 to 100, 0 where it is not told"
            )
        if record.age is not None and not 0 <= record.age <= OLDEST:
            raise ManifestError(f"record {record.name}: an age of {record.age:g} years: leave it empty")
        if record.sex not in (None, "female", "male"):
            raise ManifestError(f"record {record.name}: sex {record.sex!r}: female, male or empty")
        if not isinstance(record.fold, int) or record.fold < 0:
            raise ManifestError(
                f"record {record.name}: fold {record.fold}: a whole number from 1, or 0 for none"
            )
        if record.fold and folds.setdefault(record.patient, record.fold) != record.fold:
            raise ManifestError(
                f"record {record.name}: patient {record.patient} is also in fold {folds[record.patient]}:"
                " all records of a patient belong to one fold"
            )


def labels(records: list[Record], codes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and knowledge of them, float32 [record][code] of zeros and ones."""
    column = {code: k for k, code in enumerate(codes)}
    positive = np.zeros((len(records), len(codes)), np.float32)
    known = np.ones_like(positive)
    for row, record in enumerate(records):
        positive[row, [column[code] for code in record.statements]] = 1
        known[row, [column[code] for code in record.unknown]] = 0
    return positive * known, known
