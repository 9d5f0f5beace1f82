"""What the scored runs of the comparison said of the test fold, kept in `comparison/` after their checkpoints are gone: seeds can
be added from session to session and machine to machine, and differences stay paired.

One file a run, some tens of kB: logits [record][statement] for every share of the labels, rounded to half precision, of the
statements that are scored. A file says which records and which plan it is of, and is refused for others."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from .cohort import TEST_FOLD
from .material import Material
from .metrics import scorable
from .runs import Plan
from .train import Recipe

FOLDER = Path(__file__).resolve().parents[1] / "comparison"
Shares = dict[float, np.ndarray]


def records_digest(material: Material) -> str:
    """Of the test fold's records in their order."""
    held = material.rows(TEST_FOLD, measured=True)
    return hashlib.sha256("\n".join(material.names[row] for row in held).encode()).hexdigest()


def scored_codes(material: Material) -> list[str]:
    held = material.rows(TEST_FOLD, measured=True)
    return [material.codes[k] for k in scorable(material.labels[held])]


def told(plan: Plan) -> dict:
    """What the lock file says of a run, without what is usual: fields that are added later change nothing here."""
    usual = {**asdict(Plan("", Recipe())), **asdict(Recipe())}
    said = {**asdict(plan), **asdict(plan.recipe)}
    return json.loads(
        json.dumps({key: value for key, value in said.items() if key != "recipe" and value != usual[key]})
    )


def save(path: Path, plan: Plan, material: Material, shares: Shares) -> None:
    """The logits [record][statement] of every share, for the statements that are scored."""
    columns = [material.codes.index(code) for code in scored_codes(material)]
    arrays = {f"{share:g}": logits[:, columns].astype(np.float16) for share, logits in shares.items()}
    about = {"records": records_digest(material), "codes": scored_codes(material), "plan": told(plan)}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, about=json.dumps(about), **arrays)


def read(path: Path, plan: Plan, material: Material) -> Shares:
    """Logits in the material's columns, 0 where nothing is scored. Refuses what was said by another plan or of other records."""
    with np.load(path) as stored:
        about = json.loads(str(stored["about"]))
        arrays = {name: stored[name] for name in stored.files if name != "about"}
    if about["plan"] != told(plan):
        raise ValueError(f"{path}: of another run than {plan.name} in the lock file: remove it")
    if (about["records"], about["codes"]) != (records_digest(material), scored_codes(material)):
        raise ValueError(f"{path}: of other records or statements than those here: remove it")
    columns = [material.codes.index(code) for code in about["codes"]]
    found = {}
    for share, logits in arrays.items():
        found[float(share)] = np.zeros((len(logits), len(material.codes)), np.float32)
        found[float(share)][:, columns] = logits
    return found


def is_current(path: Path, checkpoint: Path) -> bool:
    """Whether the file is there and not older than the checkpoint that it would be made from."""
    return path.exists() and (not checkpoint.exists() or path.stat().st_mtime >= checkpoint.stat().st_mtime)
