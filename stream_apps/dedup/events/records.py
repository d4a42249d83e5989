"""An event as it is told: a pure function of the families that tell of it."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.records import ArticleId, Event, EventFamily, EventPlace, FamilyProfile


def event_of(event: ArticleId, profiles: Sequence[FamilyProfile], version: int) -> Event:
    """The event of these families. Its headline is that of the story which most articles carry, then the first."""
    first = min(profiles, key=lambda p: (-p.articles, p.first_published, p.family))
    return Event(
        id=event,
        version=version,
        headline=first.headline,
        first_published=min(p.first_published for p in profiles if p.first_published),
        last_published=max(p.last_published for p in profiles if p.last_published),
        families=tuple(_family(profile) for profile in sorted(profiles, key=lambda p: (p.first_published, p.family))),
        articles=sum(profile.articles for profile in profiles),
        outlets=tuple(sorted({outlet for profile in profiles for outlet in profile.outlets})),
        agencies=tuple(sorted({agency for profile in profiles for agency in profile.agencies})),
        origins=tuple(sorted({origin for profile in profiles for origin in profile.origins})),
    )


def place_of(event: Event, family: ArticleId, seen: str) -> EventPlace:
    """What one family is told of the event. ``seen``: the day on which its newest article was first seen."""
    return EventPlace(
        family=family,
        event=event.id,
        version=event.version,
        seen=seen,
        families=len(event.families),
        articles=event.articles,
        outlets=len(event.outlets),
        origins=event.origins,
    )


def _family(profile: FamilyProfile) -> EventFamily:
    return EventFamily(
        family=profile.family,
        headline=profile.headline,
        first_published=profile.first_published,
        articles=profile.articles,
        outlets=profile.outlets,
        agencies=profile.agencies,
        origins=profile.origins,
    )
