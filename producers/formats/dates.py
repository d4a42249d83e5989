"""Dates of feeds, in UTC. feedparser reads most of them; here are those that it gets wrong or gives up on."""

from __future__ import annotations

import calendar
import re
import time
from datetime import UTC, datetime

import dateutil.parser

_ZONES = {"IST": 19800, "PKT": 18000, "NPT": 20700, "BST": 3600, "CET": 3600, "CEST": 7200, "SGT": 28800, "JST": 32400}
"""Seconds east of Greenwich of zone names that feedparser takes for UTC; IST is India's, not Israel's or Ireland's."""
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_EARLIEST_YEAR = 1990
_LATEST_YEAR = 2200
_DEFAULT = datetime(1, 1, 1, tzinfo=None)  # noqa: DTZ001  # marks what dateutil had to fill in; never returned


def from_feed(text: object, parsed: object) -> datetime | None:
    """The moment that a feed names: ``text`` as written, ``parsed`` as feedparser read it (UTC). None if neither helps.

    A date without a zone is taken for UTC, as RSS readers do. Years before 1990 are placeholders, not dates.
    """
    words = text.strip()[:64] if isinstance(text, str) else ""
    if not _names_a_day(words):
        return None
    if words[-4:].strip().upper() in _ZONES or not isinstance(parsed, time.struct_time):
        return _sane(_read(words)) or _sane(_from_struct(parsed))
    return _sane(_from_struct(parsed))


def from_iso(text: object) -> datetime | None:
    """An RFC 3339 date, as JSON Feed has them, and whatever else stands there instead."""
    words = text.strip()[:64] if isinstance(text, str) else ""
    return _sane(_read(words)) if _names_a_day(words) else None


def _names_a_day(words: str) -> bool:
    """Whether there are digits for a day and a year beside the clock: parsers fill in today where there are none."""
    return sum(char.isdigit() for char in _CLOCK.sub("", words)) > 2


def _from_struct(parsed: object) -> datetime | None:
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _read(words: str) -> datetime | None:
    if not words:
        return None
    try:
        found = dateutil.parser.parse(words, tzinfos=_ZONES, default=_DEFAULT)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, AttributeError, RecursionError):
        return None


def _sane(moment: datetime | None) -> datetime | None:
    return moment if moment is not None and _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR else None
