"""The origin class of an article: a pure function of its credits and of how it differs from its family.

What a copy is compared with is the agency's text as far as the family has it: the fullest member that is credited to
an agency alone. What no member of another outlet has is the outlet's own; what the agency's text has more was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.records import ArticleId, OriginClass
from stream_apps.dedup.compare import Likeness
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
REWORDED = 0.5
"""Share of the text, the outlet's own passages apart, that must be the agency's word for word: below, it is a rewrite."""
FULLER = 1.15
"""A copy with so many times the words of another shows that the other was cut."""


@dataclass(frozen=True)
class Family:
    """The members of a family and what each shares with the others."""

    members: Mapping[ArticleId, Profile]
    links: Mapping[ArticleId, Mapping[ArticleId, Likeness]]
    head: Profile
    wire: tuple[str, ...]
    """Whose text it is."""
    put_together: frozenset[ArticleId]
    """Members that hold text of more than one source."""

    @property
    def copied(self) -> bool:
        """Whether it is agency text: some member says so."""
        return any(member.credited for member in self.members.values())

    def kin(self, article: ArticleId) -> dict[ArticleId, Likeness]:
        """The links of an article to other outlets' members."""
        outlet = self.members[article].outlet
        return {
            other: like
            for other, like in self.links.get(article, {}).items()
            if other in self.members and self.members[other].outlet != outlet
        }


def origin(article: Profile, family: Family) -> OriginClass:
    """The origin class of a member."""
    if article.paid:
        return "paid"
    if not family.copied:
        return _unlinked(article, family)
    model = _model(article, family)
    like = family.links.get(article.id, {}).get(model.id) if model else None
    if model is None or like is None or (article.sole and article.outlet == family.head.outlet):
        return _unlinked(article, family)
    return _compared(article, family, model, like)


def _unlinked(article: Profile, family: Family) -> OriginClass:
    """The class of an article that nothing can be compared with, from its own words."""
    if article.sole:
        return "wire_verbatim"
    if article.id in family.put_together and article.credited:
        return "wire_abridged"  # a digest of agency stories
    if article.inputs:
        return "wire_abridged" if article.roundup else "rewrite"
    return "rewrite" if article.quoted and not article.reporting else "original"


def _compared(article: Profile, family: Family, model: Profile, like: Likeness) -> OriginClass:
    own = _own(article, family)
    foreign = own.bit_count()
    elsewhere = like.own_a if article.id in family.put_together else ()
    if _has_own_paragraph(article, own | _bits(elsewhere)):
        return "wire_plus_staff"
    kept = article.tokens - foreign
    if like.shared < REWORDED * kept:
        return "rewrite" if not article.sole else "wire_edited"
    if _cut(article, family, model, like) >= CUT:
        return "wire_abridged"
    if like.edits >= EDITS and 100 * like.edits >= EDIT_RATE * kept:
        return "wire_edited"
    return "wire_abridged" if like.moved >= MOVED else "wire_verbatim"


def _model(article: Profile, family: Family) -> Profile | None:
    """The member that shows the agency's text best: the canonical one, or a fuller one that is the agency's alone."""
    kin = family.links.get(article.id, {})
    linked = [family.members[other] for other in kin if other in family.members]
    if not linked:
        return None
    if article.id == family.head.id:
        fuller = [p for p in linked if _agency_alone(p) and p.outlet != article.outlet and _holds(kin[p.id], article, p)]
        return max(fuller, key=lambda p: (p.tokens, p.id), default=None)
    known = [p for p in linked if p.id == family.head.id]
    candidates = [p for p in linked if _agency_alone(p) and not _has_own_paragraph(p, _unwitnessed(p, family))]
    best = max(candidates, key=lambda p: (p.tokens, p.id), default=None)
    if best is not None and (not known or best.tokens >= FULLER * known[0].tokens):
        return best
    return known[0] if known else min(linked, key=lambda p: (-kin[p.id].containment_a, p.id))


def _agency_alone(profile: Profile) -> bool:
    return bool(profile.sole) and not profile.inputs


def _holds(like: Likeness, article: Profile, other: Profile) -> bool:
    """Whether the other has all of the article and much more."""
    return not like.own_a and other.tokens >= FULLER * article.tokens


def _own(article: Profile, family: Family) -> int:
    """The 4-grams of an article, as bits, that stand in passages which no other outlet's copy has."""
    kin = family.kin(article.id).values()
    return _common(like.own_a for like in kin)


def _unwitnessed(profile: Profile, family: Family) -> int:
    """What of a copy no other one has; nothing where only one other could have it, for that one may have cut it."""
    kin = family.kin(profile.id)
    return _common(like.own_a for like in kin.values()) if len(kin) > 1 else 0


def _cut(article: Profile, family: Family, model: Profile, like: Likeness) -> float:
    """Share of the agency's text that is missing, what only the model has set aside."""
    others = [other for other in family.kin(model.id) if other != article.id]
    missing = _bits(like.own_b)
    if others and not _agency_alone(model):
        missing &= ~_common(family.links[model.id][other].own_a for other in others)
    return missing.bit_count() / max(1, model.tokens)


def _has_own_paragraph(article: Profile, own: int) -> bool:
    return any(_is_paragraph(article, start, end) for start, end in _runs(own))


def _is_paragraph(article: Profile, start: int, end: int) -> bool:
    if article.inputs and not article.sole:
        return end - start >= OWN_CREDITED
    last = end >= article.tokens - OWN_CREDITED
    return end - start >= (OWN_TAIL if last else OWN_PASSAGE)


def _common(passages: Iterable[tuple[Passage, ...]]) -> int:
    """The bits that are set by all; none by nobody."""
    each = [_bits(these) for these in passages]
    if not each:
        return 0
    common = each[0]
    for bits in each[1:]:
        common &= bits
    return common


def _bits(passages: Iterable[Passage]) -> int:
    bits = 0
    for start, end in passages:
        bits |= (1 << end) - (1 << start)
    return bits


def _runs(bits: int) -> list[Passage]:
    """Start and end of each run of set bits, the lowest first."""
    runs, position = [], 0
    while bits:
        skipped = (bits & -bits).bit_length() - 1
        bits >>= skipped
        length = (~bits & (bits + 1)).bit_length() - 1
        runs.append((position + skipped, position + skipped + length))
        bits >>= length
        position += skipped + length
    return runs

