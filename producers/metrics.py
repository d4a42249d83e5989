"""What the producer counts, served at ``/metrics`` where ``telemetry.metrics_port`` is set."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# ---- feeds polled -------------------------------------------------------------------------------------------------

# One poll of one feed. outcome: new (a body not seen before), unchanged (200 with the same body), not_modified (304),
# bad_feed (a body that cannot be read), or the reason of a FetchError.
FETCHES = Counter("wirecopy_feed_fetches", "Polls of feeds by how they ended.", ["outcome"])

# From the request to the whole body, redirects included, waiting for the host's turn not; failed fetches too.
FETCH_SECONDS = Histogram("wirecopy_feed_fetch_seconds", "Seconds of a fetch.")

# Decoded bodies of feeds.
FETCH_BYTES = Counter("wirecopy_feed_fetch_bytes", "Bytes of feeds fetched, decoded.")

# In a parser's process, waiting for a free one included.
PARSE_SECONDS = Histogram("wirecopy_feed_parse_seconds", "Seconds until a fetched feed was parsed.")

# Counted when Kafka has acknowledged them. kind: new, revision, removed.
ENTRIES = Counter("wirecopy_entries_published", "Entries acknowledged by Kafka.", ["kind"])

# reason: as in the header x-dlq-reason.
DEAD_LETTERS = Counter("wirecopy_producer_dead_letters", "Feeds and entries sent to the dead letters.", ["reason"])

# Polls after which nothing was left of what the feed held before: entries may have come and gone between the two.
TURNED_OVER = Counter("wirecopy_feed_windows_turned_over", "Polls that found all entries of a feed replaced.")

# ---- feeds of this process ----------------------------------------------------------------------------------------

# Paused and retired ones included. The sum over all producers is the number of feeds.
FEEDS = Gauge("wirecopy_feeds", "Feeds that this producer owns.")

# condition: failing (the latest poll failed), parked (only fails, polled rarely), retired (gone, not polled),
# quiet (silent for longer than its rhythm explains; beside one of the others).
CONDITIONS = Gauge("wirecopy_feeds_in_condition", "Feeds of this producer that need a look.", ["condition"])

# Zero while polling keeps up; grows where there is too little concurrency, or Kafka stands in the way.
OVERDUE = Gauge("wirecopy_feed_overdue_seconds", "Seconds that the most overdue feed has been waiting to be polled.")

# Never more than producer.concurrency.
POLLING = Gauge("wirecopy_feed_polls_running", "Feeds being polled now.")

# ---- full text ----------------------------------------------------------------------------------------------------

# outcome: read; robots (robots.txt does not permit it), shorter, other_article (what the page says is not the entry's
# text), not_html, paused (the host wants to be left alone), deadline, or the reason of a FetchError or BadInput.
PAGES = Counter("wirecopy_pages_fetched", "Pages of entries, for their full text, by how they ended.", ["outcome"])

# ---- sharing ------------------------------------------------------------------------------------------------------

# Zero for longer than a rebalance: this producer is not in the group, or there are more producers than partitions.
PARTITIONS = Gauge("wirecopy_producer_partitions", "Partitions of the feeds that this producer owns.")

# kind: taken_over, given_up (handed over in order), lost (the session had expired: the process stood still, or Kafka
# was away for too long). Counted by partition.
REBALANCES = Counter("wirecopy_producer_rebalances", "Partitions of feeds that came and went.", ["kind"])

# Written by a producer that had lost the feed, or by a command line.
LATE_STATES = Counter("wirecopy_producer_late_states", "States of our feeds that somebody else wrote.")

# Bodies or events of WebSub callbacks, read from feed-pushes by the owner of the feed.
PUSHES = Counter("wirecopy_feed_pushes", "What hubs told about feeds of this producer.")

# Above zero for longer than a few seconds: Kafka is away or slow, and polling stands still behind it.
WAITING = Gauge("wirecopy_producer_waiting_messages", "Messages given to Kafka and not yet acknowledged.")
