"""Folders of WFDB records: invented ones of every kind that is told apart, and those at hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("wfdb", reason="wfdb is not installed: records in its format are not read")

from ecgclip_training import amplitude, ptbxl, snomed, wfdb_tree
from ecgclip_training.manifest import ManifestError, Record, check
from ecgclip_training.statements import NAMES
from ecgclip_training.wfdb_tree import fold_of, read, signal

FOLDER = ptbxl.data_folder()
AT_HAND = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recordings in {FOLDER}: set ECGCLIP_DATA")
LEADS = ptbxl.LEADS


def ecg(samples: int = 5000, seed: int = 1) -> np.ndarray:
    """Millivolts [12][sample], smooth noise that obeys the limb leads' rules, in whole microvolts."""
    walk = np.random.default_rng(seed).normal(0, 0.3, (8, samples + 20))
    smooth = np.stack([np.convolve(lead, np.ones(21) / 21, "valid") for lead in walk])
    return np.concatenate([amplitude.limb_leads(smooth[0], smooth[1]), smooth[2:]]).round(3)


def write(
    path: Path,
    signals: np.ndarray,
    rate: float = 500,
    leads: list[str] = LEADS,
    gain: str = "1000/mV",
    comments: str = "",
    matlab: bool = False,
) -> None:
    """One record by hand: 16 bit integers, a frame of all leads after another; in a .mat behind 24 bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    counts = np.round(np.nan_to_num(signals, nan=-32.768) * 1000).astype("<i2")
    data, form = (f"{path.name}.mat", "16+24") if matlab else (f"{path.name}.dat", "16")
    path.with_name(data).write_bytes(b"\0" * 24 * matlab + counts.T.tobytes())
    lines = [
        f"{data} {form} {gain} 16 0 {lead[0]} 0 0 {name}" for lead, name in zip(counts, leads, strict=True)
    ]
    head = f"{path.name} {len(leads)} {rate:g} {signals.shape[1]}"
    path.with_name(f"{path.name}.hea").write_text("\n".join([head, *lines, comments]) + "\n")


def test_leads_are_taken_by_name_and_scaled_by_the_header(tmp_path):
    truth = ecg()
    order = [0, 1, 2, 3, 5, 4, *range(6, 12)]
    swapped = [LEADS[k] for k in order]
    write(tmp_path / "own/1", truth[order], leads=swapped)
    write(tmp_path / "own/2", truth, leads=[lead.upper() for lead in LEADS], matlab=True)
    write(tmp_path / "own/3", truth + 0.5, leads=[lead.lower() for lead in LEADS], gain="1000(500)/mv")
    write(tmp_path / "own/4", truth, gain="1/uV")
    write(tmp_path / "own/5", np.concatenate([truth[6:7], truth]), leads=["VX", *LEADS])
    tree = read(tmp_path / "own")
    assert [record.name for record in tree.records] == [f"own/{k}" for k in range(1, 6)]
    for record in tree.records:
        signals, rate = signal(tmp_path / "own", record.location)
        assert rate == 500 and signals.shape == (12, 5000)
        np.testing.assert_allclose(signals, truth, atol=1e-9, err_msg=record.name)


def changed(lead: int, part: slice, value: float | np.ndarray) -> np.ndarray:
    signals = ecg()
    signals[lead, part] = value
    return signals


def topped(lead: int) -> np.ndarray:
    signals = ecg()
    signals[lead] = np.minimum(signals[lead], np.quantile(signals[lead], 0.9))
    return signals


@pytest.mark.parametrize(
    ("signals", "options", "reason"),
    [
        (ecg()[:11], {"leads": LEADS[:11]}, "not 12 standard leads (no single V6)"),
        (ecg(), {"leads": ["II", *LEADS[1:]]}, "not 12 standard leads (no single I)"),
        (ecg(), {"leads": ["MLII", *LEADS[1:]]}, "not 12 standard leads (no single I)"),
        (ecg(), {"gain": "1000/mmHg"}, "not in volts (mmhg)"),
        (ecg(), {"rate": 99}, "rate outside 100 to 2000 Hz (99)"),
        (ecg(30000), {"rate": 2500}, "rate outside 100 to 2000 Hz (2500)"),
        (ecg(4999), {}, "shorter than 10 s (10.00 s)"),
        (changed(7, slice(None), 0.1), {}, "flat lead (V2)"),
        (changed(7, slice(2400, None), 0.1), {}, "flat lead (V2)"),
        (changed(7, slice(None), ecg()[7] / 1000), {}, "flat lead (V2)"),
        (changed(7, slice(4700, None), 3.0), {}, "clipped lead (V2)"),
        (topped(11), {}, "clipped lead (V6)"),
        (changed(8, slice(100, 101), np.nan), {}, "missing samples (V3)"),
        (ecg()[[0, 1, 2, 3, 5, 4, *range(6, 12)]], {}, "limb leads contradict each other"),
        (ecg() * np.linspace(1, 2, 12)[:, None], {}, "limb leads contradict each other"),
    ],
)
def test_unusable_records_are_refused_by_name(tmp_path, signals, options, reason):
    write(tmp_path / "own/good", ecg())
    write(tmp_path / "own/p7/bad", signals, **options)
    with pytest.raises(ManifestError) as refused:
        read(tmp_path / "own")
    assert str(refused.value).startswith(f"record p7/bad: {reason}: ")
    tree = read(tmp_path / "own", on_error="skip")
    assert [record.name for record in tree.records] == ["own/good"]
    assert tree.skipped == {reason.partition(" (")[0]: 1}


@pytest.mark.parametrize("harm", ["absent", "short", "header"])
def test_unreadable_records_are_refused_by_name(tmp_path, harm):
    write(tmp_path / "own/1", ecg())
    data = tmp_path / "own/1.dat"
    if harm == "absent":
        data.unlink()
    elif harm == "short":
        data.write_bytes(data.read_bytes()[:60000])
    else:
        data.with_suffix(".hea").write_text("1 twelve 500\n")
    with pytest.raises(ManifestError, match="record 1: unreadable .*: fetch"):
        read(tmp_path / "own")


def test_a_rest_at_the_start_is_not_clipping(tmp_path):
    """As many of PTB-XL's records begin."""
    signals = ecg()
    signals[:, :60] = signals[:, 60:61]
    signals[6, :60] = signals[6].max()
    write(tmp_path / "own/1", signals)
    assert len(read(tmp_path / "own").records) == 1


