"""PTB-XL's reports (German, English, Swedish) as plain English, the concepts that they state, and new sentences from those.

The text encoder never sees a report as it was written: it sees `render`ed sentences, so that it meets every finding in many
words, and `normalise`d ones. `without` takes concepts out of either, for zero-shot tests that are none in disguise."""

from __future__ import annotations

import argparse
import ast
import csv
import io
import lzma
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import overload

import numpy as np

from .concepts import CATALOGUE, english, fold, load_concepts, load_terms, mentions, spans
from .ptbxl import data_folder
from .statements import NAMES

# Behind the report proper stand the codes of its revision, in front of them what the recorder adds; neither is a finding.
REVISION = re.compile(r"(edit|consensus label derived from):.*", re.IGNORECASE | re.DOTALL)
BOILERPLATE = re.compile(
    r"\b4\.4?6?\s+unbe\w*(\s+ber\w*)?|\bunbest\w*\s+ber\w*|\btrace only requested\b\.?", re.IGNORECASE
)
STATING = (
    "{}",
    "{}",
    "shows {}",
    "ECG with {}",
    "consistent with {}",
    "there is {}",
    "evidence of {}",
    "diagnosis: {}",
)
DENYING = ("no {}", "without {}", "no evidence of {}", "absence of {}", "no sign of {}")
DROPPED = 0.2
MINIMUM_POSITIVES = 20


@dataclass(frozen=True)
class Report:
    """One record's report as it was written, its statement codes and its fold."""

    text: str
    codes: frozenset[str]
    fold: int


def read_reports(folder: Path) -> list[Report]:
    """Every report with text in the recordings folder, once for each ECG."""
    found: dict[str, Report] = {}
    for name in ("ptbxl/records.csv", "ptbxl/reports_partial.csv.xz", "ptbxl_norm/records.csv"):
        data = (folder / name).read_bytes()
        text = (lzma.decompress(data) if name.endswith("xz") else data).decode()
        for row in csv.DictReader(io.StringIO(text)):
            if row["report"].strip() and row["ecg_id"] not in found:
                codes = ast.literal_eval(row["scp_codes"] or "{}")
                report = Report(row["report"], frozenset(codes), int(float(row["strat_fold"] or 0)))
                found[row["ecg_id"]] = report
    return list(found.values())


def findings(report: str) -> list[str]:
    """The folded words of a report without its boilerplate and the codes of its revision."""
    return fold(BOILERPLATE.sub(" ", REVISION.sub(" ", report).replace("Ä", "ä")))


def normalise(report: str) -> str:
    """The report in folded English; words of no known language are dropped."""
    return tidy(" ".join(load_terms().translate(findings(report))[0]))


def tidy(text: str) -> str:
    """One space between words, one stop between clauses, none at either end."""
    return re.sub(r"(?:[.,] )+(?=[.,])", "", " ".join(text.split())).strip(" .,")


def concepts_of(report: str) -> set[str]:
    """The concepts that a report states; what it denies is not stated, what it holds possible is."""
    return {mention.concept for mention in mentions(normalise(report)) if not mention.denied}


def render(
    statements: Iterable[str],
    report_concepts: Iterable[str],
    rng: np.random.Generator | None,
    denied: Iterable[str] = (),
) -> str:
    """The findings as English sentences. With `rng`: any of their wordings, in any order, some dropped; without: all by
    name, in the catalogue's order. `denied` are concepts to say no to, for a text encoder that must learn what no means."""
    catalogue = load_concepts()
    stated = {*statements, *report_concepts}
    ids = [concept for concept in catalogue if concept in stated]
    absent = [concept for concept in catalogue if concept in set(denied) - stated]
    if rng is None:
        sentences = [catalogue[c].name for c in ids] + [f"no {catalogue[c].name}" for c in absent]
        return " ".join(f"{sentence}." for sentence in sentences)
    kept = [concept for concept in ids if rng.random() >= DROPPED] or ids[:1]
    sentences = []
    for chosen, templates in ((kept, STATING), (absent, DENYING)):
        for concept in chosen:
            wordings = catalogue[concept].wordings
            template = templates[rng.integers(len(templates))]
            sentences.append(template.format(wordings[rng.integers(len(wordings))]))
    return " ".join(f"{sentences[k]}." for k in rng.permutation(len(sentences)))


