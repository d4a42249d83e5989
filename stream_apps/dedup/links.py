"""The links between articles: what each two have in common, packed.

A link takes some 75 bytes under the one article and a reference under the other. Whether either accepts the other as
its copy stands in it: the story of an article is what joined links connect.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import get_args

from schemas.public_records import RelationKind
from stream_apps.dedup.cache import Cache
from stream_apps.dedup.compare import UNIONS, Overlap
from stream_apps.dedup.differences import Passage

_HEAD = struct.Struct("<BHHIQQHHHH")
_RELATIONS: tuple[RelationKind, ...] = get_args(RelationKind)
_RELATION, _UNION = 0x07, 0x08
_ACCEPTED, _ACCEPTED_THERE = 0x10, 0x20
_JOINED = _ACCEPTED | _ACCEPTED_THERE
"""Of the first byte: the relation; whether it may be a copy; whether this end accepts the other; and the other way
round. Joined are those that accept each other."""
_SCALE = 10_000
_MOST = 0xFFFF
_REMEMBERED = 5_000
"""Links that are kept unpacked, from either end."""
_EMPTY: Mapping[int, bytes | None] = {}


def pack(overlap: Overlap) -> bytes:
    """A link as it is kept. Containments are kept to four digits, so that both ends decide by the same numbers."""
    flags = _RELATIONS.index(overlap.relation) | (_UNION if overlap.relation in UNIONS else 0)
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
        self._of: dict[int, dict[int, bytes | None]] = {}
        """Article, other article: the link as the first sees it; none where it stands under the other one."""
        self._unpacked: Cache[bytes, Overlap] = Cache(_REMEMBERED)
        self._reversed: Cache[bytes, Overlap] = Cache(_REMEMBERED)

    def __getstate__(self) -> dict[int, dict[int, bytes | None]]:
        return self._of

    def __setstate__(self, state: dict[int, dict[int, bytes | None]]) -> None:
        self.__init__()  # type: ignore[misc]  # the caches are made anew
        self._of = state

    def of(self, article: int) -> Mapping[int, object]:
        """The articles that share text with this one."""
        return self._of.get(article, _EMPTY)

    def overlap(self, a: int, b: int) -> Overlap | None:
        """What two articles share, seen from the first; none where they are not linked."""
        links = self._of.get(a, _EMPTY)
        if b not in links:
            return None
        packed = links[b]
        if packed is not None:
            return self._unpacked.get(packed, unpack)
        return self._reversed.get(self._under(b, a), _unpack_reversed)

    def put(self, a: int, b: int, overlap: Overlap) -> None:
        """Link two articles, accepted by neither yet."""
        self._of.setdefault(a, {})[b] = pack(overlap)
        self._of.setdefault(b, {})[a] = None

    def drop(self, a: int, b: int) -> None:
        """Take a link away."""
        for one, other in ((a, b), (b, a)):
            links = self._of[one]
            del links[other]
            if not links:
                del self._of[one]

    def drop_all(self, article: int) -> Mapping[int, object]:
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
        one, two, mask = article, other, _ACCEPTED
        if self._of[article][other] is None:
            one, two, mask = other, article, _ACCEPTED_THERE
        packed = self._under(one, two)
        flags = packed[0] | mask if accepted else packed[0] & ~mask
        if flags != packed[0]:
            self._of[one][two] = bytes((flags,)) + packed[1:]
        return flags & _JOINED == _JOINED

    def unions(self, article: int) -> list[int]:
        """The articles that may be copies of this one, as far as the two texts tell."""
        return [other for other in self.of(article) if self._flags(article, other) & _UNION]

    def joined(self, article: int) -> Iterator[int]:
        """The articles that are joined with this one."""
        return (other for other in self.of(article) if self._flags(article, other) & _JOINED == _JOINED)

    def is_joined(self, a: int, b: int) -> bool:
        return b in self.of(a) and self._flags(a, b) & _JOINED == _JOINED

    def _flags(self, article: int, other: int) -> int:
        packed = self._of[article][other]
        return (self._under(other, article) if packed is None else packed)[0]

    def _under(self, article: int, other: int) -> bytes:
        packed = self._of[article][other]
        assert packed is not None, "a link stands under one of the two"
        return packed


def _unpack_reversed(packed: bytes) -> Overlap:
    return unpack(packed).reversed()
