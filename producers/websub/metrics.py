"""What WebSub counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

# One request to a hub. mode: subscribe, unsubscribe. outcome: accepted (2xx), rejected (4xx), failed (anything else).
REQUESTS = Counter("wirecopy_websub_requests", "Requests to hubs by how they ended.", ["mode", "outcome"])

# A hub's GET. outcome: subscribe, unsubscribe (confirmed), denied, unknown (no path of ours), refused (not what we
# asked for, or not wanted), busy, unpublished (Kafka away).
VERIFICATIONS = Counter("wirecopy_websub_verifications", "Questions of hubs at the callback by answer.", ["outcome"])

# A hub's POST. outcome: accepted, repeated, missing, wrong (the signature), unknown (no path of ours), gone (no longer
# wanted), too_large, too_slow, bad_body, busy, unpublished (Kafka away).
DELIVERIES = Counter("wirecopy_websub_deliveries", "Deliveries of hubs at the callback by outcome.", ["outcome"])

# outcome: news (a poll found it), vain (no poll did).
ANNOUNCEMENTS = Counter("wirecopy_websub_announcements", "Announcements of hubs by what they led to.", ["outcome"])

# state: wanted, pending, active, refused, failed.
SUBSCRIPTIONS = Gauge("wirecopy_websub_subscriptions", "Feeds with a hub, by the state of the subscription.", ["state"])
