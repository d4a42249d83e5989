"""The text of a date to what it can mean, without a guess: the days that it may name, the time of day, the zone.

A text is taken apart into numbers, words, a clock and a zone, and all of it has to be understood: what is left over, or
said twice, makes it no date. In which order the numbers of ``03/06/2026`` stand is for ``dates`` to decide.
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
from producers.formats.date_words import Part, Sense

Order = Literal["day", "month", "year"]
"""What the first of three numbers is; the year comes last where it does not come first."""

EARLIEST_YEAR, LATEST_YEAR = 1990, 2200
_LONGEST, _LONGEST_WRITTEN = 120, 1000
_MOST_PIECES = 20
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
_TIME = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]+){0,3} Time\b", re.IGNORECASE)
_IANA = re.compile(r"[A-Za-z]{2,20}/[A-Za-z_]{2,30}(?:/[A-Za-z_]{2,30})?(?:[+-]\d{1,2})?(?![A-Za-z/])", re.ASCII)
_PIECE = re.compile(
    r"(?P<clock>(?<!\d)(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}))?"
    r"(?P<fraction>(?:[.:]\d{3,9}|\.\d{1,2}|,\d{1,9}(?=[Z+-]|$))(?![\d:]))?(?![\d:])\s*(?P<half>[ap]m\b)?)"
    r"|(?P<alone>(?<!\d)(?P<hour_alone>\d{1,2})\s*(?P<half_alone>[ap]m)\b)"
    r"|(?P<offset>(?P<sign>[+-])\s?(?P<east>\d{1,2})(?:[:.]?(?P<south>\d\d)|(?P<half_hour>\.5))?(?::00)?"
    r"(?![\d:]|[./-]\d))"
    r"|(?P<number>\d+)"
    r"|(?P<word>[^\s\d,./|:;()\[\]{}+\-_·•<>،۔।\"“”„«»!?*#~]+)"  # noqa: RUF001  # full stops of other scripts
    r"|(?P<gap>.)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Reading:
    """What a text can mean. ``days`` has the day by each order of its numbers that makes one.

    ``numeric``: whether the order of three numbers says which is the month. ``clock`` and ``zone`` are none where the
    text has none. ``first`` is what its zone tells of the order, ``parted`` what parts the numbers, if one thing does.
    Where the text names a ``moment`` by itself, that is all there is.
    """

    days: Mapping[Order, date] = field(default_factory=dict)
    clock: timedelta | None = None
    zone: tzinfo | None = None
    numeric: bool = False
    first: Order | None = None
    parted: str = ""
    moment: datetime | None = None


class NoDate(ValueError):
    """The text is none, or not one that is understood."""


def read(text: object, language: str | None = None, region: str | None = None) -> Reading | None:
    """What ``text`` can mean; none where that is no day. A number is seconds, or milliseconds, since 1970.

    ``language`` and ``region`` (a country's two letters) are the feed's, for names that mean several things.
    """
    try:
        if isinstance(text, int | float) and not isinstance(text, bool):
            return Reading(moment=_since_1970(str(int(text))))
        return _read(_prepared(text), language, region) if isinstance(text, str) else None
    except (NoDate, OverflowError, ValueError):
        return None


def _since_1970(digits: str) -> datetime:
    """Ten digits are seconds, three more milliseconds, six more microseconds."""
    seconds = int(digits) / {13: 1e3, 16: 1e6}.get(len(digits), 1)
    if len(digits) not in (9, 10, 13, 16) or not seconds < _LAST_EPOCH:
        raise NoDate(digits)
    return datetime.fromtimestamp(seconds, UTC)


def _prepared(text: str) -> str:
    """One line of digits as they are in English, without markup, escapes and characters that show nothing."""
    line = text[:_LONGEST_WRITTEN]
    for _ in range(2):
        if "&" not in line:
            break
        line = html.unescape(line)
    if "<" in line:
        told = _DATETIME.search(line)
        line = told[1] if told else _TAG.sub(" ", line)
    line = unicodedata.normalize("NFC", _UNSEEN.sub("", line)).translate(_ALIKE)
    if not line.isascii():
        line = "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in line)
    line = " ".join(line.split())
    if len(line) > _LONGEST:
        raise NoDate(line)
    return line


def _read(line: str, language: str | None, region: str | None) -> Reading:
    if (epoch := _EPOCH.fullmatch(line)) is not None:
        return Reading(moment=_since_1970(epoch[1] or epoch[2]))
    line, comment = _without_comment(line)
    for pattern, simpler in _SIMPLER:
        line = pattern.sub(simpler, line)
    line = _DAY_OF_YEAR.sub(_counted, _WEEK_DATE.sub(_in_week, line))
    pieces = _Pieces(region).taken(line)
    zone = pieces.zone or _zone_of(comment, region)
    days, numeric = _days(pieces, language)
    first = zones.first_number(pieces.zone_name or comment)
    return Reading(days, pieces.clock, zone, numeric, first, "".join(pieces.separators & set("./-")))


def _without_comment(line: str) -> tuple[str, str]:
    """The line without what stands in brackets (RFC 5322, 3.2.2), which may name the zone."""
    found = _COMMENT.findall(line)
    return (_COMMENT.sub(" ", line), found[-1]) if found else (line, "")


def _zone_of(comment: str, region: str | None) -> tzinfo | None:
    """The zone that a comment names: ``IST``, ``India Standard Time``, ``GMT+5:30``."""
    if not comment or (named := zones.named(comment, region)) is not None:
        return named if comment else None
    try:
        return _Pieces(region, _before="universal").taken(comment).zone
    except NoDate:
        return None


def _in_week(found: re.Match[str]) -> str:
    return date.fromisocalendar(int(found[1]), int(found[2]), int(found[3])).isoformat()


def _counted(found: re.Match[str]) -> str:
    """ISO 8601 counts the days of a year; three digits that begin with 0 and are a month are Google's."""
    number = int(found[2])
    if not 1 <= number <= 366:
        raise NoDate(found[0])
    return (date(int(found[1]), 1, 1) + timedelta(days=number - 1)).isoformat()


# ---- pieces -----------------------------------------------------------------------------------------------------


@dataclass
class _Pieces:
    """The parts of a date as they come, each once."""

    region: str | None
    numbers: list[str] = field(default_factory=list)
    separators: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    clock: timedelta | None = None
    zone: tzinfo | None = None
    zone_name: str = ""
    _stated: bool = False
    _part: Part | None = None
    _strange: int = 0
    _before: str = ""
    """What kind of piece the last one was, gaps apart; empty at the start."""

    def taken(self, line: str) -> _Pieces:
        """All pieces of the line. Raises ``NoDate`` where one cannot be placed."""
        line = _TIME.sub(self._long_zone, _IANA.sub(self._iana_zone, line))
        place = taken = 0
        while place < len(line):
            piece = _PIECE.match(line, place)
            assert piece is not None, "any character is a gap"
            taken += not piece["gap"]
            if taken > _MOST_PIECES:
                raise NoDate("more than any date has")
            kind = piece.lastgroup if piece.lastgroup in ("number", "word", "gap") else _kind(piece)
            place = self._take(kind, piece, line)
        if self._part is not None and self.clock is None:
            raise NoDate("a part of the day without an hour")
        return self

    def _take(self, kind: str, piece: re.Match[str], line: str) -> int:
        """Put the piece where it belongs; returns where the next one begins."""
        end = piece.end()
        match kind:
            case "clock":
                self._set_clock(
                    _clock(piece["hour"], piece["minute"], piece["second"], piece["fraction"]), piece["half"]
                )
            case "alone":
                self._set_clock(_clock(piece["hour_alone"], "0"), piece["half_alone"])
                kind = "clock"
            case "offset":
                if not self._is_offset(piece, line):
                    self.separators.add(piece["sign"])
                    return piece.start() + 1
                self._set_offset(piece)
            case "number":
                self._number(piece[0], line, end)
            case "word":
                self._word(piece[0])
                return end
            case _:
                if not piece[0].isspace():
                    self.separators.add(piece[0])
                return end
        self._before = kind
        return end

    def _set_clock(self, clock: timedelta, half: str | None) -> None:
        if self.clock is not None:
            raise NoDate("two times of day")
        part: Part | None = self._part if half is None else "am" if half.lower() == "am" else "pm"
        self.clock = clock if part is None else _in_part(clock, part)

    def _is_offset(self, piece: re.Match[str], line: str) -> bool:
        """Whether a sign and a number are an offset: after a clock or a zone, or behind a whole date."""
        if self._stated:
            return False
        if self._before == "universal":
            return True
        if line[piece.start() + 1 : piece.start() + 2].isspace():
            return piece["sign"] == "+" and piece["south"] is not None
        if self._before in ("clock", "zone") or piece["sign"] == "+":
            return True
        whole = len(self.numbers) + any(map(date_words.may_be_month, self.words)) >= 3
        return whole and piece["south"] is not None and int(piece["east"]) <= 14

    def _set_offset(self, piece: re.Match[str]) -> None:
        if re.search(r"[+-]\d[0-5]\d$", piece[0]) and int(piece["south"] or 0) % 15:
            raise NoDate(f"a digit is missing: {piece[0]}")
        zone = zones.offset(piece["sign"], piece["east"], "30" if piece["half_hour"] else piece["south"])
        if zone is None or self._contradicts(zone) or self._is_end(piece):
            raise NoDate(f"no zone is {piece[0]}")
        self.zone, self._stated = zone, True

    def _is_end(self, piece: re.Match[str]) -> bool:
        """Whether this is the end of a span of time, ``10:30-11:30``, and no offset."""
        if piece["sign"] != "-" or ":" not in piece[0] or self.clock is None or self.clock.seconds % 60:
            return False
        begins_at_it = piece.string[: piece.start()].endswith(f":{self.clock.seconds // 60 % 60:02}")
        brief = re.search(r"(?<![:\d])\d{1,2}:\d\d$", piece.string[: piece.start()])
        end = timedelta(hours=int(piece["east"]), minutes=int(piece["south"] or 0))
        return begins_at_it and brief is not None and end > self.clock

    def _contradicts(self, zone: tzinfo) -> bool:
        """Whether a name that was given is of another zone, by more than the hour that summer makes."""
        if self.zone is None or not self.zone_name or zones.is_universal(self.zone_name):
            return False
        return _hours_apart(self.zone, zone) > 1

    def _number(self, digits: str, line: str, end: int) -> None:
        following = _PIECE.match(line, end + (line[end : end + 1] == " "))
        word = date_words.plain(following["word"] or "") if following else ""
        if self.clock is None and len(digits) <= 2 and word and date_words.is_hour_mark(word):
            self._set_clock(_clock(digits, "0"), None)
        elif len(digits) > 8 or len(self.numbers) == 3:
            raise NoDate(digits)
        else:
            self.numbers.append(digits)

    def _word(self, written: str) -> None:
        word = date_words.plain(written)
        before, self._before = self._before, "word"
        if (part := date_words.part_of_day(word)) is not None and not date_words.known(word):
            # A letter before the hour says something else: Arabic "م" is both "pm" and the Christian era.
            self._set_part(part if len(word) > 1 or self.clock is not None else None)
        elif before == "number" and date_words.is_ordinal(word):
            return
        elif (zone := self._zone(written, word)) is not None:
            self._set_zone(written, zone)
        elif date_words.known(word):
            self.words.append(word)
        elif word and not date_words.says_nothing(word):
            self._pass_over(written)
        elif before == "clock" and len(word) == 1 and word not in "hz":
            raise NoDate(f"{written} after the clock is a half of the day, or a zone")

    def _pass_over(self, word: str) -> None:
        """One strange word before everything else is a day of the week in a language that is not known here."""
        self._strange += 1
        if self._strange > 1 or self.numbers or self.words or self.clock is not None:
            raise NoDate(word)

    def _set_part(self, part: Part | None) -> None:
        self._part = part
        if self.clock is not None and part is not None:
            self.clock = _in_part(self.clock, part)

    def _zone(self, written: str, word: str) -> tzinfo | None:
        """The zone that a word names: any in capitals after the clock, elsewhere one that is nothing else."""
        if len(written) == 1 and written not in "Zz":
            return None
        after_clock = self.clock is not None and written.isupper()
        if not after_clock and (date_words.known(word) or date_words.says_nothing(word)):
            return None
        return zones.named(written, self.region)

    def _set_zone(self, name: str, zone: tzinfo) -> None:
        universal = zones.is_universal(name)
        if self._stated:
            if not universal and self.zone is not None and _hours_apart(zone, self.zone) > 1:
                raise NoDate(f"{name} is another zone")
            return
        if self.zone is not None:
            raise NoDate("two zones")
        self.zone, self.zone_name = zone, name
        self._before = "universal" if universal else "zone"

    def _iana_zone(self, found: re.Match[str]) -> str:
        return self._whole_zone(found[0], found[0])

    def _long_zone(self, found: re.Match[str]) -> str:
        return self._whole_zone(found[0].removesuffix(" Time").removesuffix(" time"), found[0])

    def _whole_zone(self, name: str, written: str) -> str:
        zone = zones.named(name, self.region)
        if zone is None or self.zone is not None:
            return written
        self.zone, self.zone_name = zone, name
        return " "


def _kind(piece: re.Match[str]) -> str:
    return next(name for name in ("clock", "alone", "offset", "number", "word", "gap") if piece[name] is not None)


def _hours_apart(one: tzinfo, other: tzinfo) -> float:
    """By how much two zones differ, in the middle of a winter."""
    at = datetime(2026, 1, 15, tzinfo=UTC)
    gap = (at.astimezone(one).utcoffset() or timedelta()) - (at.astimezone(other).utcoffset() or timedelta())
    return abs(gap.total_seconds()) / 3600


def _clock(hour: str, minute: str, second: str | None = None, fraction: str | None = None) -> timedelta:
    """A time of day from midnight; 24:00 is the end of the day, and a leap second the next minute (ISO 8601)."""
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if minutes > 59 or seconds > 60 or hours > 24 or (hours == 24 and minutes + seconds):
        raise NoDate(f"{hour}:{minute}")
    parts = float(f"0.{fraction[1:]}") if fraction else 0.0
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=round(parts * 1e6))