@cache
def contained() -> dict[str, set[str]]:
    """For each concept those that its wordings name, as the incomplete bundle branch block does the bundle branch block."""
    return {
        concept.id: {mention.concept for wording in concept.wordings for mention in spans(english(wording))}
        for concept in load_concepts().values()
    }


def naming(left_out: Iterable[str]) -> set[str]:
    """The concepts that cannot be told without naming one that is left out: itself, its kin, and what contains it."""
    out = set(left_out)
    catalogue = load_concepts()
    return {c for c, within in contained().items() if out & (within | set(catalogue[c].kin) | {c})}


@overload
def without(said: str, left_out: Iterable[str]) -> str: ...
@overload
def without(said: set[str], left_out: Iterable[str]) -> set[str]: ...
def without(said: str | set[str], left_out: Iterable[str]) -> str | set[str]:
    """Concepts, or a text in any of the languages as folded English, with nothing that names what is left out, denied or
    not. Of a text the phrase around each place is cut, and a stop is put there."""
    names = naming(left_out)
    if not isinstance(said, str):
        return said - names
    text = normalise(said)
    ordered = [concept for concept in load_concepts() if concept in names]
    while inner := next(spans(text, ordered), None):
        around = [m for m in mentions(text) if m.start <= inner.start and inner.end <= m.end] or [inner]
        start, end = min(m.start for m in around), max(m.end for m in around)
        text = tidy(f"{text[:start]} . {text[end:]}")
    return text


def coverage(reports: list[Report]) -> dict[str, tuple[int, float]]:
    """For each language, and all: reports, and the share of their words that the terms know. A report is in the language
    that most of its telling words belong to."""
    words: dict[str, set[str]] = {}
    with (CATALOGUE / "terms.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            words.setdefault(row["language"], set()).update(fold(row["source"]))
    foreign = {language: words[language] - words["en"] for language in ("de", "sv")}
    total, unknown, count = Counter[str](), Counter[str](), Counter[str]()
    for report in reports:
        told = findings(report.text)
        score = {language: sum(word in own for word in told) for language, own in foreign.items()}
        language = max(score, key=score.__getitem__) if max(score.values()) else "en"
        for key in (language, "all"):
            count[key] += 1
            total[key] += sum(any(letter.isalpha() for letter in word) for word in told)
            unknown[key] += load_terms().translate(told)[1]
    return {key: (count[key], 1 - unknown[key] / max(1, total[key])) for key in ("de", "en", "sv", "all")}


def agreement(reports: list[Report]) -> list[tuple[str, int, int, float, float]]:
    """For each code with enough positives: positives, reports that state it, precision and recall of the reports."""
    stated = [concepts_of(report.text) for report in reports]
    rows = []
    for code in NAMES:
        positives = sum(code in report.codes for report in reports)
        if positives >= MINIMUM_POSITIVES:
            named = sum(code in concepts for concepts in stated)
            both = sum(code in c and code in r.codes for c, r in zip(stated, reports, strict=True))
            rows.append((code, positives, named, both / max(1, named), both / positives))
    return sorted(rows, key=lambda row: -row[1])


def main() -> None:
    """Prints what the terms cover and how the reports agree with the codes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", help="folder of recordings (default: ECGCLIP_DATA, then ../shared/data)")
    reports = read_reports(data_folder(parser.parse_args().data))
    for language, (count, share) in coverage(reports).items():
        print(f"{language:4} {count:5} reports, {100 * share:5.1f} % of the words understood")
    print("\ncode     positives  stated  precision  recall")
    for code, positives, named, precision, recall in agreement(reports):
        print(f"{code:8} {positives:9} {named:7} {precision:10.2f} {recall:7.2f}")


if __name__ == "__main__":
    main()
