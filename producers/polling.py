"""One poll of one feed: ask (fetch, parse), then decide (pure) what to publish and what to remember."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import datetime

from producers import metrics
from producers.entries import OtherFeeds, new_revisions
from producers.errors import FetchError
from producers.fetch import Fetched, Fetcher, NotModified, Validators
from producers.messages import DeadLetter
from producers.parsed import ParsedFeed
from producers.parsing_pool import ParsingPool
from producers.schedule import Hints, interval, next_poll
from schemas.records import Feed, FeedState, RawEntry
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

BAD = "bad:"
"""Before the hash of a body that could not be read, so that the same body is not a dead letter at every poll."""


@dataclass(frozen=True)
class Failed:
    """No body."""

    error: FetchError


@dataclass(frozen=True)
class Same:
    """Nothing has changed; ``modified`` says whether the server sent the body all the same."""

    validators: Validators
    modified: bool


@dataclass(frozen=True)
class Unreadable:
    """A body that is no feed."""

    fetched: Fetched
    error: BadInput


@dataclass(frozen=True)
class News:
    """A body not seen before, parsed."""

    fetched: Fetched
    parsed: ParsedFeed


Answer = Failed | Same | Unreadable | News


@dataclass(frozen=True)
class Poll:
    """What one poll comes to. ``state`` holds once ``records`` and ``dead_letters`` are acknowledged."""

    state: FeedState
    outcome: str
    records: tuple[RawEntry, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()


@dataclass(frozen=True)
class Circumstances:
    """What a decision depends on beside the answer. ``own``: the feed's host is in ``producer.allow_hosts``."""

    settings: ProducerSettings
    now: datetime
    own: bool = False
    others: OtherFeeds = field(default_factory=OtherFeeds)
    chance: random.Random = field(default_factory=random.Random)


async def ask(feed: Feed, state: FeedState, fetcher: Fetcher, pool: ParsingPool) -> Answer:
    """Fetch the feed and, if its body is not the one seen last, parse it. Raises nothing that a feed can cause."""
    started = time.monotonic()
    try:
        fetched = await fetcher.fetch(feed.url, conditions(feed, state))
    except FetchError as error:
        return Failed(error)
    finally:
        metrics.FETCH_SECONDS.observe(time.monotonic() - started)
    if isinstance(fetched, NotModified):
        return Same(fetched.validators, modified=False)
    if fetched.body_hash == state.body_hash and feed.url == state.url:
        return Same(fetched.validators, modified=True)
    started = time.monotonic()
    try:
        return News(fetched, await pool.parse(fetched.body, fetched.final_url, fetched.content_type))
    except BadInput as error:
        return Unreadable(fetched, error)
    finally:
        metrics.PARSE_SECONDS.observe(time.monotonic() - started)


def conditions(feed: Feed, state: FeedState) -> Validators:
    """What makes the request conditional; nothing where the feed's address has changed."""
    return Validators(state.etag, state.last_modified) if feed.url == state.url else Validators()


def decide(feed: Feed, state: FeedState, answer: Answer, at: Circumstances) -> Poll:
    """What to publish and to remember. Pure, but for chance."""
    match answer:
        case Failed(error):
            return Poll(_failed(feed, state, str(error), at, error.retry_after), error.reason)
        case Unreadable(fetched, error):
            return _unreadable(feed, state, fetched, error, at)
        case Same(validators, modified):
            healthy = _healthy(feed, state, at, _remembered_ttl(feed, state))
            kept = healthy.model_copy(update=_known(validators))
            return Poll(kept, "unchanged" if modified else "not_modified")
        case News(fetched, parsed):
            return _news(feed, state, fetched, parsed, at)


def _news(feed: Feed, state: FeedState, fetched: Fetched, parsed: ParsedFeed, at: Circumstances) -> Poll:
    records, after = new_revisions(feed, parsed, state, at.now, at.others)
    healthy = _healthy(feed, after, at, parsed.ttl).model_copy(
        update={
            "body_hash": fetched.body_hash,
            "etag": fetched.validators.etag,
            "last_modified": fetched.validators.last_modified,
        }
    )
    letters: tuple[DeadLetter, ...] = ()
    if parsed.dropped:
        detail = f"{parsed.dropped} entries beyond the first {at.settings.max_entries}"
        letters = (DeadLetter(feed.id, fetched.body, "too_many_entries", detail, feed.url),)
    return Poll(healthy, "new", tuple(records), letters)


def _unreadable(feed: Feed, state: FeedState, fetched: Fetched, error: BadInput, at: Circumstances) -> Poll:
    mark = BAD + fetched.body_hash
    letter = DeadLetter(feed.id, fetched.body, error.reason, error.detail, feed.url)
    failed = _failed(feed, state, str(error), at).model_copy(
        update={"body_hash": mark, "etag": None, "last_modified": None}
    )
    return Poll(failed, "bad_feed", dead_letters=() if state.body_hash == mark else (letter,))


def _healthy(feed: Feed, state: FeedState, at: Circumstances, ttl: float | None) -> FeedState:
    seconds = interval(feed, at.settings, own=at.own, hints=Hints(ttl=ttl))
    return state.model_copy(
        update={
            "url": feed.url,
            "interval": seconds,
            "next_poll": next_poll(at.now, seconds, at.chance),
            "last_success": at.now,
            "failures": 0,
            "last_error": None,
        }
    )


def _failed(feed: Feed, state: FeedState, why: str, at: Circumstances, retry_after: float | None = None) -> FeedState:
    failures = state.failures + 1
    hints = Hints(retry_after=retry_after)
    seconds = interval(feed, at.settings, own=at.own, failures=failures, hints=hints)
    return state.model_copy(
        update={
            "interval": seconds,
            "next_poll": next_poll(at.now, seconds, at.chance),
            "failures": failures,
            "last_error": why[:500],
        }
    )


def _remembered_ttl(feed: Feed, state: FeedState) -> float | None:
    """Without a body there is no ``ttl``: the interval that it led to stands until the feed changes."""
    return state.interval if state.failures == 0 and state.last_success and feed.interval is None else None


def _known(validators: Validators) -> dict[str, str]:
    """A 304 need not repeat the validators; those it names replace the old ones."""
    named = {"etag": validators.etag, "last_modified": validators.last_modified}
    return {name: value for name, value in named.items() if value}
