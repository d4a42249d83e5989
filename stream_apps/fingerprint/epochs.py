"""The epochs of what is learned about outlets: one a day of the stream's own time, each from the days before it.

Kept as one row an article, so that everything follows from the rows: which day an outlet is in (the latest of its
articles), what it has taught (its articles of earlier days within the window), and so what any article is read with.
An article belongs to the epoch of the day on which it was first seen; one that comes later than that day teaches from
the day after the one in which it came. Within a day nothing is learned and order does not matter; a replay of the topic
gives the same epochs.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.public_records import Article
from schemas.record import ArticleId
from stream_apps.fingerprint.boilerplate import Lesson, Piece, boilerplate, learn, lesson, pieces
from stream_apps.runtime.state_store import BadRow, StateStore

FORMAT = 1
"""Of the rows, 1 to 255; raised with every change of ``pack`` that an older or newer version misreads."""
_HEAD = struct.Struct("<IBHHH")
_EPOCH = date(1970, 1, 1).toordinal()
_ID = 16


@dataclass(frozen=True)
class Row:
    """The memory of one article."""

    day: int
    """From the day after this one on it teaches: proleptic Gregorian ordinal."""
    engine: int
    outlet: str
    lesson: Lesson


@dataclass(frozen=True)
class AnnotatedArticle:
    """An article with its outlet's boilerplate annotated, and the engine that takes it."""

    article: Article
    engine: int


class _Taught:
    """The packed lessons of one outlet's articles of one day: the ids one after the other, and the rows."""

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
            row, place = unpack(self.rows, place)
            yield row.lesson


class _Outlet:
    """The lessons of one outlet within the window, by day."""

    __slots__ = ("_learned", "day", "taught")

    def __init__(self) -> None:
        self.day = 0
        self.taught: defaultdict[int, _Taught] = defaultdict(_Taught)
        self._learned: dict[int, frozenset[int]] = {}

    def knows(self, key: bytes) -> bool:
        return any(key in day.identities() for day in self.taught.values() if key in day.ids)

    def learned(self, day: int) -> frozenset[int]:
        """The boilerplate of a day, today's or an earlier one's: what the days before it taught."""
        if day not in self._learned:
            self._learned[day] = learn(lesson for past in self.taught if past < day for lesson in self._lessons(past))
        return self._learned[day]

    def expire(self, oldest: int) -> Iterator[bytes]:
        """Forget whole days before ``oldest``; gives the keys of their articles."""
        self._learned = {day: learned for day, learned in self._learned.items() if day >= oldest}
        for day in [day for day in self.taught if day < oldest]:
            yield from self.taught.pop(day).identities()

    def _lessons(self, day: int) -> Iterator[Lesson]:
        return self.taught[day].lessons()


