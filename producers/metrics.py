"""What the producer counts, served at ``/metrics`` where ``telemetry.metrics_port`` is set."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# One poll of one feed. outcome: new (a body not seen before), unchanged (200 with the same body), not_modified (304),
# bad_feed (a body that cannot be read), or the reason of a FetchError.
FETCHES = Counter("wirecopy_feed_fetches", "Polls of feeds by how they ended.", ["outcome"])

# From the request to the whole body, redirects included; failed fetches too.
FETCH_SECONDS = Histogram("wirecopy_feed_fetch_seconds", "Seconds of a fetch.")

# In a parser's process, waiting for a free one included.
PARSE_SECONDS = Histogram("wirecopy_feed_parse_seconds", "Seconds until a fetched feed was parsed.")

# Counted when Kafka has acknowledged them. kind: new, revision.
ENTRIES = Counter("wirecopy_entries_published", "Entries acknowledged by Kafka.", ["kind"])

# reason: as in the header x-dlq-reason.
DEAD_LETTERS = Counter("wirecopy_producer_dead_letters", "Feeds and entries sent to the dead letters.", ["reason"])

FEEDS = Gauge("wirecopy_feeds", "Feeds on the list.")
FEEDS_FAILING = Gauge("wirecopy_feeds_failing", "Feeds whose latest poll failed.")

# Above zero for longer than a few seconds: Kafka is away or slow, and polling stands still behind it.
WAITING = Gauge("wirecopy_producer_waiting_messages", "Messages given to Kafka and not yet acknowledged.")
