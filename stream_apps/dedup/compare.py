"""Whether two texts are copies, and how: exact containment over their full shingle sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schemas.records import Fingerprint, RelationKind
from stream_apps.dedup.fingerprint import Flags, Hashes, mask, sample, unpack

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
OWN_SHARE = 0.6
"""Least share of both texts that makes two items of one outlet the same one: below it, they are two rounds of a
template (prices, scores), or an update that keeps little of the text before it."""
QUOTED_SHARE = 0.8
"""From this share of what two texts have in common, they quote the same words rather than one another."""
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
    if not len(hashes_a) or not len(hashes_b):
        return None
    sorted_a, sorted_b = np.sort(hashes_a), np.sort(hashes_b)
    if not _candidates(sorted_a, sorted_b):
        return None
    in_b, in_a = _found_in(hashes_a, sorted_b), _found_in(hashes_b, sorted_a)
    shared = int(in_b.sum())
    containment_a, containment_b = shared / len(hashes_a), shared / len(hashes_b)
    relation = _relation(a, b, containment_a, containment_b)
    if relation is None or (same_outlet and min(containment_a, containment_b) < OWN_SHARE):
        return None
    cover_a, cover_b = mask(in_b), mask(in_a)
    if relation == "derived" and _only_quotations(cover_a, a.quoted) and _only_quotations(cover_b, b.quoted):
        relation = "rewrite"
    return Likeness(relation, containment_a, containment_b, shared, cover_a, cover_b)


def _found_in(hashes: Hashes, ordered: Hashes) -> Flags:
    """Which of ``hashes`` occur in the sorted array."""
    places = np.searchsorted(ordered, hashes)
    places[places == len(ordered)] = 0
    found: Flags = ordered[places] == hashes
    return found


def _candidates(sorted_a: Hashes, sorted_b: Hashes) -> bool:
    """Decided here again, from both texts: which pairs were looked at must not depend on the order of arrival."""
    return int(_found_in(sample(sorted_a), sample(sorted_b)).sum()) >= SHARED_SKETCH


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


def _only_quotations(cover: int, quoted: int) -> bool:
    return (cover & quoted).bit_count() >= QUOTED_SHARE * max(1, cover.bit_count())
