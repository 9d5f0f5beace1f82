"""The catalogue of 89 tasks in the shape of the ECGCLIP paper: 45 ECG diagnoses, 39 echo targets, 5 rare diseases.

The list is a candidate of ours, since the authors' is not public. SNOMED CT codes of ECG findings are those of the PhysioNet
2021 challenge; those of echo targets and rare diseases are DICOM's (CID 3728 and 12248) or of published value sets, and left
out where we found none. A task that no trained statement head answers says why, and never shows a number."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open

from .concepts import CATALOGUE, parts

KINDS = {"diagnosis": 45, "echo": 39, "rare": 5}


@dataclass(frozen=True)
class Task:
    """One task. `scp` are PTB-XL's statements that mean it, whether trained or not; `reason` is why it is not trained, or
    which statement heads answer it."""

    id: str
    name: str
    kind: str
    scp: tuple[str, ...]
    snomed: tuple[str, ...]
    aha: tuple[str, ...]
    trained: bool
    reason: str

    def heads(self, statements: set[str]) -> tuple[str, ...]:
        """Those of its statements that a model has heads for."""
        return tuple(code for code in self.scp if code in statements)

    def agrees(self, statements: set[str]) -> bool:
        """Whether `trained` and `reason` are true of a model with these statements."""
        heads = self.heads(statements)
        told = self.reason.removeprefix("statement heads ") if self.trained else ""
        return self.trained == bool(heads) and parts(told, ",") == heads


def load(path: Path = CATALOGUE / "tasks.csv") -> list[Task]:
    """All tasks in the catalogue's order."""
    tasks = []
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            if row["trained"] not in ("yes", "no"):
                raise ValueError(f"{path.name}: {row['id']}: trained is yes or no, not {row['trained']!r}")
            codes = (parts(row[column]) for column in ("scp", "snomed", "aha"))
            tasks.append(
                Task(row["id"], row["name"], row["kind"], *codes, row["trained"] == "yes", row["reason"])
            )
    return tasks


def statements_of(model: Path) -> set[str]:
    """The codes of the statements that a model file has heads for."""
    with safe_open(model, "numpy") as opened:
        return {statement["code"] for statement in json.loads(opened.metadata()["statements"])}
