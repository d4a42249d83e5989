"""An index from hashes to the numbers of articles: 8 bytes an entry, in sorted arrays.

A log-structured merge (O'Neil et al., "The log-structured merge-tree", 1996): what comes in is a small array of its own
until enough have come to be worth merging, so that an entry is copied a few dozen times in its life and a lookup
searches a handful of arrays. A Python dict of sets takes some forty times the memory.

Once no more entries are expected, they are one array, with a table that says where in it the keys of equal first bits
begin. A lookup then costs the same in a large array as in a small one; a search costs twice as much in one a hundred
times as long, since most of its steps miss the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from stream_apps.text.shingles import SKETCH_FRACTION

Keys = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.uint32]
Slots = npt.NDArray[np.intp]
Run = npt.NDArray[np.uint64]
"""Sorted entries: a key in the upper half, a number in the lower."""
Bounds = npt.NDArray[np.intc]
Found = tuple[Slots, Run]
"""Entries, each behind the place of its key."""

GROWTH = 8
"""An array is merged into the one before unless that is so many times as long."""
_SHIFT, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
"""No number is the greatest: an entry with that in its place is the mark of one that was removed."""
_FIRST_BITS = 32 - (SKETCH_FRACTION.bit_length() - 1)
"""Nearly all keys have no more bits than this, being the smallest hashes of their texts; only these have a table."""
_SHARING = 4
"""Entries that share a place of the table, on average, or up to twice as many."""
_FEW = 1024
"""Entries for which a table is not worth it."""
_NOTHING = (np.empty(0, np.intp), np.empty(0, np.uint64))


class HashIndex:
    """A multimap of 32-bit keys to 32-bit numbers.

    An entry that is removed leaves a mark behind the others of its key. Of articles that are gone, entries stay:
    callers know which still count.
    """

    __slots__ = ("_bounds", "_runs")

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._bounds: Bounds | None = None
        """Of the first array, once that is settled: where the keys of each beginning start."""

    def add(self, keys: Keys, number: int) -> None:
        """Add a number under each key."""
        if len(keys):
            self._runs.append(np.sort(keys.astype(np.uint64) << _SHIFT | np.uint64(number)))
            self._merge(GROWTH)

    def remove(self, keys: Keys, number: int) -> None:
        """Remove the entries of a number under these keys, where there are any."""
        lowest = keys.astype(np.uint64) << _SHIFT
        entries = lowest | np.uint64(number)
        for run in self._runs:
            at = run.searchsorted(entries)
            for hit in (run.take(at, mode="clip") == entries).nonzero()[0].tolist():
                start, end = int(at[hit]), int(run.searchsorted(lowest[hit] | _LOW))
                run[start : end - 1] = run[start + 1 : end]
                run[end - 1] = lowest[hit] | _LOW

    def settle(self) -> None:
        """Merge into one array: no more entries are expected."""
        self._merge(0)
        if self._bounds is None and self._runs and len(self._runs[0]) >= _FEW:
            bits = (len(self._runs[0]) // _SHARING).bit_length() - 1
            begins = np.arange(2**bits + 1, dtype=np.uint64) << np.uint64(_FIRST_BITS - bits) << _SHIFT
            self._bounds = self._runs[0].searchsorted(begins).astype(np.intc)

    def find(self, keys: Keys) -> tuple[Slots, Numbers]:
        """Return all numbers of the keys: places of keys, and beside each a number."""
        return find([self], keys)

    def entries(self, lowest: Run, every: Slots, small: Slots, large: Slots) -> Iterator[tuple[Slots, Found]]:
        """Yield the entries under some keys, array by array.

        ``lowest``: the least entry that each key may have. ``every``: the places of all keys; ``small``: of those that
        tables have; ``large``: of the others.
        """
        runs = iter(self._runs)
        if self._bounds is not None:
            settled = next(runs)
            yield small, _look_up(settled, self._bounds, lowest[small])
            if len(large):
                yield large, _search(settled, lowest[large])
        for run in runs:
            yield every, _search(run, lowest)

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
            if len(self._runs) == 1:
                self._bounds = None


def find(indices: Sequence[HashIndex], keys: Keys) -> tuple[Slots, Numbers]:
    """Return all numbers that the indices have under the keys.

    First the places of the keys: those of the second index behind those of the first, as if the keys stood there again,
    and so on. Beside each a number.
    """
    lowest = keys.astype(np.uint64) << _SHIFT
    large = (keys >> _FIRST_BITS).nonzero()[0]
    every = np.arange(len(keys))
    small = np.delete(every, large) if len(large) else every
    places, numbers = [np.empty(0, np.intp)], [np.empty(0, np.uint64)]
    for position, index in enumerate(indices):
        for some, (at, entries) in index.entries(lowest, every, small, large):
            if len(at):  # of most arrays there are none
                places.append(some[at] + position * len(keys))
                numbers.append(entries & _LOW)
    return np.concatenate(places), np.concatenate(numbers).astype(np.uint32)


def _search(run: Run, lowest: Run) -> Found:
    """Return the entries under keys, found by binary search."""
    first = run.searchsorted(lowest)
    hits = ((run.take(first, mode="clip") ^ lowest) <= _LOW).nonzero()[0]
    if not len(hits):
        return _NOTHING
    first = first.take(hits)
    counts = run.searchsorted(lowest.take(hits) | _LOW) - first
    return hits.repeat(counts), run.take(_ranges(first, counts, counts.cumsum()))


def _look_up(run: Run, bounds: Bounds, lowest: Run) -> Found:
    """Return the same by the table of the array: all entries between two of its bounds are read."""
    if not len(lowest):
        return _NOTHING
    row = (lowest >> np.uint64(_FIRST_BITS + 32 - (len(bounds) - 1).bit_length() + 1)).astype(np.intp)
    first: Slots = bounds.take(row).astype(np.intp)
    counts = bounds.take(row + 1) - first
    ends = counts.cumsum()
    entries = run.take(_ranges(first, counts, ends))
    hits = ((entries ^ lowest.repeat(counts)) < _LOW).nonzero()[0]
    if not len(hits):
        return _NOTHING
    return ends.searchsorted(hits, "right"), entries.take(hits)


def _ranges(first: Slots, counts: Slots, ends: Slots) -> Slots:
    """Return the places of so many entries from each first one on. ``ends``: sums of the counts up to each."""
    places = np.arange(ends[-1])
    places += (first - ends + counts).repeat(counts)
    return places
