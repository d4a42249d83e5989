"""A text laid beside several others at once: where in the other each of its word 4-grams stands, and the runs of them.

All pairs stand in one array, so that an operation on it serves all of them: a text of 350 words is too short for it to
matter much how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from stream_apps.text.shingles import SHINGLE_WORDS, Flags, Hashes, masks

Positions = npt.NDArray[np.intp]


class Ordered(Protocol):
    """A text's distinct 4-grams: their hashes, sorted, and the number of each in the order of the text."""

    @property
    def order(self) -> Positions: ...
    @property
    def ordered(self) -> Hashes: ...


@dataclass(frozen=True)
class Alignment:
    """Rows of 4-grams: row k is the text beside the k-th other one; row K + k is that one beside the text."""

    starts: Positions
    """Where each row begins in ``places``."""
    lengths: Positions
    """How many 4-grams each row has."""
    places: Positions
    """For each 4-gram of each row, where in the other text it stands; -1 where it does not, and around each row."""

    @classmethod
    def of(cls, text: Ordered, others: Sequence[Ordered]) -> Alignment:
        """Lay a text beside some others. None may be without 4-grams."""
        count = len(others)
        lengths = np.array([len(text.order)] * count + [len(other.order) for other in others])
        starts = np.ones(2 * count, np.intp)
        starts[1:] += (lengths[:-1] + 1).cumsum()
        hashes = np.concatenate([other.ordered for other in others])
        at = text.ordered.searchsorted(hashes)
        hits = (text.ordered.take(at, mode="clip") == hashes).nonzero()[0][::-1]
        mine = text.order[at[hits]]
        theirs = np.concatenate([other.order for other in others])[hits]
        pairs = np.arange(count).repeat(lengths[count:])[hits]
        places = np.full(int(starts[-1] + lengths[-1]) + 1, -1)
        places[starts[pairs] + mine] = theirs  # of two 4-grams with one hash the first counts, and is assigned last
        places[starts[count + pairs] + theirs] = mine
        _place_twins(text, places, starts[:count])
        return cls(starts, lengths, places)

    def row(self, number: int) -> Positions:
        """Return the places of one row."""
        start = self.starts[number]
        return self.places[start : start + self.lengths[number]]

    @property
    def other_lengths(self) -> Positions:
        """How many 4-grams the other text of each row has."""
        return np.roll(self.lengths, len(self.lengths) // 2)

    @cached_property
    def found(self) -> Flags:
        """Which 4-grams of the rows the other text has."""
        return self.places >= 0

    @cached_property
    def until(self) -> Positions:
        """How many 4-grams were found before each place."""
        until = np.zeros(len(self.places) + 1, np.intp)
        self.found.cumsum(out=until[1:])
        return until

    @cached_property
    def counts(self) -> Positions:
        """How many 4-grams of each row the other text has."""
        counts: Positions = self.until[self.starts + self.lengths] - self.until[self.starts]
        return counts

    def passages(self, least: int) -> tuple[Positions, Positions]:
        """Return, row by row, the words of its runs of shared 4-grams that have ``least`` words, and of the longest.

        The first word of a run does not count: it follows none.
        """
        starts, ends = edges(self.found)
        words = ends - starts + SHINGLE_WORDS - 1
        long = words >= least
        rows, words = self.rows_of(starts[long]), words[long]
        longest = np.zeros(len(self.starts), np.intp)
        np.maximum.at(longest, rows, words)
        steps = np.bincount(rows, words - 1, len(self.starts))  # whole numbers, which floats add up exactly
        return steps.astype(np.intp), longest

    def both(self, pairs: Sequence[int]) -> list[int]:
        """Return the rows of some pairs: first those of the text, then those of the others."""
        return [*pairs, *(pair + len(self.starts) // 2 for pair in pairs)]

    def covers(self, rows: Sequence[int]) -> list[int]:
        """Return 64-bit masks over the lengths of some rows: which 64ths the other text has."""
        return masks(self.until, self.starts[rows], self.lengths[rows])

    def rows_of(self, places: Positions) -> Positions:
        """Return the row of each place."""
        return self.starts.searchsorted(places, "right") - 1


def edges(flags: Flags) -> tuple[Positions, Positions]:
    """Return the starts and the ends of the runs of flags that are set; the first and the last flag are not.

    >>> edges(np.array([False, True, False, True, True, False]))
    (array([1, 3]), array([2, 5]))
    """
    found = (flags[1:] != flags[:-1]).nonzero()[0] + 1
    return found[::2], found[1::2]


def _place_twins(text: Ordered, places: Positions, starts: Positions) -> None:
    """Give 4-grams of the text that have the hash of an earlier one the place of that."""
    later = (text.ordered[1:] == text.ordered[:-1]).nonzero()[0] + 1
    first = text.ordered.searchsorted(text.ordered[later])
    for twin, earlier in zip(text.order[later].tolist(), text.order[first].tolist(), strict=True):
        places[starts + twin] = places[starts + earlier]
