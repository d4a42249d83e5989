"""The data of the pages of operations, feeds and dead letters, from the index's answers. Pure.

``pages/operations.py`` has the handlers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.feed_conditions import ORDER
from stream_apps.indexing.desk_operations_queries import Freshness, freshness
from stream_apps.web.answers import Table
from stream_apps.web.period import Period
from wirecopy.dlq.letters import REASONS

WELL: Final = frozenset({"ok", "paused", "new", "moved"})
"""Conditions of feeds that nobody has to look at."""
SHOWN_ROWS: Final = 200
"""Rows on a page; its CSV has more."""
DONE: Final = {reason: done for done, reason in REASONS.items()}
"""What a note says was done with a letter, in words."""
IN_SHORT: Final = 20
"""Rows of each table on the page of all operations."""


@dataclass(frozen=True)
class FeedRow:
    """The state of a feed's polling. Durations are in seconds."""

    id: str
    outlet: str | None
    url: str | None
    title: str | None
    condition: str
    conditions: tuple[str, ...]
    last_poll: str | None
    next_poll: str | None
    last_success: str | None
    newest_entry: str | None
    since: str | None
    """Since when it is parked, retired or quiet."""
    interval: float | None
    typical_gap: float | None
    longest_silence: float | None
    failures: int
    last_error: str | None
    hub: str | None
    list: str | None = None
    """The list that brought it, and would bring it back."""


@dataclass(frozen=True)
class FeedsPage:
    condition: str
    outlet: str
    total: int
    """Feeds that are listed, whatever their condition."""
    conditions: Mapping[str, int]
    feeds: tuple[FeedRow, ...]


@dataclass(frozen=True)
class DeadLetter:
    """The metadata of a message that could not be processed; its body stays in Kafka."""

    partition: int
    offset: int
    key: str
    stage: str | None
    reason: str | None
    detail: str | None
    topic: str | None
    time: str | None
    paused_outlet: str | None
    bytes: int
    cut: bool
    attempt: int = 1
    done: str | None = None
    """What became of it; none while it is open."""

    @property
    def place(self) -> str:
        """Return the letter's place as ``wirecopy dlq`` takes it."""
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True)
class DeadLettersPage:
    period: Period
    chosen: Mapping[str, str]
    total: int
    stages: Mapping[str, int]
    reasons: Mapping[str, int]
    letters: tuple[DeadLetter, ...]


@dataclass(frozen=True)
class OperationsPage:
    feeds: FeedsPage
    troubled: tuple[FeedRow, ...]
    dead_letters: DeadLettersPage
    freshness: Freshness | None


def feeds_page(condition: str, outlet: str, answer: Mapping[str, Any]) -> FeedsPage:
    """Make the page from the answer to ``feeds_request``."""
    counts = _counts(answer, "conditions")
    return FeedsPage(
        condition=condition,
        outlet=outlet,
        total=sum(counts.values()),
        conditions={name: counts[name] for name in ORDER if counts.get(name)},
        feeds=tuple(_feed(hit["_source"]) for hit in answer["hits"]["hits"]),
    )


def dead_letters_page(period: Period, chosen: Mapping[str, str], answer: Mapping[str, Any]) -> DeadLettersPage:
    """Make the page from the answer to ``dead_letters_request``."""
    return DeadLettersPage(
        period=period,
        chosen=chosen,
        total=answer["hits"]["total"]["value"],
        stages=_counts(answer, "stage"),
        reasons=_counts(answer, "reason"),
        letters=tuple(dead_letter(hit["_source"]) for hit in answer["hits"]["hits"]),
    )


def operations_page(feeds: FeedsPage, letters: DeadLettersPage, texts: Mapping[str, Any]) -> OperationsPage:
    """Make the page; ``texts`` is the answer to ``freshness_request``."""
    troubled = tuple(feed for feed in feeds.feeds if feed.condition not in WELL)
    return OperationsPage(
        feeds, troubled[:IN_SHORT], letters, freshness(hit["_source"] for hit in texts["hits"]["hits"])
    )


def _counts(answer: Mapping[str, Any], name: str) -> dict[str, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in answer["aggregations"][name]["buckets"]}


def _feed(feed: Mapping[str, Any]) -> FeedRow:
    return FeedRow(
        id=feed["id"],
        outlet=feed.get("outlet"),
        url=feed.get("url"),
        title=feed.get("title"),
        condition=feed["condition"],
        conditions=tuple(feed["conditions"]),
        last_poll=feed.get("last_poll"),
        next_poll=feed.get("next_poll"),
        last_success=feed.get("last_success"),
        newest_entry=feed.get("newest_entry"),
        since=feed.get("retired") or feed.get("parked") or feed.get("quiet_since"),
        interval=feed.get("interval"),
        typical_gap=feed.get("typical_gap"),
        longest_silence=feed.get("longest_silence"),
        failures=feed.get("failures", 0),
        last_error=feed.get("last_error"),
        hub=feed.get("hub"),
        list=feed.get("list"),
    )


def dead_letter(letter: Mapping[str, Any]) -> DeadLetter:
    """Make a dead letter's row from its document."""
    fields = {name: letter.get(name) for name in ("stage", "reason", "detail", "topic", "time", "paused_outlet")}
    return DeadLetter(
        partition=letter["partition"],
        offset=letter["offset"],
        key=letter.get("key", ""),
        bytes=letter.get("bytes", 0),
        cut=letter.get("cut", False),
        attempt=letter.get("attempt", 1),
        done=DONE.get(letter.get("done", ""), letter.get("done")),
        **fields,
    )


# ---- as CSV ---------------------------------------------------------------------------------------------------


def feeds_table(page: FeedsPage) -> Table:
    head = ("feed", "outlet", "url", "condition", "last_poll", "last_success", "newest_entry", "interval_seconds",
            "typical_gap_seconds", "longest_silence_seconds", "failures", "last_error")  # fmt: skip
    rows = (
        (f.id, f.outlet, f.url, f.condition, f.last_poll, f.last_success, f.newest_entry, f.interval, f.typical_gap,
         f.longest_silence, f.failures, f.last_error)
        for f in page.feeds
    )  # fmt: skip
    return Table(head, rows)


def dead_letters_table(page: DeadLettersPage) -> Table:
    head = ("letter", "time", "stage", "reason", "detail", "topic", "key", "paused_outlet", "bytes", "cut", "done")
    rows = (
        (x.place, x.time, x.stage, x.reason, x.detail, x.topic, x.key, x.paused_outlet, x.bytes, x.cut, x.done)
        for x in page.letters
    )
    return Table(head, rows)
