"""Recordings of one's own as training material: WFDB trees and tables, preprocessed once and kept beside the runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import table, wfdb_tree
from .manifest import ManifestError, Record
from .preprocessing import Preprocessing
from .shape import WINDOW_SAMPLES


@dataclass(frozen=True)
class Source:
    """Records of one place, and their windows float32 [record][lead][992] in millivolts."""

    records: list[Record]
    signals: np.ndarray


def read(path: Path, codes: Sequence[str], cache: Path) -> Source:
    """A table (a file that ends in .csv) or a folder of WFDB records. Every recording is read; one that cannot be used is
    refused by its name, so that nobody trains on less than they think."""
    is_table = path.suffix.lower() == ".csv"
    records = table.read(path, codes).records if is_table else wfdb_tree.read(path).records
    if not records:
        raise ManifestError(f"{path}: no recordings: name a table ending in .csv or a folder with .hea files")
    folder = path.parent if is_table else path
    stored = cache / f"own-{digest(folder, records)}.npy"
    if not stored.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(stored, np.stack(list(windows(folder, records))))
    return Source(records, np.load(stored))


def windows(folder: Path, records: Sequence[Record]) -> Iterator[np.ndarray]:
    """The first window of each recording as the device's encoder would see it."""
    preprocessing = Preprocessing.load()
    for record in records:
        signal, rate = table.signal(folder, record.location)
        window = preprocessing(signal, rate)[:, :WINDOW_SAMPLES]
        if window.shape[1] < WINDOW_SAMPLES:
            raise ManifestError(f"record {record.name}: shorter than ten seconds: leave it out")
        yield window.astype(np.float32)


def digest(folder: Path, records: Sequence[Record]) -> str:
    """Changes with the preprocessing, the list of records and every file of theirs."""
    found = hashlib.sha256(Preprocessing.load().text.encode())
    for record in records:
        found.update(record.name.encode())
        whole = (folder / record.location).with_suffix("")
        for file in sorted(whole.parent.glob(f"{whole.name}.*")):
            about = file.stat()
            found.update(f"{file}:{about.st_size}:{about.st_mtime_ns}".encode())
    return found.hexdigest()[:16]
