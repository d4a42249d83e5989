"""The Kafka topics: declared here once, created explicitly by ``wirecopy topics apply``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas import feed_records, internal_records, public_records
from schemas.record import Record

DAY_MS = 24 * 60 * 60 * 1000
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""Of every topic: an article of the greatest length that is kept, in JSON, with room to spare."""

Partitioning = Literal["shared", "engines"]
"""``shared``: as many partitions as the deployment sets; topics of one group are co-partitioned. ``engines``: one for
each engine, of which there is one unless languages are split."""


@dataclass(frozen=True)
class Topic:
    """One topic: its name without prefix and version, what it is keyed by and how long it is kept."""

    name: str
    key: str
    record: type[Record] | None
    partitioning: Partitioning = "shared"
    compacted: bool = False
    retention_days: int | None = None
    public: bool = False
    changelog: bool = False
    """Rows of a stage: written and read by that stage alone."""
    transactional: bool = False
    """Written in transactions: read committed records only; offsets have gaps, where the marks of commits stand."""
    log_append_time: bool = False
    """Whether the time of a message is when the broker took it, and not what its producer says."""

    def full_name(self, prefix: str) -> str:
        return f"{prefix}.{self.name}.v1"

    def partitions(self, shared: int, engines: int = 1) -> int:
        return engines if self.partitioning == "engines" else shared

    @property
    def may_have_gaps(self) -> bool:
        """Whether a missing offset is normal, and no sign of a lost message."""
        return self.compacted or self.transactional

    def config(self) -> dict[str, str]:
        """Return the broker settings of this topic. A compacted topic has no time limit: state must never expire."""
        size = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
        if self.compacted:
            # The segment being written is never compacted, and is read whole by whoever takes over: 1 GiB is too much.
            segment = {"segment.bytes": str(64 * 1024 * 1024)}
            return {**size, **segment, "cleanup.policy": "compact", "min.compaction.lag.ms": "60000"}
        assert self.retention_days is not None, self.name
        if self.log_append_time:
            size["message.timestamp.type"] = "LogAppendTime"
        return {**size, "cleanup.policy": "delete", "retention.ms": str(self.retention_days * DAY_MS)}


BUSY = "busy"
"""A marker after the step in the metadata of the engine's committed offset: work is still queued."""

RAW = Topic("raw", "article id", feed_records.RawEntry, retention_days=30, log_append_time=True)
CLEAN = Topic("clean", "article id", None, partitioning="engines", retention_days=30)
"""Packed: see ``schemas.clean``. Kept for longer than the window, since an engine rebuilds its state from it."""
RESOLVED = Topic("resolved", "story id", internal_records.Resolved, retention_days=7, transactional=True)
ARTICLES = Topic("articles", "article id", public_records.PublishedArticle, compacted=True, public=True)
STORIES = Topic("stories", "story id", public_records.Story, compacted=True, public=True)
EVENTS = Topic("events", "event id", public_records.Event, compacted=True, public=True, transactional=True)
FEEDS = Topic("feeds", "feed id", feed_records.Feed, compacted=True)
FEED_STATE = Topic("feed-state", "feed id", feed_records.FeedState, compacted=True)
FEED_PUSHES = Topic("feed-pushes", "feed id", feed_records.HubEvent, retention_days=2)
DEAD_LETTERS = Topic("dead-letters", "key of the message that failed", None, retention_days=90)

OUTLET_STATE = Topic("outlet-state", "article id", None, compacted=True, changelog=True)
ENGINE_STATE = Topic(
    "engine-state", "name of the row", None, partitioning="engines", compacted=True, changelog=True, transactional=True
)
TAGGING_STATE = Topic("tagging-state", "story id and article id", None, compacted=True, changelog=True)

TOPICS: tuple[Topic, ...] = (
    RAW, CLEAN, RESOLVED, ARTICLES, STORIES, EVENTS, FEEDS, FEED_STATE, FEED_PUSHES, DEAD_LETTERS,
    OUTLET_STATE, ENGINE_STATE, TAGGING_STATE,
)  # fmt: skip

TAKEN: dict[str, tuple[Topic, ...]] = {
    "fingerprint": (RAW,),
    "engine": (CLEAN,),
    "tagging": (RESOLVED,),
    "indexing": (ARTICLES, STORIES, EVENTS, FEEDS, FEED_STATE, DEAD_LETTERS),
}
"""The topics that each stream app takes; its consumer group is ``PREFIX-APP``."""
