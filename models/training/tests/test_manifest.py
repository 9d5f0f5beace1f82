"""The manifest comes back as it was written, and what must not be trained on is refused by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecgclip_training.manifest import ManifestError, Record, check, labels, read, write

ONE = Record(
    name="ptbxl/1",
    source="ptbxl",
    location="0",
    patient="ptbxl:15709",
    fold=3,
    age=56.5,
    sex="female",
    report='sinusrhythmus, "periphere"\nniederspannung; Übergang',
    statements={"NORM": 80.0, "LAO/LAE": 0.0},
    unknown=frozenset(["LVH", "PRC(S)"]),
)
TWO = Record("csv:own/2", "csv:own", "b/2", "own:7")
CODES = ["NORM", "LAO/LAE", "LVH", "PRC(S)", "AFIB"]


def test_records_survive_the_file(tmp_path):
    write([ONE, TWO], tmp_path / "manifest.csv")
    assert read(tmp_path / "manifest.csv") == [ONE, TWO]
    check(read(tmp_path / "manifest.csv"), CODES)


def test_labels_are_codes_that_are_present_and_masks_what_is_unknown():
    positive, known = labels([ONE, TWO], CODES)
    assert positive.tolist() == [[1, 1, 0, 0, 0], [0] * 5]
    assert known.tolist() == [[1, 1, 0, 0, 1], [1] * 5]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"statements": {"AFFIB": 100.0}}, "record x/9: unknown code AFFIB"),
        ({"unknown": frozenset(["NOPE"])}, "record x/9: unknown code NOPE"),
        ({"patient": "ptbxl:15709", "fold": 9}, "record x/9: patient ptbxl:15709 is also in fold 3"),
        ({"statements": {"AFIB": 101.0}}, "record x/9: a likelihood of 101"),
        ({"statements": {"AFIB": float("nan")}}, "record x/9: a likelihood of nan"),
        ({"age": 300.0}, "record x/9: an age of 300 years"),
        ({"age": -1.0}, "record x/9: an age of -1 years"),
        ({"sex": "1"}, "record x/9: sex '1'"),
        ({"fold": -1}, "record x/9: fold -1"),
        ({"fold": 1.5}, "record x/9: fold 1.5"),
        ({"name": "ptbxl/1"}, "record ptbxl/1 is listed twice"),
    ],
)
def test_what_must_not_be_used_is_refused_by_name(change, reason):
    with pytest.raises(ManifestError, match=reason):
        check([ONE, TWO, replace(TWO, **({"name": "x/9"} | change))], CODES)


def test_a_patient_may_also_have_records_in_no_fold():
    check([ONE, replace(ONE, name="ptbxl/2", fold=0)], CODES)


def test_a_line_that_does_not_parse_is_named(tmp_path):
    path = tmp_path / "manifest.csv"
    write([ONE, TWO], path)
    path.write_text(
        path.read_text().replace("csv:own/2,csv:own,b/2,own:7,0", "csv:own/2,csv:own,b/2,own:7,one")
    )
    with pytest.raises(ManifestError, match="record csv:own/2.*one"):
        read(path)
    path.write_text("name,codes\n")
    with pytest.raises(ManifestError, match="not a manifest"):
        read(path)


def test_numbers_of_numpy_are_written_as_numbers(tmp_path):
    path = tmp_path / "manifest.csv"
    write([replace(ONE, age=np.float64(56.5), statements={"NORM": np.float32(80)})], path)
    assert read(path) == [replace(ONE, statements={"NORM": 80.0})]


@pytest.mark.parametrize("cells", [4, 9, 11])
def test_a_line_of_another_length_is_named(tmp_path, cells):
    path = tmp_path / "manifest.csv"
    write([TWO], path)
    path.write_text(
        path.read_text() + ",".join(["own/3", "csv:own", "c", "own:8", "0", *[""] * 6][:cells]) + "\n"
    )
    with pytest.raises(ManifestError, match="record own/3: not 10 columns"):
        read(path)
