"""What an article is within its family: relation to the canonical article, origin, agency, lag.

Pure functions of the family's articles and links, so that any order of arrival gives the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.records import ArticleId, OriginClass
from stream_apps.dedup.compare import Likeness
from stream_apps.dedup.kinship import Links
from stream_apps.dedup.origin import Family, origin
from stream_apps.dedup.profile import UNNAMED, Profile


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


def canonical(family: Mapping[ArticleId, Profile]) -> ArticleId:
    """The article that stands for the family: credited to an agency first, then earliest, then most complete."""
    return min(family.values(), key=lambda p: (not p.sole, p.published, -p.tokens, p.id)).id


def standings(family: Mapping[ArticleId, Profile], links: Links, merged: set[ArticleId]) -> dict[ArticleId, Standing]:
    """The standing of every member. ``merged``: members put together from more than one source."""
    head = family[canonical(family)]
    whole = Family(family, links, head, _family_agencies(family, head), frozenset(merged))
    return {
        member: _standing(profile, whole, _nearest(links, member, head.id, family))
        for member, profile in family.items()
    }


def _standing(profile: Profile, family: Family, like: Likeness | None) -> Standing:
    found = origin(profile, family)
    is_copy = found not in ("original", "paid")
    own = tuple(agency for agency in profile.credited if agency != UNNAMED)
    return Standing(
        canonical=family.head.id,
        like=like,
        lag=profile.published - family.head.published,
        origin_class=found,
        agencies=tuple(sorted(set(own) | set(family.wire))) if is_copy and not own else own,
        undisclosed=is_copy and family.copied and not profile.credited,
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
