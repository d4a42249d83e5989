"""A feed's hints to its pollers: when to poll, and which hub announces its entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from producers.formats.cleaning import clean_line, web_address

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PERIODS = {"hourly": 3600.0, "daily": 86400.0, "weekly": 604800.0, "monthly": 2592000.0, "yearly": 31536000.0}


def seconds_between_polls(ttl: object, period: object, frequency: object) -> float | None:
    """Return seconds from RSS 2.0's ``ttl`` (minutes), else from the syndication module's period and frequency.

    The period is ``daily`` by default. The value is not bounded: a feed may say a year.

    >>> seconds_between_polls("60", None, None), seconds_between_polls(None, "hourly", "2")
    (3600.0, 1800.0)
    """
    minutes = _number(ttl)
    if minutes:
        return minutes * 60
    times, name = _number(frequency), clean_line(period, 20).lower()
    if not name and times is None:
        return None
    length = _PERIODS.get(name or "daily")
    return length / (times or 1) if length else None


def _number(text: object) -> float | None:
    digits = clean_line(text, 10)
    return float(digits) if digits.isascii() and digits.isdigit() else None


def hours(texts: Iterable[str]) -> frozenset[int]:
    """Read ``skipHours`` (UTC): RSS 0.91 counts from 1 to 24, RSS 2.0 from 0 to 23, and 24 is 0."""
    found = (_number(text) for text in texts)
    return frozenset(int(hour) % 24 for hour in found if hour is not None and hour <= 24)


def days(texts: Iterable[str]) -> frozenset[int]:
    """Read ``skipDays`` by their English names; 0 is Monday."""
    found = (clean_line(text, 20).lower()[:3] for text in texts)
    return frozenset(_DAYS.index(day) for day in found if day in _DAYS)


def address_of(links: Iterable[object], relation: str, base: str) -> str | None:
    """Return the first web address among ``links`` (``rel``, ``href``) with this relation."""
    for link in links:
        if isinstance(link, Mapping) and relation in clean_line(link.get("rel"), 200).lower().split():
            address = web_address(link.get("href"), base)
            if address is not None:
                return address
    return None
