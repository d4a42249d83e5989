"""From sketch hashes to the articles first seen on one day, and which of them stand for each hash.

A hash that many articles have (a story that everybody prints, a common phrase) leads to its eight oldest alone: so what
a copy is compared with is a function of the texts, and the thousandth copy costs what the tenth did. Entries of those
that stand for a hash, or did, are kept apart from the rest, which is looked at only when one of the eight is displaced
by an older article that came later, or its text is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stream_apps.dedup.hash_index import HashIndex, Keys
from stream_apps.dedup.window import Numbers, Rank, Window

REPRESENTATIVES = 8
"""Articles of a day that stand for a hash: with 4 a labelled case is lost, with 2 F1 falls by .03 (FACTS-engine)."""

_NEVER = 2**63 - 1

Places = npt.NDArray[np.intp]
Find = Callable[[Keys], tuple[Places, npt.NDArray[np.uint32]]]


class DayIndex:
    """The articles of one day. Which of them live, and their ranks, are the window's to say."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._standing, self._others = HashIndex(), HashIndex()

    def add(self, number: int, hashes: Keys) -> tuple[Numbers, list[int]]:
        """Take an article in.

        Gives who stood for its hashes before it came, once a hash; and those of them that do not any more for some of
        them, since the new one is older.
        """
        places, numbers = self.representatives(hashes)
        stands = np.ones(len(hashes), np.bool_)
        displaced: set[int] = set()
        for place, last in self._last(places, numbers, len(hashes)).items():
            stands[place] = self._window.rank(number) < self._window.rank(last)
            if stands[place]:
                displaced.add(last)
        self._standing.add(hashes[stands], number)
        self._others.add(hashes[~stands], number)
        return numbers, sorted(displaced, key=self._window.rank)

    def remove(self, number: int, hashes: Keys) -> list[int]:
        """A text was replaced (the window has it as gone already); gives the articles that stand in its place."""
        rank = self._window.rank
        last = self._last(*self.representatives(hashes), len(hashes))
        missed = [place for place in range(len(hashes)) if place not in last or rank(number) < rank(last[place])]
        following = {place: last[place] for place in missed if place in last}
        for place, waiting in self._oldest_waiting(hashes, missed, following):
            if place not in following or rank(waiting) < rank(following[place]):
                self._standing.add(hashes[place : place + 1], waiting)
                following[place] = waiting
        return sorted(set(following.values()), key=rank)

    def _last(self, places: Places, numbers: Numbers, count: int) -> dict[int, int]:
        """Place of a hash that enough stand for: the youngest of them."""
        full = np.bincount(places, minlength=count) >= REPRESENTATIVES
        return {
            place: max(numbers[places == place].tolist(), key=self._window.rank) for place in full.nonzero()[0].tolist()
        }

    def _oldest_waiting(
        self, hashes: Keys, missed: Sequence[int], following: Mapping[int, int]
    ) -> Iterator[tuple[int, int]]:
        """Of each of these places the oldest article that stands among the others, if it may be older than who follows.

        Who was displaced once stays among those that stand, and others may have come in between.
        """
        chosen = hashes[missed]
        until = np.array([self._window.seen[following[p]] if p in following else _NEVER for p in missed], np.int64)
        places, numbers = self._all(self._others.find, chosen)
        early = self._window.times(numbers) <= until[places]
        places, numbers = places[early], numbers[early]
        waiting = ~_among(self._all(self._standing.find, chosen), places, numbers)
        for place, number in self._oldest(places[waiting], numbers[waiting]):
            yield missed[place], number

    def representatives(self, hashes: Keys) -> tuple[Places, Numbers]:
        """Who stands for each hash: the places of the hashes, and beside each an article."""
        places, numbers = self._all(self._standing.find, hashes)
        crowded = np.bincount(places, minlength=len(hashes)) > REPRESENTATIVES
        if crowded.any():
            order = np.lexsort((self._window.heads_of_ids(numbers), self._window.times(numbers), places))
            places, numbers = places[order], numbers[order]
            begins = places.searchsorted(places)
            kept = np.arange(len(places)) - begins < REPRESENTATIVES
            places, numbers = places[kept], numbers[kept]
        return places, numbers

    def represented(self, number: int, hashes: Keys) -> Keys:
        """The hashes that an article of this day stands for."""
        places, numbers = self.representatives(hashes)
        found: Keys = hashes[np.unique(places[numbers == number])]
        return found

    def everybody(self, hashes: Keys) -> Numbers:
        """All articles of the day that have some of the hashes, each as often as it has."""
        standing, others = self._all(self._standing.find, hashes), self._all(self._others.find, hashes)
        return np.concatenate((standing[1], others[1][~_among(standing, *others)]))

    def settle(self) -> None:
        """The day is over: pack what it has."""
        for index in (self._standing, self._others):
            index.settle()

    def _all(self, find: Find, hashes: Keys) -> tuple[Places, Numbers]:
        """The living entries of the hashes."""
        places, numbers = find(hashes)
        found = numbers.astype(np.intp)
        alive = self._window.living(found)
        return places[alive], found[alive]

    def _oldest(self, places: Places, numbers: Numbers) -> list[tuple[int, int]]:
        """Of each place the oldest article."""
        if not len(numbers):
            return []
        order = np.argsort(places, kind="stable")
        places, numbers = places[order], numbers[order]
        begins = np.flatnonzero(np.diff(places, prepend=-1))
        times = self._window.times(numbers)
        first = np.minimum.reduceat(times, begins)
        tied = times == np.repeat(first, np.diff([*begins, len(places)]))
        rank: Callable[[int], Rank] = self._window.rank
        best: dict[int, int] = {}
        for place, number in zip(places[tied].tolist(), numbers[tied].tolist(), strict=True):
            best[place] = min(best.get(place, number), number, key=rank)
        return list(best.items())


def _among(standing: tuple[Places, Numbers], places: Places, numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Which entries stand among the others although the article stands for the hash by now."""
    own_places, own_numbers = standing
    if not len(numbers) or not len(own_numbers):
        return np.zeros(len(numbers), np.bool_)
    own = np.sort(own_places.astype(np.uint64) << np.uint64(32) | own_numbers.astype(np.uint64))
    entries = places.astype(np.uint64) << np.uint64(32) | numbers.astype(np.uint64)
    found: npt.NDArray[np.bool_] = own.take(own.searchsorted(entries), mode="clip") == entries
    return found
