"""The period of a page with numbers, read from its address. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from stream_apps.indexing.faceted import interval_between
from stream_apps.indexing.queries import BadQuery
from stream_apps.web.search_form import read_moment

MAX_TIME: Final = 40
"""Characters of a time."""


@dataclass(frozen=True)
class Period:
    """Articles that wirecopy first saw from ``start`` on and before ``end``; ``since`` and ``until`` as written."""

    since: str
    until: str
    start: datetime
    end: datetime

    @property
    def interval(self) -> str:
        """Return the interval of the counts."""
        return interval_between(self.start, self.end)

    def parameters(self) -> dict[str, Any]:
        return {"from": self.since, "to": self.until}


def read_period(query: QueryParams, now: datetime, zone: ZoneInfo, default: str) -> Period:
    """Read ``from`` and ``to`` of an address; by default from ``default`` until now. Raises ``BadQuery``."""
    since, until = query.get("from", "").strip() or default, query.get("to", "").strip()
    if max(len(since), len(until)) > MAX_TIME:
        raise BadQuery("a time is written like 2026-06-17, 2026-06-17T10:30 or 7d")
    start = read_moment(since, now, zone)
    end = read_moment(until, now, zone, end=True) if until else now
    if end <= start:
        raise BadQuery("the time ends before it begins: exchange from and to")
    return Period(since, until, start, end)
