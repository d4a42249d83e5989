"""What the owner of an article keeps of it: its text as a packed fingerprint, and how far its matching has come."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any, Self

import numpy as np
import orjson

from schemas.records import ArticleId, CleanText, Fingerprint
from stream_apps.dedup.compare import SHARED_SKETCH
from stream_apps.dedup.packing import pack, unpack

OWN_SHARED_SKETCH = 6
"""Sketch hashes in common that make two articles of one outlet candidates: more than a line or two of page furniture
comes to, and fewer than are expected of texts that share as much as copies must (compare.OWN_SHARE)."""
_HEAD = struct.Struct("<IIIIdQ16s?HH")


COMMON = (
    b'[null,{"0":1,"1":1,"2":1,"3":1},{"0":{"":[1,10,false]}},{"":[1,1]},{"":[1,1,{"a":"","b":"","a_revision":1,'
    b'"b_revision":1,"relation":"partial","containment_a":0.5,"containment_b":0.9,"shared":100,"cover_a":18446744073709'
    b'551615,"cover_b":9223372036854775808,"own_a":[[97,140]],"own_b":[[120,180]],"edits":3,"moved":20}]},[],"",null]'
)
"""What rows of matchings have in common (``packing``)."""


@dataclass(frozen=True)
class Text:
    """The fingerprint row of one article: about 60 bytes and 3 for each shingle, whose lowest byte is left out."""

    revision: int
    outlet: str
    day: int
    """Of its first sight: proleptic Gregorian ordinal."""
    published: float
    """Seconds since 1970."""
    backfill: bool
    ranges: int
    fingerprint: Fingerprint

    @classmethod
    def of(cls, clean: CleanText) -> Self:
        article = clean.article
        return cls(
            article.revision,
            article.outlet,
            article.first_seen.date().toordinal(),
            article.published.timestamp(),
            article.backfill,
            clean.ranges,
            clean.fingerprint,
        )

    def to_bytes(self) -> bytes:
        told, outlet = self.fingerprint, self.outlet.encode()
        head = _HEAD.pack(
            self.revision,
            self.day,
            self.ranges,
            told.tokens,
            self.published,
            told.quoted,
            bytes.fromhex(told.digest),
            self.backfill,
            len(outlet),
            len(told.specifics),
        )
        shingles = np.frombuffer(told.shingles, np.uint8).reshape(-1, 4)[:, 1:]
        return b"".join((head, outlet, told.specifics, shingles.tobytes()))

    @classmethod
    def from_bytes(cls, row: bytes) -> Self:
        revision, day, ranges, tokens, published, quoted, digest, backfill, outlet, specifics = _HEAD.unpack_from(row)
        after_outlet = _HEAD.size + outlet
        shingles = after_outlet + specifics
        fingerprint = Fingerprint.model_construct(
            digest=digest.hex(),
            tokens=tokens,
            quoted=quoted,
            specifics=row[after_outlet:shingles],
            shingles=_widened(row[shingles:]),
        )
        name = row[_HEAD.size : after_outlet].decode()
        return cls(revision, name, day, published, backfill, ranges, fingerprint)

    @staticmethod
    def day_of(row: bytes) -> date:
        """When the article of a packed row was first seen."""
        return date.fromordinal(_HEAD.unpack_from(row)[1])


def _widened(packed: bytes) -> bytes:
    """Shingles of 3 bytes as the 4 that they travel in."""
    kept = np.frombuffer(packed, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(kept), 4), np.uint8)
    wide[:, 1:] = kept
    return wide.tobytes()


@dataclass
class Matching:
    """The state row of one article."""

    held: dict[str, Any] | None = None
    """The article, until the families know this text of it."""
    parts: dict[str, int] = field(default_factory=dict)
    """Hash range: the revision that it has answered for."""
    shared: dict[str, dict[ArticleId, tuple[int, int, bool]]] = field(default_factory=dict)
    """Hash range: each candidate's revision, the hashes shared there, whether it is of the same outlet."""
    asked: dict[ArticleId, list[int]] = field(default_factory=dict)
    """Candidate: the revisions, ours and its own, that a comparison was asked for. A list, as it comes from JSON."""
    verdicts: dict[ArticleId, tuple[int, int, dict[str, Any] | None]] = field(default_factory=dict)
    """Candidate: the revisions compared and the link, if there is one."""
    waiting: list[dict[str, Any]] = field(default_factory=list)
    """Comparisons asked of us before our text was here."""
    sent: str = ""
    """Digest of what was last sent to the families: the links, and whether the article was removed."""
    removed: tuple[int, str] | None = None
    """The revision that says that the article is gone from its feed, and when that was found."""

    def to_bytes(self, *, packed: bool = False) -> bytes:
        """The row; ``packed`` where it is to be kept for long."""
        row = orjson.dumps([getattr(self, name) for name in self.__dataclass_fields__])
        return pack(row, COMMON) if packed else row

    @classmethod
    def from_bytes(cls, row: bytes) -> Matching:
        return cls(*orjson.loads(row if row.startswith(b"[") else unpack(row, COMMON)))

    @classmethod
    def settled(cls, text: Text) -> Matching:
        """The state of an article that every range has answered for and that nothing was found for."""
        state = cls(parts={str(number): text.revision for number in range(text.ranges)})
        state.sent = state.digest(text)
        return state

    def settle(self) -> bool:
        """Forget what only matters while the ranges answer; whether anything is left that has to be kept.

        A range that saw two articles in the other order tells of the pair by itself, within moments.
        """
        linked = {other for other, (_, _, link) in self.verdicts.items() if link is not None}
        self.verdicts = {other: self.verdicts[other] for other in linked}
        self.asked = {other: asked for other, asked in self.asked.items() if other in linked}
        self.shared = {
            owner: {other: counted for other, counted in shared.items() if other in linked}
            for owner, shared in self.shared.items()
        }
        return bool(linked) or self.removed is not None

    def links(self) -> list[dict[str, Any]]:
        """The links that the comparisons found, in the order of the other article's id."""
        return [link for _, (_, _, link) in sorted(self.verdicts.items()) if link is not None]

    def digest(self, text: Text) -> str:
        """Of what there is to tell the families."""
        told = [text.revision, self.links(), self.removed and self.removed[1]]
        return blake2b(orjson.dumps(told), digest_size=8).hexdigest()

    def candidates(self) -> dict[ArticleId, int]:
        """Every article with enough hashes in common over all ranges, and its newest revision."""
        totals: Counter[ArticleId] = Counter()
        revisions: dict[ArticleId, int] = {}
        needed: dict[ArticleId, int] = {}
        for shared in self.shared.values():
            for other, (revision, count, own) in shared.items():
                totals[other] += count
                revisions[other] = max(revision, revisions.get(other, 0))
                needed[other] = OWN_SHARED_SKETCH if own else SHARED_SKETCH
        return {other: revisions[other] for other, total in totals.items() if total >= needed[other]}
