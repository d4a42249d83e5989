"""Documents of feeds: the list's record and the state of polling, each of its newest message.

The two come from two topics, so a new document is made of the stored one and a message. It keeps both records, and
everything else in it follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from schemas.feed_conditions import conditions, foremost, of_this_address
from schemas.feed_records import Feed, FeedState
from schemas.topics import FEED_STATE, FEEDS
from stream_apps.indexing.documents import Document, present, time_of
from stream_apps.runtime.stage_interface import Incoming

HALVES: Final = {FEEDS.name: "listing", FEED_STATE.name: "polling"}
MAX_ERROR: Final = 1_000


def with_message(stored: Mapping[str, Any] | None, message: Incoming) -> Document:
    """Return the document after a message of ``feeds`` or ``feed-state``; the message with the later time counts.

    An empty message is a tombstone: the feed is no longer listed, or its state was dropped. Raises ``RecordError``.
    """
    before, half = stored or {}, HALVES[message.topic]
    halves = {name: before[name] for name in HALVES.values() if name in before}
    at, known = message.timestamp or 0, halves.get(half, {"at": -1})["at"]
    if at > known or (at == known and message.value):
        halves[half] = {"at": at, "record": _record(message)}
    return _document(message.key.decode(errors="replace"), halves)


def written_at(document: Mapping[str, Any]) -> int:
    """Return the version of a document: the time of its newest message, in milliseconds since 1970."""
    return max(int(document[name]["at"]) for name in HALVES.values() if name in document)


def _record(message: Incoming) -> Any:
    if not message.value:
        return None
    if message.topic == FEEDS.name:
        return orjson.loads(Feed.from_bytes(message.value).to_bytes())
    return orjson.loads(FeedState.from_bytes(message.value).model_copy(update={"memory": b""}).to_bytes())


def _document(identity: str, halves: Mapping[str, Any]) -> Document:
    listing, polling = (halves.get(name, {}).get("record") for name in ("listing", "polling"))
    feed = Feed.model_validate(listing) if listing else None
    polled = of_this_address(feed, FeedState.model_validate(polling) if polling else None)
    paused = feed is not None and feed.paused
    holds = conditions(paused, polled)
    return present(
        {
            "id": identity,
            "listed": feed is not None,
            "paused": paused,
            "condition": foremost(paused, holds),
            "conditions": sorted(holds),
            **_as_polled(polled),
            **_as_listed(feed),
            **halves,
        }
    )


def _as_listed(feed: Feed | None) -> Document:
    if feed is None:
        return {}
    return present(
        {
            "outlet": feed.outlet,
            "url": feed.url,
            "title": feed.title,
            "language": feed.language,
            "tags": list(feed.tags),
            "list": feed.origin,
        }
    )


def _as_polled(polled: FeedState | None) -> Document:
    if polled is None:
        return {}
    moments = ("next_poll", "last_poll", "last_success", "newest_entry", "parked", "retired", "quiet_since")
    return present(
        {
            **{name: time_of(getattr(polled, name)) for name in moments},
            "outlet": polled.outlet or None,
            "url": polled.url,
            "title": polled.title,
            "interval": polled.interval,
            "failures": polled.failures,
            "last_error": polled.last_error[:MAX_ERROR] if polled.last_error else None,
            "typical_gap": polled.typical_gap,
            "longest_silence": polled.longest_silence,
            "entries_count": polled.window,
            "haste": polled.haste,
            "hub": polled.hub,
        }
    )
