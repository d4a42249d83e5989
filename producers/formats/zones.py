"""Time zones as feeds name them: abbreviations, long names, IANA names, offsets.

An abbreviation has its meaning in the feed's country: ``IST`` is India's time except in Israel and Ireland, ``CST`` is
Chicago's except in China. Those that are ambiguous everywhere (``AMT``, ``ECT``) are unknown.
"""

# ruff: noqa: SIM905 -- a table of names reads better in one string
from __future__ import annotations

import functools
import re
from datetime import timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FIXED = """
UT 0 UTC 0 GMT 0 Z 0 WET 0 WEST 1 CET 1 CEST 2 MET 1 MEST 2 MEZ 1 MESZ 2 HNEC 1 HAEC 2 EET 2 EEST 3 MSK 3 MSD 4 TRT 3
BST 1 SAMT 4 YEKT 5 OMST 6 KRAT 7 NOVT 7 IRKT 8 YAKT 9 VLAT 10 GET 4 AZT 4
IST 5:30 SLST 5:30 PKT 5 NPT 5:45 BDT 6 BTT 6 MMT 6:30 MVT 5 AFT 4:30 UZT 5 TMT 5 TJT 5 KGT 6 ALMT 6
IRST 3:30 IRDT 4:30 IDT 3 GST 4 AST -4 ADT -3
ICT 7 WIB 7 WITA 8 WIT 9 MYT 8 SGT 8 HKT 8 PHT 8 JST 9 KST 9
AWST 8 ACST 9:30 ACDT 10:30 AEST 10 AEDT 11 NZST 12 NZDT 13 FJT 12 ChST 10
WAT 1 CAT 2 SAST 2 EAT 3 MUT 4
NST -3:30 NDT -2:30 EST -5 EDT -4 CST -6 CDT -5 MST -7 MDT -6 PST -8 PDT -7 AKST -9 AKDT -8 HST -10
BRT -3 BRST -2 UYT -3 CLT -4 CLST -3 BOT -4 VET -4 PYT -4 COT -5 PET -5
"""
_MOVING = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "AT": "America/Halifax",
}
_ELSEWHERE = {
    ("IST", "IL"): "Asia/Jerusalem",
    ("IST", "IE"): "Europe/Dublin",
    ("BST", "BD"): "Asia/Dhaka",
    ("CST", "CN"): "Asia/Shanghai",
    ("CST", "TW"): "Asia/Taipei",
    ("CST", "CU"): "America/Havana",
    ("PST", "PH"): "Asia/Manila",
    ("EST", "AU"): "Australia/Sydney",
    ("EDT", "AU"): "Australia/Sydney",
    ("NST", "NP"): "Asia/Kathmandu",
    ("CST", "AU"): "Australia/Adelaide",
    ("WST", "AU"): "Australia/Perth",
    ("MST", "MY"): "Asia/Kuala_Lumpur",
    ("AST", "SA"): "Asia/Riyadh",
    ("AST", "IQ"): "Asia/Baghdad",
    ("AST", "KW"): "Asia/Kuwait",
}
_LONG = {
    "coordinated universal": "UTC", "universal": "UTC", "greenwich mean": "GMT", "gmt standard": "Europe/London",
    "british summer": "BST", "india standard": "IST", "indian standard": "IST", "pakistan standard": "PKT",
    "nepal": "NPT", "nepal standard": "NPT", "sri lanka standard": "SLST", "bangladesh standard": "BDT",
    "bangladesh": "BDT", "eastern": "ET", "central": "CT", "mountain": "MT", "pacific": "PT",
    "eastern standard": "EST", "eastern daylight": "EDT", "central standard": "CST", "central daylight": "CDT",
    "mountain standard": "MST", "mountain daylight": "MDT", "pacific standard": "PST", "pacific daylight": "PDT",
    "central european": "CET", "central european standard": "CET", "central european summer": "CEST",
    "eastern european standard": "EET", "eastern european summer": "EEST", "moscow standard": "MSK",
    "gulf standard": "GST", "singapore standard": "SGT", "singapore": "SGT", "malaysia": "MYT",
    "hong kong standard": "HKT", "china standard": "Asia/Shanghai", "japan standard": "JST",
    "korean standard": "KST", "korea standard": "KST", "australian eastern standard": "AEST",
    "australian eastern daylight": "AEDT",
    # "IST" as it is spelt in India's scripts
    "आईएसटी": "IST", "आयएसटी": "IST", "আইএসটি": "IST", "ஐஎஸ்டி": "IST", "ఐఎస్టి": "IST", "ఐఎస్టీ": "IST",
    "ಐಎಸ್ಟಿ": "IST", "ഐഎസ്ടി": "IST", "આઇએસટી": "IST", "આઈએસટી": "IST", "ਆਈਐਸਟੀ": "IST", "آئی ایس ٹی": "IST",
    "israel standard": "Asia/Jerusalem", "israel daylight": "IDT",
}  # fmt: skip
_IANA = re.compile(r"[A-Za-z]{2,20}/[A-Za-z_+-]{2,30}(?:/[A-Za-z_-]{2,30})?(?:[+-]?\d{1,2})?", re.ASCII)
_GREATEST, _LEAST = timedelta(hours=14), timedelta(hours=-12)
_UNIVERSAL = frozenset(("UT", "UTC", "GMT", "Z"))
_DAY_FIRST = frozenset("IST BST CET CEST MET MEST MEZ MESZ EET EEST WEST PKT NPT BDT AEST AEDT".split())
_MONTH_FIRST = frozenset("ET CT MT PT EDT CDT MDT PDT PST MST AKST AKDT HST".split())


