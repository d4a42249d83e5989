"""What one hash range knows of the articles of a day, packed: some 45 bytes an article and 8 a hash."""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from schemas.records import ArticleId
from stream_apps.dedup.hash_index import HashIndex, Keys

PAGES = 50
"""A hash that more articles of one outlet have on one day belongs to its page: it says nothing between two of them."""
CROWD, CROWD_FIRST = 32, 8
"""Of a hash that more articles have on one day (a common phrase, or a story that everybody prints), the first few stand
for all: a copy is joined to its family through them, and nobody is told of thousands."""

_ID = 16
_HEAD = struct.Struct("<IqH")
_MICROSECOND = 1_000_000


@dataclass(frozen=True)
class Entry:
    """One article in one range."""

    revision: int
    outlet: str
    first_seen: int
    """Microseconds since 1970."""
    hashes: Keys

    @property
    def day(self) -> int:
        """Proleptic Gregorian ordinal."""
        return datetime.fromtimestamp(self.first_seen / _MICROSECOND, UTC).date().toordinal()

    def to_bytes(self) -> bytes:
        """The row: 14 bytes, the outlet's name, and 4 for each hash."""
        name = self.outlet.encode()
        return _HEAD.pack(self.revision, self.first_seen, len(name)) + name + self.hashes.astype("<u4").tobytes()

    @classmethod
    def from_bytes(cls, row: bytes) -> Entry:
        revision, first_seen, length = _HEAD.unpack_from(row)
        hashes = np.frombuffer(row, "<u4", offset=_HEAD.size + length).astype(np.uint32)
        return cls(revision, row[_HEAD.size : _HEAD.size + length].decode(), first_seen, hashes)


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * _MICROSECOND + since.microseconds


class Day:
    """The articles that were first seen on one day, numbered in the order in which they came."""

    def __init__(self) -> None:
        self.ids = bytearray()
        self.revisions, self.outlets = array("I"), array("I")
        self.seen = array("q")
        self.alive = bytearray()
        self._by_hash, self._by_id = HashIndex(), HashIndex()

    def __len__(self) -> int:
        return len(self.alive)

    def add(self, article: ArticleId, entry: Entry, outlet: int) -> None:
        number = len(self)
        identity = bytes.fromhex(article)
        self.ids += identity
        self.revisions.append(entry.revision)
        self.outlets.append(outlet)
        self.seen.append(entry.first_seen)
        self.alive.append(1)
        self._by_hash.add(entry.hashes, number)
        self._by_id.add(_key(identity), number)

    def number_of(self, article: ArticleId) -> int | None:
        """The number of the newest text of an article."""
        identity = bytes.fromhex(article)
        numbers = self._by_id.find(_key(identity))[1].tolist()
        return next((n for n in numbers if self.alive[n] and self.identity(n) == identity), None)

    def identity(self, number: int) -> bytes:
        return bytes(self.ids[number * _ID : number * _ID + _ID])

    def hashes(self, number: int) -> Keys:
        """Of one article, sorted. Looks through all of the day: for a text that is replaced, not for every one."""
        return self._by_hash.keys_of(number)

    def find(self, hashes: Keys, outlet: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The articles that have some of the hashes, and how many each."""
        places, numbers = self._by_hash.find(hashes)
        if not len(numbers):
            return np.empty(0, np.intp), np.empty(0, np.intp)
        alive = np.frombuffer(self.alive, np.uint8)[numbers] > 0
        own = np.frombuffer(self.outlets, np.uint32)[numbers] == outlet
        furniture = np.bincount(places[own & alive], minlength=len(hashes)) > PAGES
        kept = alive & ~(own & furniture[places])
        found, counts = np.unique(_first(places[kept], numbers[kept], len(hashes)), return_counts=True)
        return found.astype(np.intp), counts

    def settle(self) -> None:
        """The day is over: pack what it has."""
        self._by_hash.settle()
        self._by_id.settle()

    def living(self) -> Iterator[bytes]:
        """The ids of its articles."""
        return (self.identity(number) for number in range(len(self)) if self.alive[number])

    @property
    def nbytes(self) -> int:
        parts = (self.revisions, self.outlets, self.seen)
        arrays = sum(part.itemsize * len(part) for part in parts)
        return arrays + len(self.ids) + len(self.alive) + self._by_hash.nbytes + self._by_id.nbytes


def _first(places: npt.NDArray[np.intp], numbers: Keys, hashes: int) -> Keys:
    """The numbers, of a hash that a crowd has only the first."""
    crowded = np.bincount(places, minlength=hashes) > CROWD
    if not crowded.any():
        return numbers
    order = np.lexsort((numbers, places))
    places, numbers = places[order], numbers[order]
    begins = np.searchsorted(places, places)
    kept: Keys = numbers[~crowded[places] | (np.arange(len(places)) - begins < CROWD_FIRST)]
    return kept


def _key(identity: bytes) -> Keys:
    return np.array([zlib.crc32(identity)], np.uint32)
