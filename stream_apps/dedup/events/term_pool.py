"""The terms of very many stories in two arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from stream_apps.dedup.events.columns import Numbers, grown, ranges, sums
from stream_apps.text.terms import NAME, WEIGHT

_MULTIPLE = 4
"""Room is taken in steps, so that what one story leaves fits another."""
_LOW, _FEW = 0xFFFF, 0xFF

Words = npt.NDArray[np.uint32]
Marks = npt.NDArray[np.uint8]


class TermPool:
    """Five bytes a term: the hash of a word; its weight and flag. The room of a story that goes is reused."""

    def __init__(self) -> None:
        self._words = np.empty(0, np.uint32)
        self._marks = np.empty(0, np.uint8)
        self._end = 0
        self._free: dict[int, list[int]] = {}
        """Room: where so much of it is."""

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_words": self._words[: self._end], "_marks": self._marks[: self._end]}

    @property
    def nbytes(self) -> int:
        return self._words.nbytes + self._marks.nbytes + 40 * sum(map(len, self._free.values()))

    def put(self, packed: bytes) -> tuple[int, int]:
        """Take terms in. Where they are, and how many."""
        count = len(packed) // 5
        start = self._take(_room(count))
        self._words[start : start + count] = np.frombuffer(packed, np.dtype("<u4"), count)
        self._marks[start : start + count] = np.frombuffer(packed, np.uint8, count, 4 * count)
        return start, count

    def _take(self, room: int) -> int:
        if free := self._free.get(room):
            return free.pop()
        start, self._end = self._end, self._end + room
        if self._end > len(self._words):
            size = self._end + self._end // 2 + 1024
            self._words, self._marks = grown(self._words, size), grown(self._marks, size)
        return start

    def free(self, start: int, count: int) -> None:
        if count:
            self._free.setdefault(_room(count), []).append(start)

    def words(self, start: int, count: int) -> Words:
        return self._words[start : start + count]

    def marks(self, start: int, count: int) -> Marks:
        return self._marks[start : start + count]

    def packed(self, start: int, count: int) -> bytes:
        return self.words(start, count).astype("<u4").tobytes() + self.marks(start, count).tobytes()

    def squares(self, start: int, count: int) -> tuple[int, int]:
        """The squared length of the vector of all terms, and of that of the names."""
        marks = self.marks(start, count)
        squared = (marks & WEIGHT).astype(np.int64) ** 2
        return int(squared.sum()), int(squared[(marks & NAME) > 0].sum())

    def dots(self, start: int, count: int, starts: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
        """The dot products of one's terms with those of each of others, and the same of the names alone."""
        places, parts = ranges(starts, counts)
        found = _places(self.words(start, count), self._words[places])
        hits = np.flatnonzero(found < count)
        mine, theirs, of = self.marks(start, count)[found[hits]], self._marks[places[hits]], parts[hits]
        products = (mine & WEIGHT).astype(np.int64) * (theirs & WEIGHT)
        of_names = products * ((mine & theirs & NAME) > 0)
        return sums(products, of, len(starts)), sums(of_names, of, len(starts))


def _room(count: int) -> int:
    return -(-count // _MULTIPLE) * _MULTIPLE


def _places(mine: Words, others: Words) -> npt.NDArray[np.integer]:
    """Where each of others is among mine; their number where it is not. Looked up by the lower half of the hash."""
    count = len(mine)
    if count > _FEW:
        return _searched(mine, others)
    table = np.full(_LOW + 1, count, np.uint8)
    table[mine & _LOW] = np.arange(count)
    if (table[mine & _LOW] != np.arange(count)).any():  # two of mine have one lower half
        return _searched(mine, others)
    known = np.zeros(count + 1, np.uint32)
    known[:count] = mine
    found: npt.NDArray[np.uint8] = table[others & _LOW]
    found[known[found] != others] = count
    return found


def _searched(mine: Words, others: Words) -> npt.NDArray[np.integer]:
    order = np.argsort(mine)
    at: Numbers = order[np.minimum(np.searchsorted(mine, others, sorter=order), len(mine) - 1)]
    at[mine[at] != others] = len(mine)
    return at
