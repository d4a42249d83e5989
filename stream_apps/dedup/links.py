"""The links between articles: the overlap of each pair, packed.

A link takes some 75 bytes under one article, and a reference under the other. It records whether each end accepts the
other as its copy; links that both ends accept are joined, and a story is a component of joined links.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import get_args

from schemas.public_records import RelationKind
from schemas.record import ArticleId
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
    """Pack a link. Containments keep four digits, so that both ends decide by the same numbers."""
    flags = _RELATIONS.index(overlap.relation) | (_UNION if overlap.relation in UNIONS else 0)
    head = _HEAD.pack(
        flags,
        round(overlap.containment * _SCALE),
        round(overlap.coverage * _SCALE),
        overlap.shared,
        overlap.cover,
        overlap.other_cover,
        min(overlap.edits, _MOST),
        min(overlap.moved, _MOST),
        len(overlap.own),
        len(overlap.other_own),
    )
    ends = [min(end, _MOST) for passage in (*overlap.own, *overlap.other_own) for end in passage]
    return head + struct.pack(f"<{len(ends)}H", *ends)


def unpack(packed: bytes) -> Overlap:
    """Unpack the overlap of a link."""
    flags, containment, coverage, shared, cover, other_cover, edits, moved, own, other_own = _HEAD.unpack_from(packed)
    ends = struct.unpack_from(f"<{2 * (own + other_own)}H", packed, _HEAD.size)
    passages: tuple[Passage, ...] = tuple(zip(ends[::2], ends[1::2], strict=True))
    return Overlap(
        relation=_RELATIONS[flags & _RELATION],
        containment=containment / _SCALE,
        coverage=coverage / _SCALE,
        shared=shared,
        cover=cover,
        other_cover=other_cover,
        own=passages[:own],
        other_own=passages[own:],
        edits=edits,
        moved=moved,
    )


class Links:
    """The links of every article, by its number."""

    def __init__(self) -> None:
        self._of: dict[int, dict[int, bytes | None]] = {}
        """Article, other article: the link as the first sees it; None where it is stored under the other one."""
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
        """The overlap of two articles, seen from the first; None where they are not linked."""
        links = self._of.get(a, _EMPTY)
        if b not in links:
            return None
        packed = links[b]
        if packed is not None:
            return self._unpacked.get(packed, unpack)
        return self._reversed.get(self._under(b, a), _unpack_reversed)

    def among(self, article: int, others: Mapping[ArticleId, int]) -> dict[ArticleId, Overlap]:
        """What an article shares with each of some others, by the id of the other."""
        links = self._of.get(article, _EMPTY)
        found = {}
        for name, other in others.items():
            if other in links:
                packed = links[other]
                found[name] = (
                    self._reversed.get(self._under(other, article), _unpack_reversed)
                    if packed is None
                    else self._unpacked.get(packed, unpack)
                )
        return found

    def put(self, a: int, b: int, overlap: Overlap) -> None:
        """Link two articles, accepted by neither yet."""
        self._of.setdefault(a, {})[b] = pack(overlap)
        self._of.setdefault(b, {})[a] = None

    def change(self, a: int, b: int, overlap: Overlap) -> bool:
        """Change the overlap of two linked articles. Returns whether it is another one.

        As long as it may be a copy, who accepts whom remains.
        """
        if self._of[a][b] is None:
            a, b, overlap = b, a, overlap.reversed()
        before, packed = self._under(a, b), pack(overlap)
        if packed[0] & _UNION:
            packed = bytes((packed[0] | before[0] & _JOINED,)) + packed[1:]
        self._of[a][b] = packed
        return packed != before

    def drop(self, a: int, b: int) -> None:
        """Remove a link."""
        for one, other in ((a, b), (b, a)):
            links = self._of[one]
            del links[other]
            if not links:
                del self._of[one]

    def drop_all(self, article: int) -> Mapping[int, object]:
        """Remove all links of an article and return them."""
        links = self._of.pop(article, {})
        for other in links:
            theirs = self._of[other]
            del theirs[article]
            if not theirs:
                del self._of[other]
        return links

    def accept(self, article: int, other: int, *, accepted: bool) -> bool:
        """Record whether an article accepts another as its copy. Returns whether the two are joined now."""
        one, two, mask = article, other, _ACCEPTED
        if self._of[article][other] is None:
            one, two, mask = other, article, _ACCEPTED_THERE
        packed = self._under(one, two)
        flags = packed[0] | mask if accepted else packed[0] & ~mask
        if flags != packed[0]:
            changed = self._of[one][two] = bytes((flags,)) + packed[1:]
            self._unpacked.move(packed, changed)
            self._reversed.move(packed, changed)
        return flags & _JOINED == _JOINED

    def unions(self, article: int) -> list[int]:
        """The articles that may be copies of this one, judged by the pair of texts alone."""
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
        assert packed is not None, "a link is stored under one of the two"
        return packed


def _unpack_reversed(packed: bytes) -> Overlap:
    return unpack(packed).reversed()
