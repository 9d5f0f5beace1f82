"""Recordings and labels: PTB-XL packs beside the project, preprocessed once and cached."""

from __future__ import annotations

import ast
import csv
import hashlib
import lzma
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .preprocessing import Preprocessing

LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
TRAINING_FOLDS = range(1, 8)
CALIBRATION_FOLD = 8
TEST_FOLD = 9


def data_folder(path: str | None = None) -> Path:
    """The folder of recordings: the argument, ECGCLIP_DATA, or ../shared/data beside the checkout."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    return Path(path or os.environ.get("ECGCLIP_DATA") or beside)


def decode_pack(path: Path) -> np.ndarray:
    """One packed shard as microvolts int16 [record][lead][sample].

    The layout is the README's beside the data: a low-byte and a high-byte plane of zig-zag residuals; I, II and
    V1-V6 are second differences modulo 2^16, the other limb leads residuals of Einthoven's and Goldberger's rules."""
    samples = int(path.stem.rsplit("_T", 1)[1])
    raw = np.frombuffer(lzma.decompress(path.read_bytes()), dtype=np.uint8)
    half = raw.size // 2
    code = raw[:half].astype(np.int32) | (raw[half:].astype(np.int32) << 8)
    residual = ((code >> 1) ^ -(code & 1)).astype(np.int16).reshape(12, -1, samples)
    with np.errstate(over="ignore"):
        measured = residual[:8]
        for _ in range(2):
            measured = np.cumsum(measured, axis=-1, dtype=np.int16)
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


@dataclass
class Dataset:
    """Preprocessed records [record][lead][time] in millivolts at 100 Hz, with labels and folds."""

    signals: np.ndarray
    labels: np.ndarray
    folds: np.ndarray
    patients: np.ndarray
    statements: list[dict[str, str]]

    def fold(self, *folds: int) -> np.ndarray:
        """Indices of the records in these folds."""
        return np.flatnonzero(np.isin(self.folds, folds))


def read_statements(folder: Path) -> list[dict[str, str]]:
    """PTB-XL's 71 statements in its own order: code, group, description."""
    with (folder / "ptbxl" / "scp_statements.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    statements = []
    for row in rows:
        group = "rhythm" if row["rhythm"] else "diagnostic" if row["diagnostic"] else "form"
        statements.append({"code": row[""], "group": group, "description": row["description"]})
    return statements


def load(folder: Path, preprocessing: Preprocessing, cache: Path | None = None) -> Dataset:
    """All PTB-XL records with signals. A statement is positive when its code is present, whatever its likelihood.

    Records without statement codes (8 of the 2,660) get fold 0: no split takes them."""
    statements = read_statements(folder)
    column = {statement["code"]: k for k, statement in enumerate(statements)}
    with (folder / "ptbxl" / "records.csv").open(newline="") as stream:
        records = list(csv.DictReader(stream))
    labels = np.zeros((len(records), len(statements)), dtype=np.float32)
    coded = np.array([bool(record["scp_codes"]) for record in records])
    for k in np.flatnonzero(coded):
        record = records[k]
        for code in ast.literal_eval(record["scp_codes"]):
            labels[k, column[code]] = 1
    digest = hashlib.sha256(preprocessing.text.encode()).hexdigest()[:16]
    stored = cache / f"signals-{digest}.npy" if cache else None
    if stored and stored.exists():
        signals = np.load(stored)
    else:
        shards = sorted((folder / "ptbxl").glob("ptbxl500_*.xz"))
        parts = [preprocessing(decode_pack(s).astype(np.float64) / 1000, 500.0) for s in shards]
        signals = np.concatenate(parts).astype(np.float32)
        if stored:
            stored.parent.mkdir(parents=True, exist_ok=True)
            np.save(stored, signals)
    if len(signals) != len(records):
        raise ValueError(
            f"{folder}/ptbxl: {len(signals)} signals but {len(records)} records: fetch them again"
        )
    folds = np.where(coded, [int(float(record["strat_fold"])) for record in records], 0)
    patients = np.array([int(float(record["patient_id"])) for record in records])
    check_patients(folds, patients)
    return Dataset(signals, labels, folds, patients, statements)


def check_patients(folds: np.ndarray, patients: np.ndarray) -> None:
    """Refuses splits that share a patient."""
    held_out = {TEST_FOLD, CALIBRATION_FOLD}
    for fold in held_out:
        shared = set(patients[folds == fold]) & set(patients[folds != fold])
        if shared:
            raise ValueError(f"patient {min(shared)} is in fold {fold} and in another one")
