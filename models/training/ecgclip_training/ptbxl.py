"""PTB-XL as it lies beside the project: raw packs with everything, and further records of which only z-scores of every lead
are at hand. Both are packed; data/README.md describes the packing."""

from __future__ import annotations

import ast
import csv
import lzma
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .manifest import Record

LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
RAW_RATE, STANDARDISED_RATE = 500.0, 125.0
# PTB-XL writes 300 for ages above 89.
OLDEST_TOLD = 89.0
# What amplitude alone decides: nothing is known about it once every lead was scaled to unit variance.
VOLTAGE_STATEMENTS = frozenset(["LVH", "VCLVH", "LVOLT", "HVOLT", "RVH", "SEHYP", "RAO/RAE"])
FORMS = {"NST": "NST_", "STD": "STD_", "NT": "NT_", "TAB": "TAB_", "STE": "STE_"}
SUBCLASSES = {"AVB": "_AVB", "ISC": "ISC_", "NST": "NST_"}


def data_folder(path: str | None = None) -> Path:
    """The folder of recordings: the argument, ECGCLIP_DATA, or ../shared/data beside the checkout."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    return Path(path or os.environ.get("ECGCLIP_DATA") or beside)


@dataclass(frozen=True)
class Statement:
    """One of the 71: its group is diagnostic, form or rhythm; super- and subclass only where it is diagnostic."""

    code: str
    group: str
    description: str
    super_class: str
    subclass: str


def read_statements(folder: Path) -> list[Statement]:
    """PTB-XL's 71 statements in its own order."""
    with (folder / "ptbxl" / "scp_statements.csv").open(newline="") as stream:
        return [
            Statement(
                row[""],
                "rhythm" if row["rhythm"] else "diagnostic" if row["diagnostic"] else "form",
                row["description"],
                row["diagnostic_class"],
                row["diagnostic_subclass"],
            )
            for row in csv.DictReader(stream)
        ]


def unpack(path: Path, lead_residuals: bool) -> np.ndarray:
    """One shard as int16 [record][lead][sample]: a plane of low and a plane of high bytes of zig-zag residuals, which are second
    differences modulo 2^16. With `lead_residuals` rows 0-7 are I, II, V1-V6 and the rest are residuals of Einthoven's and
    Goldberger's rules; without, all twelve rows are leads."""
    samples = int(path.stem.rsplit("_T", 1)[1])
    raw = np.frombuffer(lzma.decompress(path.read_bytes()), dtype=np.uint8)
    half = raw.size // 2
    code = raw[:half].astype(np.int32) | (raw[half:].astype(np.int32) << 8)
    residual = ((code >> 1) ^ -(code & 1)).astype(np.int16).reshape(12, -1, samples)
    with np.errstate(over="ignore"):
        measured = residual[: 8 if lead_residuals else 12]
        for _ in range(2):
            measured = np.cumsum(measured, axis=-1, dtype=np.int16)
        if not lead_residuals:
            return np.ascontiguousarray(measured.transpose(1, 0, 2))
        one, two = measured[0].astype(np.int32), measured[1].astype(np.int32)
        rest = residual[8:].astype(np.int32)
        three = (two - one + rest[0]).astype(np.int16).astype(np.int32)
        limb = [
            one,
            two,
            three,
            rest[1] - ((one + two) >> 1),
            rest[2] + ((one - three) >> 1),
            rest[3] + ((two + three) >> 1),
        ]
        return np.stack([*limb, *measured[2:]], axis=1).astype(np.int16)


def raw_shards(folder: Path) -> Iterator[np.ndarray]:
    """Microvolts int16 [record][lead][sample] at 500 Hz, a shard at a time, in the order of the manifest."""
    for shard in sorted((folder / "ptbxl").glob("ptbxl500_*.xz")):
        yield unpack(shard, lead_residuals=True)


def standardised_shards(folder: Path) -> Iterator[np.ndarray]:
    """500 times the standard score, int16 [record][lead][sample] at 125 Hz, a shard at a time."""
    for shard in sorted((folder / "ptbxl_norm").glob("ptbxlnorm125_*.xz")):
        yield unpack(shard, lead_residuals=False)


def raw_signals(folder: Path) -> Iterator[np.ndarray]:
    """Millivolts [record][lead][sample] at 500 Hz, a shard at a time."""
    return (shard.astype(np.float64) / 1000 for shard in raw_shards(folder))


def standardised_signals(folder: Path) -> Iterator[np.ndarray]:
    """Standard scores [record][lead][sample] at 125 Hz, a shard at a time."""
    return (shard.astype(np.float64) / 500 for shard in standardised_shards(folder))


