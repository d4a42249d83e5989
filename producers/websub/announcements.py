"""When a hub's announcement causes a poll, and how far it is trusted. Pure: time is an argument."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FIRST_SPACING, MAX_SPACING = 15.0, 3600.0
"""Seconds between two polls that announcements cause: the first; at most, for a hub that always cries wolf."""
MAX_LOOKS = 6
"""Polls without news after one announcement, over a quarter of an hour: a cache may still hide what the hub saw."""
MAX_MISSES = 3
"""News in a row that a poll found and no hub announced, after which the hub is not relied upon."""


@dataclass(frozen=True)
class Heard:
    """The announcements of one feed.

    ``planned``: when to look for the news that was announced; none where all has been found, or given up. ``looks``
    at it since, without news. ``vain``: such looks in a row, whatever announcement caused them. ``misses``: news in a
    row that nobody announced.
    """

    last_new: datetime | None = None
    last_poll: datetime | None = None
    planned: datetime | None = None
    looks: int = 0
    vain: int = 0
    misses: int = 0

    def spacing(self) -> timedelta:
        return timedelta(seconds=min(FIRST_SPACING * 2.0 ** min(self.vain, 20), MAX_SPACING))

    def is_trusted(self) -> bool:
        return self.misses < MAX_MISSES


def announced(heard: Heard, now: datetime) -> tuple[Heard, datetime]:
    """Take an announcement of news. Returns when to poll.

    At once, unless an announcement has just caused a poll. Looks that found nothing double the spacing, news resets
    it: in the end a hub cannot make us ask a publisher more than once an hour for nothing.
    """
    if heard.planned is not None and heard.planned > now:
        return replace(heard, misses=0), heard.planned
    before = max((at for at in (heard.last_poll, heard.planned) if at is not None), default=None)
    at = now if before is None else max(now, before + heard.spacing())
    return replace(heard, planned=at, looks=0, misses=0), at


def polled(
    heard: Heard, last_new: datetime | None, now: datetime, *, relied: bool
) -> tuple[Heard, datetime | None, bool | None]:
    """Take a successful poll; ``last_new`` is when the feed last brought a new entry. The first poll is only recorded.

    ``relied``: a subscription is active, so that news should have been announced. Returns when to look again where an
    announcement has not come true yet, else none; and whether one did: true or false once that is known, else none.
    """
    news = heard.last_poll is not None and last_new is not None and last_new != heard.last_new
    seen = replace(heard, last_new=last_new, last_poll=now, vain=0 if news else heard.vain)
    if heard.planned is None:
        return replace(seen, misses=min(seen.misses + news, MAX_MISSES) if relied else 0), None, None
    if heard.planned > now:  # this poll had begun before the announcement, or was due anyway
        return seen, heard.planned, None
    if news:
        return replace(seen, planned=None, looks=0), None, True
    looking = replace(seen, looks=seen.looks + 1, vain=seen.vain + 1)
    if looking.looks >= MAX_LOOKS:
        return replace(looking, planned=None, looks=0), None, False
    again = now + looking.spacing()
    return replace(looking, planned=again), again, None
