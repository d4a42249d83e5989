"""The origin class of an article: a pure function of its credits and of how it differs from its story.

A copy is measured against the agency's text, as far as the story has it: the agency's own filing, or else the fullest
copy for cuts, and the copy that is nearest to all others for edits. A passage that no copy of another outlet has is the
outlet's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from schemas.public_records import OriginClass
from schemas.record import ArticleId
from stream_apps.dedup.compare import Overlap
from stream_apps.dedup.differences import Passage
from stream_apps.dedup.profile import Profile

OWN_PASSAGE = 18
"""Words in one piece that no other copy has, from which they are a paragraph of the outlet's own …"""
OWN_TAIL = 30
"""… and at the very end, where page furniture stands that is not known as such; …"""
OWN_CREDITED = 10
"""… fewer where the outlet says that the agency gave inputs only."""
CUT = 0.19
"""Share of the agency's text that is missing, from which a copy is abridged: a fifth, less a line that was no text."""
EDITS, EDIT_RATE = 2, 0.75
"""Fewest edits, and edits in a hundred words that stay, from which a copy is edited."""
MOVED = 15
"""Words out of order from which paragraphs were moved."""
REWORDED = 0.4
"""Share of a copy, its own passages apart, that must be the agency's word for word: below, it is a rewrite."""
FULLER = 1.15
"""A copy that has so many times the agency's words that another has shows that the other was cut."""
WITNESSES = 2
"""Other outlets' copies that it takes to say that a passage which they do not have is an outlet's own."""

Overlaps = Mapping[ArticleId, Overlap]


@dataclass(frozen=True)
class ComparedStory:
    """The members of a story and what each shares with the others."""

    members: Mapping[ArticleId, Profile]
    links: Mapping[ArticleId, Mapping[ArticleId, Overlap]]
    head: Profile
    """The canonical article."""
    wire: tuple[str, ...]
    """Whose text it is."""

    @cached_property
    def copied(self) -> bool:
        """Whether the story is agency text: some member credits an agency."""
        return any(member.credited for member in self.members.values())

    @cached_property
    def copies_elsewhere(self) -> Mapping[ArticleId, Overlaps]:
        """What each member shares with its copies by other outlets."""
        return {article: self._copies_elsewhere(profile) for article, profile in self.members.items()}

    def _copies_elsewhere(self, profile: Profile) -> Overlaps:
        links = self.links.get(profile.id, {}).items()
        return {o: overlap for o, overlap in links if o in self.members and self.members[o].outlet != profile.outlet}

    @cached_property
    def own(self) -> Mapping[ArticleId, int]:
        """The 4-grams of each member, as bits, that stand in passages which no other outlet's copy has."""
        return {
            article: _common(overlap.own for overlap in copies.values())
            for article, copies in self.copies_elsewhere.items()
        }

    @cached_property
    def fullest(self) -> Profile:
        """The member that has most of the agency's text."""
        best = max(self.members.values(), key=lambda p: (self._agency_words(p), p.id))
        enough = self._agency_words(best) >= FULLER * self._agency_words(self.head)
        return best if enough and not self.head.filed else self.head

    def _agency_words(self, profile: Profile) -> int:
        """Count the words that are not the outlet's own, as far as is known: two outlets alone do not show who cut."""
        if len(self.copies_elsewhere[profile.id]) < WITNESSES:
            return profile.tokens if profile.agency_alone else 0
        return profile.tokens - self.own[profile.id].bit_count()

    @cached_property
    def typical(self) -> Profile:
        """The member that differs least from the others: two newsrooms edit a text in different places."""
        if self.head.filed or len(self.members) <= WITNESSES:
            return self.head
        return min(self.members.values(), key=lambda p: (self._strangeness(p), p is not self.head, p.id))

    def _strangeness(self, profile: Profile) -> float:
        """Return the average number of edits in a hundred words that a member shares with another."""
        copies = self.copies_elsewhere[profile.id].values()
        rates = [100 * overlap.edits / max(1, overlap.shared) for overlap in copies]
        return round(sum(rates) / len(rates), 6) if rates else float("inf")


