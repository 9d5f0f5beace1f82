"""Recordings of one's own beside or instead of the packs: preprocessed as the device does, cached, refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("wfdb", reason="wfdb is not installed: recordings of one's own are not read")

from test_table import table, write_samples
from test_wfdb_tree import ecg, write

from ecgclip_training import cohort, ptbxl, sources
from ecgclip_training.manifest import ManifestError
from ecgclip_training.preprocessing import Preprocessing

CODES = ["NORM", "AFIB"]


@pytest.fixture
def tree(tmp_path) -> Path:
    for k in range(3):
        write(tmp_path / f"clinic/{k}", ecg(5000, seed=k))
    return tmp_path / "clinic"


def test_windows_are_what_the_device_s_encoder_sees(tree, tmp_path):
    found = sources.read(tree, CODES, tmp_path / "cache")
    assert [record.name for record in found.records] == ["clinic/0", "clinic/1", "clinic/2"]
    assert found.signals.shape == (3, 12, 992) and found.signals.dtype == np.float32
    np.testing.assert_allclose(found.signals[1], Preprocessing.load()(ecg(5000, seed=1), 500), atol=1e-5)


def test_a_changed_recording_is_preprocessed_again(tree, tmp_path):
    before = sources.read(tree, CODES, tmp_path / "cache").signals
    np.testing.assert_array_equal(sources.read(tree, CODES, tmp_path / "cache").signals, before)
    assert len(list((tmp_path / "cache").iterdir())) == 1
    write(tree / "1", ecg(5000, seed=9))
    after = sources.read(tree, CODES, tmp_path / "cache").signals
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
    assert np.abs(after[1] - before[1]).max() > 0.1


def test_what_cannot_be_used_is_refused_by_name(tree, tmp_path):
    write(tree / "short", ecg(4000))
    with pytest.raises(ManifestError, match="record .*short"):
        sources.read(tree, CODES, tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ManifestError, match="empty: no recordings"):
        sources.read(tmp_path / "empty", CODES, tmp_path / "cache")


def test_material_without_packs_is_one_s_own(tree, tmp_path):
    """A data folder with nothing but the table of statements."""
    folder = ptbxl.data_folder()
    if not (folder / "ptbxl" / "scp_statements.csv").exists():
        pytest.skip("no recordings here: set ECGCLIP_DATA")
    (tmp_path / "data/ptbxl").mkdir(parents=True)
    (tmp_path / "data/ptbxl/scp_statements.csv").symlink_to(folder / "ptbxl" / "scp_statements.csv")
    write_samples(tmp_path / "a.csv", ecg(5000, seed=5))
    own = [tree, table(tmp_path, "record,fold,codes,report", "a.csv,3,AFIB,Vorhofflimmern")]
    material, records = cohort.load(tmp_path / "data", tmp_path / "cache", own)
    assert material.names == [record.name for record in records]
    assert material.names == ["clinic/0", "clinic/1", "clinic/2", "own/a.csv"]
    assert material.known[:3].sum() == 0, "a tree says nothing of PTB-XL's statements"
    assert material.labels[3].sum() == 1 and material.known[3].all() and material.folds[3] == 3
    assert material.amplitude.all() and len(material.beats) == 4
    with pytest.raises(ManifestError, match=r"clinic/0 is listed twice"):
        cohort.load(tmp_path / "data", tmp_path / "cache", [tree, tree])
    with pytest.raises(ManifestError, match="no packs of PTB-XL"):
        cohort.load(tmp_path / "data", tmp_path / "cache")
