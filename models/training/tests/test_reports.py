"""Reports of three languages become English, and say what they say; what is left out is nowhere to be read."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

from ecgclip_training import reports
from ecgclip_training.concepts import CATALOGUE, english, fold, load_concepts, mentions, named, spans
from ecgclip_training.ptbxl import data_folder
from ecgclip_training.statements import NAMES

CATALOGUE_IDS = list(load_concepts())

EXAMPLES = {
    "sinusrhythmus ueberdrehter linkstyp linksanteriorer hemiblock 4.46   unbestÄtigter bericht": {
        "SR",
        "axis-left-extreme",
        "LAFB",
    },
    "vorhofflimmern/-flattern lagetyp normal qrs(t) abnorm    inferiorer infarkt     wahrscheinlich alt": {
        "AFIB",
        "axis-normal",
        "ABQRS",
        "IMI",
        "age-old",
    },
    "sinustachykardie steiltyp unvollstÄndiger rechtsschenkelblock sonst normales ekg Edit: CRBBB 80": {
        "STACH",
        "axis-vertical",
        "IRBBB",
        "NORM",
    },
    "sinusrhythmus linksschenkelblock linkshypertrophie mÖglich a-v block i": {"SR", "CLBBB", "LVH", "1AVB"},
    "ventrikulÄr(a) extrasystoli(er) fÖrmaksflimmer vÄnster anteriort hemiblock": {"PVC", "AFIB", "LAFB"},
    "sinusrytm, inferior infarkt kan ej uteslutas, lÅga qrs amplituder i extremitetsavledningarna": {
        "SR",
        "IMI",
        "low-limb-voltage",
    },
    "sinus rhythm. voltages are high in chest leads suggesting lvh. st segments are depressed in v4-6.": {
        "SR",
        "VCLVH",
        "STD_",
    },
    "regular rhythm, no p wave found. no evidence of ischaemia or rhythm disturbance": {
        "rhythm-regular",
        "no-p-waves",
    },
    "kein vorhofflimmern, keine hinweise fuer frischen infarkt": set(),
    "trace only requested.": set(),
}


@pytest.mark.parametrize("report", EXAMPLES)
def test_a_report_states_what_a_reader_finds_in_it(report):
    assert reports.concepts_of(report) == EXAMPLES[report]


def test_a_report_reads_as_plain_english():
    report = "SINUSRHYTHMUS qrs(t) abnorm    anteroseptaler myokardschaden nicht auszuschliessen xyzzy 4.46  unbestÄtigter bericht"
    told = "sinus rhythm abnormal qrs anteroseptal myocardial damage cannot be excluded"
    assert reports.normalise(report) == told
    assert reports.normalise(told) == told
    assert english("xyzzy im V1,2 und V4-6") == "xyzzy in the v1 v2 and v4 v5 v6", (
        "unknown words stay in a query"
    )


def test_the_statements_come_first_and_keep_their_names():
    concepts = load_concepts()
    assert CATALOGUE_IDS[: len(NAMES)] == list(NAMES)
    assert all(concepts[code].name == name for code, name in NAMES.items())
    assert all(kin in concepts for concept in concepts.values() for kin in concept.kin)


@pytest.mark.parametrize("concept", CATALOGUE_IDS)
def test_every_wording_names_its_concept_alone(concept):
    for wording in load_concepts()[concept].wordings:
        assert named(wording) == {concept}, wording
        denied = reports.DENYING[len(wording) % len(reports.DENYING)].format(wording)
        assert concept == "no-p-waves" or concept not in named(denied), denied


def test_no_table_has_the_same_term_twice():
    with (CATALOGUE / "terms.csv").open(newline="") as stream:
        rows = [row["source"] for row in csv.DictReader(stream)]
    assert len({tuple(fold(source)) for source in rows}) == len(rows)
    wordings = [w for concept in load_concepts().values() for w in {english(w) for w in concept.wordings}]
    assert len(set(wordings)) == len(wordings)


def test_rendered_sentences_state_what_they_were_made_of():
    rng = np.random.default_rng(3)
    for _ in range(50):
        chosen = set(rng.choice(CATALOGUE_IDS, 6, replace=False)) - {"no-p-waves"}
        stated, denied = set(sorted(chosen)[:4]), set(sorted(chosen)[4:])
        assert named(reports.render(stated, (), None, denied)) == stated
        told = named(reports.render(stated, (), rng, denied))
        assert told and told <= stated


def test_sentences_vary_with_the_generator_and_only_with_it():
    findings = {"AFIB", "CLBBB", "axis-left"}
    plain = "complete left bundle branch block. atrial fibrillation. left axis deviation."
    assert reports.render(findings, (), None) == reports.render((), findings, None) == plain
    assert reports.render((), (), np.random.default_rng(0)) == reports.render((), (), None) == ""
    drawn = {reports.render(findings, (), np.random.default_rng(seed)) for seed in range(100)}
    assert len(drawn) > 90
    assert reports.render(findings, (), np.random.default_rng(7)) in drawn


def survivors(text: str, left_out: str) -> list[str]:
    """Wordings of a left-out concept that can be read in a text, in any spelling."""
    spoken = f" {english(text)} "
    found = [w for w in load_concepts()[left_out].wordings if f" {english(w)} " in spoken]
    return found + [m.concept for m in spans(english(text)) if m.concept == left_out]


@pytest.mark.parametrize("left_out", list(NAMES))
def test_nothing_left_out_survives(left_out):
    kept = reports.without(set(CATALOGUE_IDS), {left_out})
    assert left_out not in kept and len(kept) > len(CATALOGUE_IDS) // 2
    assert not survivors(reports.render(kept, (), np.random.default_rng(1)), left_out)
    near = sorted(reports.naming({left_out}))
    cut = reports.without(reports.render({"SR", *near}, (), None, denied={"WPW", *near[:2]}), {left_out})
    assert cut and not survivors(cut, left_out)
    for report in EXAMPLES:
        assert not survivors(reports.without(report, {left_out}), left_out)


def test_leaving_out_takes_what_contains_it_and_its_kin_but_not_its_neighbours():
    said = {"CRBBB", "IRBBB", "CLBBB", "LVOLT", "low-limb-voltage", "LOWT"}
    assert reports.without(said, {"CRBBB"}) == said - {"CRBBB", "IRBBB"}
    assert reports.without(said, {"LVOLT"}) == said - {"LVOLT", "low-limb-voltage"}
    assert reports.without("Vorhofflattern, Linksschenkelblock", {"AFLT"}) == "left bundle branch block"
    assert reports.without("vorhofflimmern/-flattern lagetyp normal", {"AFLT"}) == "normal axis"
    assert named(reports.without("kein Linksschenkelblock Rechtsschenkelblock", {"CLBBB"})) == {"CRBBB"}


def test_nested_denied_and_hedged_mentions():
    found = mentions(
        "possible incomplete right bundle branch block . no atrial fibrillation or flutter , sinus rhythm"
    )
    assert [(m.concept, m.denied) for m in found] == [("IRBBB", False), ("AFIB", True), ("SR", False)]
    assert named("no left or right axis. ischaemia cannot be excluded, Q waves are absent") == {"ISC_"}


DATA = data_folder()
needs_recordings = pytest.mark.skipif(
    not (DATA / "ptbxl" / "reports_partial.csv.xz").exists(),
    reason=f"no recordings in {DATA} (ECGCLIP_DATA)",
)


@needs_recordings
def test_the_terms_cover_the_reports_of_every_language():
    for language, (count, share) in reports.coverage(reports.read_reports(DATA)).items():
        assert count > 100 and share >= 0.95, language


@needs_recordings
def test_reports_agree_with_the_codes_that_were_made_from_them():
    """Form and rhythm follow the text; most diagnoses were revised by looking at the ECG."""
    rows = {row[0]: row for row in reports.agreement(reports.read_reports(DATA))}
    for code in (
        "SR",
        "AFIB",
        "STACH",
        "SBRAD",
        "SARRH",
        "PACE",
        "SVARR",
        "ABQRS",
        "VCLVH",
        "LPR",
        "QWAVE",
        "LOWT",
    ):
        _, _, _, precision, recall = rows[code]
        assert precision >= 0.85 and recall >= 0.9, code


@needs_recordings
def test_no_revision_code_or_boilerplate_is_left_in_a_report():
    for report in reports.read_reports(DATA):
        assert not re.search(r"\b(edit|unbest\w*|consensus|requested)\b", reports.normalise(report.text))


@needs_recordings
@pytest.mark.parametrize("left_out", ["AFIB", "CRBBB", "LVOLT", "IMI"])
def test_nothing_left_out_survives_in_real_reports(left_out):
    for report in reports.read_reports(DATA)[::10]:
        assert not survivors(reports.without(report.text, {left_out}), left_out)
