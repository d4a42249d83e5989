"""Measures the overlap of two texts: an exact comparison of their full shingle sets.

The relation of the overlap says whether they are copies. ``joining_rules`` decides from the overlaps of all pairs which
articles are one story.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

import numpy as np

from schemas.features import Features, unpack_shingles
from schemas.public_records import RelationKind
from stream_apps.dedup.alignment import Alignment, Positions
from stream_apps.dedup.days import on_other_day
from stream_apps.dedup.differences import Differences, Passage, differences
from stream_apps.dedup.disagreement import disagree
from stream_apps.text.shingles import MASK_BITS, Flags, Hashes, sample, unmask

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
_PARTS: frozenset[RelationKind] = frozenset({"partial", "derived"})
"""Of these, relations of texts of which each may lack much of the other."""

Value = TypeVar("Value")


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
    in_quotes: Flags
    """Which 4-grams stand in quotation marks."""

    @classmethod
    def of(cls, features: Features) -> Self:
        hashes = unpack_shingles(features.shingles)
        order = hashes.argsort(kind="stable")
        return cls(
            features.digest, features.published, features.tokens, features.quoted, features.specifics,
            hashes, order, hashes[order], unmask(features.quoted, len(hashes)),
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
    shared: int
    """How many the other has."""
    steps: int
    """Words that follow another within a passage."""
    longest: int
    """Words of the longest passage."""

    @property
    def containment(self) -> float:
        return self.shared / len(self.places)

    @property
    def found(self) -> Flags:
        """Which of its shingles the other has."""
        return self.places >= 0

    @property
    def taken(self) -> float:
        return self.steps / self.text.tokens

    @property
    def lead(self) -> float:
        lead = self.places[:LEAD_SHINGLES]
        return float(np.count_nonzero(lead >= 0)) / len(lead)


def compare(a: ComparedText, b: ComparedText, *, same_outlet: bool) -> Overlap | None:
    """Compare two texts. Returns None where they share too little; ``compare(b, a)`` is the same reversed."""
    if not len(a.hashes) or not len(b.hashes) or not _are_candidates(a, b):
        return None
    return overlaps_of(a, [(b, same_outlet)])[0]


def overlaps_of(text: ComparedText, others: Sequence[tuple[ComparedText, bool]]) -> list[Overlap | None]:
    """Compare a text with others, each said to be of the same outlet or not, as ``compare`` does.

    Their sketches are known to share enough (``SHARED_SKETCH``).
    """
    found: list[Overlap | None] = [_whole(text, other) for other, _ in others]
    unlike = [number for number, overlap in enumerate(found) if overlap is None]
    if unlike:
        measured = _measured(text, [others[number] for number in unlike])
        for number, overlap in zip(unlike, measured, strict=True):
            found[number] = overlap
    return found


def _whole(a: ComparedText, b: ComparedText) -> Overlap | None:
    """Return the overlap of a text with the same text: all that is measured of two is known. None for another text."""
    if a.digest != b.digest or not np.array_equal(a.hashes, b.hashes):
        return None
    return Overlap("exact", 1.0, 1.0, len(a.hashes), _ALL, _ALL)


def _measured(text: ComparedText, others: Sequence[tuple[ComparedText, bool]]) -> list[Overlap | None]:
    alignment = Alignment.of(text, [other for other, _ in others])
    pairs = _pairs(alignment, text, [other for other, _ in others])
    kinds = [_kind(*pair, same_outlet=same_outlet) for pair, (_, same_outlet) in zip(pairs, others, strict=True)]
    linked = [number for number, kind in enumerate(kinds) if kind is not None]
    if not linked:
        return [None] * len(others)
    copies = [number for number in linked if kinds[number] in UNIONS and kinds[number] != "exact"]
    covers = dict(zip(linked, _halves(alignment.covers(alignment.both(linked))), strict=True))
    apart = dict(zip(copies, _halves(differences(alignment, alignment.both(copies))), strict=True))
    return [
        None if kind is None else _overlap(kind, *pair, covers[number], apart.get(number))
        for number, (kind, pair) in enumerate(zip(kinds, pairs, strict=True))
    ]


def _halves(values: Sequence[Value]) -> Iterator[tuple[Value, Value]]:
    """Yield what the rows of pairs have, pair by pair."""
    half = len(values) // 2
    return zip(values[:half], values[half:], strict=True)


def _overlap(
    kind: RelationKind, a: Side, b: Side, covers: tuple[int, int], apart: tuple[Differences, Differences] | None
) -> Overlap:
    shared = min(a.shared, b.shared)  # two 4-grams of one text may have one hash
    found = Overlap(kind, a.containment, b.containment, shared, *covers)
    if apart is None:
        return found
    one, two = apart
    edits, moved = max(one.edits, two.edits), min(one.moved, two.moved)
    return replace(found, own=one.own, other_own=two.own, edits=edits, moved=moved)


def sides(a: ComparedText, b: ComparedText) -> tuple[Side, Side]:
    """Put two texts beside each other. Neither may be without 4-grams."""
    return _pairs(Alignment.of(a, [b]), a, [b])[0]


def _pairs(alignment: Alignment, text: ComparedText, others: Sequence[ComparedText]) -> list[tuple[Side, Side]]:
    counts, (steps, longest) = alignment.counts.tolist(), alignment.passages(PASSAGE_WORDS)
    texts = [text] * len(others) + list(others)
    measures = zip(texts, counts, steps.tolist(), longest.tolist(), strict=True)
    both = [Side(one, alignment.row(row), *measured) for row, (one, *measured) in enumerate(measures)]
    return list(_halves(both))


def shared_sketch(a: ComparedText, b: ComparedText) -> int:
    """Count the sketch hashes that two texts have in common."""
    return len(np.intersect1d(a.sketch, b.sketch))


def _are_candidates(a: ComparedText, b: ComparedText) -> bool:
    """Whether two texts may be compared. Decided from both texts again: it must not depend on the order of arrival."""
    return shared_sketch(a, b) >= SHARED_SKETCH


def _kind(a: Side, b: Side, *, same_outlet: bool) -> RelationKind | None:
    """Return the relation of two texts; None for none that is told."""
    relation = _relation(a, b)
    if relation is None or (same_outlet and not _one_item(a, b)):
        return None
    return "rewrite" if relation in _PARTS and unquoted(a, b) < UNQUOTED_SHARE else relation


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
    whole = most >= OWN_UPDATE and max(a.longest, b.longest) >= OWN_PASSAGE
    return least >= OWN_SHARE or (whole and max(a.lead, b.lead) >= OWN_LEAD)


def unquoted(a: Side, b: Side) -> float:
    """Return the share of the shorter text that both have and that neither quotes. Symmetric in a and b."""
    shorter, longer = sorted((a, b), key=lambda side: (len(side.places), side.text.digest))
    if not (shorter.text.quoted or longer.text.quoted):
        return shorter.containment
    at = shorter.places[shorter.found]
    plain = ~(shorter.text.in_quotes[shorter.found] | longer.text.in_quotes[at])
    return float(np.count_nonzero(plain)) / len(shorter.places)