class Epochs:
    """The learned boilerplate, by the rows of the partitions that this process owns."""

    def __init__(self, rows: StateStore, window_days: int) -> None:
        self._rows = rows
        self._window = timedelta(days=window_days).days
        self._outlets: dict[int, defaultdict[str, _Outlet]] = {}
        self._engines: defaultdict[int, dict[bytes, int]] = defaultdict(dict)
        self._today: dict[int, int] = {}
        """The latest day of a partition."""

    def forget(self) -> None:
        """Drop what was derived from the rows."""
        self._outlets.clear()
        self._engines.clear()
        self._today.clear()

    def forget_partitions(self, partitions: Collection[int]) -> None:
        """The same for these partitions alone."""
        for partition in partitions:
            self._outlets.pop(partition, None)
            self._engines.pop(partition, None)
            self._today.pop(partition, None)

    def read(self, partition: int, article: Article, engine: int) -> AnnotatedArticle:
        """The article with its outlet's boilerplate annotated; remembers it, by its first text, for later epochs.

        ``engine``: who takes it, if this is its first text; a later one stays with the engine that has the first.
        """
        outlet, key = self._outlet(partition, article), bytes.fromhex(article.id)
        found = pieces(article.text, article.annotations)
        if outlet.knows(key):
            engine = self.engine(partition, article.id)
        else:
            self._remember(partition, outlet, key, Row(outlet.day, engine, article.outlet, _lesson(article, found)))
        day = min(outlet.day, article.first_seen.date().toordinal())
        learned = outlet.learned(day)
        if learned:
            annotations = tuple(sorted([*article.annotations, *boilerplate(found, learned)]))
            article = article.model_copy(update={"annotations": annotations, "boilerplate_epoch": day - _EPOCH})
        return AnnotatedArticle(article, engine)

    def engine(self, partition: int, article: ArticleId) -> int:
        """Return the engine of an article; the first one where the article is unknown."""
        self._loaded(partition)
        return self._engines[partition].get(bytes.fromhex(article), 0)

    def _outlet(self, partition: int, article: Article) -> _Outlet:
        """The outlet, in the day that this article brings or a later one."""
        outlet = self._loaded(partition)[article.outlet]
        today = article.first_seen.date().toordinal()
        outlet.day = max(outlet.day, today)
        if today > self._today.get(partition, 0):
            self._today[partition] = today
            self._expire(partition, today - self._window)
        return outlet

    def _expire(self, partition: int, oldest: int) -> None:
        """Forget whole days before ``oldest``, also of outlets that are silent."""
        for outlet in self._outlets[partition].values():
            for key in outlet.expire(oldest):
                self._rows.delete(partition, key)
                self._engines[partition].pop(key, None)

    def _loaded(self, partition: int) -> defaultdict[str, _Outlet]:
        if partition not in self._outlets:
            outlets = self._outlets[partition] = defaultdict(_Outlet)
            for key, packed in self._rows.items(partition):
                row = read_row(partition, key, packed)
                outlets[row.outlet].taught[row.day].add(key, packed)
                outlets[row.outlet].day = max(row.day, outlets[row.outlet].day)
                if row.engine:
                    self._engines[partition][key] = row.engine
            self._rows.release(partition)
        return self._outlets[partition]

    def _remember(self, partition: int, outlet: _Outlet, key: bytes, row: Row) -> None:
        packed = pack(row)
        self._rows.put(partition, key, packed)
        outlet.taught[row.day].add(key, packed)
        if row.engine:
            self._engines[partition][key] = row.engine


def read_row(partition: int, key: bytes, packed: bytes) -> Row:
    """Read a row. Raises ``BadRow`` where it is not as ``pack`` writes it."""
    try:
        row, end = unpack(packed)
    except (struct.error, UnicodeDecodeError) as error:
        raise BadRow(partition, key, str(error)) from error
    if len(key) != _ID or end != len(packed):
        raise BadRow(partition, key, f"{len(packed)} bytes, of which {end} are a row")
    return row


def _lesson(article: Article, found: list[Piece]) -> Lesson:
    return lesson(article.headline, article.text, found)


def pack(row: Row) -> bytes:
    """The row of one article: about 4 bytes a sentence and 2 a topic word."""
    name, taught = row.outlet.encode(), row.lesson
    head = _HEAD.pack(row.day, row.engine, len(name), len(taught.topic), len(taught.sentences))
    topic = struct.pack(f"<{len(taught.topic)}H", *sorted(taught.topic))
    return head + name + topic + struct.pack(f"<{len(taught.sentences)}I", *sorted(taught.sentences))


def unpack(rows: bytes | bytearray, place: int = 0) -> tuple[Row, int]:
    """Unpack the row at ``place``. Returns it with the position of its end."""
    day, engine, name, topic, sentences = _HEAD.unpack_from(rows, place)
    at = place + _HEAD.size
    outlet = bytes(rows[at : at + name]).decode()
    words = struct.unpack_from(f"<{topic}H", rows, at + name)
    values = struct.unpack_from(f"<{sentences}I", rows, at + name + 2 * topic)
    end = at + name + 2 * topic + 4 * sentences
    return Row(day, engine, outlet, Lesson(frozenset(words), frozenset(values))), end
