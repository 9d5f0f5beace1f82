"""PTB-XL as it lies beside the project: what its tables imply, checked against what they say. Invented packs and tables are in
test_ptbxl_packs.py."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pytest

from ecgclip_training import ptbxl
from ecgclip_training.manifest import check, labels

FOLDER = ptbxl.data_folder()
pytestmark = pytest.mark.skipif(
    not (FOLDER / "ptbxl_norm").is_dir(), reason=f"no PTB-XL in {FOLDER}: set ECGCLIP_DATA"
)


@pytest.fixture(scope="module")
def codes() -> list[str]:
    return [statement.code for statement in ptbxl.read_statements(FOLDER)]


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name / "records.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_both_manifests_hold_together(codes):
    raw, scores = ptbxl.raw_records(FOLDER), ptbxl.standardised_records(FOLDER)
    assert (len(raw), len(scores), len(codes)) == (2660, 1419, 71)
    check([*raw, *scores], codes)
    assert sum(record.fold == 0 for record in raw) == 8, "those without codes"
    assert {record.patient for record in raw} & {record.patient for record in scores}, "patients are shared"
    assert max(record.age or 0 for record in raw) == 90


def test_women_are_one_and_men_are_nought():
    """Wagner et al. 2020, table 2; the tables here agree, as heights tell."""
    height = {
        sex: np.median([float(row["height"]) for row in rows("ptbxl") if row["sex"] == sex and row["height"]])
        for sex in ("0.0", "1.0")
    }
    assert height["0.0"] > height["1.0"] + 10
    sexes = Counter(record.sex for record in ptbxl.raw_records(FOLDER))
    assert sexes == {"male": 1378, "female": 1274, None: 8}


@pytest.mark.parametrize(("name", "count"), [("ptbxl", 2652), ("ptbxl_norm", 189)])
def test_classes_imply_what_codes_say(name, count):
    """Where a record has both, its codes are taken away: what is then derived from classes must be true, and complete but for
    what is called unknown."""
    members: dict[str, list[str]] = {}
    for statement in ptbxl.read_statements(FOLDER):
        if statement.subclass:
            members.setdefault(statement.subclass, []).append(statement.code)
    coded = [row for row in rows(name) if row["scp_codes"]]
    assert len(coded) == count
    for row in coded:
        derived = ptbxl.standardised(row | {"scp_codes": ""}, members)
        exact = set(ptbxl.statements_of(row))
        assert set(derived.statements) <= exact, row["ecg_id"]
        assert exact - set(derived.statements) <= derived.unknown, row["ecg_id"]


def test_without_amplitude_voltage_is_masked(codes):
    records = ptbxl.standardised_records(FOLDER)
    positive, known = labels(records, codes)
    voltage = [codes.index(code) for code in ptbxl.VOLTAGE_STATEMENTS]
    assert not known[:, voltage].any() and not positive[:, voltage].any()
    assert known.mean() > 0.84
    exact = [bool(row["scp_codes"]) for row in rows("ptbxl_norm")]
    assert known[exact].all(axis=0).sum() == 71 - len(voltage)
    assert not known[np.logical_not(exact), codes.index("PACE")].any()
