"""The words for ECG findings: German, Swedish and abbreviated terms in English, and the concepts that English states.

Two tables in `catalogue/` say it all: `terms.csv` turns what reports write into plain English, the longest term first;
`concepts.csv` lists the concepts, PTB-XL's 71 statements first, with their wordings and the patterns that state them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

CATALOGUE = Path(__file__).parent / "catalogue"
LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "a", "ß": "ss"})
LISTED = re.compile(r"\bv(\d)((?:\s*[,/]\s*v?\d)+)\b")
SPANNED = re.compile(r"\bv(\d)\s*-\s*v?(\d)\b")
WORD = re.compile(r"[a-z0-9]+|[.,:;](?=\s|$)|\.(?=[a-z])")
LEAD_OR_NUMBER = re.compile(r"\d+|v\d|i{1,3}|av[rlf]|[pqrstu]|st|qs|qrs")
DENIAL = {"no", "not", "without", "never", "nor", "absence"}
DENIED_AFTER = re.compile(r"(is |are )?(absent|not present|not seen|ruled out|excluded)( [.,]|$)")
DENIAL_REACH = 4
STOPS = {".", ",", "but"}


def fold(text: str) -> list[str]:
    """Lower-case words and stops: umlauts spelt out, hyphens and brackets gone, `v4-6` as v4 v5 v6."""
    text = text.lower().translate(LETTERS)
    text = LISTED.sub(lambda m: " ".join(f"v{d}" for d in re.findall(r"\d", m.group())), text)
    text = SPANNED.sub(lambda m: " ".join(f"v{d}" for d in range(int(m[1]), int(m[2]) + 1)), text)
    return ["." if word in ":;" else word for word in WORD.findall(text)]


def spaced(text: str) -> str:
    """The folded words as one line."""
    return " ".join(fold(text))


@dataclass(frozen=True)
class Terms:
    """Folded source words to English words, and the English words that stand for themselves."""

    english: dict[tuple[str, ...], tuple[str, ...]]
    known: frozenset[str]

    @cached_property
    def longest(self) -> int:
        """Words of the longest term."""
        return max(map(len, self.english), default=1)

    def translate(self, words: list[str], keep_unknown: bool = False) -> tuple[list[str], int]:
        """English for folded words, the longest term first, and how many of them were not understood."""
        found: list[str] = []
        unknown = at = 0
        while at < len(words):
            for length in range(min(self.longest, len(words) - at), 0, -1):
                source = tuple(words[at : at + length])
                if source in self.english:
                    found += self.english[source]
                    break
            else:
                length = 1
                understood = (
                    words[at] in self.known or words[at] in STOPS or LEAD_OR_NUMBER.fullmatch(words[at])
                )
                unknown += not understood
                if understood or keep_unknown:
                    found.append(words[at])
            at += length
        return found, unknown


@dataclass(frozen=True)
class Concept:
    """What an ECG report can state. `id` is PTB-XL's code, or words in lower case where it has none."""

    id: str
    name: str
    synonyms: tuple[str, ...]
    kin: tuple[str, ...]
    pattern: re.Pattern[str]

    @property
    def wordings(self) -> tuple[str, ...]:
        """The name and its synonyms."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True)
class Mention:
    """Where a text names a concept, and whether it says that it is not there."""

    concept: str
    start: int
    end: int
    denied: bool = False


def parts(cell: str, separator: str = ";") -> tuple[str, ...]:
    """The entries of a table's cell."""
    return tuple(entry.strip() for entry in cell.split(separator) if entry.strip())


@cache
def load_concepts() -> dict[str, Concept]:
    """The catalogue's concepts by id, in its order. A concept's own wordings are patterns too."""
    concepts = {}
    with (CATALOGUE / "concepts.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            wordings = (row["name"], *parts(row["synonyms"]))
            patterns = [*parts(row["patterns"]), *(re.escape(spaced(w)) for w in wordings)]
            patterns.sort(key=len, reverse=True)
            pattern = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(patterns)})(?![a-z0-9])")
            concepts[row["id"]] = Concept(row["id"], row["name"], wordings[1:], parts(row["kin"]), pattern)
    return concepts


@cache
def load_terms() -> Terms:
    """The catalogue's terms; every English word in it or in a concept's wordings is known."""
    english = {}
    known = {word for concept in load_concepts().values() for w in concept.wordings for word in fold(w)}
    with (CATALOGUE / "terms.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            target = tuple(fold(row["english"]))
            english[tuple(fold(row["source"]))] = target
            known |= set(target)
    return Terms(english, frozenset(known))


def english(text: str) -> str:
    """Any text as folded English; words of no known language are kept."""
    return " ".join(load_terms().translate(fold(text), keep_unknown=True)[0])


def spans(text: str, concepts: Iterable[str] | None = None) -> Iterator[Mention]:
    """Every place in folded English where a pattern (of these concepts, or any) matches, also inside a longer match."""
    catalogue = load_concepts()
    for concept in catalogue if concepts is None else concepts:
        for match in catalogue[concept].pattern.finditer(text):
            yield Mention(concept, match.start(), match.end())


def mentions(text: str) -> list[Mention]:
    """The concepts that folded English names: of nested matches the longest, "incomplete right bundle branch block" being
    no right bundle branch block. Hedged counts as named; denied ones are marked."""
    longest: list[Mention] = []
    for mention in sorted(spans(text), key=lambda m: (m.start, -m.end)):
        outer = longest[-1] if longest else None
        if outer and mention.end <= outer.end and (mention.start, mention.end) != (outer.start, outer.end):
            continue
        longest.append(
            Mention(mention.concept, mention.start, mention.end, is_denied(text, mention, longest))
        )
    return longest


def is_denied(text: str, mention: Mention, before: list[Mention]) -> bool:
    """Whether a word of denial stands within a few words before it in its clause, or "is absent" behind it."""
    if DENIED_AFTER.match(text[mention.end :].lstrip()):
        return True
    earlier = [other for other in before if other.end <= mention.start]
    clause = text[earlier[-1].end if earlier else 0 : mention.start].split()
    if earlier and clause in (["or"], ["nor"]):
        return earlier[-1].denied
    for word in clause[: -DENIAL_REACH - 1 : -1]:
        if word in STOPS:
            return False
        if word in DENIAL:
            return True
    return False


def named(text: str) -> set[str]:
    """The ids of all concepts that a text in any of the languages states and does not deny."""
    return {mention.concept for mention in mentions(english(text)) if not mention.denied}
