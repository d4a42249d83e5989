"""An index from sketch hashes to the articles first seen on one day; eight of them represent each hash.

A hash that many articles have (a story that everybody prints, a common phrase) leads to its eight oldest alone. So the
candidates of a copy are a function of the texts, and the thousandth copy costs as much as the tenth. Entries of present
and former representatives are kept apart from the rest, which is read only when an older article that came later
displaces one of the eight, or when the text of one changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stream_apps.dedup.hash_index import HashIndex, Keys, Slots, find
from stream_apps.dedup.window import Numbers, Rank, Window

REPRESENTATIVES = 8
"""Articles of a day that stand for a hash: with 4 a labelled case is lost, with 2 F1 falls by .03 (FACTS-engine)."""

_NEVER = 2**63 - 1

Entries = tuple[Slots, Numbers]
"""Places of hashes, and beside each an article that has the hash."""


class DayIndex:
    """The articles of one day. The window knows which of them are alive, and their ranks."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.standing, self.others = HashIndex(), HashIndex()

    def add(self, number: int, hashes: Keys) -> tuple[Numbers, list[int]]:
        """Add an article.

        Returns the articles that represented its hashes before, once for each hash, and those of them that it has
        displaced for some hash, being older.
        """
        if not len(hashes):
            return np.empty(0, np.intp), []
        places, numbers = self.representatives(hashes)
        stands = np.ones(len(hashes), np.bool_)
        last, mine = self._last(places, numbers, len(hashes)), self._window.rank(number)
        displaced = {other for other in set(last.values()) if mine < self._window.rank(other)}
        for place, other in last.items():
            stands[place] = other in displaced
        self.standing.add(hashes[stands], number)
        self.others.add(hashes[~stands], number)
        return numbers, sorted(displaced, key=self._window.rank)

    def withdraw(self, number: int, hashes: Keys) -> list[int]:
        """Remove an article from hashes that its new text has not. Returns the articles that represent these now."""
        if not len(hashes):
            return []
        for index in (self.standing, self.others):
            index.remove(hashes, number)
        return self.remove(number, hashes)

    def remove(self, number: int, hashes: Keys) -> list[int]:
        """Remove a replaced text, which the window has as gone. Returns the articles that represent its hashes now."""
        rank = self._window.rank
        last = self._last(*self.representatives(hashes), len(hashes))
        missed = [place for place in range(len(hashes)) if place not in last or rank(number) < rank(last[place])]
        following = {place: last[place] for place in missed if place in last}
        for place, waiting in self._oldest_waiting(hashes, missed, following):
            if place not in following or rank(waiting) < rank(following[place]):
                self.standing.add(hashes[place : place + 1], waiting)
                following[place] = waiting
        return sorted(set(following.values()), key=rank)

    def _last(self, places: Slots, numbers: Numbers, count: int) -> dict[int, int]:
        """For each place of a hash with enough representatives, find the youngest of them."""
        full = np.bincount(places, minlength=count) >= REPRESENTATIVES
        if not full.any():
            return {}
        crowded = full[places]
        places, numbers = _by_rank(self._window, places[crowded], numbers[crowded])
        last = np.flatnonzero(np.diff(places, append=count))
        return dict(zip(places[last].tolist(), numbers[last].tolist(), strict=True))

    def _oldest_waiting(
        self, hashes: Keys, missed: Sequence[int], following: Mapping[int, int]
    ) -> Iterator[tuple[int, int]]:
        """For each place, find the oldest article among the others that may be older than the next representative.

        A displaced article stays among the representatives' entries, and others may have come in between.
        """
        chosen = hashes[missed]
        until = np.array([self._window.seen[following[p]] if p in following else _NEVER for p in missed], np.int64)
        places, numbers = _living(self._window, self.others.find(chosen))
        early = self._window.times(numbers) <= until[places]
        places, numbers = places[early], numbers[early]
        waiting = ~_among(_living(self._window, self.standing.find(chosen)), places, numbers)
        for place, number in self._oldest(places[waiting], numbers[waiting]):
            yield missed[place], number

    def representatives(self, hashes: Keys, days: Sequence[DayIndex] = ()) -> Entries:
        """Return the representatives of the hashes, on this day and on others; places as ``find`` has them."""
        window = self._window
        places, numbers = _living(window, find([self.standing, *(day.standing for day in days)], hashes))
        crowded = np.bincount(places) > REPRESENTATIVES
        if crowded.any():
            places, numbers = _by_rank(window, places, numbers)
            begins = places.searchsorted(places)
            kept = np.arange(len(places)) - begins < REPRESENTATIVES
            places, numbers = places[kept], numbers[kept]
        return places, numbers

    def represented(self, number: int, hashes: Keys) -> Keys:
        """Return the hashes that an article of this day represents."""
        places, numbers = self.representatives(hashes)
        found: Keys = hashes[np.unique(places[numbers == number])]
        return found

    def everybody(self, hashes: Keys, days: Sequence[DayIndex] = ()) -> Numbers:
        """Return all articles of this day and others that have some of the hashes, each as often as it has them."""
        window = self._window
        standing = _living(window, find([self.standing, *(day.standing for day in days)], hashes))
        others = _living(window, find([self.others, *(day.others for day in days)], hashes))
        return np.concatenate((standing[1], others[1][~_among(standing, *others)]))

    def settle(self) -> None:
        """Pack the entries: the day is over."""
        for index in (self.standing, self.others):
            index.settle()

    def _oldest(self, places: Slots, numbers: Numbers) -> list[tuple[int, int]]:
        """Return the oldest article of each place."""
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


def _living(window: Window, entries: tuple[Slots, npt.NDArray[np.uint32]]) -> Entries:
    """Return the entries whose articles are alive."""
    places, numbers = entries
    found = numbers.astype(np.intp)
    alive = window.living(found)
    return places[alive], found[alive]


def _by_rank(window: Window, places: Slots, numbers: Numbers) -> Entries:
    """Return entries sorted by place, and those of a place by rank."""
    order = np.lexsort((window.heads_of_ids(numbers), window.times(numbers), places))
    return places[order], numbers[order]


def _among(standing: Entries, places: Slots, numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Mark the entries among the others whose article represents the hash by now."""
    own_places, own_numbers = standing
    if not len(numbers) or not len(own_numbers):
        return np.zeros(len(numbers), np.bool_)
    own = np.sort(own_places.astype(np.uint64) << np.uint64(32) | own_numbers.astype(np.uint64))
    entries = places.astype(np.uint64) << np.uint64(32) | numbers.astype(np.uint64)
    found: npt.NDArray[np.bool_] = own.take(own.searchsorted(entries), mode="clip") == entries
    return found
