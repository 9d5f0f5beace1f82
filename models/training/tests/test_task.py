"""A task of one's own: fitted to a table of real recordings, written as a model folder, refused where it cannot be learnt."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("wfdb", reason="wfdb is not installed: tables of recordings are not read")

from model_folder import ModelFolder, check_golden
from test_table import table, write_samples
from test_wfdb_tree import ecg

from ecgclip_training import ptbxl, task
from ecgclip_training.manifest import ManifestError
from ecgclip_training.reading import open_model

SHIPPED = Path(__file__).resolve().parents[2] / "ecgclip-r18"
FIBRILLATION = "164889003"


@pytest.fixture
def fibrillation(tmp_path) -> Path:
    """CPSC2018 with one task: atrial fibrillation, unknown for the first record."""
    folder = ptbxl.data_folder() / "cpsc2018"
    if not folder.exists():
        pytest.skip("no recordings here: set ECGCLIP_DATA")
    (tmp_path / "cpsc2018").symlink_to(folder)
    with (folder / "records.csv").open(newline="") as stream:
        rows = [(row["id"], int(FIBRILLATION in row["snomed"])) for row in csv.DictReader(stream)]
    lines = [f"cpsc2018/{rows[0][0]},"] + [f"cpsc2018/{name},{answer}" for name, answer in rows[1:]]
    return table(tmp_path, "record,flutters", *lines)


def test_a_labelled_table_becomes_a_statement(fibrillation, tmp_path):
    target = tmp_path / "with-own"
    metrics = task.add(fibrillation, SHIPPED, target, "2026-01-01")
    scores = metrics["tasks"]["flutters"]
    assert scores["positives"] >= 10 and scores["records"] == len(fibrillation.read_text().splitlines()) - 2
    assert scores["auc"] > 0.95 and scores["averagePrecision"] > 0.8, "the embedding knows fibrillation"
    assert scores["interval95"]["auc"][0] <= scores["auc"] <= scores["interval95"]["auc"][1] <= 1
    assert 0 < scores["brier"] < scores["brierOfPrevalence"], "separable records must not give certainty"
    assert check_golden(target) >= 8
    before, after = ModelFolder.open(SHIPPED), ModelFolder.open(target)
    assert after.statements[:-1] == before.statements
    entry = after.statements[-1]
    assert (entry["code"], entry["leadSets"], entry["trainingPositives"]) == (
        "flutters",
        [after.graph["input"]["leads"]],
        scores["positives"],
    )
    for name, tensor in before.tensors.items():
        np.testing.assert_array_equal(after.tensors[name][: len(tensor)], tensor)
    assert json.loads((target / "metrics.json").read_text()) == metrics
    assert "flutters" in (target / "card.md").read_text()


def test_the_written_head_is_the_fitted_probe(monkeypatch):
    """The scale and mean of the probe, the slope and the shift of the calibration are folded into weight and bias."""
    rng = np.random.default_rng(4)
    x = rng.normal(3, [0.1, 1, 20, 1], (200, 4))
    labels = (x[:, 1] + rng.normal(0, 0.5, 200) > 3).astype(np.float32)
    patients = np.arange(200).astype(str)
    kept = []
    fit, calibrate = task.probe.fit, task.calibrate.fit
    monkeypatch.setattr(task.probe, "fit", lambda *given: kept.append(fit(*given)) or kept[-1])
    calibrations = []
    monkeypatch.setattr(
        task.calibrate, "fit", lambda *given: calibrations.append(calibrate(*given)) or calibrations[-1]
    )
    answer = task.answered("own", x, labels, patients, np.arange(200) % 5)
    assert len(kept) == 6, "five folds and all"
    wanted = calibrations[0].slope * kept[-1].logits(x)[:, 0] + calibrations[0].shift[0]
    np.testing.assert_allclose(x @ answer.weight + answer.bias, wanted, atol=1e-9)


def test_what_cannot_be_learnt_is_refused_by_name(tmp_path):
    for k in range(3):
        write_samples(tmp_path / f"{k}.csv", ecg(6000, seed=k))
    rows = [f"{k}.csv,{k % 2}" for k in range(3)]
    for head, lines, reason in (
        ("record,own", rows, "task own: 1 yes and 2 no: label at least 10"),
        ("record,AFIB", rows, "task AFIB: the model has a statement of this name"),
        ("record,codes", [f"{k}.csv,AFIB" for k in range(3)], "no task: add a column"),
    ):
        with pytest.raises(ManifestError, match=reason):
            task.add(table(tmp_path, head, *lines), SHIPPED, tmp_path / "out", "2026-01-01")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match=r"no model\.safetensors"):
        open_model(tmp_path)


def test_a_record_shorter_than_a_window_is_refused(tmp_path):
    write_samples(tmp_path / "short.csv", ecg(4600))
    with pytest.raises(ManifestError, match="record .*short.csv"):
        task.add(table(tmp_path, "record,own", "short.csv,1"), SHIPPED, tmp_path / "out", "2026-01-01")


def test_the_shape_is_read_from_the_file():
    model, statements, _ = open_model(SHIPPED)
    graph = ModelFolder.open(SHIPPED).graph
    assert model.shape.kind == "r18" and model.shape.receptive_field == graph["receptiveField"]
    assert model.shape.window_frames == graph["windowFrames"]
    assert len(model.head_weight) == len(statements)
