"""What an article is within its family: relation to the canonical article, origin, agency, lag.

Pure functions of the family's articles and links, so that any order of arrival gives the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.records import Article, ArticleId, OriginClass
from stream_apps.dedup.compare import Likeness
from stream_apps.dedup.fingerprint import MASK_BITS
from stream_apps.dedup.kinship import Links

KEPT = 0.93
"""Share of a copy's own text, its last lines apart, that is the agency's word for word: below it, it was edited."""
WHOLE_TEXT = 0.8
"""Share of the agency's text from which a copy counts as complete: cutting a fifth makes it abridged."""
OWN_RUN = 0.12
"""Share of a text in one piece that no source has, from which it counts as a paragraph of the outlet's own."""
UNNAMED = "agencies"


@dataclass(frozen=True)
class Profile:
    """What the family needs to know of one article."""

    id: ArticleId
    revision: int
    outlet: str
    published: float
    """Seconds since 1970."""
    first_seen: str
    tokens: int
    sole: tuple[str, ...]
    inputs: tuple[str, ...]
    paid: bool

    @property
    def credited(self) -> tuple[str, ...]:
        return (*self.sole, *self.inputs)


@dataclass(frozen=True)
class Standing:
    """One article's place in its family."""

    canonical: ArticleId
    like: Likeness | None
    """What it shares with the canonical article, or with its nearest kin where it shares nothing with that."""
    lag: float
    origin_class: OriginClass
    agencies: tuple[str, ...]
    undisclosed: bool


def agencies_of(article: Article, role: str) -> tuple[str, ...]:
    """The agencies credited in a role, sorted, each once."""
    return tuple(sorted({credit.agency for credit in article.credits if credit.role == role}))


def canonical(family: Mapping[ArticleId, Profile]) -> ArticleId:
    """The article that stands for the family: credited to an agency first, then earliest, then most complete."""
    return min(family.values(), key=lambda p: (not p.sole, p.published, -p.tokens, p.id)).id


def standings(family: Mapping[ArticleId, Profile], links: Links, merged: set[ArticleId]) -> dict[ArticleId, Standing]:
    """The standing of every member. ``merged``: members put together from more than one source."""
    head = family[canonical(family)]
    wire = _family_agencies(family, head)
    return {
        member: _standing(profile, head, wire, _nearest(links, member, head.id, family), merged=member in merged)
        for member, profile in family.items()
    }


def _standing(
    profile: Profile, head: Profile, wire: tuple[str, ...], like: Likeness | None, *, merged: bool
) -> Standing:
    origin = _origin(profile, head, wire, like, merged=merged)
    is_copy = origin not in ("original", "paid")
    own = tuple(agency for agency in profile.credited if agency != UNNAMED)
    return Standing(
        canonical=head.id,
        like=like,
        lag=profile.published - head.published,
        origin_class=origin,
        agencies=tuple(sorted(set(own) | set(wire))) if is_copy and not own else own,
        undisclosed=is_copy and bool(wire) and not profile.credited,
    )


def _family_agencies(family: Mapping[ArticleId, Profile], head: Profile) -> tuple[str, ...]:
    """Whose text the family is: the canonical article's agency, or those that members name."""
    named = [agency for agency in head.sole if agency != UNNAMED]
    if not named:
        named = [agency for profile in family.values() for agency in profile.credited if agency != UNNAMED]
    return tuple(sorted(set(named)))


def _nearest(links: Links, member: ArticleId, head: ArticleId, family: Mapping[ArticleId, Profile]) -> Likeness | None:
    """The link to the canonical article, or the strongest to any member; None for the canonical article itself."""
    if member == head:
        return None
    mine = {other: like for other, like in links.get(member, {}).items() if other in family}
    if head in mine or not mine:
        return mine.get(head)
    return mine[min(mine, key=lambda other: (-mine[other].containment_a, other))]


def _origin(
    profile: Profile, head: Profile, wire: tuple[str, ...], like: Likeness | None, *, merged: bool
) -> OriginClass:
    if profile.paid:
        return "paid"
    if not wire and not profile.credited:
        return "original"
    if like is None or (profile.sole and profile.outlet == head.outlet):
        return _origin_alone(profile)  # nothing to compare with, or the agency's own next take
    if _word_for_word(like) >= KEPT:
        return "wire_verbatim" if like.containment_b >= WHOLE_TEXT else "wire_abridged"
    if merged or _own_run(like.cover_a) >= OWN_RUN * MASK_BITS:
        return "wire_plus_staff"
    return "wire_edited" if like.containment_b >= like.containment_a * WHOLE_TEXT else "wire_abridged"


def _origin_alone(profile: Profile) -> OriginClass:
    """The class of an article that nothing can be compared with, from its own credits."""
    if profile.sole:
        return "wire_verbatim"
    return "rewrite" if profile.inputs else "original"


def _word_for_word(like: Likeness) -> float:
    """Share of the text that the other has, leaving aside a tail that it has none of (page furniture, a sign-off)."""
    return min(1.0, like.containment_a * MASK_BITS / max(1, like.cover_a.bit_length()))


def _own_run(cover: int) -> int:
    """The longest run of 64ths of a text that the other does not have."""
    longest = run = 0
    for bit in range(MASK_BITS):
        run = 0 if cover >> bit & 1 else run + 1
        longest = max(longest, run)
    return longest
