"""What the indexing stage counts. Units are in the names."""

from __future__ import annotations

from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram

Outcome = Literal["indexed", "deleted", "absent", "stale", "superseded", "retried", "rejected"]
"""``absent``: a delete found nothing. ``stale``: a newer version is stored already, which is success.
``superseded``: left out, as the same batch holds a newer version. ``retried``: sent again later."""

BULK_SECONDS: Final = Histogram(
    "wirecopy_bulk_seconds",
    "Duration of one bulk request, answered or not.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
BULK_BYTES: Final = Counter("wirecopy_bulk_bytes", "Bytes of bulk request bodies sent.")
BULK_ITEMS: Final = Counter("wirecopy_bulk_items", "Operations by what became of them.", ["index", "outcome"])
BULK_RETRIES: Final = Counter("wirecopy_bulk_retries", "Bulk requests that had to be sent again.", ["reason"])
BULK_BLOCKED: Final = Gauge("wirecopy_bulk_blocked", "1 while Elasticsearch refuses writes: its disk is full.")
