"""Pack decoding against an encoder written from the data's README, and the labels and folds of an invented PTB-XL."""

from __future__ import annotations

import csv
import lzma
from pathlib import Path

import numpy as np
import pytest

from ecgclip_training import data
from ecgclip_training.preprocessing import Preprocessing

STATEMENTS = [
    ("NDT", "non-diagnostic T abnormalities", "1.0", "1.0", ""),
    ("NORM", "normal ECG", "1.0", "", ""),
    ("ABQRS", "abnormal QRS", "", "1.0", ""),
    ("AFIB", "atrial fibrillation", "", "", "1.0"),
]


def wrap(value: int) -> int:
    """Modulo 2^16, as a signed number."""
    return (value + 32768) % 65536 - 32768


def encode_pack(records: np.ndarray) -> bytes:
    """The packed layout in plain integers: residual rows, zig-zag, low bytes, high bytes, xz."""
    count, _, samples = records.shape
    rows = [[[0] * samples for _ in range(count)] for _ in range(12)]
    for n in range(count):
        lead = [[int(v) for v in row] for row in records[n]]
        for row, source in enumerate([0, 1, 6, 7, 8, 9, 10, 11]):
            difference = lead[source]
            for _ in range(2):
                difference = [b - a for a, b in zip([0, *difference], difference, strict=False)]
            rows[row][n] = [wrap(v) for v in difference]
        for t in range(samples):
            one, two, three, right, left, foot = (lead[k][t] for k in range(6))
            rows[8][n][t] = wrap(three - (two - one))
            rows[9][n][t] = wrap(right + ((one + two) >> 1))
            rows[10][n][t] = wrap(left - ((one - three) >> 1))
            rows[11][n][t] = wrap(foot - ((two + three) >> 1))
    flat = [v for row in rows for record in row for v in record]
    codes = [2 * v if v >= 0 else -2 * v - 1 for v in flat]
    return lzma.compress(bytes(c & 255 for c in codes) + bytes(c >> 8 for c in codes))


def write_cohort(folder: Path, records: list[dict], signals: np.ndarray) -> None:
    """A folder like `ptbxl/` with one shard."""
    home = folder / "ptbxl"
    home.mkdir(parents=True)
    with (home / "scp_statements.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["", "description", "diagnostic", "form", "rhythm"])
        writer.writerows(STATEMENTS)
    with (home / "records.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["patient_id", "scp_codes", "strat_fold"])
        writer.writeheader()
        writer.writerows(records)
    name = f"ptbxl500_000_N{len(signals)}_T{signals.shape[-1]}.xz"
    (home / name).write_bytes(encode_pack(signals))


def record(patient: int, fold: int, codes: str) -> dict:
    return {"patient_id": f"{patient}.0", "strat_fold": f"{fold}.0", "scp_codes": codes}


RECORDS = [
    record(1, 1, "{'NORM': 100.0, 'AFIB': 0.0}"),
    record(2, 8, "{'ABQRS': 15.0}"),
    record(3, 9, "{'AFIB': 100.0}"),
    record(4, 2, ""),
]


def noise(count: int, samples: int = 500) -> np.ndarray:
    return np.random.default_rng(5).integers(-2000, 2000, (count, 12, samples)).astype(np.int16)


@pytest.mark.parametrize("highest", [3, 2000, 32767])
def test_a_pack_decodes_to_the_very_samples(tmp_path, highest):
    rng = np.random.default_rng(highest)
    records = rng.integers(-highest - 1, highest + 1, (3, 12, 40)).astype(np.int16)
    records[0, :, :2] = np.array([-highest - 1, highest])
    path = tmp_path / "ptbxl500_000_N3_T40.xz"
    path.write_bytes(encode_pack(records))
    np.testing.assert_array_equal(data.decode_pack(path), records)


def test_a_statement_is_positive_whatever_its_likelihood(tmp_path):
    write_cohort(tmp_path, RECORDS, noise(4))
    found = data.load(tmp_path, Preprocessing.load())
    assert [s["code"] for s in found.statements] == ["NDT", "NORM", "ABQRS", "AFIB"]
    assert [s["group"] for s in found.statements] == ["diagnostic", "diagnostic", "form", "rhythm"]
    assert found.labels.tolist() == [[0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert found.folds.tolist() == [1, 8, 9, 0], "a record without codes belongs to no split"
    assert found.fold(1, 8).tolist() == [0, 1]
    assert found.patients.tolist() == [1, 2, 3, 4]


def test_signals_are_millivolts_through_the_models_preprocessing(tmp_path):
    microvolts = noise(4)
    write_cohort(tmp_path, RECORDS, microvolts)
    found = data.load(tmp_path, Preprocessing.load())
    expected = Preprocessing.load()(microvolts / 1000, 500)
    assert found.signals.shape == (4, 12, 92)
    np.testing.assert_allclose(found.signals, expected, atol=1e-6)


def test_the_cache_holds_the_same_signals_and_is_used(tmp_path):
    write_cohort(tmp_path, RECORDS, noise(4))
    cache = tmp_path / "runs"
    first = data.load(tmp_path, Preprocessing.load(), cache).signals
    for shard in (tmp_path / "ptbxl").glob("*.xz"):
        shard.unlink()
    np.testing.assert_array_equal(data.load(tmp_path, Preprocessing.load(), cache).signals, first)


def test_missing_records_are_refused(tmp_path):
    write_cohort(tmp_path, RECORDS, noise(3))
    with pytest.raises(ValueError, match="3 signals but 4 records"):
        data.load(tmp_path, Preprocessing.load())


@pytest.mark.parametrize("fold", [8, 9])
def test_a_patient_on_both_sides_of_a_split_is_refused(tmp_path, fold):
    shared = [record(7, 3, "{'NORM': 100.0}"), record(7, fold, "{'NORM': 100.0}")]
    write_cohort(tmp_path, shared, noise(2))
    with pytest.raises(ValueError, match=f"patient 7 is in fold {fold}"):
        data.load(tmp_path, Preprocessing.load())


def test_the_folder_is_the_option_then_the_environment(monkeypatch):
    monkeypatch.setenv("ECGCLIP_DATA", "recordings")
    assert data.data_folder() == Path("recordings")
    assert data.data_folder("elsewhere") == Path("elsewhere")
    monkeypatch.delenv("ECGCLIP_DATA")
    assert data.data_folder().parts[-2:] == ("shared", "data")
