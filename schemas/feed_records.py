"""The records of the producers: a feed, the state of its polling, what a hub said of it, and a fetched entry."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from schemas.public_records import Media, PubStatus
from schemas.record import ArticleId, Record


class Feed(Record):
    """Topic ``feeds`` (compacted by feed id): one feed to poll, and how."""

    id: str = Field(description="short name, unique among all feeds")
    url: str = Field(description="http or https; `file:` names a folder that is watched for agency items")
    outlet: str = Field(description="registrable name of the publisher; with the GUID it makes an article's id")
    language: str | None = Field(default=None, description="BCP 47; counts more than what the feed says")
    timezone: str | None = Field(default=None, description="IANA name; of dates in the feed that name no zone")
    interval: float | None = Field(default=None, gt=0, description="seconds between polls; none: by the feed's rhythm")
    tags: tuple[str, ...] = Field(default=(), description="folders of the feed list, inner ones after a `/`")
    title: str | None = None
    home: str | None = Field(default=None, description="the site's address")
    full_text: bool = Field(default=False, description="fetch each entry's page: the feed only teases")
    paused: bool = Field(default=False, description="not polled until resumed")
    origin: str | None = Field(default=None, description="the feed list that brought it, and that takes it away again")


class RawEntry(Record):
    """Topic ``raw``: one entry of a feed as fetched. Markup and addresses in it are not to be trusted.

    Where ``removed`` is set, the entry is gone from its feed: the message names a revision that was published before,
    and has no text.
    """

    article: ArticleId
    revision: int = Field(
        ge=0, description="counts the texts seen under this id; 0 is one from an archive, which any live one replaces"
    )
    content_hash: str = Field(description="hash of all that an outlet can edit; equal hashes mean the same revision")
    feed: str = Field(description="id of the feed in the feed list")
    outlet: str = Field(description="registrable name of the publisher, for example `thehindu.com`")
    guid: str | None = None
    url: str | None = Field(default=None, description="http or https, absolute")
    headline: str = Field(default="", description="as published; may hold markup")
    byline: str | None = None
    summary: str | None = Field(default=None, description="HTML as published")
    content: str | None = Field(default=None, description="HTML as published, the longest body that the entry has")
    language: str | None = Field(default=None, description="BCP 47")
    subjects: tuple[str, ...] = ()
    published: datetime | None = Field(default=None, description="what the feed says, brought to UTC")
    updated: datetime | None = None
    first_seen: datetime = Field(description="when a producer first fetched this article; the same in every revision")
    fetched: datetime
    backfill: bool = Field(default=False, description="from an archive, and not from a feed as it was published")
    creditline: str | None = Field(default=None, description="what an agency's own format says about whom to credit")
    pubstatus: PubStatus = "usable"
    media: tuple[Media, ...] = ()
    full_text: bool = Field(default=False, description="`content` was read from the entry's page, not from the feed")
    removed: datetime | None = Field(default=None, description="when the entry was found to be gone from its feed")


class FeedState(Record):
    """Topic ``feed-state`` (compacted by feed id): the state of polling one feed. Durations are in seconds."""

    feed: str
    url: str = Field(description="the address on the list when the feed was last polled")
    outlet: str = ""
    title: str | None = None
    home: str | None = None
    hub: str | None = Field(default=None, description="WebSub: who tells of news")
    topic: str | None = Field(default=None, description="WebSub: the address that the hub knows the feed by")
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    distrusted: bool = Field(default=False, description="its ETag stayed while entries changed: never asked with it")
    address: str | None = Field(default=None, description="where the feed has moved to for good; none: `url`")
    moved_to: str | None = Field(default=None, description="where a permanent redirect led, not yet confirmed")
    moved_since: datetime | None = None
    interval: float = Field(gt=0, description="seconds to the next poll after this one")
    next_poll: datetime
    retry_at: datetime | None = Field(default=None, description="the server asked not to come back before")
    last_poll: datetime | None = None
    last_body: datetime | None = Field(default=None, description="last poll that brought a body, and not a 304")
    last_success: datetime | None = None
    last_new_entry: datetime | None = Field(default=None, description="last poll that gave something to publish")
    failures: int = Field(default=0, ge=0, description="consecutive failed polls")
    last_error: str | None = None
    parked: datetime | None = Field(default=None, description="since when it is polled rarely, for it only fails")
    retired: datetime | None = Field(default=None, description="since when it is polled no more: it is gone")
    quiet_since: datetime | None = Field(default=None, description="silent for longer than its rhythm explains")
    ttl: float | None = Field(default=None, description="what the feed asks to be left alone for")
    skip_hours: tuple[int, ...] = Field(default=(), description="hours (UTC) in which it asks not to be polled")
    skip_days: tuple[int, ...] = Field(default=(), description="days in which it asks not to be polled, 0 for Monday")
    short_gap: float | None = Field(default=None, description="between two entries while the feed is lively")
    typical_gap: float | None = Field(default=None, description="between two entries, most of the time")
    longest_silence: float | None = Field(default=None, description="between two entries, fading over months")
    newest_entry: datetime | None = Field(default=None, description="when the feed last had something new")
    turnover: float | None = Field(default=None, description="in which most of the window was replaced, at the fastest")
    haste: float = Field(default=1, ge=1, description="by how much polls are hurried: entries may have been missed")
    window: int = Field(default=0, ge=0, description="entries in the feed")
    in_order: bool = Field(default=False, description="the last body had its entries newest first")
    memory: bytes = Field(default=b"", description="the entries seen, packed: see producers.polling.memory")


class HubEvent(Record):
    """Topic ``feed-pushes``: a WebSub hub's event about a feed, for the producer that owns the feed.

    The delivered body is not part of it: an event is a reason to poll the feed.
    """

    feed: str
    received: datetime
    event: Literal["news", "verified", "unsubscribed", "denied"] = "news"
    binding: str = Field(default="", description="digest of hub and topic: of which subscription this is told")
    lease: float | None = Field(default=None, ge=0, description="seconds that the hub grants, from `received`")
    reason: str | None = Field(default=None, description="why the hub denies the subscription, in its own words")
