"""Turns discovered feeds into entries of the registry, for ``feeds add``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from producers.registry.discovery import FoundFeed, feed_service, settled_outlet
from producers.registry.feedlist import feed_from, free_id
from producers.registry.feeds_topic import FeedChange
from schemas.feed_records import Feed
from wirecopy.errors import SettingsError


@dataclass(frozen=True)
class Wanted:
    """The person's options for a feed; the rest is found out."""

    outlet: str | None = None
    tags: tuple[str, ...] = ()
    interval: float | None = None
    full_text: bool = False
    id: str | None = None

    def entry(self) -> dict[str, Any]:
        """Return the entry as in a YAML list."""
        return {
            "id": self.id,
            "outlet": self.outlet,
            "tags": list(self.tags),
            "interval": self.interval,
            "full_text": self.full_text,
        }


def added(known: Mapping[str, Feed], found: Iterable[FoundFeed], wanted: Wanted) -> list[FeedChange]:
    """Return the feeds as added by hand.

    Raises ``SettingsError`` where an option does not fit, or where nothing tells who publishes a feed.
    """
    feeds: dict[str, Feed] = {}
    for one in found:
        entry = wanted.entry() | {"url": one.url, "title": one.title, "home": one.home}
        entry["outlet"] = wanted.outlet or _outlet(one)
        feed = feed_from(entry, "feeds add")
        feed = feed.model_copy(update={"id": _id(feed, {**known, **feeds}, wanted)})
        feeds[feed.id] = feed
    return [FeedChange("added", feed) for feed in feeds.values()]


def added_folder(known: Mapping[str, Feed], address: str, wanted: Wanted) -> FeedChange:
    """Return a local folder, where an agency delivers items, as a feed; ``inbox`` checks whether it may be watched."""
    feed = feed_from(wanted.entry() | {"url": address}, "feeds add")
    return FeedChange("added", feed.model_copy(update={"id": _id(feed, known, wanted)}))


def _outlet(found: FoundFeed) -> str:
    outlet = settled_outlet(found.url, found.home)
    if outlet is None:
        service = feed_service(found.url) or "its address"
        raise SettingsError(f"feeds add: {found.url}: {service} does not tell who publishes it: say --outlet")
    return outlet


def _id(feed: Feed, taken: Mapping[str, Feed], wanted: Wanted) -> str:
    if not wanted.id:
        return free_id(feed.url, taken)
    if feed.id in taken:
        raise SettingsError(f"feeds add: the id {feed.id} is that of {taken[feed.id].url}: say another --id")
    return feed.id
