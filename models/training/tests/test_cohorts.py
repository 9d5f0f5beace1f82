"""Other cohorts as the product reads them: its windows, its ages, unions of statements; and what each rule changes."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("wfdb", reason="wfdb is not installed: records in its format are not read")

from ecgclip_training import cohorts, ludb, ptbxl, snomed
from ecgclip_training.cohorts import FIRST, HISTORY, Cohort, Rules, Target
from ecgclip_training.manifest import ManifestError
from ecgclip_training.shape import FRAME_STRIDE, Shape

FOLDER = ptbxl.data_folder()
AT_HAND = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recordings in {FOLDER}: set ECGCLIP_DATA")
SHAPE = Shape.of("r18", 4)
ADULT = {"minimumYears": 18, "maximumYears": 90}
STATEMENTS = [{"code": code, "ages": ADULT} for code in ("LVH", "ISC_", "STD_", "VCLVH", "AFIB")]
NOW = list(HISTORY.values())[-1]
LVH = "Hypertrophies: Left ventricular hypertrophy"
ISCHAEMIA = "Ischemia: Ischemia: inferior wall"


def said(*records: tuple[str, tuple[str, ...], float]) -> Cohort:
    """One window for each record, which no test here reads."""
    count = len(records)
    return Cohort(
        "invented",
        np.zeros((count, 12, SHAPE.window_samples)),
        np.arange(count),
        [f"invented/{k}" for k in range(count)],
        [(owner, codes) for owner, codes, _ in records],
        np.array([age for *_, age in records]),
        {},
    )


def known_labels(part: Cohort, rules: Rules) -> dict[str, list[bool | None]]:
    """By target: true, false or None where it is not scored."""
    wanted = cohorts.targets([entry["code"] for entry in STATEMENTS], rules)
    labels, known = cohorts.truth([part], wanted, STATEMENTS, rules)
    return {
        target.key: [bool(value) if at else None for value, at in zip(labels[:, k], known[:, k], strict=True)]
        for k, target in enumerate(wanted)
    }


def test_windows_are_those_that_the_device_reads():
    """The device counts samples: due at a full window, then ten seconds later; it then takes the newest frames there are."""
    for samples in (986, 987, 1986, 1987, 3000, 11987):
        expected, due = [], SHAPE.window_samples
        for there in range(1, samples + 1):
            if there >= due:
                due += 1000
                frames = (there - SHAPE.receptive_field) // FRAME_STRIDE + 1
                expected.append((frames - SHAPE.window_frames) * FRAME_STRIDE)
        assert cohorts.window_starts(samples, SHAPE) == expected
    assert cohorts.window_starts(3000, SHAPE) == [0, 992, 2000]


def test_a_record_is_scored_by_the_mean_of_its_windows(monkeypatch):
    part = said(("ludb", (), 50.0), ("ludb", (), 50.0))
    part.owner = np.array([0, 0, 0, 1])
    logits = np.log(np.array([[0.1], [0.2], [0.6], [0.5]]) / (1 - np.array([[0.1], [0.2], [0.6], [0.5]])))
    monkeypatch.setattr(cohorts, "integer_logits", lambda *_: (logits, None))
    every, first = cohorts.probabilities(None, part)
    np.testing.assert_allclose(every[:, 0], [0.3, 0.5])
    np.testing.assert_allclose(first[:, 0], [0.1, 0.5])


def test_tasks_are_unions_of_the_statements_that_the_model_has():
    names = [entry["code"] for entry in STATEMENTS]
    assert [target.heads for target in cohorts.targets(names, FIRST)] == [(name,) for name in names]
    heads = {target.key: target.heads for target in cohorts.targets(names, NOW)}
    assert heads == {"LVH": ("LVH", "VCLVH"), "STD_": ("STD_", "ISC_"), "AFIB": ("AFIB",)}


def test_what_every_rule_changes():
    part = said(
        ("georgia", ("428750005",), 50.0),
        ("cpsc2018", ("429622005",), 14.0),
        ("ludb", ("Rhythms: Atrial fibrillation", ISCHAEMIA), 95.0),
        ("ludb", ("Rhythms: Sinus rhythm",), np.nan),
    )
    assert known_labels(part, FIRST)["STD_"] == [False, True, None, None]
    assert known_labels(part, HISTORY["unclear ST-T"])["STD_"] == [None, True, None, None]
    assert known_labels(part, HISTORY["validated ages"])["STD_"] == [None, None, None, None]
    assert known_labels(part, FIRST)["AFIB"] == [False, False, True, False]
    assert known_labels(part, HISTORY["validated ages"])["AFIB"] == [False, None, None, False]
    assert known_labels(part, HISTORY["tasks"])["STD_"] == [None, None, None, None]
    part.ages[:] = np.nan
    assert known_labels(part, HISTORY["tasks"])["STD_"] == [None, True, None, None]
    assert known_labels(part, NOW)["STD_"] == [None, True, True, False]


def test_a_union_scores_like_a_super_class(monkeypatch):
    """Eight of sixteen have the voltage, or hypertrophy in so many words: neither head alone ranks them."""
    count = 16
    part = said(*[("ludb", (LVH,) if k < 8 else ("Rhythms: Sinus rhythm",), 50.0) for k in range(count)])
    probability = np.full((count, len(STATEMENTS)), 0.01)
    probability[:4, 0] = probability[4:8, 3] = 0.9
    table = cohorts.table_of(probability, [part], STATEMENTS, NOW)
    assert table["codes"]["LVH"]["auc"] == 1 and table["codes"]["LVH"]["positives"] == 8
    assert table["codes"]["LVH"]["bySet"] == {"ludb": 1}
    alone = cohorts.table_of(probability, [part], STATEMENTS, FIRST)
    assert alone["codes"]["LVH"]["auc"] == pytest.approx(0.75) and "VCLVH" not in alone["codes"]


def test_every_word_of_both_maps_is_a_statement():
    from ecgclip_training.statements import NAMES

    table = (snomed.load() | ludb.meanings(ludb.phrases())).by_set
    assert {code for row in table.values() for clause in row.clauses for code in clause} <= {*NAMES, "?"}
    assert Target("", "", frozenset(), ()) and ("ludb", LVH) in table


def test_a_phrase_that_the_table_does_not_know_is_refused_by_record(tmp_path):
    header = "ID,Age,Rhythms,Electric axis of the heart,Conduction abnormalities,Extrasystolies,Hypertrophies,Cardiac pacing"
    header += ",Ischemia,Non-specific repolarization abnormalities,Other states\n"
    (tmp_path / "ludb.csv").write_text(header + '7,"51\n",Sinus rhythm,,,,,,,,\n8,>89,Sinus rythm,,,,,,,,\n')
    with pytest.raises(ManifestError, match="record ludb/8: 'Rhythms' says 'Sinus rythm', which is not in"):
        ludb.read(tmp_path)
    (tmp_path / "ludb.csv").write_text(header + "8,>89,Sinus rhythm,,,,,Biventricular,,,\n")
    (record,), found = ludb.read(tmp_path)
    assert record.age == 90 and record.fold == 0
    assert found == {"ludb/8": ("Cardiac pacing: ", "Rhythms: Sinus rhythm")}


@AT_HAND
def test_ludb_is_read_in_true_amplitude():
    """Header gains make III differ from II - I; the codes themselves obey Einthoven's law exactly, and are of an adult's size."""
    records, found = ludb.read(FOLDER / "ludb")
    assert len(records) == 120 and all(found.values())
    ranges = []
    for record in records[::10]:
        signal, rate = ludb.signal(FOLDER / "ludb" / record.location)
        assert rate == 500 and np.abs(signal[2] - (signal[1] - signal[0])).max() < 1e-9
        ranges.append(np.ptp(signal[1]))
    assert 0.6 < np.median(ranges) < 2.0