def test_challenge_records_carry_codes_but_no_labels(tmp_path):
    folder = tmp_path / "challenge"
    known = "#Age: 74\n#Sex: Female\n#Dx: 164889003,164889003,59118001\n#Rx: Unknown"
    write(folder / "g1/E00001", ecg(), comments=known, matlab=True)
    write(folder / "g1/JS10646", ecg(), comments="# Age: NaN\n# Sex: M\n# Dx: 164890007")
    write(folder / "g1/JS10647", ecg(), comments="#Age: >89\n#Sex: Unknown\n#Dx: 164890007")
    write(folder / "A0001", ecg(), comments="#Age: -1\n#Dx: AF,RBBB")
    tree = read(folder)
    records = {record.name: record for record in tree.records}
    assert list(records) == ["cpsc2018/A0001", "georgia/E00001", "chapman/JS10646", "ningbo/JS10647"]
    assert [record.age for record in records.values()] == [None, 74.0, None, 90.0]
    assert [record.sex for record in records.values()] == [None, "female", "male", None]
    assert all(record.unknown == set(NAMES) and not record.statements for record in tree.records)
    assert records["ningbo/JS10647"].patient == "ningbo:JS10647", "one record each"
    assert records["georgia/E00001"].patient == "georgia:all", "nothing tells whose a record is"
    assert tree.snomed["georgia/E00001"] == tree.snomed["cpsc2018/A0001"] == ("164889003", "59118001")
    scored = {record.name: record for record in snomed.labelled(tree.records, tree.snomed, list(NAMES))}
    check(scored.values(), NAMES)
    assert all(record.fold == 0 for record in scored.values()), "never trained on"
    assert set(scored["georgia/E00001"].statements) == {"AFIB", "CRBBB"}
    assert "SR" in scored["georgia/E00001"].unknown and "NORM" in scored["georgia/E00001"].unknown
    assert set(scored["chapman/JS10646"].statements) == {"AFLT"}
    assert "AFIB" not in scored["chapman/JS10646"].unknown
    merged = scored["ningbo/JS10647"]
    assert not merged.statements and merged.unknown >= {"AFIB", "AFLT"} and "STACH" not in merged.unknown
    with pytest.raises(ManifestError, match="record georgia/E00001: SNOMED CT code 1 is not"):
        snomed.labelled(tree.records[1:2], {"georgia/E00001": ("1",)}, list(NAMES))


