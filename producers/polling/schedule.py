"""The schedule of a feed's next poll. Pure: time and chance are arguments."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from producers.folders.folder import is_folder
from producers.polling.rhythm import JITTER, wanted_interval
from schemas.feed_records import Feed, FeedState
from wirecopy.settings import ProducerSettings

_NO_JITTER_BELOW = 10.0
_MAX_DOUBLINGS = 20
_HOUR = 3600.0
_HOURS_A_WEEK = 7 * 24
_MAX_SKIP_JITTER = 300.0

# A header is often the default of a server that knows nothing of the feed: it may slow us down, not starve us.
_FRESH_AT_MOST = _HOUR
_FRESH_AT_MOST_RHYTHMS = 4.0

# A hub that tells of news makes polling the safety net. It stays, for hubs lose messages and go out of business; four
# times fewer requests is most of what can be saved, and an hour the longest that a lost message should go unnoticed.
_SUBSCRIBED_STRETCH = 4.0
_SUBSCRIBED_AT_MOST = _HOUR

FOLDER_INTERVAL = 5.0
"""Seconds between two looks into a watched folder."""


@dataclass(frozen=True)
class Hints:
    """The server's wishes for the next request, in seconds."""

    fresh_for: float | None = None
    retry_after: float | None = None


def interval(
    feed: Feed,
    state: FeedState,
    settings: ProducerSettings,
    now: datetime,
    *,
    own: bool = False,
    subscribed: bool = False,
    hints: Hints | None = None,
) -> float:
    """Return the seconds between this poll and the next.

    The list's ``interval`` for the feed, else what its rhythm asks for, not below its ``ttl`` and what its headers
    say; within the limits of the settings. A feed of our ``own`` (a host in ``producer.allow_hosts``) may be polled
    as often as the list says. Each failure in a row doubles it, up to ``max_interval``; a parked feed has the interval
    of those. ``Retry-After`` is a lower bound in any case. Looking into a folder costs nobody anything.
    """
    hints = hints or Hints()
    if is_folder(feed.url):
        wanted, floor = feed.interval or FOLDER_INTERVAL, 0.0
    else:
        wanted = feed.interval if feed.interval is not None else _by_rhythm(state, settings, now, subscribed, hints)
        floor = 0.0 if own and feed.interval is not None else settings.min_interval
    healthy = max(min(wanted, settings.max_interval), floor)
    backed_off = healthy * 2.0 ** min(state.failures, _MAX_DOUBLINGS)
    seconds = min(backed_off, max(settings.max_interval, healthy))
    if state.parked is not None:
        seconds = max(settings.park_interval, healthy)
    return max(seconds, hints.retry_after or 0.0)


def _by_rhythm(state: FeedState, settings: ProducerSettings, now: datetime, subscribed: bool, hints: Hints) -> float:
    """Return the interval by rhythm.

    Haste shortens the feed's own wish too, which it contradicts by turning over faster.
    """
    rhythm = wanted_interval(state, settings, now)
    fresh = min(hints.fresh_for or 0.0, _FRESH_AT_MOST, _FRESH_AT_MOST_RHYTHMS * rhythm)
    polite = max(rhythm, state.ttl or 0.0, fresh)
    seconds = min(polite, settings.max_interval) / state.haste
    if subscribed:
        return max(seconds, min(seconds * _SUBSCRIBED_STRETCH, _SUBSCRIBED_AT_MOST))
    return seconds


def next_poll(started: datetime, seconds: float, chance: random.Random, state: FeedState | None = None) -> datetime:
    """Return the moment of the next poll: ``seconds`` after the start of this one, and a little later at random.

    Very short intervals are kept as they are: they are for feeds of our own, which need no politeness. With a
    ``state``, hours and days that the feed asks us to skip are, unless entries would be missed.
    """
    stretch = chance.uniform(0.0, JITTER) if seconds >= _NO_JITTER_BELOW else 0.0
    at = started + timedelta(seconds=seconds * (1.0 + stretch))
    if state is None or state.haste > 1:
        return at
    allowed = _first_allowed(at, frozenset(state.skip_hours), frozenset(state.skip_days))
    if allowed == at:
        return at
    # Everybody whom a feed sends away until nine would be back at nine sharp.
    return allowed + timedelta(seconds=chance.uniform(0.0, min(seconds * JITTER, _MAX_SKIP_JITTER)))


def _first_allowed(at: datetime, hours: frozenset[int], days: frozenset[int]) -> datetime:
    """Return the first moment from ``at`` on outside of hours and days to skip; ``at`` if there is none in a week."""
    candidate = at
    for _ in range(_HOURS_A_WEEK + 1):
        if candidate.hour not in hours and candidate.weekday() not in days:
            return candidate
        candidate = candidate.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at
