"""The differences of two texts that share passages: passages of one text only, edits, moves.

Read off the order of the shared word 4-grams. Between two that both texts have, a gap on one side alone is a passage
of its own there (or, seen from the other, one that was cut); a short gap on both sides is an edit. Positions count
the distinct 4-grams of a text, which is its words less what it repeats.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stream_apps.dedup.alignment import Alignment, Positions, edges
from stream_apps.text.shingles import SHINGLE_WORDS, Flags

PASSAGE = 8
"""Fewest words that are told as a passage of one text alone: about a clause."""
REWORDED = 18
"""Words without a single 4-gram in common from which two passages are two, and not one reworded."""
WORDS_AN_EDIT = 6
"""A reworded stretch counts as one edit for so many words."""

Passage = tuple[int, int]
"""Start and end of a passage, in 4-grams from the beginning of its text."""
_OVERLAP = SHINGLE_WORDS - 1


@dataclass(frozen=True)
class Differences:
    """The differences of text a from text b."""

    own: tuple[Passage, ...]
    """The passages of a that b does not have."""
    edits: int
    """Places where words differ between two passages that stay."""
    moved: int
    """4-grams that b has in another order."""


@dataclass(frozen=True)
class _Gaps:
    """The runs of 4-grams of some rows that the other texts do not have."""

    rows: Positions
    starts: Positions
    ends: Positions
    words: Positions
    other: Positions
    """Words of the other text between the same neighbours."""
    in_order: Flags

    @property
    def own(self) -> Flags:
        """Which are passages of the text alone."""
        return _is_passage(self.words, self.other)

    @property
    def edits(self) -> Positions:
        """How many places with other words each counts for, where it is no passage of its own."""
        edits = np.maximum(1, -(-np.maximum(self.words, self.other) // WORDS_AN_EDIT))
        return np.where(self.in_order & ~_is_passage(self.other, self.words), edits, 0)


def _is_passage(words: Positions, others: Positions) -> Flags:
    """Whether so many words in place of so many others are told as a passage."""
    return (words >= PASSAGE) & ((words >= 2 * others) | (words >= REWORDED))


def differences(alignment: Alignment, rows: Sequence[int]) -> list[Differences]:
    """Find the differences of the text of each of some rows from the other text."""
    gaps = _gaps(alignment, rows)
    own = gaps.own
    edits = np.bincount(gaps.rows, np.where(own, 0, gaps.edits), len(alignment.starts)).astype(np.intp)
    passages = defaultdict[int, list[Passage]](list)
    for row, start, end in zip(*(part[own].tolist() for part in (gaps.rows, gaps.starts, gaps.ends)), strict=True):
        passages[row].append((start, end))
    unordered = _unordered(alignment)
    return [
        Differences(tuple(passages[row]), int(edits[row]), _moved(alignment.row(row)) if row in unordered else 0)
        for row in rows
    ]


def _gaps(alignment: Alignment, rows: Sequence[int]) -> _Gaps:
    missing = np.zeros(len(alignment.places), np.bool_)
    for row in rows:
        start = alignment.starts[row]
        missing[start : start + alignment.lengths[row]] = ~alignment.found[start : start + alignment.lengths[row]]
    starts, ends = edges(missing)
    of = alignment.rows_of(starts)
    begins, lengths = alignment.starts[of], alignment.lengths[of]
    inside = (starts > begins) & (ends < begins + lengths)
    before = alignment.places[starts - 1]
    after = np.where(ends < begins + lengths, alignment.places[ends], alignment.other_lengths[of])
    between, inner = after - before - 1, np.where(inside, _OVERLAP, 0)
    words, other = np.maximum(ends - starts - inner, 0), np.maximum(between - inner, 0)
    return _Gaps(of, starts - begins, ends - begins, words, other, between >= 0)


def _unordered(alignment: Alignment) -> set[int]:
    """Return the rows whose shared 4-grams stand in another order than in the other text."""
    found = alignment.found.nonzero()[0]
    places, rows = alignment.places[found], alignment.rows_of(found)
    falls = (places[1:] < places[:-1]) & (rows[1:] == rows[:-1])
    return set(rows[1:][falls].tolist())


def _moved(row: Positions) -> int:
    """The fewest 4-grams to take out so that the rest stands in the same order in both texts."""
    places = row[row >= 0]
    highest, lowest = np.maximum.accumulate(places), np.minimum.accumulate(places[::-1])[::-1]
    others = places[highest != lowest]  # what comes after all before it, and before all after it, need not move
    return len(others) - _longest_rise(others.tolist())


def _longest_rise(numbers: Sequence[int]) -> int:
    """Length of the longest rising subsequence (Schensted, "Longest increasing and decreasing subsequences", 1961)."""
    ends: list[int] = []
    for number in numbers:
        place = bisect_right(ends, number)
        ends[place : place + 1] = [number]
    return len(ends)
