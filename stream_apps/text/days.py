"""Reads days as newspapers print them: ``Jun 18``, ``18.6.2025``, ``Wednesday``, ``18 जून``."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = (
    ("jan(?:uary)?", "जनवरी"),
    ("feb(?:ruary)?", "फरवरी|फ़रवरी"),
    ("mar(?:ch)?", "मार्च"),
    ("apr(?:il)?", "अप्रैल"),
    ("may", "मई"),
    ("june?", "जून"),
    ("july?", "जुलाई"),
    ("aug(?:ust)?", "अगस्त"),
    ("sept?(?:ember)?", "सितंबर|सितम्बर"),
    ("oct(?:ober)?", "अक्टूबर|अक्तूबर"),
    ("nov(?:ember)?", "नवंबर|नवम्बर"),
    ("dec(?:ember)?", "दिसंबर|दिसम्बर"),
)
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")

_MONTH = f"(?:{'|'.join(f'{english}|{hindi}' for english, hindi in _MONTHS)})"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s{1,2}(?:19|20)\d\d)?"
_WEEKDAY = rf"(?:{'|'.join(_WEEKDAYS)})day"
DATE = re.compile(
    rf"(?:{_WEEKDAY},?\s)?(?:{_MONTH}\.?\s{{0,2}}{_DAY}{_YEAR}|{_DAY}[\s-]{{1,2}}(?:of\s)?{_MONTH}(?!\w)\.?{_YEAR}"
    rf"|\d{{1,2}}[./-]\d{{1,2}}[./-](?:19|20)?\d\d|\d{{4}}-\d\d-\d\d)(?!\w)|\b{_WEEKDAY}\b",
    re.IGNORECASE,
)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_FIGURES = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{2,4})")
_WRITTEN_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NUMBER = re.compile(r"\d{1,2}(?!\d)")
_MONTH_NAMES = tuple(re.compile(rf"(?<!\w)(?:{english}|{hindi})(?!\w)", re.IGNORECASE) for english, hindi in _MONTHS)


def day_of(printed: str, near: date | None) -> date | None:
    """Return the day of a printed date; None where it names no day, or has no year and ``near`` is unknown.

    A date without a year is the one closest to ``near``, the day of publication; a weekday is the last one up to it.
    Figures are read day first, as India and Europe write them, where possible.

    >>> day_of("Jun 18", date(2026, 6, 19))
    datetime.date(2026, 6, 18)
    """
    if iso := _ISO.search(printed):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if figures := _FIGURES.search(printed):
        first, second, year = (int(part) for part in figures.groups())
        year += 2000 if year < 100 else 0
        return _day(year, second, first) or _day(year, first, second)
    month = next((number for number, name in enumerate(_MONTH_NAMES, start=1) if name.search(printed)), None)
    if month is None:
        return _last_weekday(printed, near)
    written = _WRITTEN_YEAR.search(printed)
    number = _NUMBER.search(printed.replace(written[0], " ") if written else printed)
    if number is None:
        return None
    if written:
        return _day(int(written[0]), month, int(number[0]))
    return None if near is None else _closest(month, int(number[0]), near)


def _closest(month: int, day: int, near: date) -> date | None:
    candidates = [_day(year, month, day) for year in (near.year - 1, near.year, near.year + 1)]
    return min((day for day in candidates if day), key=lambda day: abs(day - near), default=None)


def _last_weekday(printed: str, near: date | None) -> date | None:
    spoken = printed.casefold()
    weekday = next((number for number, name in enumerate(_WEEKDAYS) if f"{name}day" in spoken), None)
    if weekday is None or near is None:
        return None
    return near - timedelta(days=(near.weekday() - weekday) % 7)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
