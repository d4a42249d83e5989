"""Whether two articles were published on two days: a report that is told anew each day is another one then."""

from __future__ import annotations

DAY = 86400.0
"""Days are those of UTC, whose midnight is before the markets of Asia open and after those of America close."""
SAME_DAY = 6 * 3600.0
"""Seconds within which two reports are of one day though midnight lies between them."""


def on_other_day(one: float, other: float) -> bool:
    """Whether two moments, in seconds since 1970, are of two days."""
    return one // DAY != other // DAY and abs(one - other) > SAME_DAY
