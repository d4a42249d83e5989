"""The epochs of what is learned about outlets: one a day of the stream's own time, each from the days before it.

Kept as one row an article, so that everything follows from the rows: which day an outlet is in (the latest of its
articles), what it has taught (its articles of earlier days within the window), and so what any article of the day is
read with. Within a day nothing is learned and order does not matter; a replay of the topic gives the same epochs.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from datetime import date, timedelta

from schemas.records import Article
from stream_apps.dedup.boilerplate import Lesson, Piece, boilerplate, learn, lesson, pieces
from stream_apps.runtime.rows import Rows

_HEAD = struct.Struct("<IHHH")
_EPOCH = date(1970, 1, 1).toordinal()


class _Outlet:
    """What one outlet has published within the window: the keys of its rows by day."""

    __slots__ = ("day", "keys", "learned")

    def __init__(self) -> None:
        self.day = 0
        self.keys: defaultdict[int, list[bytes]] = defaultdict(list)
        self.learned: frozenset[int] | None = None
        """Of the current day; None where that has not been worked out yet."""


class Epochs:
    """What has been learned, over the rows of the partitions that this process owns."""

    def __init__(self, rows: Rows, window_days: int) -> None:
        self._rows = rows
        self._window = timedelta(days=window_days).days
        self._outlets: dict[int, defaultdict[str, _Outlet]] = {}

    def forget(self) -> None:
        """Drop what was derived from the rows."""
        self._outlets.clear()

    def read(self, partition: int, article: Article) -> Article:
        """The article with its outlet's boilerplate marked; remembers it, by its first text, for later epochs."""
        outlet = self._outlet(partition, article)
        found = pieces(article.text, article.marks)
        self._remember(partition, outlet, article, found)
        if outlet.learned is None:
            outlet.learned = learn(self._lessons(partition, outlet))
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
            self._expire(partition, outlet)
        return outlet

    def _loaded(self, partition: int) -> defaultdict[str, _Outlet]:
        if partition not in self._outlets:
            outlets = self._outlets[partition] = defaultdict(_Outlet)
            for key, row in self._rows.items(partition):
                day, name, _ = unpack(row)
                outlets[name].keys[day].append(key)
                outlets[name].day = max(day, outlets[name].day)
        return self._outlets[partition]

    def _remember(self, partition: int, outlet: _Outlet, article: Article, found: list[Piece]) -> None:
        key = bytes.fromhex(article.id)
        if self._rows.get(partition, key) is not None:
            return
        row = pack(outlet.day, article.outlet, lesson(article.headline, article.text, found))
        self._rows.put(partition, key, row)
        outlet.keys[outlet.day].append(key)

    def _lessons(self, partition: int, outlet: _Outlet) -> list[Lesson]:
        rows = (self._rows.get(partition, key) for day, keys in outlet.keys.items() if day < outlet.day for key in keys)
        return [unpack(row)[2] for row in rows if row is not None]

    def _expire(self, partition: int, outlet: _Outlet) -> None:
        for day in [day for day in outlet.keys if day < outlet.day - self._window]:
            for key in outlet.keys.pop(day):
                self._rows.delete(partition, key)


def pack(day: int, outlet: str, taught: Lesson) -> bytes:
    """The row of one article: about 4 bytes a sentence and 2 a topic word."""
    name = outlet.encode()
    head = _HEAD.pack(day, len(name), len(taught.topic), len(taught.sentences))
    topic = struct.pack(f"<{len(taught.topic)}H", *sorted(taught.topic))
    return head + name + topic + struct.pack(f"<{len(taught.sentences)}I", *sorted(taught.sentences))


def unpack(row: bytes) -> tuple[int, str, Lesson]:
    """Day, outlet and lesson of a row."""
    day, name, topic, sentences = _HEAD.unpack_from(row)
    words = struct.unpack_from(f"<{topic}H", row, _HEAD.size + name)
    values = struct.unpack_from(f"<{sentences}I", row, _HEAD.size + name + 2 * topic)
    outlet = row[_HEAD.size : _HEAD.size + name].decode()
    return day, outlet, Lesson(frozenset(words), frozenset(values))
