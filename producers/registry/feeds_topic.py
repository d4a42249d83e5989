"""The registry of feeds, the compacted topic ``feeds``, and its changes by lists and commands.

A feed comes from a list (``origin`` is the list's name) or was added by hand (no ``origin``). One id, and one address,
is one feed. The precedence:

- A feed added by hand beats every list: lists with its id or its address are ignored.
- Among lists the first one keeps it: another list with the same id or address waits until the first drops it, and takes
  it over when it is read the next time. So two lists never change a feed back and forth.
- ``feeds pause`` and ``feeds resume`` set whether a feed is paused. A list's value counts only for a new feed.

Everything except ``read_registry`` is pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from producers.compacted import Contents, read_compacted
from producers.messages import Message
from producers.registry.feedlist import address_key
from schemas.feed_records import Feed
from schemas.record import RecordError
from schemas.topics import FEEDS
from wirecopy.settings import KafkaSettings
from wirecopy.telemetry import logger

Kind = Literal["added", "changed", "unchanged", "skipped", "removed"]


@dataclass(frozen=True)
class FeedChange:
    """A change of one feed; ``before`` is the topic's record, ``why`` a reason that a person cannot see."""

    kind: Kind
    feed: Feed
    before: Feed | None = None
    why: str = ""

    def messages(self, prefix: str) -> list[Message]:
        """Return the messages in order: where both outlets share a partition, the tombstone must come first."""
        if self.kind in ("unchanged", "skipped"):
            return []
        if self.kind == "removed":
            return [removal_message(self.feed, prefix)]
        moved = self.before is not None and self.before.outlet != self.feed.outlet
        gone = [removal_message(self.before, prefix)] if self.before is not None and moved else []
        return [*gone, feed_message(self.feed, prefix)]


def feed_message(feed: Feed, prefix: str) -> Message:
    """Return the message with the feed's new record."""
    return Message(FEEDS.full_name(prefix), feed.id.encode(), feed.to_bytes(), partitioned_by=feed.outlet.encode())


def removal_message(feed: Feed, prefix: str) -> Message:
    """Return the tombstone of a feed, in the partition of its outlet."""
    return Message(FEEDS.full_name(prefix), feed.id.encode(), None, partitioned_by=feed.outlet.encode())


def read_registry(settings: KafkaSettings) -> Contents[Feed]:
    """Read the topic: its feeds by id, and copies that a crash has left under an earlier outlet.

    Raises ``ServerError`` if Kafka cannot be reached or has no such topic.
    """
    return read_compacted(settings, FEEDS, listed_feed)


def read_feeds(settings: KafkaSettings) -> dict[str, Feed]:
    """Read every feed, by id. Raises ``ServerError`` if Kafka cannot be reached or has no such topic."""
    return read_registry(settings).values


def listed_feed(key: str, value: bytes) -> Feed | None:
    """Read one feed of the topic; None, with a warning in the log, where it cannot be read."""
    try:
        feed = Feed.from_bytes(value)
    except RecordError as error:
        logger("producer").error("a feed in the topic cannot be read and is left out", feed=key, why=str(error))
        return None
    return feed if feed.id == key else None


def reconcile(known: Mapping[str, Feed], wanted: Iterable[Feed], origin: str, prefix: str) -> list[Message]:
    """Return the messages, in order, after which the topic has ``wanted`` for the list ``origin``; none if it has."""
    return [message for change in changes(known, wanted, origin) for message in change.messages(prefix)]


def changes(known: Mapping[str, Feed], wanted: Iterable[Feed], origin: str) -> list[FeedChange]:
    """Return the changes of the list ``origin``: one for each of its feeds, and for those it no longer has."""
    by_hand = _addresses(feed for feed in known.values() if feed.origin is None)
    others = _addresses(feed for feed in known.values() if feed.origin not in (None, origin))
    listed = {feed.id: feed.model_copy(update={"origin": origin}) for feed in wanted}
    found: list[FeedChange] = []
    kept: set[str] = set()
    for feed in listed.values():
        before = known.get(feed.id)
        mine = before is not None and before.origin == origin
        holder = by_hand.get(address_key(feed.url)) or (None if mine else others.get(address_key(feed.url)))
        if before is not None and not mine:
            found.append(FeedChange("skipped", feed, before, _held(before)))
        elif holder is not None:
            found.append(FeedChange("skipped", feed, before, f"its address is that of {holder.id}, {_held(holder)}"))
        else:
            kept.add(feed.id)
            found.append(_put(feed, before))
    gone = (feed for feed in known.values() if feed.origin == origin and feed.id not in kept)
    return [*(FeedChange("removed", feed, feed, f"no longer in {origin}") for feed in gone), *found]


def imported(known: Mapping[str, Feed], wanted: Iterable[Feed]) -> list[FeedChange]:
    """Return the changes of importing ``wanted`` by hand: it takes over feeds of the same id, and removes none.

    A feed that is known under another id is skipped, and one that a list describes equally stays the list's.
    """
    given = {feed.id: feed for feed in wanted}
    addresses = _addresses(given.get(name, feed) for name, feed in known.items())
    found: list[FeedChange] = []
    for feed in given.values():
        by_hand, before = feed.model_copy(update={"origin": None}), known.get(feed.id)
        holder = addresses.setdefault(address_key(feed.url), by_hand)
        if before is None and holder.id != feed.id:
            found.append(FeedChange("skipped", by_hand, None, f"its address is that of {holder.id}"))
        else:
            found.append(_put(by_hand, before))
    return found


def _put(feed: Feed, before: Feed | None) -> FeedChange:
    if before is None:
        return FeedChange("added", feed)
    new = feed.model_copy(update={"paused": before.paused})
    if new.model_copy(update={"origin": before.origin}) == before:
        return FeedChange("unchanged", before, before)
    return FeedChange("changed", new, before)


def _held(feed: Feed) -> str:
    return "put there by hand" if feed.origin is None else f"of the list {feed.origin}"


def _addresses(feeds: Iterable[Feed]) -> dict[str, Feed]:
    return {address_key(feed.url): feed for feed in feeds}


def same_feed(known: Iterable[Feed], address: str) -> Feed | None:
    """Return the known feed with this address, or with one that differs only as ``address_key`` ignores."""
    key = address_key(address)
    return next((feed for feed in known if address_key(feed.url) == key), None)