def test_codes_of_several_meanings_are_scored_together():
    meanings = snomed.load()
    holds, both = meanings.holds, frozenset(["AFIB", "AFLT"])
    assert holds("ningbo", ["164890007"], both) is True
    assert holds("ningbo", ["427084000"], both) is False
    assert holds("ningbo", ["427084000"], frozenset(["AFLT"])) is None
    assert holds("ningbo", [], both) is None, "without any code nothing was looked for"
    assert holds("cpsc2018", ["426783006"], frozenset(["NORM"])) is True
    assert holds("cpsc2018", ["59118001"], frozenset(["SR"])) is None
    assert holds("georgia", ["11157007"], frozenset(["PVC"])) is True, "bigeminy is of premature beats"
    assert holds("chapman", ["270492004"], frozenset(["LPR"])) is None
    said = {code for finding in meanings.by_set.values() for clause in finding.clauses for code in clause}
    assert said <= {*NAMES, "?"} and all(code.isdigit() for code in meanings.anywhere)
    assert set(snomed.CPSC2018_LABELS.values()) == {
        code for owner, code in meanings.by_set if owner == "cpsc2018"
    }


def test_the_challenges_copy_of_ptbxl_is_refused(tmp_path):
    write(tmp_path / "challenge/HR00001", ecg(), comments="#Dx: 426783006")
    with pytest.raises(ManifestError, match="record HR00001: PTB-XL's, without its patient"):
        read(tmp_path / "challenge")


def test_mimic_has_patients_and_reports(tmp_path):
    swapped = [*LEADS[:4], "aVF", "aVL", *LEADS[6:]]
    order = [0, 1, 2, 3, 5, 4, *range(6, 12)]
    for study in (41420867, 45000001):
        write(tmp_path / f"files/p1000/p10001725/s{study}/{study}", ecg()[order], leads=swapped)
    (tmp_path / "machine_measurements.csv").write_text(
        "subject_id,study_id,report_0,report_1,report_2\n10001725,41420867,Sinus rhythm,,Borderline ECG.\n"
    )
    first, second = read(tmp_path).records
    assert (first.name, first.source, first.patient) == ("mimic/41420867", "wfdb:mimic", "mimic:10001725")
    assert (first.report, second.report) == ("Sinus rhythm. Borderline ECG.", "")
    assert first.fold == second.fold == fold_of("mimic:10001725") and first.unknown == set(NAMES)
    deep = read(tmp_path / "files/p1000/p10001725").records
    assert [record.patient for record in deep] == ["mimic:10001725"] * 2


def test_ptbxl_is_read_with_its_table(tmp_path):
    place = "records500/00000/00007_hr"
    write(tmp_path / place, ecg())
    write(tmp_path / "records100/00000/00007_lr", ecg(1000), 100)
    with pytest.raises(ManifestError, match=f"record {place}: PTB-XL's, but not in its table"):
        read(tmp_path)
    (tmp_path / "ptbxl_database.csv").write_text(
        "ecg_id,patient_id,age,sex,report,scp_codes,strat_fold\n7,20.0,300.0,1,sinusrhythmus,\"{'SR': 0.0}\",10\n"
    )
    told = (10, 90.0, "female", "sinusrhythmus", {"SR": 0.0})
    assert read(tmp_path).records == [Record("ptbxl/7", "wfdb:ptbxl", place, "ptbxl:20", *told)]


def test_folds_of_patients_are_the_same_everywhere():
    assert [fold_of(patient) for patient in ("a", "b", "own:1")] == [1, 7, 1]
    counts = Counter(fold_of(f"own:{k}") for k in range(10000))
    assert sorted(counts) == list(range(1, 11)) and min(counts.values()) > 900


@AT_HAND
@pytest.mark.parametrize(
    ("folder", "count", "skipped"),
    [
        ("cpsc2018", 70, {}),
        ("cinc2021", 39, {"flat lead": 3}),
        ("ludb", 0, {"limb leads contradict each other": 120}),
        ("ptbxl", 19, {}),
    ],
)
def test_what_is_at_hand_is_read(folder, count, skipped):
    """LUDB's headers scale every lead to a range of 1 mV; its samples themselves obey the limb leads' rules."""
    tree = wfdb_tree.read(FOLDER / folder, on_error="skip")
    assert (len(tree.records), tree.skipped) == (count, skipped)
    check(tree.records, NAMES)
    check(snomed.labelled(tree.records, tree.snomed, list(NAMES)), NAMES)


@AT_HAND
def test_native_records_are_those_of_the_packs():
    packed = {record.name: record for record in ptbxl.raw_records(FOLDER)}
    first = ptbxl.unpack(min((FOLDER / "ptbxl").glob("ptbxl500_*.xz")), lead_residuals=True) / 1000
    for record in wfdb_tree.read(FOLDER / "ptbxl").records:
        twin = packed[record.name]
        assert record.patient == twin.patient and record.statements == twin.statements
        if int(twin.location) < len(first):
            found, rate = signal(FOLDER / "ptbxl", record.location)
            np.testing.assert_allclose(found, first[int(twin.location)], atol=1e-9, err_msg=f"{rate:g} Hz")
