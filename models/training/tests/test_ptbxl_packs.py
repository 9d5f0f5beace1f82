"""Packs against an encoder written from the data's README, and the manifest of an invented PTB-XL."""

from __future__ import annotations

import csv
import lzma
from pathlib import Path

import numpy as np
import pytest

from ecgclip_training import ptbxl
from ecgclip_training.manifest import Record, check, labels

STATEMENTS = [
    # code, description, diagnostic, form, rhythm, class, subclass
    ("NDT", "non-diagnostic T abnormalities", "1.0", "1.0", "", "STTC", "STTC"),
    ("ANEUR", "ventricular aneurysm", "1.0", "", "", "STTC", "STTC"),
    ("EL", "electrolyte disturbance", "1.0", "", "", "STTC", "STTC"),
    ("NORM", "normal ECG", "1.0", "", "", "NORM", "NORM"),
    ("1AVB", "first degree AV block", "1.0", "", "", "CD", "_AVB"),
    ("2AVB", "second degree AV block", "1.0", "", "", "CD", "_AVB"),
    ("CLBBB", "complete left bundle branch block", "1.0", "", "", "CD", "CLBBB"),
    ("LVH", "left ventricular hypertrophy", "1.0", "", "", "HYP", "LVH"),
    ("STD_", "non-specific ST depression", "", "1.0", "", "", ""),
    ("AFIB", "atrial fibrillation", "", "", "1.0", "", ""),
    ("PACE", "artificial pacemaker", "", "", "1.0", "", ""),
]
CODES = [row[0] for row in STATEMENTS]


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


@pytest.mark.parametrize("highest", [3, 2000, 32767])
def test_a_pack_decodes_to_the_very_samples(tmp_path, highest):
    rng = np.random.default_rng(highest)
    records = rng.integers(-highest - 1, highest + 1, (3, 12, 40)).astype(np.int16)
    records[0, :, :2] = np.array([-highest - 1, highest])
    path = tmp_path / "ptbxl500_000_N3_T40.xz"
    path.write_bytes(encode_pack(records))
    np.testing.assert_array_equal(ptbxl.unpack(path, lead_residuals=True), records)


def write_table(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, sorted({key for row in rows for key in row}), restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_statements(folder: Path) -> None:
    keys = ["", "description", "diagnostic", "form", "rhythm", "diagnostic_class", "diagnostic_subclass"]
    rows = [dict(zip(keys, row, strict=True)) for row in STATEMENTS]
    write_table(folder / "ptbxl" / "scp_statements.csv", rows)


def row(number: int, fold: int, **values: str) -> dict:
    common = {"row": str(number), "ecg_id": str(100 + number), "patient_id": f"{number}.0", "age": "56.0"}
    empty = dict.fromkeys(["report", "scp_codes", "sub_class", "form", "rhythm"], "")
    return common | empty | {"strat_fold": f"{fold}.0", "sex": "1.0"} | values


def test_the_raw_manifest_says_what_the_table_says(tmp_path):
    rows = [
        row(1, 3, scp_codes="{'NORM': 80.0, 'AFIB': 0.0}", report="sinusrhythmus"),
        row(2, 9, scp_codes="{'STD_': 15.0}", age="300.0", sex="0"),
        row(3, 2, age=""),
    ]
    write_table(tmp_path / "ptbxl" / "records.csv", rows)
    first, second, third = ptbxl.raw_records(tmp_path)
    statements = {"NORM": 80.0, "AFIB": 0.0}
    assert first == Record(
        "ptbxl/101", "ptbxl", "1", "ptbxl:1", 3, 56.0, "female", "sinusrhythmus", statements
    )
    assert (second.age, second.sex, second.fold) == (90.0, "male", 9), "300 stands for more than 89"
    assert (third.age, third.fold, third.statements) == (None, 0, {}), "without codes in no split"


def test_a_statement_is_positive_whatever_its_likelihood(tmp_path):
    write_table(tmp_path / "ptbxl" / "records.csv", [row(1, 3, scp_codes="{'NORM': 80.0, 'AFIB': 0.0}")])
    positive, known = labels(ptbxl.raw_records(tmp_path), CODES)
    assert [CODES[k] for k in np.flatnonzero(positive[0])] == ["NORM", "AFIB"]
    assert known.all()


def test_without_amplitude_voltage_is_unknown_and_large_subclasses_are(tmp_path):
    write_statements(tmp_path)
    rows = [
        row(1, 1, sub_class="['CLBBB', 'AVB', 'LVH']", rhythm="['AFIB']", form="['STD']"),
        row(2, 1, sub_class="['STTC']", form="['NDT']"),
        row(3, 1, scp_codes="{'LVH': 100.0, '1AVB': 100.0, 'PACE': 0.0}"),
    ]
    write_table(tmp_path / "ptbxl_norm" / "records.csv", rows)
    records = ptbxl.standardised_records(tmp_path)
    assert set(records[0].statements) == {"CLBBB", "STD_", "AFIB"}
    assert records[0].unknown == ptbxl.VOLTAGE_STATEMENTS | {"PACE", "1AVB", "2AVB"}
    assert set(records[1].statements) == {"NDT"}
    assert records[1].unknown == ptbxl.VOLTAGE_STATEMENTS | {"PACE", "ANEUR", "EL"}
    assert set(records[2].statements) == {"1AVB", "PACE"}, "codes are exact but for voltage"
    assert records[2].unknown == ptbxl.VOLTAGE_STATEMENTS
    check(records, [*CODES, *ptbxl.VOLTAGE_STATEMENTS])


def test_super_classes_are_read(tmp_path):
    write_statements(tmp_path)
    read = {statement.code: statement for statement in ptbxl.read_statements(tmp_path)}
    assert [read[code].group for code in ("NDT", "STD_", "AFIB")] == ["diagnostic", "form", "rhythm"]
    assert (read["CLBBB"].super_class, read["AFIB"].super_class) == ("CD", "")


def test_rows_without_lead_residuals_are_leads(tmp_path):
    """Second differences of all twelve, as the standardised packs hold them."""
    scores = np.random.default_rng(2).integers(-3000, 3000, (2, 12, 30)).astype(np.int16)
    rows = [[[int(v) for v in scores[n, lead]] for n in range(2)] for lead in range(12)]
    flat = []
    for lead in rows:
        for difference in lead:
            for _ in range(2):
                difference = [b - a for a, b in zip([0, *difference], difference, strict=False)]
            flat += [wrap(v) for v in difference]
    codes = [2 * v if v >= 0 else -2 * v - 1 for v in flat]
    path = tmp_path / "ptbxlnorm125_000_N2_T30.xz"
    path.write_bytes(lzma.compress(bytes(c & 255 for c in codes) + bytes(c >> 8 for c in codes)))
    np.testing.assert_array_equal(ptbxl.unpack(path, lead_residuals=False), scores)


def test_the_folder_is_the_option_then_the_environment(monkeypatch):
    monkeypatch.setenv("ECGCLIP_DATA", "recordings")
    assert ptbxl.data_folder() == Path("recordings")
    assert ptbxl.data_folder("elsewhere") == Path("elsewhere")
    monkeypatch.delenv("ECGCLIP_DATA")
    assert ptbxl.data_folder().parts[-2:] == ("shared", "data")
