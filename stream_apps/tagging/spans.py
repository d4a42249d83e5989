"""Occurrences of names in one text, and how one layer of them is laid over another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from schemas.public_records import EntityType, MentionMethod

LABELS: dict[str, EntityType] = {
    "PERSON": "PERSON",
    "ORG": "ORG",
    "GPE": "PLACE",
    "LOC": "PLACE",
    "NORP": "NORP",
    "FAC": "FACILITY",
    "EVENT": "EVENT",
    "PRODUCT": "PRODUCT",
    "LAW": "LAW",
    "WORK_OF_ART": "WORK",
}
"""The labels of OntoNotes that name something; dates, amounts and the like are not entities here."""


_START = itemgetter(0)


class NameSpan(NamedTuple):
    """An occurrence of a name. ``entity`` is the curated entity that it is known to be.

    Some twenty are made for each text at each step, so it is a tuple.
    """

    start: int
    end: int
    type: EntityType
    method: MentionMethod
    confidence: float
    entity: str | None = None

    def overlaps(self, other: NameSpan) -> bool:
        return self.start < other.end and other.start < self.end

    def covers(self, other: NameSpan) -> bool:
        return self.start <= other.start and other.end <= self.end


def disjoint(found: Iterable[NameSpan]) -> list[NameSpan]:
    """Of spans that overlap, the longest, then the first; sorted by position."""
    spans = sorted(found, key=_START)
    if all(left.end <= right.start for left, right in pairwise(spans)):
        return spans
    kept: list[NameSpan] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        at = bisect_left(kept, span.start, key=_end_before)
        if at == len(kept) or not span.overlaps(kept[at]):
            kept.insert(at, span)
    return kept


def moved(spans: Iterable[NameSpan], by: int) -> Iterator[NameSpan]:
    """The same names in a text of which this one begins at ``by``."""
    make = tuple.__new__  # see `normalise.tokens`
    return (make(NameSpan, (span[0] + by, span[1] + by, *span[2:])) for span in spans)


def touching(spans: Sequence[NameSpan], other: NameSpan) -> Sequence[NameSpan]:
    """Those of ``spans``, which are disjoint and sorted, that overlap ``other``."""
    first = bisect_left(spans, other.start, key=_end_before)
    return spans[first : bisect_left(spans, other.end, lo=first, key=lambda s: s.start)]


def lay_over(below: Sequence[NameSpan], above: Sequence[NameSpan]) -> list[NameSpan]:
    """``above`` where it stands, and of ``below`` what does not touch it. All disjoint and sorted by position."""
    if not above:
        return list(below)
    found, at = list(above), 0
    for span in below:
        while at < len(above) and above[at].end <= span.start:
            at += 1
        if at == len(above) or span.end <= above[at].start:
            found.append(span)
    return sorted(found, key=_START)


def _end_before(span: NameSpan) -> int:
    # The last character: spans that end at or before a position come first.
    return span.end - 1
