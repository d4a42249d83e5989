"""The links between articles: what each two have in common, packed, under both of them.

A link takes some 75 bytes at either end. Whether an end accepts the other as its copy, and whether both do, stands
beside it: the story of an article is what joined links connect.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import get_args

from schemas.records import RelationKind
from stream_apps.dedup.cache import Cache
from stream_apps.dedup.compare import UNIONS, Overlap
from stream_apps.dedup.differences import Passage

_HEAD = struct.Struct("<BHHIQQHHHH")
_RELATIONS: tuple[RelationKind, ...] = get_args(RelationKind)
_RELATION, ACCEPTED, JOINED, UNION = 0x0F, 0x10, 0x20, 0x40
"""Of the first byte: the relation; whether this end accepts the other; whether both do; whether it may be a copy."""
_SCALE = 10_000
_MOST = 0xFFFF
_EMPTY: Mapping[int, bytes] = {}


def pack(overlap: Overlap) -> bytes:
    """A link as it is kept. Containments are kept to four digits, so that both ends decide by the same numbers."""
    flags = _RELATIONS.index(overlap.relation) | (UNION if overlap.relation in UNIONS else 0)
    head = _HEAD.pack(
        flags,
        round(overlap.containment_a * _SCALE),
        round(overlap.containment_b * _SCALE),
        overlap.shared,
        overlap.cover_a,
        overlap.cover_b,
        min(overlap.edits, _MOST),
        min(overlap.moved, _MOST),
        len(overlap.own_a),
        len(overlap.own_b),
    )
    ends = [min(end, _MOST) for passage in (*overlap.own_a, *overlap.own_b) for end in passage]
    return head + struct.pack(f"<{len(ends)}H", *ends)


def unpack(packed: bytes) -> Overlap:
    """The overlap of a link."""
    flags, in_a, in_b, shared, cover_a, cover_b, edits, moved, own_a, own_b = _HEAD.unpack_from(packed)
    ends = struct.unpack_from(f"<{2 * (own_a + own_b)}H", packed, _HEAD.size)
    passages: tuple[Passage, ...] = tuple(zip(ends[::2], ends[1::2], strict=True))
    return Overlap(
        relation=_RELATIONS[flags & _RELATION],
        containment_a=in_a / _SCALE,
        containment_b=in_b / _SCALE,
        shared=shared,
        cover_a=cover_a,
        cover_b=cover_b,
        own_a=passages[:own_a],
        own_b=passages[own_a:],
        edits=edits,
        moved=moved,
    )


class Links:
    """The links of every article, by its number."""

    def __init__(self) -> None:
        self._of: dict[int, dict[int, bytes]] = {}
        self._unpacked: Cache[bytes, Overlap] = Cache(20_000)

    def __getstate__(self) -> dict[int, dict[int, bytes]]:
        return self._of

    def __setstate__(self, state: dict[int, dict[int, bytes]]) -> None:
        self.__init__()  # type: ignore[misc]  # the cache is made anew
        self._of = state

    def of(self, article: int) -> Mapping[int, bytes]:
        """The articles that share text with this one, and the packed link to each."""
        return self._of.get(article, _EMPTY)

    def overlap(self, a: int, b: int) -> Overlap | None:
        """What two articles share, seen from the first."""
        packed = self.of(a).get(b)
        return None if packed is None else self._unpacked.get(packed, unpack)

    def put(self, a: int, b: int, overlap: Overlap) -> None:
        """Link two articles, accepted by neither yet."""
        self._of.setdefault(a, {})[b] = pack(overlap)
        self._of.setdefault(b, {})[a] = pack(overlap.reversed())

    def drop(self, a: int, b: int) -> None:
        """Take a link away."""
        for one, other in ((a, b), (b, a)):
            links = self._of[one]
            del links[other]
            if not links:
                del self._of[one]

    def drop_all(self, article: int) -> Mapping[int, bytes]:
        """Take all links of an article away; gives those that it had."""
        links = self._of.pop(article, {})
        for other in links:
            theirs = self._of[other]
            del theirs[article]
            if not theirs:
                del self._of[other]
        return links

    def accept(self, article: int, other: int, *, accepted: bool) -> bool:
        """Note whether an article accepts another as its copy; whether the two are joined now."""
        mine, theirs = self._of[article][other], self._of[other][article]
        joined = accepted and bool(theirs[0] & ACCEPTED)
        self._of[article][other] = _flagged(mine, accepted=accepted, joined=joined)
        self._of[other][article] = _flagged(theirs, accepted=bool(theirs[0] & ACCEPTED), joined=joined)
        return joined

    def unions(self, article: int) -> list[int]:
        """The articles that may be copies of this one, as far as the two texts tell."""
        return [other for other, packed in self.of(article).items() if packed[0] & UNION]

    def joined(self, article: int) -> Iterator[int]:
        """The articles that are joined with this one."""
        return (other for other, packed in self.of(article).items() if packed[0] & JOINED)

    def is_joined(self, a: int, b: int) -> bool:
        packed = self.of(a).get(b)
        return packed is not None and bool(packed[0] & JOINED)

    @property
    def nbytes(self) -> int:
        """Memory, by the sizes of CPython's objects."""
        values = sum(33 + len(packed) for links in self._of.values() for packed in links.values())
        return values + sum(links.__sizeof__() + 100 for links in self._of.values())


def _flagged(packed: bytes, *, accepted: bool, joined: bool) -> bytes:
    flags = packed[0] & ~(ACCEPTED | JOINED) | ACCEPTED * accepted | JOINED * joined
    return packed if flags == packed[0] else bytes((flags,)) + packed[1:]
