"""Periods by which indices are split: a document's is that of its ``first_seen``, which never changes for an id.

The date of publication would not do: outlets change it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

Period = Literal["none", "month", "year"]
UNKNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a document that does not say when it was first seen."""
_NAME: Final = re.compile(r"(\d{4})(?:\.(0[1-9]|1[0-2]))?")


def name_of(period: Period, moment: datetime) -> str:
    """Return the period of a moment, as in the name of an index; empty where indices are not split.

    >>> name_of("month", datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    '2026.11'
    """
    moment = moment.astimezone(UTC)
    if period == "none":
        return ""
    return f"{moment.year:04}" if period == "year" else f"{moment.year:04}.{moment.month:02}"


def kind_of(name: str) -> Period:
    """Return the kind of a period by its name. Raises ``ValueError`` for a bad name.

    >>> kind_of("2026.11"), kind_of("2026")
    ('month', 'year')
    """
    if not name:
        return "none"
    found = _NAME.fullmatch(name)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{name!r} is neither a year nor a month")
    return "month" if found[2] else "year"


def span(name: str) -> tuple[datetime, datetime]:
    """Return the beginning of a period and of the next one. Raises ``ValueError`` for a bad name."""
    kind = kind_of(name)
    if kind == "none":
        raise ValueError("an index that is not split has no period")
    year, month = int(name[:4]), int(name[5:] or 1)
    start = datetime(year, month, 1, tzinfo=UTC)
    if (year, month) >= (9999, 12 if kind == "month" else 1):
        return start, datetime.max.replace(tzinfo=UTC)
    whole_year = kind == "year" or month == 12
    return start, start.replace(year=year + 1, month=1) if whole_year else start.replace(month=month + 1)


def is_over(name: str, days: int, now: datetime) -> bool:
    """Return whether even the last document of a period was first seen more than so many days ago."""
    return span(name)[1] + timedelta(days=days) <= now


def is_kept(period: Period, seen: datetime, days: int | None, now: datetime) -> bool:
    """Return whether a document is still kept: whole periods expire, or single documents where there are none."""
    if days is None:
        return True
    if period == "none":
        return seen + timedelta(days=days) > now
    return not is_over(name_of(period, seen), days, now)


def first_seen(document: Any) -> datetime:
    """Return the ``first_seen`` of an article's or a story's document."""
    said = document.get("first_seen") if document else None
    return datetime.fromisoformat(said) if said else UNKNOWN
