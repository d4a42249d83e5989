"""The Kafka topics: declared here once, created explicitly by ``wirecopy topics apply``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas import records
from schemas.records import Record

DAY_MS = 24 * 60 * 60 * 1000
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""Of every topic: an article of the greatest length that is kept, in JSON, with room to spare."""

Partitioning = Literal["shared", "single"]
"""``shared``: as many partitions as the deployment sets; topics of one group are co-partitioned. ``single``: one."""


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

    def full_name(self, prefix: str) -> str:
        return f"{prefix}.{self.name}.v1"

    def partitions(self, shared: int) -> int:
        return 1 if self.partitioning == "single" else shared

    def config(self) -> dict[str, str]:
        """Broker settings of this topic. A compacted topic has no time limit: state must never age away."""
        size = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
        if self.compacted:
            # The segment being written is never compacted, and is read whole by whoever takes over: 1 GiB is too much.
            segment = {"segment.bytes": str(64 * 1024 * 1024)}
            return {**size, **segment, "cleanup.policy": "compact", "min.compaction.lag.ms": "60000"}
        assert self.retention_days is not None, self.name
        return {**size, "cleanup.policy": "delete", "retention.ms": str(self.retention_days * DAY_MS)}


RAW = Topic("raw", "article id", records.RawEntry, retention_days=30)
CLEAN = Topic("clean", "article id", records.CleanArticle, retention_days=7)
POSTINGS = Topic("postings", "hash range", records.Posting, retention_days=7)
CANDIDATES = Topic("candidates", "article id", records.Candidates, retention_days=7)
COMPARISONS = Topic("comparisons", "article id", records.Comparison, retention_days=7)
VERDICTS = Topic("verdicts", "article id", records.Verdict, retention_days=7)
FAMILIES = Topic("families", "article id", records.FamilyUpdate, partitioning="single", retention_days=30)
RESOLVED = Topic("resolved", "family id", records.Resolved, retention_days=7)
ARTICLES = Topic("articles", "article id", records.PublishedArticle, compacted=True, public=True)
STORIES = Topic("stories", "family id", records.Story, compacted=True, public=True)
EVENTS = Topic("events", "event id", records.Event, compacted=True, public=True)
FAMILY_PROFILES = Topic("family-profiles", "family id", records.FamilyProfile, partitioning="single", retention_days=30)
EVENT_PLACES = Topic("event-places", "family id", records.EventPlace, retention_days=7)
FEEDS = Topic("feeds", "feed id", records.Feed, compacted=True)
FEED_STATE = Topic("feed-state", "feed id", records.FeedState, compacted=True)
FEED_PUSHES = Topic("feed-pushes", "feed id", records.HubEvent, retention_days=2)
DEAD_LETTERS = Topic("dead-letters", "key of the message that failed", None, retention_days=90)

BOILERPLATE_STATE = Topic("boilerplate-state", "article id", None, compacted=True, changelog=True)
POSTINGS_STATE = Topic("postings-state", "article id", None, compacted=True, changelog=True)
MATCHES_STATE = Topic("matches-state", "article id", None, compacted=True, changelog=True)
FAMILIES_STATE = Topic("families-state", "article id", None, partitioning="single", compacted=True, changelog=True)
EVENTS_STATE = Topic("events-state", "family id", None, partitioning="single", compacted=True, changelog=True)
TAGGING_STATE = Topic("tagging-state", "family id and article id", None, compacted=True, changelog=True)

TOPICS: tuple[Topic, ...] = (
    RAW, CLEAN, POSTINGS, CANDIDATES, COMPARISONS, VERDICTS, FAMILIES, RESOLVED, ARTICLES, STORIES,
    FAMILY_PROFILES, EVENTS, EVENT_PLACES, FEEDS, FEED_STATE, FEED_PUSHES, DEAD_LETTERS,
    BOILERPLATE_STATE, POSTINGS_STATE, MATCHES_STATE, FAMILIES_STATE, EVENTS_STATE, TAGGING_STATE,
)  # fmt: skip

TAKEN: dict[str, tuple[Topic, ...]] = {
    "dedup": (RAW, POSTINGS, CLEAN, CANDIDATES, COMPARISONS, VERDICTS, FAMILIES, FAMILY_PROFILES),
    "tagging": (RESOLVED, EVENT_PLACES),
    "indexing": (ARTICLES, STORIES),
}
"""The topics that each stream app takes; its consumer group is ``PREFIX-APP``."""
