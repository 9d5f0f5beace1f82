"""splits.csv: which record is trained on and which is scored, each with the SHA-256 of its samples as they lie in the data."""

from __future__ import annotations

import hashlib
from pathlib import Path

from . import ptbxl
from .cohort import TEST_FOLD, TRAINING_FOLDS
from .manifest import ManifestError, Record

HEADER = "record,split,sha256"
PATH = Path(__file__).resolve().parents[1] / "splits.csv"


def split_of(record: Record) -> str:
    """train, test, or none: records of the test fold whose amplitude was only restored are not scored."""
    if record.fold == TEST_FOLD and record.source == "ptbxl":
        return "test"
    return "train" if record.fold in TRAINING_FOLDS else "none"


def table(folder: Path) -> str:
    """All records of PTB-XL in the data folder."""
    lines = [HEADER]
    for records, shards in (
        (ptbxl.raw_records(folder), ptbxl.raw_shards(folder)),
        (ptbxl.standardised_records(folder), ptbxl.standardised_shards(folder)),
    ):
        signals = (signal for shard in shards for signal in shard)
        for record, signal in zip(records, signals, strict=True):
            digest = hashlib.sha256(signal.astype("<i2").tobytes()).hexdigest()
            lines.append(f"{record.name},{split_of(record)},{digest}")
    return "\n".join(lines) + "\n"


def check(folder: Path, path: Path = PATH) -> int:
    """Refuses data that is not what the shipped model was trained on, by the first record that differs; returns how many
    records were compared."""
    wanted, found = path.read_text().splitlines(), table(folder).splitlines()
    for one, other in zip(wanted, found, strict=False):
        if one != other:
            name = other.partition(",")[0]
            raise ManifestError(
                f"record {name}: not the record or split of {path.name}: fetch the data again, or write the table anew"
                " with `splits --write` and train a model of your own"
            )
    if len(wanted) != len(found):
        raise ManifestError(
            f"{len(found) - 1} records, but {path.name} lists {len(wanted) - 1}: fetch the data again"
        )
    return len(found) - 1
