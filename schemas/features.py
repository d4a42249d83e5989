"""The features by which the engine compares and groups articles: computed once by the fingerprint stage, packed.

The blob travels in ``clean`` and is kept by the engine as it is: some 1.3 KB for a text of 330 words. It begins with
the number of its format; a reader refuses any other.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from schemas.record import RecordError

FORMAT = 1
_HEAD = struct.Struct("<BB16sIIdqQ16sHHHHI")
_PAID, _REPORTING, _ROUNDUP, _FILED, _BACKFILL = 1, 2, 4, 8, 16
_SHINGLE = 3
"""Bytes of a hash that are kept: the lowest one is left out."""
_SPECIFIC, _TERM = 2, 5
"""Bytes of a number or name, and of a term."""
_EARLIEST, _LATEST = -62_135_596_800, 253_402_300_799
"""The first and the last second that a ``datetime`` has, since 1970."""
MAX_HEADLINE = 300


class Roles(NamedTuple):
    """The agencies that an article credits, by role, each sorted."""

    sole: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()


NO_ROLES = Roles()


@dataclass(frozen=True, slots=True)
class Features:
    """The features of one text of an article: all that its copies, story and event depend on."""

    id: bytes
    """16 bytes."""
    revision: int
    outlet: str
    published: float
    """Seconds since 1970."""
    first_seen: int
    """Microseconds since 1970."""
    tokens: int
    digest: bytes
    """Hash of the normalised text without its annotations, 16 bytes: equal for an exact copy."""
    quoted: int
    """64 bits: which 64ths of the shingles stand in quotation marks."""
    specifics: bytes
    """16-bit hashes of the numbers (odd) and of the names (even), sorted, little-endian."""
    shingles: bytes
    """The distinct hashes of the word 4-grams in order of first occurrence: the upper 3 bytes of each."""
    terms: bytes
    """The weightiest words, 5 bytes each: see ``stream_apps.text.terms``."""
    headline: str
    roles: Roles = NO_ROLES
    paid: bool = False
    reporting: bool = False
    """The outlet has asked, seen or followed something itself."""
    roundup: bool = False
    """Several stories in short, one under the other."""
    filed: bool = False
    """From the feed of the agency that it credits."""
    backfill: bool = False
    """From an archive."""

    def to_bytes(self) -> bytes:
        """Pack the features into a blob."""
        outlet, headline = self.outlet.encode(), self.headline[:MAX_HEADLINE].encode()
        roles = "|".join(",".join(names) for names in self.roles).encode()
        flags = (
            _PAID * self.paid
            | _REPORTING * self.reporting
            | _ROUNDUP * self.roundup
            | _FILED * self.filed
            | _BACKFILL * self.backfill
        )
        head = _HEAD.pack(
            FORMAT, flags, self.id, self.revision, self.tokens, self.published, self.first_seen, self.quoted,
            self.digest, len(outlet), len(roles), len(headline), len(self.specifics), len(self.terms),
        )  # fmt: skip
        return b"".join((head, outlet, roles, headline, self.specifics, self.terms, self.shingles))

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read a blob. Raises ``RecordError`` where the format is another one, or unknown."""
        try:
            (
                form, flags, identity, revision, tokens, published, seen, quoted, digest, outlet, roles, headline,
                specifics, terms,
            ) = _HEAD.unpack_from(blob)  # fmt: skip
        except struct.error as error:
            raise RecordError(f"Features: not a blob of features ({error})") from None
        if form != FORMAT:
            raise RecordError(f"Features: format {form}, and this version of wirecopy reads {FORMAT}")
        parts, at = [], _HEAD.size
        for length in (outlet, roles, headline, specifics, terms):
            parts.append(blob[at : at + length])
            at += length
        if len(blob) < at or specifics % _SPECIFIC or terms % _TERM or (len(blob) - at) % _SHINGLE:
            raise RecordError(f"Features: {len(blob)} bytes are not what their head tells of")
        if not (_EARLIEST <= published <= _LATEST and 0 <= seen <= _LATEST * 1_000_000):
            raise RecordError(f"Features: published at {published}, first seen at {seen}: no such time")
        outlet_name, named, said = (_text(part) for part in parts[:3])
        return cls(
            id=identity,
            revision=revision,
            outlet=outlet_name,
            published=published,
            first_seen=seen,
            tokens=tokens,
            digest=digest,
            quoted=quoted,
            specifics=parts[3],
            shingles=blob[at:],
            terms=parts[4],
            headline=said,
            roles=_roles(named),
            paid=bool(flags & _PAID),
            reporting=bool(flags & _REPORTING),
            roundup=bool(flags & _ROUNDUP),
            filed=bool(flags & _FILED),
            backfill=bool(flags & _BACKFILL),
        )


def _text(part: bytes) -> str:
    try:
        return part.decode()
    except UnicodeDecodeError as error:
        raise RecordError(f"Features: not UTF-8 ({error.reason})") from None


def _roles(text: str) -> Roles:
    named = [tuple(names.split(",")) if names else () for names in text.split("|")]
    if len(named) != len(Roles._fields):
        raise RecordError(f"Features: {len(named)} roles of agencies in place of {len(Roles._fields)}")
    return Roles(*named)


def pack_shingles(hashes: npt.NDArray[np.uint32]) -> bytes:
    """Pack 32-bit hashes: the upper 3 bytes of each. Two texts of 400 words share 0.01 of these by chance."""
    return hashes.astype("<u4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()


def unpack_shingles(packed: bytes) -> npt.NDArray[np.uint32]:
    """Unpack the hashes; the lowest byte of each is 0."""
    kept = np.frombuffer(packed, np.uint8).reshape(-1, _SHINGLE)
    wide = np.zeros((len(kept), 4), np.uint8)
    wide[:, 1:] = kept
    return wide.view("<u4").reshape(-1)
