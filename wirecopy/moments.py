"""Parses times as people give them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_AGO: Final = re.compile(r"(\d{1,4})\s*([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str, now: datetime, *, end: bool = False) -> datetime:
    """Parse `90m`, `24h`, `7d` or `2w` (ago), `2026-11-22`, or `2026-11-22T10:30+05:30`; by default in UTC.

    A bare date means its start, with ``end`` the start of the next day. Raises ``ValueError`` that says what to write.
    """
    ago = _AGO.fullmatch(text.strip().lower())
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text.strip())
        if end and len(text.strip()) == len("2026-11-22"):
            moment += timedelta(days=1)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text[:80]!r} is not a time: give 2026-11-22, 2026-11-22T10:30+05:30, 90m, 24h, 7d or 2w"
        ) from None
