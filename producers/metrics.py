"""Metrics of the producer."""

from __future__ import annotations

from typing import get_args

from producers.assignment.tracking import CONDITIONS as ALL_CONDITIONS
from producers.errors import Reason
from wirecopy.monitoring.declaring import Group, Open

_GROUP = Group("producer")

# ---- feeds polled -------------------------------------------------------------------------------------------------

FETCHES = _GROUP.counter(
    "wirecopy_feed_fetches_total",
    "Polls of feeds by how they ended: `new` is a body not seen before, `unchanged` the same body (200), "
    "`not_modified` a 304, `bad_feed` a body that cannot be read; else the reason why a fetch gave no body.",
    {"outcome": ("new", "unchanged", "not_modified", "bad_feed", *get_args(Reason))},
)
FETCH_SECONDS = _GROUP.histogram(
    "wirecopy_feed_fetch_seconds",
    "From the request to the whole body, redirects included, waiting for the host's turn not; failed fetches too.",
)
FETCH_BYTES = _GROUP.counter("wirecopy_feed_fetch_bytes_total", "Bodies of feeds, decoded.", unit="bytes")
PARSE_SECONDS = _GROUP.histogram(
    "wirecopy_feed_parse_seconds", "Until a fetched feed was parsed, waiting for a free parser included."
)
ENTRIES = _GROUP.counter(
    "wirecopy_entries_published_total",
    "Entries that Kafka has acknowledged: of articles not seen before, of changed texts, and of those taken out.",
    {"kind": ("new", "revision", "removed")},
)
TURNED_OVER = _GROUP.counter(
    "wirecopy_feed_windows_turned_over_total",
    "Polls after which nothing was left of what the feed held before: entries may have come and gone between the two.",
)

# ---- feeds of this process ----------------------------------------------------------------------------------------

FEEDS = _GROUP.gauge(
    "wirecopy_feeds",
    "Feeds that this producer owns, paused and retired ones too. Over all producers the sum is the number of feeds.",
)
CONDITIONS = _GROUP.gauge(
    "wirecopy_feeds_in_condition",
    "Feeds of this producer that need a look: `failing` (the latest poll failed), `parked` (only fails, polled "
    "rarely), `retired` (gone, not polled), `quiet` (silent for longer than its rhythm explains; it can "
    "be another too).",
    {"condition": ALL_CONDITIONS},
)
OVERDUE = _GROUP.gauge(
    "wirecopy_feed_overdue_seconds",
    "How long the most overdue feed has been waiting to be polled. Grows where there is too little concurrency, or "
    "Kafka stands in the way.",
    unit="seconds",
)
POLLING = _GROUP.gauge("wirecopy_feed_polls_running", "Feeds being polled now; never more than `producer.concurrency`.")

# ---- full text ----------------------------------------------------------------------------------------------------

PAGES = _GROUP.counter(
    "wirecopy_pages_fetched_total",
    "Pages of entries, for their full text, by how they ended.",
    {"outcome": Open("`read`, or why the entry stays as it was: see the runbook")},
)

# ---- sharing ------------------------------------------------------------------------------------------------------

REBALANCES = _GROUP.counter(
    "wirecopy_producer_rebalances_total",
    "Partitions of feeds that came and went: `given_up` in order, `lost` where the session had expired, since the "
    "process stood still or Kafka was away for too long.",
    {"kind": ("taken_over", "given_up", "lost")},
)
LATE_STATES = _GROUP.counter(
    "wirecopy_producer_late_states_total",
    "States of our feeds that somebody else wrote: a producer that had lost the feed, or a command.",
)
PUSHES = _GROUP.counter("wirecopy_feed_pushes_total", "What hubs told about feeds of this producer.")
WAITING = _GROUP.gauge(
    "wirecopy_producer_waiting_messages",
    "Messages given to Kafka and not yet acknowledged. Above zero for more than a few seconds: Kafka is away or slow.",
    unit="messages",
)
