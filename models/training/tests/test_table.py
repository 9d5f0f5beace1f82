"""A table of one's own: read with statements and tasks, and refused by the record's name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("wfdb", reason="wfdb is not installed: tables of recordings are not read")

from test_wfdb_tree import LEADS, ecg, write

from ecgclip_training.manifest import ManifestError
from ecgclip_training.table import read, signal
from ecgclip_training.wfdb_tree import fold_of

CODES = ["NORM", "AFIB", "LVH"]


def write_samples(path: Path, signals: np.ndarray, rate: float = 500, leads: list[str] | None = None) -> None:
    """A CSV file of samples, times to a microsecond."""
    names = ",".join(["time", *(leads or LEADS)])
    time = np.arange(signals.shape[1]) / rate
    np.savetxt(path, np.vstack([time, signals]).T, "%.6f", ",", header=names, comments="")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Recordings a and b in WFDB's format, c in text."""
    write(tmp_path / "a", ecg(seed=1))
    write(tmp_path / "sub/b", ecg(seed=2))
    write_samples(tmp_path / "c.csv", ecg(seed=3))
    return tmp_path


def table(folder: Path, *lines: str) -> Path:
    path = folder / "own.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_everything_is_read(folder):
    path = table(
        folder,
        "record,patient,fold,age,sex,report,codes,echo,death",
        'a,p1,3,56.5,female,"Vorhofflimmern, sonst o.B.",AFIB; LVH,1,0',
        "sub/b,p1,3,,,,,0,",
        "c.csv,p2,0,80,male,,NORM,,1",
    )
    found = read(path, CODES)
    one, two, three = found.records
    assert [record.name for record in found.records] == ["own/a", "own/sub/b", "own/c.csv"]
    assert (one.source, one.location, one.patient, one.fold) == ("csv:own", "a", "own:p1", 3)
    assert (one.age, one.sex, one.report) == (56.5, "female", "Vorhofflimmern, sonst o.B.")
    assert (one.statements, one.unknown) == ({"AFIB": 0.0, "LVH": 0.0}, frozenset())
    assert (two.age, two.sex, two.statements, two.unknown) == (None, None, {}, frozenset(CODES))
    assert (three.fold, three.age, three.sex) == (0, 80.0, "male")
    assert found.tasks == ["echo", "death"]
    np.testing.assert_array_equal(found.labels, [[1, 0], [0, 0], [0, 1]])
    np.testing.assert_array_equal(found.known, [[1, 1], [1, 0], [0, 1]])
    assert found.labels.dtype == found.known.dtype == np.float32


def test_patients_are_dealt_into_folds_where_none_are_given(folder):
    found = read(table(folder, "record,patient,echo", "a,p1,1", "sub/b,p1,0", "c.csv,p2,"), CODES)
    assert [record.fold for record in found.records] == [fold_of("own:p1")] * 2 + [fold_of("own:p2")]
    assert all(record.unknown == set(CODES) for record in found.records), "no codes, nothing known"
    alone = read(table(folder, "record,codes", "a,NORM", "sub/b.hea,AFIB"), CODES)
    assert [record.patient for record in alone.records] == ["own:a", "own:sub/b.hea"]
    assert alone.tasks == [] and alone.labels.shape == (2, 0)


def test_signals_are_the_same_from_both_formats(folder):
    write(folder / "d", ecg(seed=3))
    for location in ("c.csv", "d", "d.hea"):
        signals, rate = signal(folder, location)
        assert rate == 500 and signals.shape == (12, 5000)
        np.testing.assert_allclose(signals, ecg(seed=3), atol=1e-6)
    reordered = [LEADS[k].upper() for k in range(11, -1, -1)]
    write_samples(folder / "e.csv", ecg(2570, seed=3)[::-1], 257, reordered)
    signals, rate = signal(folder, "e.csv")
    assert rate == 257
    np.testing.assert_allclose(signals, ecg(2570, seed=3), atol=1e-6)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("c.csv,p2,1,,,NORM;AF,1", "record own/c.csv: unknown code AF"),
        ("c.csv,p2,1,,,NORM,yes", "record own/c.csv: echo is 'yes': write 1, 0, or nothing"),
        ("c.csv,p2,1,,,NORM,0.5", "record own/c.csv: echo is '0.5'"),
        ("c.csv,p1,2,,,NORM,1", "record own/c.csv: patient own:p1 is also in fold 1"),
        ("c.csv,,1,,,NORM,1", "record own/c.csv: no patient"),
        ("c.csv,p2,1.5,,,NORM,1", "record own/c.csv: fold '1.5'"),
        ("c.csv,p2,,,,NORM,1", "record own/c.csv: fold ''"),
        ("c.csv,p2,1,old,,NORM,1", "record own/c.csv: age 'old'"),
        ("c.csv,p2,1,300,,NORM,1", "record own/c.csv: an age of 300 years"),
        ("c.csv,p2,1,,1,NORM,1", "record own/c.csv: sex '1'"),
        ("a,p1,1,,,NORM,1", "record own/a is listed twice"),
        ("gone,p2,1,,,NORM,1", "record gone: unreadable"),
        ("gone.csv,p2,1,,,NORM,1", "record gone.csv: unreadable"),
        ("c.csv,p2,1,,,NORM", "own.csv: line 3: not 7 columns"),
        ("c.csv,p2,1,,,NORM,1,", "own.csv: line 3: not 7 columns"),
    ],
)
def test_lines_are_refused_by_name(folder, line, reason):
    head = "record,patient,fold,age,sex,codes,echo"
    with pytest.raises(ManifestError) as refused:
        read(table(folder, head, "a,p1,1,,,AFIB,0", line), CODES)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("path,echo", "one of them record"),
        ("record,echo,echo", "name each once"),
        ("record,patient,report", "neither codes nor a task"),
    ],
)
def test_tables_without_the_needed_columns_are_refused(folder, head, reason):
    with pytest.raises(ManifestError, match=f"own.csv: .*{reason}"):
        read(table(folder, head), CODES)


def uneven(signals: np.ndarray) -> np.ndarray:
    time = np.arange(5000) / 500
    time[2500:] += 0.1
    return np.vstack([time, signals])


@pytest.mark.parametrize(
    ("names", "values", "reason"),
    [
        (["time", *LEADS], uneven(ecg()), "times are not even"),
        (["time", *LEADS[:11]], uneven(ecg())[:12], "no single v6"),
        (["seconds", *LEADS], uneven(ecg()), "no single time"),
        (["time", *LEADS, "age"], uneven(ecg()), "not one number for each column"),
        (["time", *LEADS], np.vstack([np.zeros(5000), ecg()]), "rate outside 100 to 2000 Hz"),
        (["time", *LEADS], np.vstack([np.arange(4000) / 500, ecg(4000)]), "shorter than 10 s"),
        (
            ["time", *LEADS],
            np.vstack([np.arange(5000) / 500, np.full((12, 5000), np.nan)]),
            "missing samples",
        ),
    ],
)
def test_samples_that_cannot_be_used_are_refused_by_name(folder, names, values, reason):
    np.savetxt(folder / "f.csv", values.T, "%.6f", ",", header=",".join(names), comments="")
    with pytest.raises(ManifestError, match=f"record f.csv: .*{reason}"):
        signal(folder, "f.csv")
