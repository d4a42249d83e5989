"""Measures the overlap of two texts: an exact comparison of their full shingle sets.

The relation of the overlap says whether they are copies. ``joining_rules`` decides from the overlaps of all pairs which
articles are one story.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from schemas.features import Features, unpack_shingles
from schemas.public_records import RelationKind
from stream_apps.dedup.days import on_other_day
from stream_apps.dedup.differences import Passage, Positions, differences, runs
from stream_apps.dedup.disagreement import disagree
from stream_apps.text.shingles import MASK_BITS, SHINGLE_WORDS, Flags, Hashes, mask, sample, unmask

NEAR = 0.8
"""Share of both texts that makes them near copies."""
PARTIAL = 0.6
"""Share of the shorter text that makes it an abridgement of the longer."""
TAKEN = 0.38
"""Least share of a text's word-to-word steps that stand in passages of the other, for the two to be one story."""
REWRITE = 0.05
"""Least share for a link; never for a story."""
PASSAGE_WORDS = 5
"""Fewest words in a row that count as taken over: what is shorter is more often a stock phrase than a copy."""
LEAST_STEPS = 28
"""Fewest steps that must be taken over, about 30 words: less is no evidence, however short the text …"""
SHORT_TOKENS = 40
"""… unless it is an alert, shorter than this, …"""
SHORT_SHARE = 0.6
"""… which needs more of its text in common."""
SHARED_SKETCH = 2
"""Sketch hashes in common that make a pair a candidate."""
OWN_SHARE = 0.6
"""Least share of both texts that makes two items of one outlet the same one: below it, they are two rounds of a
template (prices, scores) or share their background, unless the one is an update of the other: …"""
OWN_UPDATE = 0.6
"""… it keeps so much of the other, …"""
OWN_PASSAGE = 40
"""… so many words in a row, which a template that changes a number in every sentence does not, …"""
OWN_LEAD, LEAD_SHINGLES = 0.15, 30
"""… and so much of the first words of the other, wherever: paragraphs of background are no update."""
UNQUOTED_SHARE = 0.15
"""Least share of the shorter text that the other has and that stands in quotation marks in neither: two that have only
quotations in common heard the same person; they did not copy one another."""
_ALL = 2**MASK_BITS - 1
UNIONS: frozenset[RelationKind] = frozenset({"exact", "near", "partial", "derived"})
"""Relations that make two articles one story."""


