"""Whether two texts are copies, and how: exact containment over their full shingle sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schemas.records import Fingerprint, RelationKind
from stream_apps.dedup.fingerprint import Hashes, sketch, unpack

COVER_BITS = 64
NEAR = 0.8
"""Share of both texts that makes them near copies."""
PARTIAL = 0.6
"""Share of the shorter text that makes it an abridgement of the longer."""
DERIVED = 0.30
"""Least share of the shorter text that makes the two one family (measured optimum on two labelled sets)."""
REWRITE = 0.05
"""Least share that is worth telling as a link; never a family."""
SHARED_SKETCH = 2
"""Sketch hashes in common that make a pair a candidate."""
LEAD_TOKENS = 120
LEAD_SHARE = 0.15
"""Least share of the leads that two items of one outlet must have in common: a page template is not a copy."""
SHORT_TOKENS = 40
SHORT_SHARE = 0.6
"""A short alert says little: it needs more of its text in common."""
UNIONS: frozenset[RelationKind] = frozenset({"exact", "near", "partial", "derived"})
"""Relations that make two articles one family."""


@dataclass(frozen=True)
class Likeness:
    """What two texts, a and b, have in common. Covers are 64-bit masks over the length of each text."""

    relation: RelationKind
    containment_a: float
    containment_b: float
    shared: int
    cover_a: int
    cover_b: int


def compare(a: Fingerprint, b: Fingerprint, *, same_outlet: bool) -> Likeness | None:
    """How two texts are related; None where they share too little to say anything. Symmetric in a and b."""
    hashes_a, hashes_b = unpack(a.shingles), unpack(b.shingles)
    if not len(hashes_a) or not len(hashes_b) or not _candidates(hashes_a, hashes_b):
        return None
    in_b = np.isin(hashes_a, hashes_b, assume_unique=True)
    in_a = np.isin(hashes_b, hashes_a, assume_unique=True)
    shared = int(in_b.sum())
    containment_a, containment_b = shared / len(hashes_a), shared / len(hashes_b)
    relation = _relation(a, b, containment_a, containment_b)
    if relation is None or (same_outlet and not _same_lead(in_a, in_b)):
        return None
    return Likeness(relation, containment_a, containment_b, shared, cover(in_b), cover(in_a))


def cover(hit: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """Which 64ths of a text are covered, the first in the lowest bit: those with half their shingles or more found."""
    segments = np.arange(len(hit)) * COVER_BITS // len(hit)
    found = np.bincount(segments, hit, COVER_BITS)
    total = np.bincount(segments, minlength=COVER_BITS)
    filled = total > 0
    bits = np.zeros(COVER_BITS, bool)
    bits[filled] = found[filled] * 2 >= total[filled]
    if len(hit) < COVER_BITS:  # a short text has empty segments: they follow the one before
        last = np.maximum.accumulate(np.where(filled, np.arange(COVER_BITS), 0))
        bits = bits[last]
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def _candidates(a: Hashes, b: Hashes) -> bool:
    """Decided here again, from both texts: which pairs were looked at must not depend on the order of arrival."""
    return len(np.intersect1d(sketch(a), sketch(b), assume_unique=True)) >= SHARED_SKETCH


def _relation(a: Fingerprint, b: Fingerprint, containment_a: float, containment_b: float) -> RelationKind | None:
    if a.digest == b.digest:
        return "exact"
    most, least = max(containment_a, containment_b), min(containment_a, containment_b)
    needed = SHORT_SHARE if min(a.tokens, b.tokens) < SHORT_TOKENS else DERIVED
    if most < needed:
        return "rewrite" if most >= REWRITE else None
    if least >= NEAR:
        return "near"
    return "partial" if most >= PARTIAL else "derived"


def _same_lead(
    in_a: np.ndarray[tuple[int], np.dtype[np.bool_]], in_b: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> bool:
    leads = (in_a[:LEAD_TOKENS], in_b[:LEAD_TOKENS])
    return all(lead.mean() >= LEAD_SHARE for lead in leads)
