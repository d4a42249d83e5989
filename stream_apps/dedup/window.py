"""The articles in the window, in columns: a number for each article, its packed features, and a few arrays.

Numbers are reused once the day of their article has left, so memory depends on the window and not on the age of the
service. They follow arrival: decisions that must not depend on that use ``rank``.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from schemas.features import Features
from schemas.record import ArticleId
from stream_apps.dedup.blobs import Blobs
from stream_apps.dedup.cache import Cache
from stream_apps.dedup.compare import ComparedText
from stream_apps.dedup.profile import Profile

Rank = tuple[int, bytes]
"""When an article was first seen (microseconds since 1970), then its id: the older one is the smaller."""
Numbers = npt.NDArray[np.intp]
_ID = 16
_DAY = 86_400_000_000
_REMEMBERED = 2_000
"""Articles whose features are kept in their unpacked form: some 5 KB each."""


class Window:
    """The columns of the window."""

    def __init__(self) -> None:
        self.seen = array("q")
        """When it was first seen, in microseconds since 1970."""
        self.offsets = array("q")
        """Of the message of ``clean`` that holds its text."""
        self.revisions = array("I")
        self.outlets = array("I")
        self.alive = bytearray()
        self.days: defaultdict[int, list[int]] = defaultdict(list)
        """Days since 1970, and the numbers first seen on each; texts that were replaced since too."""
        self._ids = bytearray()
        self._features = Blobs()
        self._numbers: dict[int, int] = {}
        """The first 8 bytes of an id, and the number of its newest text."""
        self._free: list[int] = []
        self._names: list[str] = []
        self._outlet_numbers: dict[str, int] = {}
        self._prepare()

    def _prepare(self) -> None:
        self._unpacked: Cache[int, Features] = Cache(_REMEMBERED)
        self._texts: Cache[int, ComparedText] = Cache(_REMEMBERED)
        self._profiles: Cache[int, Profile] = Cache(_REMEMBERED)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name not in _CACHES}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._prepare()

    def __len__(self) -> int:
        return len(self.alive) - len(self._free)

    def add(self, features: Features, blob: bytes, offset: int, first_seen: int | None = None) -> int:
        """Add an article. Returns its number. ``first_seen``: that of its earlier text, where there is one."""
        seen = features.first_seen if first_seen is None else first_seen
        outlet = self.outlet_number(features.outlet)
        if self._free:
            number = self._free.pop()
            self.seen[number], self.offsets[number] = seen, offset
            self.revisions[number], self.outlets[number] = features.revision, outlet
            self._ids[number * _ID : number * _ID + _ID] = features.id
            self.alive[number] = 1
        else:
            number = len(self.alive)
            self.seen.append(seen)
            self.offsets.append(offset)
            self.revisions.append(features.revision)
            self.outlets.append(outlet)
            self._ids += features.id
            self.alive.append(1)
        self._features.put(number, self.day(number), blob)
        self._numbers[_key(features.id)] = number
        self.days[self.day(number)].append(number)
        return number

    def amend(self, number: int, features: Features, blob: bytes, offset: int) -> None:
        """Give an article another text. It keeps its number, and the time at which it was first seen."""
        self.offsets[number], self.revisions[number] = offset, features.revision
        self.outlets[number] = self.outlet_number(features.outlet)
        self._features.put(number, self.day(number), blob)
        self._forget(number)

    def retire(self, number: int) -> None:
        """Retire a replaced text. Its number is not reused before its day has left."""
        self.alive[number] = 0
        self._features.forget(number)
        key = _key(self.identity(number))
        if self._numbers.get(key) == number:
            del self._numbers[key]
        self._forget(number)

    def leave(self, day: int) -> list[int]:
        """Take a day out of the window. Returns the numbers first seen on it, replaced texts too."""
        return self.days.pop(day, [])

    def forget_day(self, day: int) -> None:
        """Drop a day whose articles are gone; any that came meanwhile leave with the next day."""
        if day not in self.days:
            self._features.drop(day)

    def free(self, number: int) -> None:
        """Free a number to be reused: no state refers to its article any more."""
        self._free.append(number)

    def _forget(self, number: int) -> None:
        for cache in (self._unpacked, self._texts, self._profiles):
            cache.pop(number)

    # ---- one article ----------------------------------------------------------------------------------------

    def number_of(self, identity: bytes) -> int | None:
        """Return the number of an article; None where it is not in the window."""
        number = self._numbers.get(_key(identity))
        return number if number is not None and self.identity(number) == identity else None

    def identity(self, number: int) -> bytes:
        """Return its id, 16 bytes."""
        return bytes(self._ids[number * _ID : number * _ID + _ID])

    def id(self, number: int) -> ArticleId:
        return self.identity(number).hex()

    def rank(self, number: int) -> Rank:
        return self.seen[number], self.identity(number)

    def day(self, number: int) -> int:
        """Return the day on which it was first seen, in days since 1970."""
        return self.seen[number] // _DAY

    def first_seen(self, number: int) -> datetime:
        return moment(self.seen[number])

    def outlet(self, number: int) -> str:
        return self._names[self.outlets[number]]

    def outlet_number(self, name: str) -> int:
        """Return a small number for an outlet's name."""
        number = self._outlet_numbers.setdefault(name, len(self._names))
        if number == len(self._names):
            self._names.append(name)
        return number

    def blob(self, number: int) -> bytes:
        """Return its packed features; empty where the text was replaced."""
        return self._features[number]

    def features(self, number: int) -> Features:
        return self._unpacked.get(number, self._unpack)

    def text(self, number: int) -> ComparedText:
        return self._texts.get(number, self._text)

    def profile(self, number: int) -> Profile:
        return self._profiles.get(number, self._profile)

    def _unpack(self, number: int) -> Features:
        return Features.from_bytes(self._features[number])

    def _text(self, number: int) -> ComparedText:
        return ComparedText.of(self.features(number))

    def _profile(self, number: int) -> Profile:
        return Profile.of(self.features(number))

    # ---- many -----------------------------------------------------------------------------------------------

    def living(self, numbers: Numbers) -> npt.NDArray[np.bool_]:
        """Mark which of the articles are alive."""
        found: npt.NDArray[np.bool_] = np.frombuffer(self.alive, np.bool_)[numbers]
        return found

    def times(self, numbers: Numbers) -> npt.NDArray[np.int64]:
        """Return when each was first seen."""
        found: npt.NDArray[np.int64] = np.frombuffer(self.seen, np.int64)[numbers]
        return found

    def outlets_of(self, numbers: Numbers) -> npt.NDArray[np.uint32]:
        found: npt.NDArray[np.uint32] = np.frombuffer(self.outlets, np.uint32)[numbers]
        return found

    def heads_of_ids(self, numbers: Numbers) -> npt.NDArray[np.uint64]:
        """Return the first 8 bytes of each id as a number, which sort as the ids do."""
        heads = np.frombuffer(self._ids, ">u8")[::2]
        found: npt.NDArray[np.uint64] = heads[numbers].astype(np.uint64)
        return found


_CACHES = frozenset({"_unpacked", "_texts", "_profiles"})


def _key(identity: bytes) -> int:
    return int.from_bytes(identity[:8], "big")


def moment(microseconds: int) -> datetime:
    """Return the moment of a time since 1970, exactly."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