def _pairs() -> dict[str, timezone]:
    words = _FIXED.split()
    return {name.upper(): timezone(_span(offset)) for name, offset in zip(words[::2], words[1::2], strict=True)}


def _span(text: str) -> timedelta:
    hours, _, minutes = text.removeprefix("-").partition(":")
    span = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return -span if text.startswith("-") else span


_NAMED = _pairs()


def named(name: str, region: str | None = None) -> tzinfo | None:
    """Return the zone of an abbreviation, a long name or an IANA name; None where it is unknown.

    ``region`` is the feed's country, where that is known.

    >>> str(named("IST", "IN")), str(named("IST", "IL"))
    ('UTC+05:30', 'Asia/Jerusalem')
    """
    short = name.strip().upper()
    if (elsewhere := _ELSEWHERE.get((short, region or ""))) is not None:
        return iana(elsewhere)
    if short in _NAMED:
        return _NAMED[short]
    if short in _MOVING:
        return iana(_MOVING[short])
    long = " ".join(name.lower().split()).removesuffix(" time")
    if long in _LONG:
        return named(_LONG[long])
    return iana(name.strip()) if _IANA.fullmatch(name.strip()) else None


@functools.lru_cache(maxsize=512)
def iana(name: str) -> ZoneInfo | None:
    """Return the zone of the IANA database; None where it has none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def offset(sign: str, hours: str, minutes: str | None) -> tzinfo | None:
    """Return the zone so far east (``+``) or west of Greenwich; None where no country keeps that time."""
    span = timedelta(hours=int(hours), minutes=int(minutes or 0))
    span = -span if sign == "-" else span
    if int(minutes or 0) > 59 or not _LEAST <= span <= _GREATEST:
        return None
    return timezone(span)


def is_universal(name: str) -> bool:
    """Return whether this is a name of UTC, after which an offset may stand: ``GMT+5:30``."""
    return name.strip().upper() in _UNIVERSAL


def first_number(name: str) -> Literal["day", "month"] | None:
    """Return the first number of numeric dates where this abbreviation is used; None where that is not sure."""
    short = name.strip().upper()
    return "day" if short in _DAY_FIRST else "month" if short in _MONTH_FIRST else None
