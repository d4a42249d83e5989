"""What is asked of the index to run a deployment: how feeds fare, dead letters, and how fresh it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.feed_conditions import ORDER
from stream_apps.indexing.queries import between
from stream_apps.indexing.word_clauses import Clause

MAX_ROWS: Final = 1_000
"""Feeds, or dead letters, that are answered at once."""
SAMPLE: Final = 200
"""Newest texts by which it is measured how long one takes into the index."""
FEED_FIELDS: Final = (
    "id", "outlet", "url", "title", "list", "listed", "paused", "condition", "conditions", "interval", "next_poll",
    "last_poll", "last_success", "newest_entry", "failures", "last_error", "parked", "retired", "quiet_since",
    "typical_gap", "longest_silence", "entries_count", "haste", "hub",
)  # fmt: skip
FILTERS: Final = ("stage", "reason", "topic", "paused_outlet")
"""By which dead letters can be chosen."""
NOTES: Final[Clause] = {"term": {"stage": "operator"}}
"""No letters, but what was noted of letters that were dealt with."""


@dataclass(frozen=True)
class Freshness:
    """How long texts take from fetching to the index, in seconds, and when the newest was written."""

    newest: str
    median: float
    p95: float


def feeds_request(condition: str = "", outlet: str = "", limit: int = MAX_ROWS) -> Clause:
    """The feeds, those in trouble first (in the order of ``schemas.feed_conditions``), and how many fare how."""
    filters: list[Clause] = [{"term": {"listed": True}}]
    filters += [{"term": {"outlet.folded": outlet}}] if outlet else []
    ranks = [
        {"constant_score": {"filter": {"term": {"condition": name}}, "boost": len(ORDER) - place}}
        for place, name in enumerate(ORDER)
    ]
    request: Clause = {
        "query": {"bool": {"filter": filters, "should": ranks}},
        "size": limit,
        "source_includes": list(FEED_FIELDS),
        "sort": [{"_score": "desc"}, {"outlet": "asc"}, {"id": "asc"}],
        "track_total_hits": True,
        "aggs": {"conditions": {"terms": {"field": "condition", "size": len(ORDER)}}},
    }
    return request | ({"post_filter": {"term": {"condition": condition}}} if condition else {})


def feed_request(identity: str) -> Clause:
    """One feed, by its id."""
    return {"query": {"term": {"id": identity}}, "size": 1, "source_includes": list(FEED_FIELDS)}


def dead_letter_request(place: str) -> Clause:
    """One dead letter, by its place in the topic: `2:118`."""
    return {"query": {"term": {"id": place}}, "size": 1}


def dead_letters_request(
    since: datetime | None, until: datetime | None, chosen: Mapping[str, str], limit: int = MAX_ROWS
) -> Clause:
    """The newest dead letters of a period that are as ``chosen``, and how many there are by stage and by reason."""
    filters = [{"term": {field: value}} for field, value in chosen.items() if value]
    return {
        "query": {"bool": {"filter": [*between("time", since, until), *filters], "must_not": [NOTES]}},
        "size": limit,
        "sort": [{"time": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
        "track_total_hits": True,
        "aggs": {
            "stage": {"terms": {"field": "stage", "size": 20}},
            "reason": {"terms": {"field": "reason", "size": 50}},
        },
    }


def freshness_request() -> Clause:
    """Ask for the articles that were fetched last."""
    live: Clause = {"bool": {"must_not": [{"term": {"backfill": True}}]}}
    return {
        "query": live,
        "size": SAMPLE,
        "source_includes": ["fetched", "indexed"],
        "sort": [{"fetched": "desc"}, {"id": "asc"}],
        "track_total_hits": False,
    }


def freshness(texts: Iterable[Mapping[str, Any]]) -> Freshness | None:
    """The freshness in an answer to ``freshness_request``; None if nothing was found.

    A document that was rewritten because its story changed has a later ``indexed``: the delay is an upper bound.
    """
    pairs = [(datetime.fromisoformat(text["fetched"]), datetime.fromisoformat(text["indexed"])) for text in texts]
    delays = sorted(max(0.0, (indexed - fetched).total_seconds()) for fetched, indexed in pairs)
    if not delays:
        return None
    newest = max(indexed for _, indexed in pairs)
    return Freshness(newest.isoformat(), _rank(delays, 0.5), _rank(delays, 0.95))


def _rank(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
