"""The attribution of an article within its story: origin class, agency, overlap with the canonical article.

Pure functions of the member and of those that represent its story, so that any order of arrival gives the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.public_records import OriginClass
from schemas.record import ArticleId
from stream_apps.dedup.compare import Overlap
from stream_apps.dedup.joining_rules import Links
from stream_apps.dedup.origin import ComparedStory, origin
from stream_apps.dedup.profile import UNNAMED, Profile


@dataclass(frozen=True)
class Attribution:
    """The attribution of one article within its story."""

    nearest: ArticleId | None
    """The canonical article, or the nearest other member where nothing is shared with that; none for itself."""
    overlap: Overlap | None
    """The overlap with that article."""
    origin_class: OriginClass
    agencies: tuple[str, ...]
    undisclosed: bool


def compared(story: Mapping[ArticleId, Profile], head: ArticleId, links: Links) -> ComparedStory:
    """Put the members of a story that are compared beside each other. ``head``: the canonical article."""
    return ComparedStory(story, links, story[head], _story_agencies(story, story[head]))


def attribute(member: ArticleId, story: ComparedStory, *, put_together: bool) -> Attribution:
    """Attribute a member within its story, whose members are that one, the head and the representatives.

    ``put_together``: the member holds text of more than one source.
    """
    profile = story.members[member]
    nearest = _nearest(story.links, member, story.head.id, story.members)
    found = origin(profile, story, put_together=put_together)
    is_copy = found not in ("original", "paid")
    own = tuple(agency for agency in profile.credited if agency != UNNAMED)
    return Attribution(
        nearest=nearest,
        overlap=story.links[member][nearest] if nearest else None,
        origin_class=found,
        agencies=tuple(sorted(set(own) | set(story.wire))) if is_copy and not own else own,
        undisclosed=is_copy and story.copied and not profile.credited,
    )


def _story_agencies(story: Mapping[ArticleId, Profile], head: Profile) -> tuple[str, ...]:
    """Return the agencies whose text the story is: the canonical article's, or those that members name."""
    named = [agency for agency in head.sole if agency != UNNAMED]
    if not named:
        named = [agency for profile in story.values() for agency in profile.credited if agency != UNNAMED]
    return tuple(sorted(set(named)))


def _nearest(links: Links, member: ArticleId, head: ArticleId, story: Mapping[ArticleId, Profile]) -> ArticleId | None:
    """Return the canonical article, or the member that this one shares most with; None for the canonical article."""
    if member == head:
        return None
    mine = {other: overlap for other, overlap in links.get(member, {}).items() if other in story}
    if head in mine or not mine:
        return head if head in mine else None
    return min(mine, key=lambda other: (-mine[other].containment, other))
