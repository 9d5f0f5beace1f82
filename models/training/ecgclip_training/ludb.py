"""LUDB's records: its table's phrases in the words of PTB-XL's statements, and signals in true amplitude.

catalogue/ludb.csv has every phrase by its column and beginning; `scp` is written as in snomed.csv. For evaluation only."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .concepts import CATALOGUE, parts
from .manifest import ManifestError, Record
from .ptbxl import LEADS, OLDEST_TOLD
from .snomed import Finding, Meanings

NAME = "ludb"
# LUDB's headers scale every lead to a peak-to-peak of exactly 1 mV, in all 120 records, so III differs from II - I by 14 to 89 %
# of its size. The codes themselves obey Einthoven's law to the last bit. Read as microvolts their QRS are those of adults.
CODES_PER_MILLIVOLT = 1000.0


@dataclass(frozen=True)
class Phrase:
    """What a line of a column means that begins so."""

    column: str
    start: str
    finding: Finding

    def begins(self, column: str, line: str) -> bool:
        return column == self.column and line.startswith(self.start)


def phrases(path: Path = CATALOGUE / "ludb.csv") -> list[Phrase]:
    """The table; the phrase itself serves as the finding's code."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    found = []
    for row in rows:
        column, start = row["column"], row["starts with"]
        clauses = tuple(frozenset(parts(clause)) for clause in parts(row["scp"], "+"))
        found.append(Phrase(column, start, Finding(f"{column}: {start}", start, clauses, row["note"])))
    return found


def meanings(table: list[Phrase]) -> Meanings:
    return Meanings({(NAME, phrase.finding.code): phrase.finding for phrase in table}, {})


def read(folder: Path) -> tuple[list[Record], dict[str, tuple[str, ...]]]:
    """The records, in no fold, and the phrases that each one's row states. A line that the table does not know is refused."""
    table = phrases()
    columns = {phrase.column for phrase in table}
    records, said = [], {}
    with (folder / "ludb.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            number, age = row["ID"].strip(), row["Age"].strip()
            name = f"{NAME}/{number}"
            years = OLDEST_TOLD + 1 if age.startswith(">") else float(age)
            records.append(Record(name, f"wfdb:{NAME}", number, f"{NAME}:{number}", age=years))
            lines = [(column, line.strip()) for column in columns for line in row[column].splitlines()]
            said[name] = tuple(sorted({code_of(column, line, table, name) for column, line in lines if line}))
    return records, said


def code_of(column: str, line: str, table: list[Phrase], name: str) -> str:
    for phrase in table:
        if phrase.begins(column, line):
            return phrase.finding.code
    raise ManifestError(
        f"record {name}: {column!r} says {line!r}, which is not in ludb.csv: add a row for it, without statements where"
        " PTB-XL has none"
    )


def signal(path: Path) -> tuple[np.ndarray, float]:
    """Millivolts [12][sample] and the rate."""
    import wfdb

    record = wfdb.rdrecord(str(path), physical=False)
    order = [[name.lower() for name in record.sig_name].index(lead.lower()) for lead in LEADS]
    return record.d_signal[:, order].T / CODES_PER_MILLIVOLT, float(record.fs)
