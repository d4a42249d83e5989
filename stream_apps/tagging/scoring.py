"""Precision, recall and F1 of entity spans against labelled ones.

Spans must agree exactly once a leading "the" and a trailing possessive are set aside on both sides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[int, int]
Labelled = tuple[int, int, str]

OVERALL = ("Person", "Organization", "Location")
_LABELS = {
    "Person": ("per", "person", "people"),
    "Organization": ("org", "organization", "organisation", "organizations", "organisations"),
    "Location": ("loc", "location", "gpe", "place", "locations"),
    "Facility": ("fac", "facility"),
    "Misc": ("misc", "miscellaneous"),
    "NORP": ("norp", "nationality"),
    "Event": ("event",),
    "Product": ("product", "prod"),
    "Law": ("law",),
    "Work": ("work", "work_of_art", "creative-work"),
}
_BY_SPELLING = {spelling: label for label, spellings in _LABELS.items() for spelling in spellings}
_ARTICLE = re.compile(r"the\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?:['\u2019]s|(?<=s)['\u2019])$", re.IGNORECASE)


@dataclass(frozen=True)
class Score:
    """Counts of agreement between what was found and what was labelled."""

    right: int = 0
    found: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.gold) if self.found + self.gold else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.found + other.found, self.gold + other.gold)

    def as_dict(self) -> dict[str, float]:
        return {name: round(getattr(self, name), 4) for name in ("precision", "recall", "f1")}


def label_of(spelling: str) -> str:
    """One name for a label: ``PER``, ``Person`` and ``PERSON`` are ``Person``; GPE and LOC are ``Location``."""
    return _BY_SPELLING.get(spelling.strip().lower(), spelling.strip())


def trim(text: str, start: int, end: int) -> Span:
    """The span without a leading "the" and a trailing possessive."""
    article = _ARTICLE.match(text, start, end)
    start = article.end() if article else start
    possessive = _POSSESSIVE.search(text[start:end])
    return start, start + possessive.start() if possessive else end


def compare(text: str, found: Iterable[Labelled], gold: Iterable[Labelled]) -> dict[str, Score]:
    """The score of each label on one text."""
    ours, theirs = _canonical(text, found), _canonical(text, gold)
    right = Counter(label for _, _, label in ours & theirs)
    n_ours, n_theirs = (Counter(label for _, _, label in side) for side in (ours, theirs))
    return {label: Score(right[label], n_ours[label], n_theirs[label]) for label in sorted(n_ours | n_theirs)}


def total(scores: Iterable[dict[str, Score]]) -> dict[str, Score]:
    """Scores summed by label."""
    sums: dict[str, Score] = {}
    for one in scores:
        for label, score in one.items():
            sums[label] = sums.get(label, Score()) + score
    return sums


def overall(labels: dict[str, Score]) -> Score:
    """Persons, organisations and locations together."""
    return sum((labels.get(label, Score()) for label in OVERALL), Score())


def _canonical(text: str, spans: Iterable[Labelled]) -> set[Labelled]:
    return {(*trim(text, start, end), label_of(label)) for start, end, label in spans}
