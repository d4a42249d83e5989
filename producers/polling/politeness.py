"""Where a feed is fetched, on what conditions, and whether at all: moved, gone, parked and resumed feeds. Pure.

``resumed`` is what ``feeds resume`` and a changed address on the list do to a state.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from producers.polling.schedule import interval
from producers.web.fetch import PERMANENT, Redirect, Validators
from schemas.feed_records import Feed, FeedState
from wirecopy.settings import ProducerSettings

GONE = 410
BUSY = frozenset({429, 503})
_SECOND_LOOK = timedelta(hours=1)
_BACK_AFTER = 3
"""Failures in a row after which an address that a feed had moved to is given up for the one on the list."""
_TRUST_GAPS = 12
_LEAST_TRUST, _MOST_TRUST = 3600.0, 86400.0
"""Seconds without a body: a dozen of the feed's own gaps, within these limits, and it is asked for unconditionally."""


def address(feed: Feed, state: FeedState) -> str:
    """Return the address to fetch: that of the list, or the one it has permanently moved to."""
    return state.address or feed.url if state.url == feed.url else feed.url


def conditions(feed: Feed, state: FeedState, now: datetime) -> Validators:
    """Return the headers of a conditional request.

    Nothing where the feed's address has changed, where its validators have been caught lying, and every so often
    besides: a server that has said 304 for much longer than the feed's rhythm explains, or for a day, is asked for
    the body itself.
    """
    if feed.url != state.url or state.distrusted or state.last_body is None:
        return Validators()
    trusted = _MOST_TRUST
    if state.typical_gap is not None:
        trusted = min(max(_TRUST_GAPS * state.typical_gap, _LEAST_TRUST), _MOST_TRUST)
    if (now - state.last_body).total_seconds() >= trusted:
        return Validators()
    return Validators(state.etag, state.last_modified)


def is_retired(feed: Feed, state: FeedState) -> bool:
    """Whether the feed is retired at this address."""
    return state.retired is not None and state.url == feed.url


def first_poll(
    feed: Feed, state: FeedState | None, settings: ProducerSettings, now: datetime, *, own: bool = False
) -> datetime | None:
    """Return when to poll a feed that is new to this process or changed on the list; None: never.

    What the state says, sooner if the list now wants it sooner, but not before the server will have us back.
    """
    if feed.paused:
        return None
    if state is None or state.url != feed.url:
        return now
    if is_retired(feed, state):
        return None
    wanted = now + timedelta(seconds=interval(feed, state, settings, now, own=own))
    return max(now, min(state.next_poll, wanted), state.retry_at or now)


def resumed(state: FeedState, now: datetime) -> FeedState:
    """Reset failures: due now, at the address of the list, unconditionally."""
    return state.model_copy(
        update={
            "etag": None,
            "last_modified": None,
            "distrusted": False,
            "address": None,
            "moved_to": None,
            "moved_since": None,
            "next_poll": now,
            "retry_at": None,
            "failures": 0,
            "last_error": None,
            "parked": None,
            "retired": None,
        }
    )


def listed(feed: Feed, state: FeedState, now: datetime) -> FeedState:
    """Adapt the state to the list: fields of another address or outlet are dropped.

    What was published stays known where the outlet is the same: a feed at a new address has the same articles.
    """
    if state.url == feed.url and state.outlet in ("", feed.outlet):
        return state.model_copy(update={"outlet": feed.outlet})
    fresh = resumed(state, now).model_copy(
        update={
            "url": feed.url,
            "outlet": feed.outlet,
            "body_hash": None,
            "last_body": None,
            "ttl": None,
            "skip_hours": (),
            "skip_days": (),
            "haste": 1.0,
            "in_order": False,
        }
    )
    return fresh if state.outlet in ("", feed.outlet) else fresh.model_copy(update={"memory": b"", "window": 0})


def moved(state: FeedState, redirects: Sequence[Redirect], final_url: str | None, now: datetime) -> dict[str, object]:
    """Update the feed's address by a good answer.

    A redirect that calls itself permanent is believed when it stands at a second look, an hour later or more: what a
    hotel's login page or a mistake of a minute redirects is not lost to it.
    """
    if not redirects or final_url is None or any(step.status not in PERMANENT for step in redirects):
        return {"moved_to": None, "moved_since": None}
    if state.moved_to != final_url or state.moved_since is None:
        return {"moved_to": final_url, "moved_since": now}
    if now - state.moved_since < _SECOND_LOOK:
        return {}
    return {"address": None if final_url == state.url else final_url, "moved_to": None, "moved_since": None}


def failing(
    state: FeedState, status: int | None, settings: ProducerSettings, now: datetime, retry_after: float | None
) -> dict[str, object]:
    """Apply one more failure: retire, park, or go back to the address of the list."""
    failures = state.failures + 1
    changes: dict[str, object] = {
        "failures": failures,
        "retry_at": now + timedelta(seconds=retry_after) if retry_after else None,
    }
    if state.address is not None:
        if failures >= _BACK_AFTER or status == GONE:
            changes |= {"address": None, "etag": None, "last_modified": None}
        return changes
    if status == GONE:
        changes["retired"] = state.retired or now
    if failures >= settings.park_after:
        changes["parked"] = state.parked or now
    return changes


def host_pause(status: int | None, retry_after: float | None) -> float | None:
    """Return the seconds for which the whole host asks to be left alone."""
    return retry_after if status in BUSY else None
