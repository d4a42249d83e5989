"""An index from hashes to the numbers of articles: 8 bytes an entry, in sorted arrays.

A log-structured merge (O'Neil et al., "The log-structured merge-tree", 1996): what comes in is a small array of its own
until enough have come to be worth merging, so that an entry is copied a few dozen times in its life and a lookup
searches a handful of arrays. A Python dict of sets takes some forty times the memory.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.uint32]

GROWTH = 8
"""An array is merged into the one before unless that is so many times as long."""
_SHIFT, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class HashIndex:
    """A multimap of 32-bit keys to 32-bit numbers. Entries are never removed: callers know which still count."""

    __slots__ = ("_runs",)

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.uint64]] = []

    def add(self, keys: Keys, number: int) -> None:
        """Add a number under each key."""
        if len(keys):
            self._runs.append(np.sort(keys.astype(np.uint64) << _SHIFT | np.uint64(number)))
            self._merge(GROWTH)

    def settle(self) -> None:
        """Merge into one array: no more entries are expected."""
        self._merge(0)

    def find(self, keys: Keys) -> tuple[npt.NDArray[np.intp], Numbers]:
        """Return all numbers of the keys: places of keys, and beside each a number."""
        wide = keys.astype(np.uint64)
        lowest = wide << _SHIFT
        places, numbers = [], []
        for run in self._runs:
            first = run.searchsorted(lowest)
            hits = (run.take(first, mode="clip") >> _SHIFT == wide).nonzero()[0]
            if len(hits):  # of most runs there are none
                first = first[hits]
                counts = run.searchsorted(lowest[hits] | _LOW) - first  # no number is the greatest
                skipped = first - counts.cumsum() + counts  # where a hit's entries stand, less those before them
                at = np.arange(int(counts.sum())) + skipped.repeat(counts)
                places.append(hits.repeat(counts))
                numbers.append((run[at] & _LOW).astype(np.uint32))
        if not places:
            return np.empty(0, np.intp), np.empty(0, np.uint32)
        return np.concatenate(places), np.concatenate(numbers)

    def keys_of(self, number: int) -> Keys:
        """Return the keys of a number, sorted. Scans everything."""
        found = [run[(run & _LOW) == number] >> _SHIFT for run in self._runs]
        return np.sort(np.concatenate([np.empty(0, np.uint64), *found])).astype(np.uint32)

    def _merge(self, growth: int) -> None:
        while len(self._runs) > 1 and (not growth or len(self._runs[-2]) < growth * len(self._runs[-1])):
            last = self._runs.pop()
            merged = np.concatenate((self._runs.pop(), last))
            merged.sort(kind="stable")  # of two sorted halves: one pass
            self._runs.append(merged)
