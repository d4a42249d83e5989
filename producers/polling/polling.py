"""One poll of one feed: ask (fetch, parse), then decide (pure) what to publish and what to remember."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from producers import metrics
from producers.errors import FetchError
from producers.formats.dates import Listed
from producers.formats.parsed import ParsedFeed
from producers.formats.parsing_pool import ParsingPool
from producers.messages import DeadLetter
from producers.polling import politeness, rhythm
from producers.polling.entries import OutletFeeds, new_revisions
from producers.polling.memory import Memory
from producers.polling.schedule import Hints, interval, next_poll
from producers.web.fetch import Fetched, Fetcher, NotModified, Redirect, Validators
from schemas.feed_records import Feed, FeedState, RawEntry
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
    """Unchanged; ``modified`` says whether the server sent the body nevertheless."""

    validators: Validators
    modified: bool
    fresh_for: float | None = None
    final_url: str | None = None
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A body that is no feed."""

    fetched: Fetched
    error: BadInput


@dataclass(frozen=True)
class News:
    """A body not seen before, parsed; ``partial`` where it need not hold all entries: a push, or a watched folder."""

    fetched: Fetched
    parsed: ParsedFeed
    partial: bool = False


Answer = Failed | Same | Unreadable | News


@dataclass(frozen=True)
class Poll:
    """The result of a poll. ``state`` counts once ``records`` and ``dead_letters`` are acknowledged.

    ``turned_over``: nothing of what was in the feed was left, so entries may have come and gone unseen.
    ``host_pause``: seconds that the feed's host wants to be left alone.
    """

    state: FeedState
    outcome: str
    records: tuple[RawEntry, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    turned_over: bool = False
    host_pause: float | None = None


@dataclass(frozen=True)
class Circumstances:
    """The inputs of a decision besides the answer.

    ``own``: the feed's host is in ``producer.allow_hosts``. ``siblings``: the states of the outlet's other feeds,
    as last decided, whether listed or not; ``unlisted``: the names of those that nobody polls any more. ``subscribed``:
    a hub tells us of news. ``pushed``: it just did, and this is no poll.
    """

    settings: ProducerSettings
    now: datetime
    own: bool = False
    siblings: tuple[FeedState, ...] = ()
    unlisted: frozenset[str] = frozenset()
    subscribed: bool = False
    pushed: bool = False
    chance: random.Random = field(default_factory=random.Random)


async def ask(feed: Feed, state: FeedState, fetcher: Fetcher, pool: ParsingPool) -> Answer:
    """Fetch the feed and, if its body is not the one seen last, parse it. Raises nothing that a feed can cause."""
    started = time.monotonic()
    conditions = politeness.conditions(feed, state, datetime.now(UTC))
    try:
        fetched = await fetcher.on_behalf_of(feed.url).fetch(politeness.address(feed, state), conditions)
    except FetchError as error:
        return Failed(error)
    finally:
        metrics.FETCH_SECONDS.observe(time.monotonic() - started)
    if isinstance(fetched, NotModified):
        return _same(fetched, modified=False)
    if fetched.body_hash == state.body_hash and feed.url == state.url:
        return _same(fetched, modified=True)
    started = time.monotonic()
    try:
        return News(fetched, await pool.parse(fetched.body, fetched.final_url, fetched.content_type, listed(feed)))
    except BadInput as error:
        return Unreadable(fetched, error)
    finally:
        metrics.PARSE_SECONDS.observe(time.monotonic() - started)


def listed(feed: Feed) -> Listed:
    """Return how the feed writes its dates, by the list."""
    return Listed(feed.language, feed.timezone)


def _same(fetched: Fetched | NotModified, *, modified: bool) -> Same:
    return Same(fetched.validators, modified, fetched.fresh_for, fetched.final_url, fetched.redirects)


def decide(feed: Feed, state: FeedState, answer: Answer, at: Circumstances) -> Poll:
    """Decide what to publish and to remember. Pure, but for chance."""
    state = politeness.listed(feed, state, at.now)
    match answer:
        case Failed(error):
            pause = politeness.host_pause(error.status, error.retry_after)
            return Poll(_failed(feed, state, error, at), error.reason, host_pause=pause)
        case Unreadable(fetched, error):
            return _unreadable(feed, state, fetched, error, at)
        case Same():
            return _unchanged(feed, state, answer, at)
        case News():
            return _news(feed, state, answer, at)


def _unchanged(feed: Feed, state: FeedState, same: Same, at: Circumstances) -> Poll:
    named = {"etag": same.validators.etag, "last_modified": same.validators.last_modified}
    # A 304 need not repeat the validators; those it names replace the old ones.
    known = {name: value for name, value in named.items() if value}
    update: dict[str, object] = {**known, "haste": rhythm.haste(state, at.now)}
    if same.modified:
        update["last_body"] = at.now
    update |= politeness.moved(state, same.redirects, same.final_url, at.now)
    kept = _healthy(feed, state.model_copy(update=update), at, same.fresh_for)
    return Poll(kept, "unchanged" if same.modified else "not_modified")


def _news(feed: Feed, state: FeedState, news: News, at: Circumstances) -> Poll:
    outlet_feeds = OutletFeeds(at.siblings, at.unlisted)
    records, after = new_revisions(feed, news.parsed, state, at.now, outlet_feeds, partial=news.partial)
    before, now = Memory.of(state), Memory.of(after)
    update = rhythm.observed(state, before, now, at.now, at.settings) | _about(news)
    if not news.partial:
        update["haste"] = rhythm.haste(state, at.now, before, now)
    if not at.pushed:
        update |= _answered(state, news.fetched, at, changed=bool(records))
    after = after.model_copy(update=update)
    if at.pushed:
        after = after.model_copy(update={"quiet_since": rhythm.quiet_since(after, at.now)})
    else:
        after = _healthy(feed, after, at, news.fetched.fresh_for)
    letters: tuple[DeadLetter, ...] = ()
    if news.parsed.dropped:
        detail = f"{news.parsed.dropped} entries beyond the first {at.settings.max_entries}"
        letters = (DeadLetter(feed.id, news.fetched.body, "too_many_entries", detail, feed.url),)
    turned = not news.partial and rhythm.turned_over(before, now)
    return Poll(after, "new", tuple(records), letters, turned_over=turned)


def _about(news: News) -> dict[str, object]:
    """Update what the feed says about itself; a push leaves omitted fields as they were."""
    parsed, fetched = news.parsed, news.fetched
    said: dict[str, object] = {
        "title": parsed.title or None,
        "home": parsed.home,
        "hub": fetched.hub or parsed.hub,
        "topic": fetched.topic or parsed.topic,
        "ttl": parsed.ttl,
        "skip_hours": tuple(sorted(parsed.skip_hours)),
        "skip_days": tuple(sorted(parsed.skip_days)),
    }
    return {name: value for name, value in said.items() if value} if news.partial else said


def _answered(state: FeedState, fetched: Fetched, at: Circumstances, *, changed: bool) -> dict[str, object]:
    """Update the validators of the resource. One that stays while entries change is not trusted."""
    given = fetched.validators
    lied = given.etag == state.etag if given.etag else given.last_modified == state.last_modified is not None
    return {
        "body_hash": fetched.body_hash,
        "etag": given.etag,
        "last_modified": given.last_modified,
        "distrusted": state.distrusted or (changed and lied),
        "last_body": at.now,
        **politeness.moved(state, fetched.redirects, fetched.final_url, at.now),
    }


def _unreadable(feed: Feed, state: FeedState, fetched: Fetched, error: BadInput, at: Circumstances) -> Poll:
    letter = DeadLetter(feed.id, fetched.body, error.reason, error.detail, feed.url)
    if at.pushed:
        return Poll(state, "bad_feed", dead_letters=(letter,))
    mark = BAD + fetched.body_hash
    failed = _failed(feed, state, error, at).model_copy(
        update={"body_hash": mark, "etag": None, "last_modified": None, "last_body": at.now}
    )
    return Poll(failed, "bad_feed", dead_letters=() if state.body_hash == mark else (letter,))


def _healthy(feed: Feed, state: FeedState, at: Circumstances, fresh_for: float | None) -> FeedState:
    fine = state.model_copy(
        update={
            "last_success": at.now,
            "failures": 0,
            "last_error": None,
            "parked": None,
            "retired": None,
            "retry_at": None,
            "newest_entry": state.newest_entry or at.now,
        }
    )
    return _appointed(feed, fine, at, Hints(fresh_for=fresh_for))


def _failed(feed: Feed, state: FeedState, error: FetchError | BadInput, at: Circumstances) -> FeedState:
    status, wait = (error.status, error.retry_after) if isinstance(error, FetchError) else (None, None)
    worse = politeness.failing(state, status, at.settings, at.now, wait)
    failed = state.model_copy(update={**worse, "last_error": str(error)[:500]})
    return _appointed(feed, failed, at, Hints(retry_after=wait))


def _appointed(feed: Feed, state: FeedState, at: Circumstances, hints: Hints) -> FeedState:
    """Schedule the next poll, and note a silence."""
    seconds = interval(feed, state, at.settings, at.now, own=at.own, subscribed=at.subscribed, hints=hints)
    heeding = None if at.own and feed.interval is not None else state
    return state.model_copy(
        update={
            "interval": seconds,
            "next_poll": next_poll(at.now, seconds, at.chance, heeding),
            "last_poll": at.now,
            "quiet_since": rhythm.quiet_since(state, at.now),
        }
    )
