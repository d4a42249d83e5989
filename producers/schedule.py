"""When to poll a feed next. Pure: time and chance are arguments."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.records import Feed
from wirecopy.settings import ProducerSettings

JITTER = 0.1
"""Share by which an interval is stretched at random, so that feeds added together do not stay together."""
_NO_JITTER_BELOW = 10.0
_MAX_DOUBLINGS = 20


@dataclass(frozen=True)
class Hints:
    """What the other side said about the next visit, in seconds."""

    ttl: float | None = None
    retry_after: float | None = None


def interval(
    feed: Feed, settings: ProducerSettings, *, own: bool, failures: int = 0, hints: Hints | None = None
) -> float:
    """Seconds between two polls.

    The list's ``interval`` for the feed, else the feed's ``ttl`` or the setting, whichever is longer, within the
    limits of the settings; a feed of our ``own`` (a host in ``producer.allow_hosts``) may be polled as often as the
    list says. Each failure in a row doubles it, up to ``max_interval``. ``Retry-After`` is a lower bound in any case.
    """
    hints = hints or Hints()
    wanted = feed.interval if feed.interval is not None else max(settings.interval, hints.ttl or 0.0)
    floor = 0.0 if own and feed.interval is not None else settings.min_interval
    healthy = max(min(wanted, settings.max_interval), floor)
    backed_off = healthy * 2.0 ** min(failures, _MAX_DOUBLINGS)
    return max(min(backed_off, max(settings.max_interval, healthy)), hints.retry_after or 0.0)


def next_poll(started: datetime, seconds: float, chance: random.Random) -> datetime:
    """The moment of the next poll, ``seconds`` after this one started, and a little later at random.

    Very short intervals are kept as they are: they are for feeds of our own, which need no politeness.
    """
    stretch = chance.uniform(0.0, JITTER) if seconds >= _NO_JITTER_BELOW else 0.0
    return started + timedelta(seconds=seconds * (1.0 + stretch))
