"""The differences of two texts that share passages: passages of one text only, edits, moves.

Read off the order of the shared word 4-grams. Between two that both texts have, a gap on one side alone is a passage
of its own there (or, seen from the other, one that was cut); a short gap on both sides is an edit. Positions count
the distinct 4-grams of a text, which is its words less what it repeats.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stream_apps.text.shingles import SHINGLE_WORDS, Flags

PASSAGE = 8
"""Fewest words that are told as a passage of one text alone: about a clause."""
REWORDED = 18
"""Words without a single 4-gram in common from which two passages are two, and not one reworded."""
WORDS_AN_EDIT = 6
"""A reworded stretch counts as one edit for so many words."""

Positions = npt.NDArray[np.intp]
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


class _Gap(NamedTuple):
    """A run of a's 4-grams that b does not have."""

    start: int
    end: int
    words: int
    other: int
    """Words of b between the same neighbours."""
    in_order: bool

    @property
    def own(self) -> bool:
        return self.words >= PASSAGE and (self.words >= 2 * self.other or self.words >= REWORDED)

    @property
    def cut(self) -> bool:
        return self.other >= PASSAGE and (self.other >= 2 * self.words or self.other >= REWORDED)

    @property
    def edits(self) -> int:
        """Count the places where words differ, where the gap is no passage of its own."""
        if not self.in_order or self.cut:
            return 0
        return max(1, -(-max(self.words, self.other) // WORDS_AN_EDIT))


def differences(places: Positions, length: int) -> Differences:
    """Find the differences of text a from text b, which has ``length`` distinct 4-grams.

    ``places``: where in b each distinct 4-gram of a stands, in the order of first occurrence; -1 where it does not.
    """
    own, edits = list[Passage](), 0
    for gap in _gaps(places, length):
        if gap.own:
            own.append((gap.start, gap.end))
        else:
            edits += gap.edits
    return Differences(tuple(own), edits, _moved(places[places >= 0]))


def runs(flags: Flags) -> list[int]:
    """Return the start and the end of each run of flags that are set, one after the other.

    >>> runs(np.array([True, False, True, True]))
    [0, 1, 2, 4]
    """
    found: list[int] = ((flags[1:] != flags[:-1]).nonzero()[0] + 1).tolist()
    if len(flags) and flags[0]:
        found.insert(0, 0)
    if len(found) % 2:
        found.append(len(flags))
    return found


def _gaps(places: Positions, length: int) -> Iterator[_Gap]:
    """The gaps of a text whose 4-grams stand at ``places`` of another text, of ``length`` 4-grams."""
    edges = runs(places < 0)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        before = int(places[start - 1]) if start else -1
        after = int(places[end]) if end < len(places) else length
        inner = _OVERLAP if start and end < len(places) else 0
        between, words = after - before - 1, end - start - inner
        yield _Gap(start, end, max(words, 0), max(between - inner, 0), between >= 0)


def _moved(places: Positions) -> int:
    """The fewest 4-grams to take out so that the rest stands in the same order in both texts."""
    if (places[1:] >= places[:-1]).all():
        return 0
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
