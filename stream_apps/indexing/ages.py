"""Measures the time until an article can be found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stream_apps.indexing import metrics


def ages(document: Mapping[str, Any], now: datetime) -> tuple[float | None, float | None]:
    """Return seconds since the article was first seen, and since its outlet's date of publication.

    None for articles that no live feed brought, and for clocks that disagree. The second is also None if ``published``
    is not before ``first_seen``: then the outlet gave no time.
    """
    if document.get("backfill", True) or "fetched" not in document:
        return None, None
    seen, published = datetime.fromisoformat(document["first_seen"]), datetime.fromisoformat(document["published"])
    since_seen, since_published = (now - seen).total_seconds(), (now - published).total_seconds()
    if since_seen < 0:
        return None, None
    return since_seen, since_published if published < seen else None


def observe(document: Mapping[str, Any], now: datetime) -> None:
    """Observe the ages of an article that was written for the first time."""
    since_seen, since_published = ages(document, now)
    if since_seen is not None:
        metrics.SEEN_TO_FOUND.observe(since_seen)
    if since_published is not None:
        metrics.PUBLISHED_TO_FOUND.observe(since_published)