def _in_part(clock: timedelta, part: Part) -> timedelta:
    """The time of day that a clock of twelve hours means; one of twenty-four has to agree."""
    hour, half = int(clock.total_seconds() // 3600), timedelta(hours=12)
    if hour >= 13:
        if part in ("am", "morning"):
            raise NoDate("an hour of the afternoon in the morning")
        return clock
    if part == "night":
        return clock + half if 6 <= hour < 12 else clock % half
    if part == "noon":
        return clock if hour >= 11 else clock + half
    if part in ("am", "morning"):
        return clock if hour < 12 or part == "morning" else clock - half
    if hour == 0:
        raise NoDate("no clock of twelve hours has 0 pm")
    return clock if hour == 12 else clock + half


# ---- days -------------------------------------------------------------------------------------------------------


def _days(pieces: _Pieces, language: str | None) -> tuple[dict[Order, date], bool]:
    """The days that the numbers and words can mean, those that the weekday bears out before all others; and whether the
    order of the numbers decides.
    """
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


def _is_sure(pieces: _Pieces, sense: Sense) -> bool:
    """Whether a year that comes first is written out, or could be one of three numbers: with a month's name, two digits
    before it are the day (RFC 822) unless the weekday says otherwise.
    """
    return sense.month is None or any(len(number) == 4 for number in pieces.numbers)


def _by_order(pieces: _Pieces, sense: Sense) -> Iterator[tuple[Order, date]]:
    for order, parts in _arranged(pieces, sense.month):
        day = _day(*parts)
        if day is not None:
            yield order, day


def _arranged(pieces: _Pieces, month: int | None) -> Iterator[tuple[Order, tuple[str, str, str]]]:
    """Year, month and day by each order in which the numbers can stand."""
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
    """The day, if there is one such; a year has two digits or four, and is one in which there were feeds."""
    if len(year) not in (2, 4) or len(day) > 2 or len(month) > 3:
        return None
    number = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _CENTURY else 2000)
    if not EARLIEST_YEAR <= number <= LATEST_YEAR:
        return None
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


def shown_orders(readings: Iterable[Reading | None]) -> frozenset[Order]:
    """The orders that dates with only one possible order show: those of the feed they stand in."""
    return frozenset(
        next(iter(reading.days)) for reading in readings if reading and reading.numeric and len(reading.days) == 1
    )
