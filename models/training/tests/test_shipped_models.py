"""Every model folder in the repository keeps what the model format and its own card promise."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from model_folder import ModelFolder, check_golden, read

from ecgclip_training.card import card
from ecgclip_training.statements import MINIMUM_POSITIVES, NAMES

MODELS = Path(__file__).resolve().parents[2]
FOLDERS = sorted(path.parent for path in MODELS.glob("*/model.safetensors"))


def test_there_is_a_model():
    assert FOLDERS


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request) -> Path:
    return request.param


def test_the_manifest_names_every_file_as_it_is(folder):
    listed = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    there = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}
    del there["SHA256SUMS"]
    assert listed == there


def test_every_golden_number_follows_from_the_model_file(folder):
    assert check_golden(folder) >= 8


def test_the_preprocessing_is_the_repositorys(folder):
    assert ModelFolder.open(folder).metadata["preprocessing"] == (MODELS / "preprocessing.json").read_text()


def test_weights_and_multipliers_keep_their_ranges(folder):
    model = ModelFolder.open(folder)
    limit = model.graph["weightMaximum"]
    for layer in model.graph["layers"]:
        weight = model.tensors[f"{layer['name']}.weight"].astype(np.int64)
        bias = model.tensors[f"{layer['name']}.bias"].astype(np.int64)
        assert np.abs(weight).max() <= limit
        assert model.tensors[f"{layer['name']}.multiplier"].min() >= 0
        reach = np.abs(weight).sum(axis=(1, 2)) * 127 + np.abs(bias)
        assert reach.max() < 2**31, f"{layer['name']}: some input overflows int32"
        # The sum before the shift stays in int64 for every input, skip and rounding included.
        widest = int(reach.max()) * int(model.tensors[f"{layer['name']}.multiplier"].max())
        if "skip" in layer:
            widest += 127 * int(model.tensors[f"{layer['name']}.skipMultiplier"].max())
        assert widest + 2 ** (layer["shift"] - 1) < 2**63


def test_the_statements_are_those_that_were_learnt(folder):
    model = ModelFolder.open(folder)
    order = [code for code in NAMES if code in {s["code"] for s in model.statements}]
    assert [s["code"] for s in model.statements] == order, "in the order of PTB-XL's list"
    for statement in model.statements:
        assert statement["name"] == NAMES[statement["code"]]
        assert statement["trainingPositives"] >= MINIMUM_POSITIVES
        assert 0 < statement["threshold"] < 1
    assert len(model.tensors["head.bias"]) == len(model.statements)


def test_the_float_network_is_the_same_network(folder):
    """Each integer weight is the float one in steps of its channel; the float file stays small enough to ship. Sums of three
    steps at stride one fit a byte, so that every such layer can be computed in pairs of windows."""
    metadata, tensors = read(folder / "float.safetensors")
    model = ModelFolder.open(folder)
    assert metadata == model.metadata | {"format": "ecgclip-float/1"}
    for layer in model.graph["layers"]:
        exact = tensors[f"{layer['name']}.weight"].transpose(0, 2, 1)
        weight = model.tensors[f"{layer['name']}.weight"].astype(np.int64)
        unit = np.abs(exact).max(axis=(1, 2), keepdims=True) / model.graph["weightMaximum"]
        if (layer["kernel"], layer["stride"]) == (3, 1):
            for signs in ([1, 1, 1], [1, -1, 1]):
                assert np.abs(np.einsum("okc,k->oc", weight, signs)).max() <= 127, layer["name"]
                sums = np.abs(np.einsum("okc,k->oc", exact, signs)).max(axis=1)
                unit = np.maximum(unit, sums[:, None, None] / 125.5)
        error = np.abs(weight * unit - exact)
        assert (error <= unit * 0.501).all(), layer["name"]
    assert (folder / "float.safetensors").stat().st_size <= 4_500_000


def test_the_card_says_what_was_measured(folder):
    text, metrics = (folder / "card.md").read_text(), json.loads((folder / "metrics.json").read_text())
    for kind in ("int8", "float"):
        assert f"{metrics[kind]['auc']:.3f}" in text and f"{metrics[kind]['averagePrecision']:.3f}" in text
    assert f"logit RMS error {metrics['quantisation']['logitRootMeanSquareError']:.3f}" in text
    for words in ("no medical device", "CC BY 4.0", "not a random sample", "fold 9"):
        assert words in " ".join(text.split())
    assert set(metrics["statements"]) == {s["code"] for s in ModelFolder.open(folder).statements}


def test_the_card_is_what_its_metrics_make(folder):
    """Nothing was written into it by hand."""
    metrics = json.loads((folder / "metrics.json").read_text())
    statements = ModelFolder.open(folder).statements
    assert (folder / "card.md").read_text() == card(folder.name, metrics, statements)


def test_fewer_leads_are_scored_on_the_same_records(folder):
    """All twelve give the scores of the headline; every set has intervals and its calibration."""
    metrics = json.loads((folder / "metrics.json").read_text())
    twelve = metrics["leadSubsets"]["12"]["all"]
    assert {key: twelve[key] for key in metrics["int8"]} == metrics["int8"]
    assert list(metrics["leadSubsets"]) == ["12", "8", "6", "3", "2", "1"]
    for entry in metrics["leadSubsets"].values():
        for kind in ("all", "rhythm"):
            low, high = entry[kind]["interval95"]["auc"]
            assert low < entry[kind]["auc"] < high and 0 < entry[kind]["calibrationError"] < 0.1


def test_int8_keeps_the_gates_against_float(folder):
    """The gates of the design: what quantisation may cost on the held-out fold."""
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["int8"]["auc"] >= metrics["float"]["auc"] - 0.002
    assert metrics["int8"]["averagePrecision"] >= metrics["float"]["averagePrecision"] - 0.005
    assert metrics["quantisation"]["embeddingCosineMean"] >= 0.995
    assert metrics["quantisation"]["embeddingCosinePercentile1"] >= 0.98
    assert metrics["quantisation"]["logitRootMeanSquareError"] <= 0.1


def test_the_student_keeps_the_gates_of_a_device(folder):
    """What cutting down may cost against the teachers, what a window and a file may weigh, what noise may raise."""
    metrics = json.loads((folder / "metrics.json").read_text())
    loss = metrics["teacher"]["studentMinusTeacher"]
    assert loss["auc"]["difference"] >= -0.005 and loss["averagePrecision"]["difference"] >= -0.015
    assert metrics["multiplyAccumulates"] <= 90e6
    assert (folder / "model.safetensors").stat().st_size <= 1.5e6
    assert metrics["emptyWindows"]["windows"] >= 1000
    assert metrics["emptyWindows"]["shareOfWindows"] <= 0.01


def test_the_card_names_every_bar_and_which_were_missed(folder):
    text, metrics = (folder / "card.md").read_text(), json.loads((folder / "metrics.json").read_text())
    for value, bar in (
        (metrics["int8"]["auc"], 0.925),
        (metrics["int8"]["averagePrecision"], 0.6),
        (metrics["superClasses"]["auc"], 0.91),
        (metrics["otherCohorts"]["auc"], 0.85),
    ):
        row = next(line for line in text.splitlines() if f"{value:.3f} | >= {bar:g} |" in line)
        assert ("missed" in row) == (value < bar), row


def test_the_card_shows_what_every_change_of_the_rules_did_to_other_cohorts(folder):
    """No change after the first scores goes unsaid; the last column is what the bar is held to."""
    text, found = (folder / "card.md").read_text(), json.loads((folder / "metrics.json").read_text())
    steps = found["otherCohorts"]["history"]
    assert steps[0]["change"] == "as first scored" and len(steps) > 1
    assert steps[-1]["auc"] == found["otherCohorts"]["auc"]
    row = next(line for line in text.splitlines() if line.startswith("| macro AUC | "))
    assert [cell.split()[0] for cell in row.split("|")[2:-1]] == [f"{step['auc']:.3f}" for step in steps]
