"""Changes feeds for the desk as the ``feeds`` commands do: the plug-in ``wirecopy.feed_editors``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from producers.compacted import Contents
from producers.errors import FetchError
from producers.messages import Message
from producers.registry import edits
from producers.registry.adding import Wanted, added
from producers.registry.discovery import FoundFeed, find_feeds, settled_outlet
from producers.registry.feedlist import feed_from, free_id, without_feed_scheme
from producers.registry.feeds_topic import FeedChange, read_registry, same_feed
from producers.state import read_states
from producers.web.addresses import AddressPolicy
from schemas.feed_records import Feed
from wirecopy.errors import NotFound
from wirecopy.feed_edits import Done, FeedEdit, FeedOffer, FeedWish, NotAdded
from wirecopy.kafka import quiet_client_logs
from wirecopy.settings import Settings

NO_ANSWER: Final = frozenset({"dns", "connect", "tls", "timeout", "http_status"})
"""Reasons of a failed fetch that lie between us and the server: a producer elsewhere may fare better."""


class KafkaFeedEditor:
    """Reads the topic, decides as the commands do, publishes. ``producer.*`` sets what may be fetched."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        quiet_client_logs()

    def add(self, wish: FeedWish) -> FeedEdit | NotAdded:
        registry = read_registry(self._settings.kafka)
        known = registry.values
        if (there := _known(known, wish.address)) is not None:
            return there
        try:
            if wish.unchecked:
                return self._carry_out(registry, _unchecked(known, wish, self._settings.producer.allow_hosts), "added")
            found = asyncio.run(find_feeds(self._settings.producer, without_feed_scheme(wish.address)))
        except NotFound as error:
            return NotAdded(str(error))
        except FetchError as error:
            return NotAdded(f"{wish.address}: {error.detail}", unchecked=error.reason in NO_ANSWER)
        return self._add_found(registry, found, wish)

    def _add_found(self, registry: Contents[Feed], found: Sequence[FoundFeed], wish: FeedWish) -> FeedEdit | NotAdded:
        if len(found) > 1:
            return NotAdded("", offers=tuple(_offers(registry.values, found)))
        if (there := _known(registry.values, found[0].url)) is not None:
            return there
        if wish.outlet is None and settled_outlet(found[0].url, found[0].home) is None:
            return NotAdded(f"{found[0].url} does not tell who publishes it: write its outlet, too")
        (change,) = added(registry.values, found, Wanted(wish.outlet, wish.tags, full_text=wish.full_text))
        return self._carry_out(registry, change, "added", line=found[0].line())

    def pause(self, name: str) -> FeedEdit:
        registry = read_registry(self._settings.kafka)
        (change,) = edits.pauses(registry.values, [name], paused=True)
        return self._carry_out(registry, change, "paused")

    def resume(self, name: str) -> FeedEdit:
        kafka = self._settings.kafka
        registry = read_registry(kafka)
        states = read_states(kafka)
        (change,), first = edits.resumptions(registry.values, [name], states, datetime.now(UTC), kafka.topic_prefix)
        return self._carry_out(registry, change, "resumed", first)

    def remove(self, name: str) -> FeedEdit:
        registry = read_registry(self._settings.kafka)
        (change,) = edits.removals(registry.values, [name], None)
        return self._carry_out(registry, change, "removed")

    def _carry_out(
        self,
        registry: Contents[Feed],
        change: FeedChange,
        done: Done,
        first: Sequence[Message] = (),
        line: str = "",
    ) -> FeedEdit:
        kafka = self._settings.kafka
        messages = edits.messages_of([change], registry, kafka.topic_prefix)
        asyncio.run(edits.send(kafka, [*first, *messages]))
        feed = change.feed
        return FeedEdit("unchanged" if change.kind == "unchanged" else done, feed.id, feed.url, feed.outlet, line)


def _known(known: Mapping[str, Feed], address: str) -> NotAdded | None:
    feed = same_feed(known.values(), address)
    if feed is None:
        return None
    return NotAdded(f"{address} is polled already, as {feed.id}" + (", and is paused" if feed.paused else ""))


def _unchecked(known: Mapping[str, Feed], wish: FeedWish, allowed: Iterable[str]) -> FeedChange:
    """Return a feed whose address did not answer. Raises ``SettingsError``; ``FetchError`` if it is forbidden."""
    wanted = Wanted(wish.outlet, wish.tags, full_text=wish.full_text)
    feed = feed_from(wanted.entry() | {"url": wish.address}, "this feed", remote=True)
    AddressPolicy(allowed).checked(feed.url)
    return FeedChange("added", feed.model_copy(update={"id": free_id(feed.url, known)}))


def _offers(known: Mapping[str, Feed], found: Iterable[FoundFeed]) -> Iterable[FeedOffer]:
    for one in found:
        there = same_feed(known.values(), one.url)
        yield FeedOffer(one.url, one.line(), there.id if there else None)
