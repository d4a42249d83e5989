"""A family as the writer of events is told of it: a pure function of its members and their standing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.records import ArticleId, FamilyProfile
from stream_apps.dedup.events import terms
from stream_apps.dedup.profile import UNNAMED, Profile

_NO_REPORT = frozenset({"original", "paid"})


@dataclass(frozen=True)
class FamilyMember:
    """An article of a family: what is known of it, what was told of it, its headline and its packed terms."""

    profile: Profile
    told: Mapping[str, Any]
    headline: str
    terms: bytes

    @property
    def is_digest(self) -> bool:
        """Several stories in short. Who takes from one or two for a story of his own tells of that."""
        return self.profile.roundup or len(self.told["includes"]) > 2


def family_profile(family: ArticleId, members: Sequence[FamilyMember], version: int) -> FamilyProfile:
    """The profile of a family that has members.

    It is compared by what its copies have in common; the headline is the canonical article's. A digest is compared with
    nothing: it is about several events, and would make one of them.
    """
    about = sorted((m for m in members if not m.is_digest), key=lambda m: (-m.profile.tokens, m.profile.id))
    canonical = next(m for m in members if m.profile.id == members[0].told["canonical_article"])
    published = [member.profile.published for member in members]
    return FamilyProfile(
        family=family,
        version=version,
        headline=canonical.headline,
        terms=terms.common([member.terms for member in about]) if about else b"",
        first_published=_moment(min(published)),
        last_published=_moment(max(published)),
        seen=max(member.profile.first_seen for member in members)[:10],
        articles=len(members),
        outlets=tuple(sorted({member.profile.outlet for member in members})),
        agencies=tuple(sorted({agency for member in members for agency in member.told["agencies"]})),
        origins=origins(members, canonical.profile.outlet),
    )


def origins(members: Sequence[FamilyMember], outlet: str) -> tuple[str, ...]:
    """Who found out what the family tells: agencies, else the outlet whose reporting it is.

    Two takes of one agency are one origin, and so is a rewrite of what it filed. Whoever only puts together what others
    tell (a digest), or was paid to tell it, has found out nothing.
    """
    reports = [member for member in members if not member.profile.paid and not member.is_digest]
    if not reports:
        return ()
    agencies = {
        agency
        for member in reports
        if member.told["origin_class"] not in _NO_REPORT
        for agency in member.told["agencies"]
        if agency != UNNAMED
    }
    return tuple(sorted(agencies)) or (outlet,)


def _moment(published: float) -> datetime:
    return datetime.fromtimestamp(published, UTC)