def origin(article: Profile, story: ComparedStory, *, put_together: bool) -> OriginClass:
    """Return the origin class of a member. ``put_together``: it holds text of more than one source."""
    if article.paid:
        return "paid"
    next_take = bool(article.sole) and article.outlet == story.head.outlet and article.id != story.head.id
    if not story.copied or not story.copies_elsewhere[article.id] or article.filed or next_take:
        return _alone(article, put_together=put_together)
    return _compared(article, story, put_together=put_together)


def _alone(article: Profile, *, put_together: bool) -> OriginClass:
    """Classify an article by its own words, where there is nothing to compare it with."""
    if article.sole:
        return "wire_verbatim"
    if put_together and article.credited:
        return "wire_abridged"  # a digest of agency stories
    if article.inputs:
        return "wire_abridged" if article.roundup else "rewrite"
    return "rewrite" if article.quoted and not article.reporting else "original"


def _compared(article: Profile, story: ComparedStory, *, put_together: bool) -> OriginClass:
    nearest = _nearest(article, story)
    own = _own(article, story, nearest.own if put_together else ())
    if _has_own_paragraph(article, own):
        return "wire_plus_staff"
    kept = article.tokens - own.bit_count()
    if nearest.shared < REWORDED * kept and not article.sole:
        return "rewrite"
    if _cut(article, story) >= CUT:
        return "wire_abridged"
    edits = _edits(article, story)
    if edits >= EDITS and 100 * edits >= EDIT_RATE * kept:
        return "wire_edited"
    return "wire_abridged" if nearest.moved >= MOVED else "wire_verbatim"


def _own(article: Profile, story: ComparedStory, elsewhere: tuple[Passage, ...]) -> int:
    """Return the outlet's own passages, as bits. ``elsewhere``: passages that are from another source.

    Of two copies that credit an agency, the longer has none for its length.
    """
    if article.agency_alone and len(story.copies_elsewhere[article.id]) < WITNESSES and not story.head.filed:
        return 0
    return story.own[article.id] | _bits(elsewhere)


def _nearest(article: Profile, story: ComparedStory) -> Overlap:
    """Return the overlap with the canonical article, or with the copy that has most of this one."""
    copies = story.copies_elsewhere[article.id]
    return copies.get(story.head.id) or copies[min(copies, key=lambda other: (-copies[other].containment, other))]


def _edits(article: Profile, story: ComparedStory) -> int:
    """Count edits against the text that the others agree on."""
    if article.id == story.typical.id:
        return 0
    return (story.copies_elsewhere[article.id].get(story.typical.id) or _nearest(article, story)).edits


def _cut(article: Profile, story: ComparedStory) -> float:
    """Return the share of the agency's text that is missing, leaving out passages that only the fullest member has."""
    full = story.fullest
    overlap = story.copies_elsewhere[article.id].get(full.id)
    if overlap is None:
        return 0.0
    missing = _bits(overlap.other_own)
    words = full.tokens
    if not full.agency_alone and len(story.copies_elsewhere[full.id]) >= WITNESSES:
        missing &= ~story.own[full.id]
        words -= story.own[full.id].bit_count()
    return missing.bit_count() / max(1, words)


def _has_own_paragraph(article: Profile, own: int) -> bool:
    return any(_is_paragraph(article, start, end) for start, end in _runs(own))


def _is_paragraph(article: Profile, start: int, end: int) -> bool:
    if article.inputs and not article.sole:
        return end - start >= OWN_CREDITED
    last = end >= article.tokens - OWN_CREDITED
    return end - start >= (OWN_TAIL if last else OWN_PASSAGE)


def _common(passages: Iterable[tuple[Passage, ...]]) -> int:
    """Return the bits that all have set; 0 for none."""
    common = -1
    for these in passages:
        common &= _bits(these)
        if not common:
            break
    return max(0, common)


def _bits(passages: Iterable[Passage]) -> int:
    bits = 0
    for start, end in passages:
        bits |= (1 << end) - (1 << start)
    return bits


def _runs(bits: int) -> list[Passage]:
    """Yield start and end of each run of set bits, the lowest first."""
    runs, position = [], 0
    while bits:
        skipped = (bits & -bits).bit_length() - 1
        bits >>= skipped
        length = (~bits & (bits + 1)).bit_length() - 1
        runs.append((position + skipped, position + skipped + length))
        bits >>= length
        position += skipped + length
    return runs
