"""A model folder described anew: nothing but what was measured anew changes, and no comparison by one with fewer seeds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: training is not tested")
pytest.importorskip("wfdb", reason="wfdb is not installed: records in its format are not read")
pytest.importorskip("onnx", reason="onnx is not installed: models are not exported")
pytest.importorskip("matplotlib", reason="matplotlib is not installed: cards have no pictures")

from ecgclip_training import ship  # noqa: E402

SHIPPED = Path(__file__).resolve().parents[2] / "ecgclip-r18"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A copy of the shipped model whose cohorts give the prompted score 0.5 this time."""
    shutil.copytree(SHIPPED, tmp_path / SHIPPED.name)
    metrics = json.loads((SHIPPED / "metrics.json").read_text())
    found = {"otherCohorts": metrics["otherCohorts"], "prompted": metrics["prompted"] | {"auc": 0.5}}
    monkeypatch.setattr(ship, "from_files", lambda *_: found)
    return tmp_path / SHIPPED.name


def test_only_what_was_measured_anew_changes(folder, tmp_path):
    ship.rescore(folder, tmp_path, tmp_path)
    before = dict(reversed(line.split("  ")) for line in (SHIPPED / "SHA256SUMS").read_text().splitlines())
    after = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert {name for name in before if before[name] != after[name]} == {"metrics.json", "card.md"}
    pairs = zip(
        *(path.read_text().splitlines() for path in (SHIPPED / "card.md", folder / "card.md")), strict=True
    )
    changed = [(one, other) for one, other in pairs if one != other]
    assert len(changed) == 1 and changed[0][1].startswith("| prompts | 0.500 [")


def test_a_comparison_with_fewer_seeds_is_not_taken(folder, tmp_path):
    old = json.loads((SHIPPED / "metrics.json").read_text())["comparison"]
    assert ship.covers(old, old) and ship.covers(old, {})
    fewer = json.loads(json.dumps(old))
    fewer["methods"]["random"]["1"]["seeds"] -= 1
    absent = json.loads(json.dumps(old))
    del absent["methods"]["merl"]
    for poorer in (fewer, absent):
        (tmp_path / "comparison.json").write_text(json.dumps(poorer))
        assert ship.rescore(folder, tmp_path, tmp_path)["comparison"] == old
    richer = json.loads(json.dumps(old))
    richer["methods"]["random"]["1"]["seeds"] += 1
    (tmp_path / "comparison.json").write_text(json.dumps(richer))
    assert ship.rescore(folder, tmp_path, tmp_path)["comparison"] == richer
