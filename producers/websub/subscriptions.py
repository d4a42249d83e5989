"""One feed's subscription at its hub, step by step. Pure: time and chance are arguments."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from producers.websub.callbacks import Callback
from producers.websub.intent import MAX_LEASE

VERIFY_WITHIN = 15 * 60.0
"""Seconds that a hub may take from its 202 to the question at our callback; then it cannot reach us."""
FIRST_BACKOFF, MAX_BACKOFF = 5 * 60.0, 24 * 3600.0
REFUSED_FOR = 7 * 86400.0
"""A denied subscription "is not possible anymore" (5.2). But hubs change their rules; once a week is no burden."""
SETTLED_AFTER = 3600.0
"""Seconds that a subscription stands before a feed's word for another hub or topic is followed: a feed that names
another hub at every poll must not make us ring at all their doors."""
RENEW_FROM, RENEW_TO = 0.7, 0.85
"""Share of the lease after which it is renewed, at random between the two, so that renewals do not bunch."""
MIN_RENEWAL = 30 * 60.0
"""However short the lease."""
_MAX_DOUBLINGS = 20

State = Literal["wanted", "pending", "active", "refused", "failed"]
STATES: tuple[State, ...] = ("wanted", "pending", "active", "refused", "failed")


@dataclass(frozen=True)
class Subscription:
    """``feed``: its address, on whose behalf the hub is asked. ``due``: when to ask the hub next. ``until``: the end of
    the lease. ``failures`` in a row, of asking it. ``waiting``: it was asked, and has neither verified nor denied yet.
    """

    callback: Callback
    hub: str
    topic: str
    feed: str
    since: datetime
    due: datetime
    asked: datetime | None = None
    waiting: bool = False
    verified: datetime | None = None
    until: datetime | None = None
    failures: int = 0
    refused: bool = False
    why: str | None = None

    def state(self, now: datetime) -> State:
        if self.is_active(now):
            return "active"
        if self.refused:
            return "refused"
        if self.failures:
            return "failed"
        return "pending" if self.waiting else "wanted"

    def is_active(self, now: datetime) -> bool:
        """Whether a hub has verified it, and the lease runs."""
        return self.until is not None and now < self.until

    def is_settled(self, now: datetime) -> bool:
        return (now - self.since).total_seconds() >= SETTLED_AFTER


def wanted(callback: Callback, hub: str, topic: str, feed: str, now: datetime) -> Subscription:
    return Subscription(callback, hub, topic, feed, since=now, due=now)


def asked(subscription: Subscription, now: datetime) -> Subscription:
    """Mark a request as sent. Call it before sending, for a hub may verify before it answers."""
    return replace(subscription, asked=now, waiting=True, due=now + timedelta(seconds=VERIFY_WITHIN))


def is_overdue(subscription: Subscription, now: datetime) -> bool:
    """Whether the hub took the last request and has not verified it in time."""
    return subscription.waiting and subscription.due <= now


def verified(
    subscription: Subscription, at: datetime, lease: float, now: datetime, chance: random.Random
) -> Subscription:
    """Take the hub's verification at ``at``, with a lease of ``lease`` seconds. A late or repeated one changes nothing.

    ``at`` is another process's clock: never taken to be later than now.
    """
    at = min(at, now)
    if subscription.verified is not None and at <= subscription.verified:
        return subscription
    seconds = min(lease, MAX_LEASE)
    renewal = max(seconds * chance.uniform(RENEW_FROM, RENEW_TO), MIN_RENEWAL)
    return replace(
        subscription,
        verified=at,
        until=at + timedelta(seconds=seconds),
        due=at + timedelta(seconds=renewal),
        waiting=False,
        failures=0,
        refused=False,
        why=None,
    )


def failed(
    subscription: Subscription, why: str, now: datetime, chance: random.Random, at_least: float = 0.0
) -> Subscription:
    """Take a failed or unverified request. An earlier verification stays until the lease ends."""
    doubled: float = FIRST_BACKOFF * 2.0 ** min(subscription.failures, _MAX_DOUBLINGS)
    seconds = max(min(doubled, MAX_BACKOFF), at_least) * chance.uniform(1.0, 1.25)
    due = now + timedelta(seconds=seconds)
    return replace(subscription, waiting=False, failures=subscription.failures + 1, due=due, why=why)


def refused(subscription: Subscription, why: str, now: datetime) -> Subscription:
    due = now + timedelta(seconds=REFUSED_FOR)
    return replace(subscription, waiting=False, refused=True, until=None, due=due, why=why)


def ended(subscription: Subscription, now: datetime, chance: random.Random) -> Subscription:
    """Take the end of a subscription that we want: ask again, not at once."""
    return failed(replace(subscription, until=None), "the hub has ended the subscription", now, chance)