def raw_records(folder: Path) -> list[Record]:
    """The raw packs' manifest. Records without statement codes (8 of 2,660) are in no fold."""
    with (folder / "ptbxl" / "records.csv").open(newline="") as stream:
        return [
            described(row, "ptbxl", f"ptbxl/{row['ecg_id']}", statements_of(row), frozenset())
            for row in csv.DictReader(stream)
        ]


def devices(folder: Path) -> dict[str, str]:
    """The recorder's model by record name, where the table tells it."""
    with (folder / "ptbxl" / "records.csv").open(newline="") as stream:
        return {f"ptbxl/{row['ecg_id']}": " ".join(row["device"].split()) for row in csv.DictReader(stream)}


def standardised_records(folder: Path) -> list[Record]:
    """The manifest of the records without amplitude. Where codes are missing, rhythm and form lists are exact, a diagnostic
    subclass with one member is that statement, and the members of a larger one are unknown."""
    members: dict[str, list[str]] = {}
    for statement in read_statements(folder):
        if statement.subclass:
            members.setdefault(statement.subclass, []).append(statement.code)
    with (folder / "ptbxl_norm" / "records.csv").open(newline="") as stream:
        return [standardised(row, members) for row in csv.DictReader(stream)]


def standardised(row: dict[str, str], members: dict[str, list[str]]) -> Record:
    unknown = set(VOLTAGE_STATEMENTS)
    if row["scp_codes"]:
        statements = statements_of(row)
    else:
        forms = [FORMS.get(code, code) for code in listed(row["form"])]
        found = {*forms, *listed(row["rhythm"])}
        unknown.add("PACE")
        for subclass in listed(row["sub_class"]):
            codes = members[SUBCLASSES.get(subclass, subclass)]
            if len(codes) == 1:
                found.add(codes[0])
            elif subclass == "STTC":
                # NDT, DIG and LNGQT are forms too, so they are known.
                unknown |= {"ANEUR", "EL"}
            else:
                unknown |= set(codes)
        statements = dict.fromkeys(sorted(found), 0.0)
    known = {code: value for code, value in statements.items() if code not in unknown}
    unknown -= set(known)
    return described(row, "ptbxl_norm", f"ptbxl_norm/{row['ecg_id']}", known, frozenset(unknown))


def listed(cell: str) -> list[str]:
    return list(ast.literal_eval(cell)) if cell else []


def statements_of(row: dict[str, str]) -> dict[str, float]:
    return dict(ast.literal_eval(row["scp_codes"])) if row["scp_codes"] else {}


def described(
    row: dict[str, str], source: str, name: str, statements: dict[str, float], unknown: frozenset[str]
) -> Record:
    age = float(row["age"]) if row["age"] else None
    return Record(
        name=name,
        source=source,
        location=row["row"],
        patient=f"ptbxl:{int(float(row['patient_id']))}",
        fold=int(float(row["strat_fold"])) if statements else 0,
        age=OLDEST_TOLD + 1 if age is not None and age > OLDEST_TOLD else age,
        # PTB-XL's own coding: 0 male, 1 female (Wagner et al. 2020, table 2).
        sex={"0": "male", "1": "female"}.get(row["sex"].split(".")[0]),
        report=row["report"],
        statements=statements,
        unknown=unknown,
    )


def write_wfdb(folder: Path, target: Path, fold: int) -> int:
    """The raw records of a fold as WFDB (format 16, 1000 codes a millivolt) with labels.csv, for `ecgclip evaluate findings`;
    returns how many. Recordings stay out of the project: choose a target outside it."""
    import wfdb

    records = raw_records(folder)
    target.mkdir(parents=True, exist_ok=True)
    lines, first = ["record,patient,codes"], 0
    for shard in raw_signals(folder):
        for record, signal in zip(records[first : first + len(shard)], shard, strict=True):
            if record.fold != fold:
                continue
            name = record.name.replace("ptbxl/", "")
            comments = [f"Age: {'NaN' if record.age is None else round(record.age)}", f"Sex: {record.sex}"]
            wfdb.wrsamp(
                name,
                fs=RAW_RATE,
                units=["mV"] * 12,
                sig_name=LEADS,
                d_signal=np.round(signal.T * 1000).astype(np.int64),
                fmt=["16"] * 12,
                adc_gain=[1000.0] * 12,
                baseline=[0] * 12,
                comments=comments,
                write_dir=str(target),
            )
            lines.append(f"{name},{record.patient},{';'.join(record.statements)}")
        first += len(shard)
    (target / "labels.csv").write_text("\n".join(lines) + "\n")
    return len(lines) - 1
