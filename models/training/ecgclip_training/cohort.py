"""The training material: PTB-XL's raw records and those with restored amplitude, preprocessed once and cached; with them, or
instead where they are not at hand, recordings of one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from . import amplitude, ptbxl, sources
from .concepts import load_concepts
from .manifest import ManifestError, Record, check, labels
from .material import Material, Writer
from .preprocessing import Preprocessing
from .reports import concepts_of, naming, render
from .rhythm import beats
from .shape import WINDOW_SAMPLES
from .statements import NAMES

TRAINING_FOLDS = tuple(range(1, 9))
TEST_FOLD = 9


def load(folder: Path, cache: Path, own: Sequence[Path] = ()) -> tuple[Material, list[Record]]:
    """The packs of PTB-XL, folds 1-9, raw ones first; then `own`, WFDB trees and tables. Records in the material's order."""
    codes = [statement.code for statement in ptbxl.read_statements(folder)]
    packed = any((folder / "ptbxl").glob("ptbxl500_*.xz"))
    parts = packs(folder, cache) if packed else []
    for path in own:
        found = sources.read(path, codes, cache)
        parts.append((found.records, found.signals, np.zeros((len(found.records), 12))))
    if not parts:
        raise ManifestError(f"{folder}: no packs of PTB-XL: fetch them, or name recordings with --own")
    records = [record for part in parts for record in part[0]]
    check(records, codes)
    signals, gain_spread = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    return assemble(records, codes, signals, gain_spread, gain_spread[:, 0] == 0), records


def packs(folder: Path, cache: Path) -> list[tuple[list[Record], np.ndarray, np.ndarray]]:
    """Records, signals and uncertainty of the gains [record][lead] of the raw packs and of those with restored amplitude."""
    preprocessing = Preprocessing.load()
    raw, scores = ptbxl.raw_records(folder), ptbxl.standardised_records(folder)
    measured = preprocessed(
        lambda: ptbxl.raw_signals(folder), ptbxl.RAW_RATE, preprocessing, cache, "ptbxl", raw
    )
    standard = preprocessed(
        lambda: ptbxl.standardised_signals(folder),
        ptbxl.STANDARDISED_RATE,
        preprocessing,
        cache,
        "ptbxl_norm",
        scores,
    )
    folds = np.array([record.fold for record in raw])
    training = np.isin(folds, TRAINING_FOLDS)
    model = amplitude.fit(measured[training], folds[training])
    unsure = np.tile(model.residual, (len(scores), 1))
    return [
        (raw, measured, np.zeros((len(raw), 12))),
        (scores, model.restore(standard).astype(np.float32), unsure),
    ]


def exact_signals(folder: Path, rows: np.ndarray) -> np.ndarray:
    """float64 [row][lead][992] of raw records: what the device computes, where the cache rounds to single precision."""
    preprocessing, parts, first = Preprocessing.load(), [], 0
    for shard in ptbxl.raw_signals(folder):
        wanted = rows[(rows >= first) & (rows < first + len(shard))] - first
        parts.append(preprocessing(shard[wanted], ptbxl.RAW_RATE)[..., :WINDOW_SAMPLES])
        first += len(shard)
    return np.concatenate(parts)


def preprocessed(
    shards: Callable[[], Iterable[np.ndarray]],
    rate: float,
    preprocessing: Preprocessing,
    cache: Path,
    name: str,
    records: list[Record],
) -> np.ndarray:
    """float32 [record][lead][992] after the device's preprocessing; read from the cache when nothing changed."""
    key = preprocessing.text + "".join(record.name for record in records)
    stored = cache / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    if stored.exists():
        return np.load(stored)
    parts = [preprocessing(shard, rate)[..., :WINDOW_SAMPLES] for shard in shards()]
    signals = np.concatenate(parts).astype(np.float32)
    if len(signals) != len(records):
        raise ValueError(f"{name}: {len(signals)} signals but {len(records)} records: fetch them again")
    cache.mkdir(parents=True, exist_ok=True)
    np.save(stored, signals)
    return signals


def assemble(
    records: list[Record],
    codes: list[str],
    signals: np.ndarray,
    gain_spread: np.ndarray,
    measured: np.ndarray,
) -> Material:
    """Records and signals [record][lead][time] in millivolts as training material."""
    positive, known = labels(records, codes)
    return Material(
        codes=codes,
        names=[record.name for record in records],
        signals=signals,
        labels=positive,
        known=known,
        folds=np.array([record.fold for record in records]),
        patients=np.array([record.patient for record in records]),
        ages=np.array([np.nan if record.age is None else record.age for record in records]),
        sexes=np.array([record.sex or "" for record in records]),
        gain_spread=gain_spread,
        amplitude=measured,
        beats=[beats(signal) for signal in signals],
    )


def with_texts(
    material: Material, records: list[Record], left_out: tuple[str, ...] = (), coded: bool = True
) -> Material:
    """The material with a text for every record, in fresh words each time. `coded`: its statements, and of its report only what
    no statement says, since codes and reports do not always agree; else what the report states. Whatever names a left-out statement is in no text, and in no concept set that texts are compared by."""
    out = naming(left_out) if left_out else set()
    ids = [concept for concept in load_concepts() if concept not in out]
    said = []
    for record in records:
        stated = concepts_of(record.report)
        if coded:
            stated = (stated - set(NAMES)) | set(record.statements)
        said.append([concept for concept in ids if concept in stated])
    column = {concept: k for k, concept in enumerate(ids)}
    concepts = np.zeros((len(records), len(ids)), np.float32)
    for row, stated in enumerate(said):
        concepts[row, [column[concept] for concept in stated]] = 1
    material.concepts = concepts
    material.text = writer(said, ids)
    return material


def writer(said: list[list[str]], ids: list[str]) -> Writer:
    """Writes a record's findings; one text in three denies something that another record states, so that "no" is learnt."""

    def write(record: int, rng: np.random.Generator) -> str:
        denied = [ids[rng.integers(len(ids))]] if rng.random() < 1 / 3 else []
        return render(said[record], [], rng, denied)

    return write
