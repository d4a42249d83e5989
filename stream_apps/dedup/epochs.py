"""The epochs of what is learned about outlets: one a day of the stream's own time, each from the days before it.

Kept as one row an article, so that everything follows from the rows: which day an outlet is in (the latest of its
articles), what it has taught (its articles of earlier days within the window), and so what any article of the day is
read with. Within a day nothing is learned and order does not matter; a replay of the topic gives the same epochs.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from schemas.records import Article
from stream_apps.dedup.boilerplate import Lesson, Piece, boilerplate, learn, lesson, pieces
from stream_apps.runtime.rows import Rows

_HEAD = struct.Struct("<IHHH")
_EPOCH = date(1970, 1, 1).toordinal()
_ID = 16


class _Taught:
    """What one outlet's articles of one day teach, packed: the ids one after the other, and the rows."""

    __slots__ = ("ids", "rows")

    def __init__(self) -> None:
        self.ids = bytearray()
        self.rows = bytearray()

    def add(self, key: bytes, row: bytes) -> None:
        self.ids += key
        self.rows += row

    def identities(self) -> Iterator[bytes]:
        return (bytes(self.ids[place : place + _ID]) for place in range(0, len(self.ids), _ID))

    def lessons(self) -> Iterator[Lesson]:
        place = 0
        while place < len(self.rows):
            _, _, taught, place = unpack(self.rows, place)
            yield taught


class _Outlet:
    """What one outlet has taught within the window, by day."""

    __slots__ = ("day", "learned", "taught")

    def __init__(self) -> None:
        self.day = 0
        self.taught: defaultdict[int, _Taught] = defaultdict(_Taught)
        self.learned: frozenset[int] | None = None
        """Of the current day; None where that has not been worked out yet."""

    def knows(self, key: bytes) -> bool:
        return any(key in day.identities() for day in self.taught.values() if key in day.ids)

    def lessons(self) -> Iterator[Lesson]:
        """Of the days before the current one."""
        for day, taught in self.taught.items():
            if day < self.day:
                yield from taught.lessons()


class Epochs:
    """What has been learned, over the rows of the partitions that this process owns."""

    def __init__(self, rows: Rows, window_days: int) -> None:
        self._rows = rows
        self._window = timedelta(days=window_days).days
        self._outlets: dict[int, defaultdict[str, _Outlet]] = {}
        self._today: dict[int, int] = {}
        """The latest day of a partition."""

    def forget(self) -> None:
        """Drop what was derived from the rows."""
        self._outlets.clear()
        self._today.clear()

    def read(self, partition: int, article: Article) -> Article:
        """The article with its outlet's boilerplate marked; remembers it, by its first text, for later epochs."""
        outlet = self._outlet(partition, article)
        found = pieces(article.text, article.marks)
        self._remember(partition, outlet, article, found)
        if outlet.learned is None:
            outlet.learned = learn(outlet.lessons())
        if not outlet.learned:
            return article
        marks = tuple(sorted([*article.marks, *boilerplate(found, outlet.learned)]))
        return article.model_copy(update={"marks": marks, "boilerplate_epoch": outlet.day - _EPOCH})

    def _outlet(self, partition: int, article: Article) -> _Outlet:
        """The outlet, in the day that this article brings or a later one."""
        outlet = self._loaded(partition)[article.outlet]
        today = article.first_seen.date().toordinal()
        if today > outlet.day:
            outlet.day, outlet.learned = today, None
        if today > self._today.get(partition, 0):
            self._today[partition] = today
            self._expire(partition, today - self._window)
        return outlet

    def _expire(self, partition: int, oldest: int) -> None:
        """Forget whole days before ``oldest``, also of outlets that are silent."""
        for outlet in self._outlets[partition].values():
            for day in [day for day in outlet.taught if day < oldest]:
                for key in outlet.taught.pop(day).identities():
                    self._rows.delete(partition, key)

    def _loaded(self, partition: int) -> defaultdict[str, _Outlet]:
        if partition not in self._outlets:
            outlets = self._outlets[partition] = defaultdict(_Outlet)
            for key, row in self._rows.items(partition):
                day, name, _, _ = unpack(row)
                outlets[name].taught[day].add(key, row)
                outlets[name].day = max(day, outlets[name].day)
            self._rows.release(partition)
        return self._outlets[partition]

    def _remember(self, partition: int, outlet: _Outlet, article: Article, found: list[Piece]) -> None:
        key = bytes.fromhex(article.id)
        if outlet.knows(key):
            return
        row = pack(outlet.day, article.outlet, lesson(article.headline, article.text, found))
        self._rows.put(partition, key, row)
        outlet.taught[outlet.day].add(key, row)


def pack(day: int, outlet: str, taught: Lesson) -> bytes:
    """The row of one article: about 4 bytes a sentence and 2 a topic word."""
    name = outlet.encode()
    head = _HEAD.pack(day, len(name), len(taught.topic), len(taught.sentences))
    topic = struct.pack(f"<{len(taught.topic)}H", *sorted(taught.topic))
    return head + name + topic + struct.pack(f"<{len(taught.sentences)}I", *sorted(taught.sentences))


def unpack(rows: bytes | bytearray, place: int = 0) -> tuple[int, str, Lesson, int]:
    """Day, outlet and lesson of the row that begins at ``place``, and where it ends."""
    day, name, topic, sentences = _HEAD.unpack_from(rows, place)
    at = place + _HEAD.size
    outlet = bytes(rows[at : at + name]).decode()
    words = struct.unpack_from(f"<{topic}H", rows, at + name)
    values = struct.unpack_from(f"<{sentences}I", rows, at + name + 2 * topic)
    return day, outlet, Lesson(frozenset(words), frozenset(values)), at + name + 2 * topic + 4 * sentences
