"""Which stories are alike, and what of them is connected."""

from __future__ import annotations

import numpy as np

from stream_apps.dedup.events.clusters import Similarities
from stream_apps.dedup.events.columns import Numbers, grown
from stream_apps.dedup.events.rows import PackedRows

_UNMARKED = -1


class Edges:
    """For each story the others that it is like, with a whole number that says how much: twelve bytes an edge."""

    def __init__(self) -> None:
        self._rows = PackedRows()
        self._marked = np.empty(0, np.int16)
        """Where stories are in what is looked at just now; nothing is marked between two calls."""

    def __getstate__(self) -> PackedRows:
        return self._rows

    def __setstate__(self, rows: PackedRows) -> None:
        self._rows, self._marked = rows, np.full(len(rows), _UNMARKED, np.int16)

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes + self._marked.nbytes

    def grow(self, count: int) -> None:
        self._rows.grow(count)
        self._marked = grown(self._marked, count, _UNMARKED)

    def of(self, story: int) -> tuple[Numbers, Numbers]:
        """Its neighbours, and how alike each is."""
        return self._rows.of([story])

    def put(self, story: int, others: Numbers, alike: Numbers) -> bool:
        """Replace the edges of a story. Whether any changed."""
        before = dict(zip(*(column.tolist() for column in self.of(story)), strict=True))
        after: dict[int, int] = dict(zip(others.tolist(), alike.tolist(), strict=True))
        if before == after:
            return False
        for other, value in before.items():
            if after.get(other) != value:
                self._rows.discard(other, story, value)
        for other, value in after.items():
            if before.get(other) != value:
                self._rows.add(other, story, value)
        self._rows.put(story, others, alike)
        return True

    def clear(self, story: int) -> None:
        nothing = np.empty(0, np.int64)
        self.put(story, nothing, nothing)

    def connected(self, story: int, least: int, most: int | None = None) -> Numbers:
        """All that is connected with a story by edges of at least ``least``; given up with more than ``most``."""
        found = frontier = [story]
        self._marked[story] = 0
        while frontier and (most is None or len(found) <= most):
            near, _ = self._rows.of(frontier, least)
            frontier = list(set(near[self._marked[near] == _UNMARKED].tolist()))
            self._marked[frontier] = 0
            found = found + frontier
        self._marked[found] = _UNMARKED
        return np.sort(np.array(found, np.int64))

    def matrix(self, stories: Numbers) -> Similarities:
        """How alike any two of some stories are; 0 where there is no edge."""
        rows = stories.tolist()
        self._marked[stories] = np.arange(len(rows))
        others, alike = self._rows.of(rows)
        columns = self._marked[others]
        self._marked[stories] = _UNMARKED
        inside = columns >= 0
        found = np.zeros((len(rows), len(rows)))
        found[np.repeat(np.arange(len(rows)), self._rows.lengths(rows))[inside], columns[inside]] = alike[inside]
        return found