@dataclass(frozen=True, slots=True)
class ComparedText:
    """A text prepared for comparison."""

    digest: bytes
    published: float
    """Seconds since 1970."""
    tokens: int
    quoted: int
    specifics: bytes
    hashes: Hashes
    """Its distinct 4-grams in order of first occurrence; the lowest byte of each is 0."""
    order: Positions
    """The numbers of the 4-grams by their hashes."""
    ordered: Hashes
    """The hashes, sorted."""

    @classmethod
    def of(cls, features: Features) -> Self:
        hashes = unpack_shingles(features.shingles)
        order = hashes.argsort(kind="stable")
        return cls(
            features.digest, features.published, features.tokens, features.quoted, features.specifics,
            hashes, order, hashes[order],
        )  # fmt: skip

    @property
    def sketch(self) -> Hashes:
        """The sample of the hashes that finds candidates, sorted."""
        return sample(self.ordered)


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a text has in common with another, seen from the first; ``reversed`` sees it from the other.

    This one record is measured, packed as a link (``links``), judged (``joining_rules``, ``origin``) and published as
    ``TextLink``, under the same names.
    """

    relation: RelationKind
    containment: float
    """Share of this text that the other has."""
    coverage: float
    """Share of the other text that this one has."""
    shared: int
    """Word 4-grams in common."""
    cover: int
    """64-bit mask over the length of this text: which 64ths the other has."""
    other_cover: int
    """The same over the length of the other text."""
    own: tuple[Passage, ...] = ()
    """Passages that the other text does not have. Empty unless the two are copies, as all that follows."""
    other_own: tuple[Passage, ...] = ()
    """Passages of the other text that this one does not have."""
    edits: int = 0
    """Places where words differ between two passages that stay."""
    moved: int = 0
    """4-grams that stand in another order."""

    def reversed(self) -> Overlap:
        """Return the same overlap seen from the other text: ``a_and_b.reversed() == b_and_a``."""
        return Overlap(
            relation=self.relation,
            containment=self.coverage,
            coverage=self.containment,
            shared=self.shared,
            cover=self.other_cover,
            other_cover=self.cover,
            own=self.other_own,
            other_own=self.own,
            edits=self.edits,
            moved=self.moved,
        )


@dataclass(frozen=True, slots=True)
class Side:
    """One of two texts, with the shingles of it that the other has."""

    text: ComparedText
    places: Positions
    """Where in the other text each stands; -1 where it does not."""
    found: Flags
    containment: float
    passages: list[int]
    """Lengths in words."""

    @property
    def steps(self) -> int:
        """Words that follow another within a passage."""
        return sum(self.passages) - len(self.passages)

    @property
    def taken(self) -> float:
        return self.steps / self.text.tokens

    @property
    def lead(self) -> float:
        lead = self.found[:LEAD_SHINGLES]
        return float(np.count_nonzero(lead)) / len(lead)


def compare(a: ComparedText, b: ComparedText, *, same_outlet: bool) -> Overlap | None:
    """Compare two texts. Returns None where they share too little; ``compare(b, a)`` is the same reversed."""
    if not len(a.hashes) or not len(b.hashes) or not _are_candidates(a, b):
        return None
    return overlap_of(a, b, same_outlet=same_outlet)


def overlap_of(a: ComparedText, b: ComparedText, *, same_outlet: bool) -> Overlap | None:
    """Compare two texts whose sketches are known to share enough (``SHARED_SKETCH``)."""
    if a.digest == b.digest and np.array_equal(a.hashes, b.hashes):
        return _whole(len(a.hashes))
    one, two = sides(a, b)
    relation = _relation(one, two)
    if relation is None or (same_outlet and not _one_item(one, two)):
        return None
    cover, other_cover = mask(one.found), mask(two.found)
    if relation in {"derived", "partial"} and unquoted(one, two) < UNQUOTED_SHARE:
        relation = "rewrite"
    shared = min(int(np.count_nonzero(side.found)) for side in (one, two))  # two 4-grams of one text may have one hash
    apart = _differences(one, two) if relation in UNIONS and relation != "exact" else ()
    return Overlap(relation, one.containment, two.containment, shared, cover, other_cover, *apart)


def _whole(shingles: int) -> Overlap:
    """Return the overlap of a text of so many 4-grams with the same text: all that is measured of two is known."""
    return Overlap("exact", 1.0, 1.0, shingles, _ALL, _ALL)


def _differences(a: Side, b: Side) -> tuple[tuple[Passage, ...], tuple[Passage, ...], int, int]:
    """Return what copies do not share, as the last fields of ``Overlap``."""
    of_a, of_b = differences(a.places, len(b.places)), differences(b.places, len(a.places))
    return of_a.own, of_b.own, max(of_a.edits, of_b.edits), min(of_a.moved, of_b.moved)


def passages(found: Flags) -> list[int]:
    """Return the lengths in words of the runs of shared shingles that have ``PASSAGE_WORDS`` or more."""
    edges = runs(found)
    lengths = (end - start + SHINGLE_WORDS - 1 for start, end in zip(edges[::2], edges[1::2], strict=True))
    return [length for length in lengths if length >= PASSAGE_WORDS]


def sides(a: ComparedText, b: ComparedText) -> tuple[Side, Side]:
    """Put two texts beside each other. Neither may be without 4-grams."""
    return _side(a, b), _side(b, a)


def shared_sketch(a: ComparedText, b: ComparedText) -> int:
    """Count the sketch hashes that two texts have in common."""
    return len(np.intersect1d(a.sketch, b.sketch))


def _side(text: ComparedText, other: ComparedText) -> Side:
    at = other.ordered.searchsorted(text.ordered)  # in order, which takes a third of the time
    hits = (other.ordered.take(at, mode="clip") == text.ordered).nonzero()[0]
    places = np.full(len(text.hashes), -1)
    places[text.order[hits]] = other.order[at[hits]]
    found: Flags = places >= 0
    return Side(text, places, found, len(hits) / len(found), passages(found))


def _are_candidates(a: ComparedText, b: ComparedText) -> bool:
    """Whether two texts may be compared. Decided from both texts again: it must not depend on the order of arrival."""
    return shared_sketch(a, b) >= SHARED_SKETCH


def _relation(a: Side, b: Side) -> RelationKind | None:
    if a.text.digest == b.text.digest:
        return "exact"
    most, least = max(a.containment, b.containment), min(a.containment, b.containment)
    if not _copies(a, b, most):
        return "rewrite" if most >= REWRITE else None
    if least >= NEAR:
        return "near"
    return "partial" if most >= PARTIAL else "derived"


def _copies(a: Side, b: Side, most: float) -> bool:
    """Whether enough of one text is in the other, and not only the words of a template around other facts."""
    short = min(a.text.tokens, b.text.tokens) < SHORT_TOKENS
    steps = max(a.taken, b.taken) >= TAKEN and min(a.steps, b.steps) >= LEAST_STEPS
    enough = most >= SHORT_SHARE if short else steps
    return enough and not _disagree(a, b, most, short=short)


def _disagree(a: Side, b: Side, most: float, *, short: bool) -> bool:
    other_day = on_other_day(a.text.published, b.text.published)
    return disagree(a.text.specifics, b.text.specifics, most, short=short, other_day=other_day)


def _one_item(a: Side, b: Side) -> bool:
    """Whether two items of one outlet are one story, or one an update of the other."""
    least, most = sorted((a.containment, b.containment))
    whole = most >= OWN_UPDATE and max([*a.passages, *b.passages], default=0) >= OWN_PASSAGE
    return least >= OWN_SHARE or (whole and max(a.lead, b.lead) >= OWN_LEAD)


def unquoted(a: Side, b: Side) -> float:
    """Return the share of the shorter text that both have and that neither quotes. Symmetric in a and b."""
    shorter, longer = sorted((a, b), key=lambda side: (len(side.places), side.text.digest))
    if not (shorter.text.quoted or longer.text.quoted):
        return shorter.containment
    at = shorter.places[shorter.found]
    plain = ~unmask(shorter.text.quoted, len(shorter.found))[shorter.found]
    plain &= ~unmask(longer.text.quoted, len(longer.found))[at]
    return float(np.count_nonzero(plain)) / len(shorter.found)
