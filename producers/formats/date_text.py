"""Reads the text of a date without a guess: the days it may name, the time of day, the zone.

A text is split into numbers, words, a clock and a zone, and all of it has to be understood: a rest, or a part that
comes twice, makes it no date. ``dates`` decides the order of the numbers of ``03/06/2026``.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from producers.formats import date_words, zones
from producers.formats.date_pieces import NoDate, Pieces
from producers.formats.date_words import Sense

Order = Literal["day", "month", "year"]
"""What the first of three numbers is; the year comes last where it does not come first."""

EARLIEST_YEAR, LATEST_YEAR = 1990, 2200
_LONGEST, _LONGEST_WRITTEN = 120, 1000
_CENTURY = 69
"""Two digits from here on are of the last century (POSIX), the others of this one."""
_LAST_EPOCH = 1_900_000_000
"""In 2030. Ten digits beyond are as likely a date and an hour."""

_DATETIME = re.compile(r"""<time\b[^<>]{0,200}?\bdatetime\s*=\s*["']([^"'<>]{8,40})["']""", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ALIKE = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u066b": "."})
_COMMENT = re.compile(r"\(([^()]*)\)")
_SIMPLER: tuple[tuple[re.Pattern[str], str], ...] = (
    # "10:30 a.m." to "10:30 am"; "12 noon"
    (re.compile(r"(?<=[\d\s])([ap])\.?\s?m\b\.?", re.IGNORECASE), r" \1m "),
    (re.compile(r"\b12(:00)?\s*noon\b", re.IGNORECASE), "12:00 pm"),
    # "5:05 e.h." to "5:05 eh": a half of the day in other languages
    (re.compile(r"(?<=\d)\s*([^\W\d_])\.\s?([^\W\d_])\.", re.IGNORECASE), r" \1\2 "),
    # 2026年6月18日 10時30分, 2026년 6월 18일
    (re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号]"), r"\1-\2-\3 "),
    (re.compile(r"(\d{1,2})\s*[時时点시]\s*(\d{1,2})\s*[分분](?:\s*(\d{1,2})\s*[秒초])?"), r"\1:\2 "),
    # 20260618T103000Z, 20260618103000, T103000, T10+05:30
    (
        re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)[T\s]?(\d\d)(\d\d)(\d\d)?(?!\d)", re.IGNORECASE),
        r"\1-\2-\3T\4:\5:\6",
    ),
    (re.compile(r"(?<=\dT)(\d\d)(\d\d)(\d\d)?(?!\d)", re.IGNORECASE), r"\1:\2:\3"),
    (re.compile(r"(?<=\dT)(\d\d)(?=[Z+-]|$)", re.IGNORECASE), r"\1:00"),
    # 2026-06-18 10.30.00
    (re.compile(r"^(\d{4}-\d\d?-\d\d?)[ T_](\d\d?)([.-])(\d\d)(?:\3(\d\d))?(?![\d.:-])"), r"\1 \2:\4:\5 "),
    (re.compile(r"(:\d\d):(?!\d)"), r"\1"),
    # 2026:06:18 10:30:00, as cameras write it
    (re.compile(r"^(\d{4}):(\d\d):(\d\d)(?=[\sT])"), r"\1-\2-\3"),
    # 10h30, 1030 hrs, 10.30 am, 10.30 Uhr
    (re.compile(r"(?<!\d)(\d{1,2})\s?[hH]\s?(\d\d)(?:\s?min)?(?![\d\w])"), r"\1:\2"),
    (re.compile(r"(?<![\d.:])(\d\d)(\d\d)\s*(?=h(?:rs|ours)\b)", re.IGNORECASE), r"\1:\2 "),
    (
        re.compile(
            r"(?<![\d./-])(\d{1,2})\.(\d\d)(?:\.(\d\d))?(?=\s*(?:am|pm|uhr|hrs|hours)\b)|"
            r"(?:(?<=kl )|(?<=lo )|(?<=\d{4},)|(?<=\d{4} )|(?<=\d{4}, ))(\d{1,2})\.(\d\d)(?!\.?\d)",
            re.IGNORECASE,
        ),
        r"\1\4:\2\5",
    ),
)  # fmt: skip
_WEEK_DATE = re.compile(r"(\d{4})-?W(\d\d)-?([1-7])(?!\d)")
_DAY_OF_YEAR = re.compile(r"(\d{4})-(\d{3})(?=T|\s|$)")
_EPOCH = re.compile(r"(?:/Date\((\d{9,16})(?:[+-]\d{4})?\)/|@?(\d{9,10}|\d{13}|\d{16})(?:\.\d{1,9})?)")


@dataclass(frozen=True)
class DateReading:
    """The possible meanings of a text. ``days`` has the day by each order of its numbers that makes one.

    ``numeric``: the month is one of three numbers, known by their order alone. ``clock`` and ``zone`` are None where
    the text has none. ``first`` is the first number by the zone's custom, ``parted`` the separator of the numbers, if
    there is only one. A text that names a ``moment`` has nothing else.
    """

    days: Mapping[Order, date] = field(default_factory=dict)
    clock: timedelta | None = None
    zone: tzinfo | None = None
    numeric: bool = False
    first: Order | None = None
    parted: str = ""
    moment: datetime | None = None


def read(text: object, language: str | None = None, region: str | None = None) -> DateReading | None:
    """Read a date; None where it names no day. A bare number is seconds, or milliseconds, since 1970.

    ``language`` and ``region`` (a country's two letters) are the feed's, for names with several meanings.
    """
    try:
        if isinstance(text, int | float) and not isinstance(text, bool):
            return DateReading(moment=_since_1970(str(int(text))))
        return _read(_prepared(text), language, region) if isinstance(text, str) else None
    except (NoDate, OverflowError, ValueError):
        return None


def _since_1970(digits: str) -> datetime:
    """Read ten digits as seconds, thirteen as milliseconds, sixteen as microseconds."""
    seconds = int(digits) / {13: 1e3, 16: 1e6}.get(len(digits), 1)
    if len(digits) not in (9, 10, 13, 16) or not seconds < _LAST_EPOCH:
        raise NoDate(digits)
    return datetime.fromtimestamp(seconds, UTC)


def _prepared(text: str) -> str:
    """Return one line with ASCII digits, without markup, escapes and invisible characters."""
    line = text[:_LONGEST_WRITTEN]
    for _ in range(2):
        if "&" not in line:
            break
        line = html.unescape(line)
    if "<" in line:
        stamp = _DATETIME.search(line)
        line = stamp[1] if stamp else _TAG.sub(" ", line)
    line = unicodedata.normalize("NFC", _UNSEEN.sub("", line)).translate(_ALIKE)
    if not line.isascii():
        line = "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in line)
    line = " ".join(line.split())
    if len(line) > _LONGEST:
        raise NoDate(line)
    return line


def _read(line: str, language: str | None, region: str | None) -> DateReading:
    if (epoch := _EPOCH.fullmatch(line)) is not None:
        return DateReading(moment=_since_1970(epoch[1] or epoch[2]))
    line, comment = _without_comment(line)
    for pattern, simpler in _SIMPLER:
        line = pattern.sub(simpler, line)
    line = _DAY_OF_YEAR.sub(_counted, _WEEK_DATE.sub(_in_week, line))
    pieces = Pieces(region).taken(line)
    zone = pieces.zone or _zone_of(comment, region)
    days, numeric = _days(pieces, language)
    first = zones.first_number(pieces.zone_name or comment)
    return DateReading(days, pieces.clock, zone, numeric, first, "".join(pieces.separators & set("./-")))


def _without_comment(line: str) -> tuple[str, str]:
    """Split off the comment in brackets (RFC 5322, 3.2.2), which may name the zone."""
    found = _COMMENT.findall(line)
    return (_COMMENT.sub(" ", line), found[-1]) if found else (line, "")


def _zone_of(comment: str, region: str | None) -> tzinfo | None:
    """Read the zone of a comment: ``IST``, ``India Standard Time``, ``GMT+5:30``."""
    if not comment or (named := zones.named(comment, region)) is not None:
        return named if comment else None
    try:
        return Pieces(region).of_a_zone(comment)
    except NoDate:
        return None


def _in_week(found: re.Match[str]) -> str:
    return date.fromisocalendar(int(found[1]), int(found[2]), int(found[3])).isoformat()


def _counted(found: re.Match[str]) -> str:
    """Read ISO 8601's day of the year."""
    number = int(found[2])
    if not 1 <= number <= 366:
        raise NoDate(found[0])
    return (date(int(found[1]), 1, 1) + timedelta(days=number - 1)).isoformat()


# ---- days -------------------------------------------------------------------------------------------------------


def _days(pieces: Pieces, language: str | None) -> tuple[dict[Order, date], bool]:
    """Return the possible days, those that fit the weekday first, and whether the order of the numbers decides."""
    groups = date_words.senses(pieces.words, language)
    read = ([(order, day, sense) for sense in senses for order, day in _by_order(pieces, sense)] for senses in groups)
    found = next(filter(None, read), [])
    borne_out = [one for one in found if one[1].weekday() == one[2].weekday]
    usual = [one for one in borne_out or found if one[0] != "year" or _is_sure(pieces, one[2])]
    chosen = usual or borne_out
    days = {order: day for order, day, _ in chosen}
    if not days or len({(order, day) for order, day, _ in chosen}) > len(days):
        raise NoDate("no day, or words that mean several months")
    return days, len(pieces.numbers) == 3 and all(sense.month is None for _, _, sense in found)


def _is_sure(pieces: Pieces, sense: Sense) -> bool:
    """Return whether a year may come first: written out, or one of three numbers.

    Two digits before a month's name are the day (RFC 822) unless the weekday says otherwise.
    """
    return sense.month is None or any(len(number) == 4 for number in pieces.numbers)


def _by_order(pieces: Pieces, sense: Sense) -> Iterator[tuple[Order, date]]:
    for order, parts in _arranged(pieces, sense.month):
        day = _day(*parts)
        if day is not None:
            yield order, day


def _arranged(pieces: Pieces, month: int | None) -> Iterator[tuple[Order, tuple[str, str, str]]]:
    """Return year, month and day by each possible order of the numbers."""
    match pieces.numbers:
        case [one, other] if month is not None:
            yield "day", (other, str(month), one)
            yield "year", (one, str(month), other)
        case [digits] if len(digits) == 8 and month is None:
            yield "year", (digits[:4], digits[4:6], digits[6:])
            yield "day", (digits[4:], digits[2:4], digits[:2])
            yield "month", (digits[4:], digits[:2], digits[2:4])
        case [first, second, third] if month is None:
            yield "year", (first, second, third)
            yield "day", (third, second, first)
            yield "month", (third, first, second)


def _day(year: str, month: str, day: str) -> date | None:
    """Return the day, if there is one; a year has two digits or four, and is one in which there were feeds."""
    if len(year) not in (2, 4) or len(day) > 2 or len(month) > 3:
        return None
    number = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _CENTURY else 2000)
    if not EARLIEST_YEAR <= number <= LATEST_YEAR:
        return None
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


def shown_orders(readings: Iterable[DateReading | None]) -> frozenset[Order]:
    """Return the orders shown by dates that have only one possible order: the feed's orders."""
    return frozenset(
        next(iter(reading.days)) for reading in readings if reading and reading.numeric and len(reading.days) == 1
    )
