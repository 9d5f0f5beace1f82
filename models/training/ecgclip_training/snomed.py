"""SNOMED CT codes of other cohorts in the words of PTB-XL's statements. For evaluation only: nothing is trained on them.

catalogue/snomed.csv has every code of the PhysioNet/CinC Challenges 2020 and 2021 with the sets that use it (those with a
published count above zero, PTB-XL's own conversion left out). A set may use a code in a sense of its own, and then has a row of
its own. In the column scp `;` separates statements of which at least one holds, `+` such alternatives that hold together, and `?`
stands for something that PTB-XL has no statement for: `BIGU + PVC` is both, `AFIB; AFLT` one or both, `SBRAD; ?` perhaps."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .concepts import CATALOGUE, parts
from .manifest import ManifestError, Record

# CPSC2018 as published labels its records in words.
CPSC2018_LABELS = {
    "Normal": "426783006",
    "AF": "164889003",
    "I-AVB": "270492004",
    "LBBB": "164909002",
    "RBBB": "59118001",
    "PAC": "284470004",
    "PVC": "164884008",
    "STD": "429622005",
    "STE": "164931005",
}


@dataclass(frozen=True)
class Finding:
    """What a code says: of every set in `clauses` at least one statement holds."""

    code: str
    name: str
    clauses: tuple[frozenset[str], ...]
    note: str


@dataclass(frozen=True)
class Meanings:
    """`by_set`: set and code to finding; `anywhere`: code to finding, for sets that are not known to use it."""

    by_set: Mapping[tuple[str, str], Finding]
    anywhere: Mapping[str, Finding]

    def __or__(self, other: Meanings) -> Meanings:
        return Meanings({**self.by_set, **other.by_set}, {**self.anywhere, **other.anywhere})

    def finding(self, cohort: str, code: str) -> Finding:
        """Refuses a code that the table does not have: a KeyError."""
        return self.by_set.get((cohort, code)) or self.anywhere[code]

    def sayable(self, cohort: str, target: frozenset[str]) -> bool:
        """Whether the set has a code for one of these statements and nothing else: only then does silence deny them."""
        return any(
            clause <= target
            for (owner, _), finding in self.by_set.items()
            if owner == cohort
            for clause in finding.clauses
        )

    def holds(self, cohort: str, codes: Iterable[str], target: frozenset[str]) -> bool | None:
        """Whether a record with these codes has one of the target's statements; None where that cannot be told. A target of
        several statements (as AFIB and AFLT in Ningbo) can be told where each of them alone cannot: score its highest head."""
        clauses = [clause for code in codes for clause in self.finding(cohort, code).clauses]
        if any(clause <= target for clause in clauses):
            return True
        if not codes or any(clause & target for clause in clauses) or not self.sayable(cohort, target):
            return None
        return False


def load(path: Path = CATALOGUE / "snomed.csv") -> Meanings:
    """The table of codes."""
    by_set: dict[tuple[str, str], Finding] = {}
    anywhere: dict[str, Finding] = {}
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            clauses = tuple(frozenset(parts(clause)) for clause in parts(row["scp"], "+"))
            finding = Finding(row["snomed"], row["name"], clauses, row["note"])
            anywhere.setdefault(finding.code, finding)
            by_set |= {(cohort, finding.code): finding for cohort in row["sets"].split()}
    return Meanings(by_set, anywhere)


def codes_of(diagnoses: str) -> tuple[str, ...]:
    """The codes in a header's list of diagnoses, each once, in its order; CPSC2018's words become codes."""
    words = [word for word in re.split(r"[,;\s]+", diagnoses) if word and word.lower() != "unknown"]
    return tuple(dict.fromkeys(CPSC2018_LABELS.get(word, word) for word in words))


def labelled(
    records: Iterable[Record], codes: Mapping[str, Sequence[str]], statements: Sequence[str]
) -> list[Record]:
    """The records with statements and unknowns as their SNOMED CT codes (by record name) tell them, and in no fold, so that
    they can be scored but not trained on. The set is read from the record's source, "wfdb:<set>"."""
    meanings = load()
    return [label(record, codes.get(record.name, ()), statements, meanings) for record in records]


def label(record: Record, codes: Sequence[str], statements: Sequence[str], meanings: Meanings) -> Record:
    cohort = record.source.partition(":")[2]
    check({record.name: codes}, meanings)
    told = {code: meanings.holds(cohort, codes, frozenset([code])) for code in statements}
    return replace(
        record,
        fold=0,
        statements={code: 0.0 for code, holds in told.items() if holds},
        unknown=frozenset(code for code, holds in told.items() if holds is None),
    )


def check(codes: Mapping[str, Sequence[str]], meanings: Meanings | None = None) -> None:
    """Refuses a record (by name) with a code that the table does not have."""
    known = (meanings or load()).anywhere
    for record, said in codes.items():
        if strange := [code for code in said if code not in known]:
            raise ManifestError(
                f"record {record}: SNOMED CT code {strange[0]} is not in snomed.csv: add a row for it, without statements"
                " where PTB-XL has none"
            )
