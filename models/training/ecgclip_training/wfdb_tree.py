"""Any folder of 12-lead records in WFDB format (.hea with .dat or .mat), as PhysioNet publishes them.

Told apart by the names of the records: PTB-XL (with ptbxl_database.csv), MIMIC-IV-ECG (reports from machine_measurements.csv)
and the sets of the Challenges 2020 and 2021; every other folder is a set by its own name. Only PTB-XL's statements are labels.
SNOMED CT codes are kept apart (`Tree.snomed`), for evaluation through snomed.py; without it everything about them is unknown."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import wfdb

from . import ptbxl, snomed
from .manifest import OLDEST, ManifestError, Record
from .statements import NAMES

FOLDS = 10
RATES = (100.0, 2000.0)
SECONDS = 10.0
# A lead is flat that stays at one value for half of its record or within 0.02 mV for all of it. It is clipped that rests at its
# highest or its lowest value for half a second, or at five places for 10 ms and three samples each. (PTB-XL's records begin
# with a short rest.)
STILL, FLAT_RANGE = 0.5, 0.02
LONG_REST, SHORT_REST, REST_SAMPLES, RESTS = 0.5, 0.01, 3, 5
# What the limb leads' rules (III = II - I and so on) leave over, in standard deviations of the largest of I, II and III. It is
# below 0.015 in every record at hand but LUDB's (0.14 to 0.89), whose headers scale each lead to a range of 1 mV.
CONTRADICTION = 0.05
MILLIVOLTS = {"v": 1000.0, "mv": 1.0, "uv": 0.001, "µv": 0.001}
UNKNOWN = frozenset(NAMES)
CHALLENGE = {
    "A": "cpsc2018",
    "Q": "cpsc-extra",
    "I": "incart",
    "S": "ptb",
    "HR": "ptb-xl",
    "E": "georgia",
    "JS": "chapman",
}
LAST_OF_CHAPMAN = 10646
# One record for each patient. Of the other sets' patients many have several and nothing tells which: all are one fold's.
ONE_RECORD_EACH = {"chapman", "ningbo"}


class Refused(ManifestError):
    """A record that cannot be used; `reason` is the same for all of its kind."""

    def __init__(self, record: str, reason: str, remedy: str) -> None:
        super().__init__(f"record {record}: {reason}: {remedy}")
        self.reason = reason.partition(" (")[0]


@dataclass(frozen=True)
class Tree:
    """`snomed`: codes by record name. `skipped`: how many records were left out for which reason."""

    records: list[Record]
    snomed: dict[str, tuple[str, ...]]
    skipped: Counter[str]


def read(folder: Path, on_error: Literal["refuse", "skip"] = "refuse") -> Tree:
    """The manifest of every record below the folder, in the order of their paths. Each is read to see that it can be used."""
    tables = Tables.read(folder)
    tree = Tree([], {}, Counter())
    for location in locations(folder):
        try:
            *_, comments = opened(folder, location)
            record = described(folder, location, comments, tables)
        except Refused as refused:
            if on_error == "refuse":
                raise
            tree.skipped[refused.reason] += 1
            continue
        tree.records.append(record)
        if codes := snomed.codes_of(comments.get("dx", "")):
            tree.snomed[record.name] = codes
    return tree


def signal(folder: Path, location: str) -> tuple[np.ndarray, float]:
    """Millivolts float64 [12][sample] in the order of `ptbxl.LEADS`, and the rate in Hz."""
    signals, rate, _ = opened(folder, location)
    return signals, rate


def fold_of(patient: str) -> int:
    """1 to 10, the same on every machine: for patients whose source has no folds."""
    return int.from_bytes(hashlib.sha256(patient.encode()).digest()[:8], "big") % FOLDS + 1


def locations(folder: Path) -> Iterator[str]:
    """Paths of records without suffix, from the folder. PTB-XL's 100 Hz copies are left out where the 500 Hz record is there."""
    found = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.hea"))
    fine = {Path(path).name[:-3] for path in found if path.endswith("_hr")}
    return (path for path in found if not (path.endswith("_lr") and Path(path).name[:-3] in fine))


def opened(folder: Path, location: str) -> tuple[np.ndarray, float, dict[str, str]]:
    """What `signal` returns and the header's comments, or refused."""
    try:
        record = wfdb.rdrecord(str(folder / location))
    except Exception as error:  # wfdb raises whatever it trips over.
        detail = f"unreadable ({type(error).__name__}: {error})"
        raise Refused(location, detail, "fetch its .hea and .dat or .mat again") from error
    names = [name.strip().lower() for name in record.sig_name or []]
    if absent := [lead for lead in ptbxl.LEADS if names.count(lead.lower()) != 1]:
        raise Refused(
            location, f"not 12 standard leads (no single {absent[0]})", "name each once, or leave it out"
        )
    order = [names.index(lead.lower()) for lead in ptbxl.LEADS]
    units = [record.units[k].strip().lower() for k in order]
    if strange := set(units) - set(MILLIVOLTS):
        raise Refused(location, f"not in volts ({min(strange)})", "correct the unit in its header")
    millivolts = record.p_signal[:, order].T * np.array([[MILLIVOLTS[unit]] for unit in units])
    return *checked(millivolts, float(record.fs), location), fields(record.comments)


