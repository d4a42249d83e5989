"""Metrics of WebSub."""

from __future__ import annotations

from wirecopy.monitoring.declaring import Group

_GROUP = Group("producer, WebSub")

REQUESTS = _GROUP.counter(
    "wirecopy_websub_requests_total",
    "Requests to hubs by how they ended: `accepted` (2xx), `rejected` (4xx), `failed` (anything else).",
    {"mode": ("subscribe", "unsubscribe"), "outcome": ("accepted", "rejected", "failed")},
)
VERIFICATIONS = _GROUP.counter(
    "wirecopy_websub_verifications_total",
    "Questions of hubs at the callback by answer: `subscribe` and `unsubscribe` are confirmed; `unknown` is no path of "
    "ours, `refused` not what we asked for, `unpublished` Kafka away.",
    {"outcome": ("subscribe", "unsubscribe", "denied", "unknown", "refused", "busy", "unpublished")},
)
DELIVERIES = _GROUP.counter(
    "wirecopy_websub_deliveries_total",
    "Deliveries of hubs at the callback: `missing` and `wrong` are of the signature, `unknown` is no path of ours, "
    "`gone` no longer wanted, `unpublished` Kafka away.",
    {
        "outcome": (
            "accepted", "repeated", "missing", "wrong", "unknown", "gone", "too_large", "too_slow", "bad_body", "busy",
            "unpublished",
        )
    },
)  # fmt: skip
ANNOUNCEMENTS = _GROUP.counter(
    "wirecopy_websub_announcements_total",
    "Announcements of hubs by what they led to: `news` where a poll found it.",
    {"outcome": ("news", "vain")},
)
SUBSCRIPTIONS = _GROUP.gauge(
    "wirecopy_websub_subscriptions",
    "Feeds with a hub, by the state of the subscription.",
    {"state": ("wanted", "pending", "active", "refused", "failed")},
)
