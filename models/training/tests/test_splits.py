"""splits.csv knows the records it was written from, and no others."""

from __future__ import annotations

import hashlib
import lzma

import numpy as np
import pytest
from test_ptbxl_packs import encode_pack, row, wrap, write_statements, write_table

from ecgclip_training import ptbxl, splits
from ecgclip_training.manifest import ManifestError


def noise(count: int, samples: int = 500) -> np.ndarray:
    return np.random.default_rng(5).integers(-2000, 2000, (count, 12, samples)).astype(np.int16)


def encode_scores(scores: np.ndarray) -> bytes:
    """Second differences of all twelve leads, lead by lead."""
    flat = []
    for lead in range(12):
        for record in scores:
            difference = [int(v) for v in record[lead]]
            for _ in range(2):
                difference = [b - a for a, b in zip([0, *difference], difference, strict=False)]
            flat += [wrap(v) for v in difference]
    codes = [2 * v if v >= 0 else -2 * v - 1 for v in flat]
    return lzma.compress(bytes(c & 255 for c in codes) + bytes(c >> 8 for c in codes))


@pytest.fixture
def folder(tmp_path):
    write_statements(tmp_path)
    rows = [row(1, 3, scp_codes="{'NORM': 80.0}"), row(2, 9, scp_codes="{'AFIB': 0.0}"), row(3, 2)]
    write_table(tmp_path / "ptbxl" / "records.csv", rows)
    write_table(tmp_path / "ptbxl_norm" / "records.csv", [row(4, 8, rhythm="['AFIB']")])
    (tmp_path / "ptbxl" / "ptbxl500_000_N3_T500.xz").write_bytes(encode_pack(noise(3)))
    scores = encode_scores(noise(1, 40))
    (tmp_path / "ptbxl_norm" / "ptbxlnorm125_000_N1_T40.xz").write_bytes(scores)
    return tmp_path


def test_every_record_stands_with_its_split_and_samples(folder):
    lines = splits.table(folder).splitlines()
    digest = hashlib.sha256(noise(3)[1].astype("<i2").tobytes()).hexdigest()
    assert lines[0] == splits.HEADER and lines[2] == f"ptbxl/102,test,{digest}"
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["ptbxl/101", "train"],
        ["ptbxl/102", "test"],
        ["ptbxl/103", "none"],
        ["ptbxl_norm/104", "train"],
    ]


def test_other_data_is_refused_by_the_records_name(folder):
    path = folder / "splits.csv"
    path.write_text(splits.table(folder))
    assert splits.check(folder, path) == 4
    path.write_text(splits.table(folder).replace("ptbxl/102,test", "ptbxl/102,train"))
    with pytest.raises(ManifestError, match="record ptbxl/102"):
        splits.check(folder, path)
    path.write_text("\n".join(splits.table(folder).splitlines()[:-1]) + "\n")
    with pytest.raises(ManifestError, match="4 records, but splits.csv lists 3"):
        splits.check(folder, path)


def test_the_repositorys_table_is_that_of_the_data_at_hand():
    if not (ptbxl.data_folder() / "ptbxl" / "records.csv").exists():
        pytest.skip("no recordings: set ECGCLIP_DATA or run scripts/fetch-data")
    assert splits.check(ptbxl.data_folder()) == 4079