def checked(signals: np.ndarray, rate: float, name: str) -> tuple[np.ndarray, float]:
    """Millivolts [12][sample] and their rate, refused where they are not a usable standard ECG."""
    if not RATES[0] <= rate <= RATES[1]:
        raise Refused(name, f"rate outside 100 to 2000 Hz ({rate:g})", "resample it, or leave it out")
    if signals.shape[1] < SECONDS * rate:
        raise Refused(name, f"shorter than 10 s ({signals.shape[1] / rate:.2f} s)", "leave it out")
    for lead, samples in zip(ptbxl.LEADS, signals, strict=True):
        if not np.isfinite(samples).all():
            raise Refused(name, f"missing samples ({lead})", "leave it out")
        if np.ptp(samples) < FLAT_RANGE or longest_run(np.diff(samples) == 0) + 1 >= STILL * len(samples):
            raise Refused(name, f"flat lead ({lead})", "leave it out")
        if clipped(samples, rate):
            raise Refused(name, f"clipped lead ({lead})", "leave it out")
    if contradiction(signals) > CONTRADICTION:
        raise Refused(name, "limb leads contradict each other", "correct the names or gains in its header")
    return signals, rate


def runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First index and index after the last of every run of true."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def longest_run(mask: np.ndarray) -> int:
    first, after = runs(mask)
    return int((after - first).max(initial=0))


def clipped(samples: np.ndarray, rate: float) -> bool:
    for extreme in (samples.min(), samples.max()):
        first, after = runs(samples == extreme)
        rests = (after - first) / rate
        places = (rests >= max(SHORT_REST, REST_SAMPLES / rate)).sum()
        if (rests >= LONG_REST).any() or places >= RESTS:
            return True
    return False


def contradiction(signals: np.ndarray) -> float:
    one, two, three, right, left, foot = signals[:6] - signals[:6].mean(1, keepdims=True)
    rest = [three - (two - one), right + (one + two) / 2, left - (one - three) / 2, foot - (two + three) / 2]
    return float(max(part.std() for part in rest) / max(one.std(), two.std(), three.std()))


@dataclass(frozen=True)
class Tables:
    """What lies beside the records: PTB-XL's rows by ecg_id, MIMIC-IV-ECG's reports by study."""

    ptbxl: dict[int, dict[str, str]]
    reports: dict[str, str]

    @staticmethod
    def read(folder: Path) -> Tables:
        rows = [row for row in table(folder, "ptbxl_database.csv", "records.csv") if "ecg_id" in row]
        measured = table(folder, "machine_measurements.csv")
        return Tables(
            {int(row["ecg_id"]): row for row in rows}, {row["study_id"]: report(row) for row in measured}
        )


def table(folder: Path, *names: str) -> Iterator[dict[str, str]]:
    """The rows of the first of these tables that the folder has."""
    for name in names:
        if (folder / name).is_file():
            with (folder / name).open(newline="", encoding="utf-8") as stream:
                yield from csv.DictReader(stream)
            return


def report(row: dict[str, str]) -> str:
    """MIMIC-IV-ECG's report_0 to report_17 as sentences."""
    said = [(row.get(f"report_{k}") or "").strip(" .") for k in range(18)]
    return " ".join(f"{sentence}." for sentence in said if sentence)


def fields(comments: list[str]) -> dict[str, str]:
    """The header's comments `Age: 74`, ` Age: 74` and `<age>: 74` as age to 74."""
    entries = (comment.partition(":") for comment in comments)
    return {key.strip(" <>").lower(): value.strip() for key, _, value in entries}


def age(text: str) -> float | None:
    """Years; above 89 as PTB-XL's, and None for what is no age."""
    try:
        years = ptbxl.OLDEST_TOLD + 1 if text.startswith(">") else float(text)
    except ValueError:
        return None
    return years if 0 <= years <= OLDEST else None


def described(folder: Path, location: str, comments: dict[str, str], tables: Tables) -> Record:
    """The manifest's line of a record that can be read."""
    stem = Path(location).name
    if re.fullmatch(r"\d{5}_[hl]r", stem):
        if row := tables.ptbxl.get(int(stem[:5])):
            row, name = row | {"row": location}, f"ptbxl/{int(stem[:5])}"
            return ptbxl.described(row, "wfdb:ptbxl", name, ptbxl.statements_of(row), frozenset())
        raise Refused(location, "PTB-XL's, but not in its table", "put ptbxl_database.csv into the folder")
    cohort, name, patient, said = folder.resolve().name, location, location, ""
    if found := re.search(r"/p(\d{8})/s(\d+)/\2$", (folder.resolve() / location).as_posix()):
        cohort, patient, name = "mimic", found[1], found[2]
        said = tables.reports.get(name, "")
    elif "dx" in comments and (found := re.fullmatch(r"(A|Q|I|S|E)(\d{4,5})|(HR|JS)(\d{5})", stem)):
        cohort, name = CHALLENGE[found[1] or found[3]], stem
        if cohort == "ptb-xl":
            raise Refused(
                location, "PTB-XL's, without its patient", "read PTB-XL itself, its patients would leak"
            )
        if cohort == "chapman" and int(found[4]) > LAST_OF_CHAPMAN:
            cohort = "ningbo"
        patient = stem if cohort in ONE_RECORD_EACH else "all"
    patient = f"{cohort}:{patient}"
    return Record(
        name=f"{cohort}/{name}",
        source=f"wfdb:{cohort}",
        location=location,
        patient=patient,
        fold=fold_of(patient),
        age=age(comments.get("age", "")),
        sex={"f": "female", "m": "male"}.get(comments.get("sex", "")[:1].lower()),
        report=said,
        unknown=UNKNOWN,
    )
