"""Metrics of the indexing stage."""

from __future__ import annotations

from typing import Final, Literal, get_args

from wirecopy.monitoring.declaring import Group, Open

Outcome = Literal["indexed", "deleted", "absent", "stale", "superseded", "retried", "rejected"]
"""``absent``: a delete found nothing. ``stale``: a newer version is stored already, which is success.
``superseded``: left out, as the same batch holds a newer version. ``retried``: sent again later."""

_GROUP = Group("indexing")

BULK_SECONDS: Final = _GROUP.histogram(
    "wirecopy_bulk_seconds",
    "Duration of one bulk request, answered or not.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
BULK_BYTES: Final = _GROUP.counter("wirecopy_bulk_bytes_total", "Bodies of bulk requests sent.", unit="bytes")
BULK_ITEMS: Final = _GROUP.counter(
    "wirecopy_bulk_items_total",
    "Operations by what became of them: `absent` is a delete that found nothing, `stale` one that came late, "
    "`superseded` was left out for a newer one of its batch, `retried` is sent again later.",
    {"index": Open("write alias"), "outcome": get_args(Outcome)},
)
BULK_RETRIES: Final = _GROUP.counter(
    "wirecopy_bulk_retries_total",
    "Bulk requests that had to be sent again.",
    {"reason": Open("an error type of Elasticsearch, or of its client")},
)
BULK_BLOCKED: Final = _GROUP.gauge("wirecopy_bulk_blocked", "1 while Elasticsearch refuses writes: its disk is full.")

_AGES: Final = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 3 * 3600, 12 * 3600)
SEEN_TO_FOUND: Final = _GROUP.histogram(
    "wirecopy_seen_to_found_seconds",
    "Articles written for the first time: since wirecopy saw them first. They are found at the next refresh, "
    "`elasticsearch.refresh_interval` later at most. Archives are left out.",
    buckets=_AGES,
)
PUBLISHED_TO_FOUND: Final = _GROUP.histogram(
    "wirecopy_published_to_found_seconds",
    "The same since they were published by the outlet's word, where it names a time before we saw them.",
    buckets=_AGES,
)
