"""Candidates: which articles are compared with each other, by their texts and the times they were first seen.

Two articles are compared if they share enough sketch hashes for which the older one is among the eight oldest of its
own day. A day that leaves the window promotes nobody; two days further apart than the window are never compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stream_apps.dedup.compare import SHARED_SKETCH
from stream_apps.dedup.day_index import DayIndex
from stream_apps.dedup.hash_index import Keys
from stream_apps.dedup.window import Numbers, Window

OWN_SHARED_SKETCH = 6
"""Sketch hashes in common that make two articles of one outlet candidates: more than a line or two of page furniture
comes to, and fewer than are expected of texts that share as much as copies must (compare.OWN_SHARE)."""
_MANY = 20_000
"""Entries from which counting in an array beats sorting."""


@dataclass(frozen=True)
class Arrival:
    """The articles to compare a new one with."""

    older: list[int]
    younger: list[int]
    """Those that were first seen later and came sooner."""
    displaced: list[int]
    """Articles that do not stand for some hash any more: what they are compared with has to be looked at again."""


class Candidates:
    """The index of the window: one table for each day."""

    def __init__(self, window: Window, window_days: int) -> None:
        self.days: dict[int, DayIndex] = {}
        self._window = window
        self._window_days = window_days
        self._latest = -1
        """When the newest article so far was first seen."""

    def add(self, number: int) -> Arrival:
        """Add an article that the window has already."""
        hashes = self._window.text(number).sketch
        standing, displaced = self._day(self._window.day(number)).add(number, hashes)
        late = self._window.seen[number] <= self._latest
        self._latest = max(self._latest, self._window.seen[number])
        return Arrival(self._older(number, hashes, standing), self.younger(number) if late else [], displaced)

    def amend(self, number: int, before: Keys) -> Arrival:
        """Take the new text of an article, which the window has already. ``before``: the sketch of the old one.

        All that it is compared with is told, and those who represent other hashes than before as ``displaced``.
        """
        hashes = self._window.text(number).sketch
        index = self.days[self._window.day(number)]
        following = index.withdraw(number, np.setdiff1d(before, hashes, assume_unique=True))
        _, displaced = index.add(number, np.setdiff1d(hashes, before, assume_unique=True))
        places, numbers = index.representatives(hashes, self._earlier(number))
        older = self._enough(number, numbers, younger=False)
        standing = hashes[np.unique(places[numbers == number])]  # on its own day, whose places come first
        return Arrival(older, self._younger(number, standing), [*following, *displaced])

    def remove(self, number: int, hashes: Keys) -> list[int]:
        """Remove a replaced text. Returns the articles that now represent its hashes, to be compared with others."""
        index = self.days.get(self._window.day(number))
        return [] if index is None else index.remove(number, hashes)

    def younger(self, number: int) -> list[int]:
        """Return the younger articles that share enough of the hashes that this one represents; by rank."""
        day = self._window.day(number)
        hashes = self._window.text(number).sketch
        if day not in self.days:
            return []  # it is about to leave
        return self._younger(number, self.days[day].represented(number, hashes))

    def _younger(self, number: int, standing: Keys) -> list[int]:
        """Return the younger articles that share enough of these hashes."""
        day = self._window.day(number)
        later = [index for other, index in self.days.items() if day < other <= day + self._window_days]
        return self._enough(number, self.days[day].everybody(standing, later), younger=True)

    def expire(self, day: int) -> None:
        """Drop the articles of a day."""
        self.days.pop(day, None)

    def _day(self, day: int) -> DayIndex:
        if day not in self.days:
            for index in self.days.values():
                index.settle()
            self.days[day] = DayIndex(self._window)
        return self.days[day]

    def _older(self, number: int, hashes: Keys, of_the_day: Numbers) -> list[int]:
        """Return the older articles to compare with. ``of_the_day``: those that represented the hashes when it came.

        An article that it has displaced is younger, and does not count here.
        """
        earlier, found = self._earlier(number), [of_the_day]
        if earlier:
            found.append(earlier[0].representatives(hashes, earlier[1:])[1])
        return self._enough(number, np.concatenate(found), younger=False)

    def _earlier(self, number: int) -> list[DayIndex]:
        """Return the days before that of an article whose articles it is compared with."""
        day = self._window.day(number)
        return [index for other, index in self.days.items() if day - self._window_days <= other < day]

    def _enough(self, number: int, entries: Numbers, *, younger: bool) -> list[int]:
        """Return the articles that occur often enough and are older, or younger, than this one; by rank."""
        numbers, counts = _counted(entries)
        window = self._window
        own = window.outlets_of(numbers) == window.outlets[number]
        numbers = numbers[counts >= np.where(own, OWN_SHARED_SKETCH, SHARED_SKETCH)]
        times, heads = window.times(numbers), window.heads_of_ids(numbers)
        mine, head = window.seen[number], int.from_bytes(window.identity(number)[:8], "big")
        later = (times > mine) | ((times == mine) & (heads > np.uint64(head)))
        kept = (later == younger) & (numbers != number)
        order = np.lexsort((heads[kept], times[kept]))
        found: list[int] = numbers[kept][order].tolist()
        return found


def _counted(entries: Numbers) -> tuple[Numbers, Numbers]:
    """Return each number once, with its count."""
    if len(entries) < _MANY:
        return np.unique(entries, return_counts=True)
    counts = np.bincount(entries)
    numbers = counts.nonzero()[0]
    return numbers, counts[numbers]
