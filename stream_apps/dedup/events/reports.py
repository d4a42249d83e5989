"""The stories of an event graph as they are compared, in columns."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stream_apps.dedup.cache import Cache
from stream_apps.dedup.events import periodic
from stream_apps.dedup.events.columns import Numbers, grown
from stream_apps.dedup.events.rows import PackedRows
from stream_apps.dedup.events.similarity import combined, fade, quantised
from stream_apps.dedup.events.term_pool import TermPool
from stream_apps.text.terms import WEIGHT, Terms

ONE_OUTLET = 0.5
"""What similarity counts between two stories that one and the same outlet carries alone."""

_STORY = np.dtype([
    ("identity", "S16"), ("story", np.int64), ("published", np.float64), ("outlet", np.uint32),
    ("start", np.uint32), ("count", np.uint16), ("whole", np.uint32), ("names", np.uint32), ("kinds", np.uint16),
])  # fmt: skip
_ROWS = 16_381
"""Lists in which the place of a story is looked for. A prime: whatever the numbers have in common spreads over it."""
_REMEMBERED = 10_000
"""Stories whose place is known without looking: a publication asks several times for each."""


@dataclass(frozen=True)
class StoryReport:
    """One story as it is compared."""

    packed: bytes
    """See ``terms.pack``."""
    published: float
    """Seconds since 1970 of its first publication."""
    outlet: str = ""
    """Who alone carries it; empty where several do."""

    @property
    def terms(self) -> Terms:
        return Terms.unpack(self.packed)


class Reports:
    """Stories have places, small numbers that are given anew when a story goes: all else refers to a story by them."""

    def __init__(self) -> None:
        self._stories = np.zeros(0, _STORY)
        self._terms = TermPool()
        self._places = PackedRows(_ROWS)
        self._found: Cache[int, int | None] = Cache(_REMEMBERED)
        self._free = array("i")
        self._end = 0

    def __len__(self) -> int:
        return self._end - len(self._free)

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in self.__dict__.items() if name != "_found"}
        return kept | {"_stories": self._stories[: self._end]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _found=Cache(_REMEMBERED))

    @property
    def nbytes(self) -> int:
        return self._stories.nbytes + self._terms.nbytes + self._places.nbytes + 4 * len(self._free)

    @property
    def end(self) -> int:
        """The first place that none has had yet."""
        return self._end

    # ---- one story ------------------------------------------------------------------------------------------

    def find(self, story: int) -> int | None:
        """The place of a story; None where it is not here."""
        return self._found.get(story, self._find)

    def _find(self, story: int) -> int | None:
        places, _ = self._places.of([story % _ROWS])
        here = places[self._stories["story"][places] == story]
        return int(here[0]) if len(here) else None

    def add(self, story: int, identity: bytes) -> int:
        """A place for a story that has none."""
        assert len(identity) == _STORY["identity"].itemsize, identity
        place = self._free.pop() if self._free else self._end
        self._end = max(self._end, place + 1)
        if self._end > len(self._stories):
            self._stories = grown(self._stories, self._end + self._end // 2 + 64)
        self._stories[place] = (identity, story, 0.0, 0, *self._terms.put(b""), 0, 0, 0)
        self._places.add(story % _ROWS, place, 0)
        return place

    def drop(self, place: int) -> None:
        known = self._stories[place]
        self._terms.free(int(known["start"]), int(known["count"]))
        self._places.discard_all_of(int(known["story"]) % _ROWS, place)
        self._found.pop(int(known["story"]))
        self._free.append(place)

    def identity(self, place: int) -> bytes:
        return bytes(self._stories["identity"][place]).ljust(16, b"\0")

    def is_same(self, place: int, report: StoryReport) -> bool:
        known = self._stories[place]
        return (
            self._terms.packed(int(known["start"]), int(known["count"])) == report.packed
            and float(known["published"]) == report.published
            and int(known["outlet"]) == _outlet(report.outlet)
        )

    def write(self, place: int, report: StoryReport) -> None:
        """Replace the report of a story."""
        known = self._stories[place]
        self._terms.free(int(known["start"]), int(known["count"]))
        start, count = self._terms.put(report.packed)
        squares = self._terms.squares(start, count)
        self._stories[place] = (
            known["identity"], known["story"], report.published, _outlet(report.outlet), start, count, *squares,
            periodic.kinds(report.packed),
        )  # fmt: skip

    def heaviest(self, place: int, count: int) -> list[int]:
        """The hashes of the ``count`` weightiest terms; ties go by hash."""
        known = self._stories[place]
        words = self._terms.words(int(known["start"]), int(known["count"]))
        weights = self._terms.marks(int(known["start"]), int(known["count"])) & WEIGHT
        found: list[int] = words[np.lexsort((words, WEIGHT - weights))[:count]].tolist()
        return found

    # ---- many -----------------------------------------------------------------------------------------------

    def alike(self, place: int, others: Numbers) -> Numbers:
        """The similarity of one story to each of others, in the whole numbers of ``similarity.SCALE``."""
        one, them = self._stories[place], self._stories[others]
        starts, counts = them["start"].astype(np.int64), them["count"].astype(np.int64)
        whole, names = self._terms.dots(int(one["start"]), int(one["count"]), starts, counts)
        squares = (
            them["whole"].astype(np.int64) * int(one["whole"]),
            them["names"].astype(np.int64) * int(one["names"]),
        )
        alike = combined(whole, names, *squares) * fade(them["published"] - one["published"])
        if one["outlet"]:  # what it prints under everything may not have been learned yet
            alike[them["outlet"] == one["outlet"]] *= ONE_OUTLET
        if kinds := int(one["kinds"]):
            alike[periodic.of_other_days(kinds, one["published"], them["kinds"], them["published"])] = 0.0
            alike[periodic.of_other_places(kinds, them["kinds"], names, squares[1])] = 0.0
        return quantised(alike)

    def by_identity(self, places: Numbers) -> Numbers:
        return places[np.argsort(self._stories["identity"][places], kind="stable")]

    def stories(self, places: Iterable[int]) -> list[int]:
        found: list[int] = self._stories["story"][list(places)].tolist()
        return found


def _outlet(name: str) -> int:
    """A number of an outlet that any process gives it; 0 for none."""
    return zlib.crc32(name.encode()) or 1 if name else 0
