"""The articles of a story by publication, packed: what is kept of each in memory, 28 bytes."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from schemas.record import ArticleId

FILING, SOLE, SAYS, REMOVED = 1, 2, 4, 8
"""The agency's own; credited to an agency alone; corrects or takes back something; gone from its feed."""
MAX_CORRECTIONS = 20
_ENTRY = struct.Struct(">Q16sBBH")
_KEY, _FLAGS = 24, 24
_START = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Entry(NamedTuple):
    """An article as its story's index has it."""

    published: int
    """Microseconds since the year 1."""
    article: ArticleId
    flags: int = 0
    carried: int = 0
    """Bit n: it carries the old text of the story's n-th correction."""

    @property
    def key(self) -> bytes:
        """Sorts by publication, then id."""
        return self.packed()[:_KEY]

    def packed(self) -> bytes:
        carried = self.carried
        return _ENTRY.pack(self.published, bytes.fromhex(self.article), self.flags, carried >> 16, carried & 0xFFFF)

    @classmethod
    def unpack(cls, packed: bytes) -> Entry:
        published, article, flags, high, low = _ENTRY.unpack(packed)
        return cls(published, article.hex(), flags, high << 16 | low)


def moment(published: datetime) -> int:
    """A time as an index has it."""
    return (published - _START) // _MICROSECOND


class Members:
    """The entries of one story, sorted. Counting flags and walking along them does not unpack what is not asked for."""

    def __init__(self, packed: bytes = b"") -> None:
        self.packed = packed

    def __len__(self) -> int:
        return len(self.packed) // _ENTRY.size

    def __getitem__(self, number: int) -> Entry:
        at = number * _ENTRY.size
        return Entry.unpack(self.packed[at : at + _ENTRY.size])

    def __iter__(self) -> Iterator[Entry]:
        return (self[number] for number in range(len(self)))

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of the same key."""
        self._splice(entry.key, entry.packed())

    def remove(self, key: bytes) -> None:
        """Take an entry out, where it is there."""
        self._splice(key, b"")

    def after(self, key: bytes, most: int) -> list[Entry]:
        """The first entries beyond a key."""
        at = self._place(key)
        if at < len(self) and self[at].key == key:
            at += 1
        return [self[number] for number in range(at, min(len(self), at + most))]

    def flagged(self, mask: int, most: int) -> list[Entry]:
        """The first entries that have all of these flags."""
        return self._where(_FLAGS, mask, most)

    def count(self, mask: int) -> int:
        """How many entries have all of these flags."""
        return self._column(_FLAGS, mask).count(1)

    def carrying(self, correction: int, most: int) -> list[Entry]:
        """The first entries that carry the old text of this correction."""
        column = _FLAGS + 3 - correction // 8
        return self._where(column, 1 << correction % 8, most)

    def stale(self) -> int:
        """How many entries carry the old text of any correction."""
        columns = (int.from_bytes(self.packed[_FLAGS + n :: _ENTRY.size]) for n in (1, 2, 3))
        return len(self) - reduce(or_, columns).to_bytes(len(self)).count(0)

    def _where(self, column: int, mask: int, most: int) -> list[Entry]:
        found: list[Entry] = []
        bits, at = self._column(column, mask), -1
        while len(found) < most and (at := bits.find(1, at + 1)) >= 0:
            found.append(self[at])
        return found

    def _column(self, column: int, mask: int) -> bytes:
        return self.packed[column :: _ENTRY.size].translate(_HAS_ALL[mask])

    def _place(self, key: bytes) -> int:
        return bisect_left(range(len(self)), key, key=lambda n: self.packed[n * _ENTRY.size : n * _ENTRY.size + _KEY])

    def _splice(self, key: bytes, entry: bytes) -> None:
        at = self._place(key) * _ENTRY.size
        end = at + _ENTRY.size if self.packed[at : at + _KEY] == key else at
        self.packed = b"".join((self.packed[:at], entry, self.packed[end:]))


_HAS_ALL = [bytes(value & mask == mask for value in range(256)) for mask in range(256)]
