"""Pieces of a written date: its numbers, words, time of day and zone, each taken once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from producers.formats import date_words, zones
from producers.formats.date_words import Part

_MOST_PIECES = 20
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


class NoDate(ValueError):
    """The text is no date, or one that is not understood."""


@dataclass
class Pieces:
    """The parts of a date, each once, as they come."""

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

    def taken(self, line: str) -> Pieces:
        """Take all pieces of a line. Raises ``NoDate`` where one has no place."""
        line = _TIME.sub(self._long_zone, _IANA.sub(self._iana_zone, line))
        place = taken = 0
        while place < len(line):
            piece = _PIECE.match(line, place)
            assert piece is not None, "any character is a gap"
            taken += not piece["gap"]
            if taken > _MOST_PIECES:
                raise NoDate("more than any date has")
            place = self._take(piece.lastgroup or "gap", piece, line)
        if self._part is not None and self.clock is None:
            raise NoDate("a part of the day without an hour")
        return self

    def of_a_zone(self, line: str) -> tzinfo | None:
        """Read a line that is nothing but a zone: ``GMT+5:30``. Raises ``NoDate``."""
        self._before = "universal"
        return self.taken(line).zone

    def _take(self, kind: str, piece: re.Match[str], line: str) -> int:
        """Put a piece in its place. Returns the position of the next one."""
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
        """Return whether a sign and a number are an offset: after a clock or a zone, or after a whole date."""
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
        """Return whether this ends a time span, ``10:30-11:30``, and is no offset."""
        if piece["sign"] != "-" or ":" not in piece[0] or self.clock is None or self.clock.seconds % 60:
            return False
        begins_at_it = piece.string[: piece.start()].endswith(f":{self.clock.seconds // 60 % 60:02}")
        brief = re.search(r"(?<![:\d])\d{1,2}:\d\d$", piece.string[: piece.start()])
        end = timedelta(hours=int(piece["east"]), minutes=int(piece["south"] or 0))
        return begins_at_it and brief is not None and end > self.clock

    def _contradicts(self, zone: tzinfo) -> bool:
        """Return whether a zone's name contradicts the one before it by more than daylight saving explains."""
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
        if before == "clock" and date_words.is_hour_mark(word):
            self._before = before
            return
        if (part := date_words.part_of_day(word)) is not None and not date_words.known(word):
            # A letter before the hour has another meaning: Arabic "م" is both "pm" and the Christian era.
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
        """Skip one unknown word at the start: a day of the week in an unknown language."""
        self._strange += 1
        if self._strange > 1 or self.numbers or self.words or self.clock is not None:
            raise NoDate(word)

    def _set_part(self, part: Part | None) -> None:
        self._part = part
        if self.clock is not None and part is not None:
            self.clock = _in_part(self.clock, part)

    def _zone(self, written: str, word: str) -> tzinfo | None:
        """Return the zone that a word names; only in capitals after the clock may it be another word of a date, too."""
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
        """Take the words before ``Time`` that make the name of a zone: ``10:30 hrs India Standard Time``."""
        words = found[0].split()[:-1]
        for number in range(len(words)):
            left = self._whole_zone(" ".join(words[number:]), found[0])
            if left != found[0]:
                return " ".join(words[:number]) + left
        return found[0]

    def _whole_zone(self, name: str, written: str) -> str:
        zone = zones.named(name, self.region)
        if zone is None or self.zone is not None:
            return written
        self.zone, self.zone_name = zone, name
        return " "


def _hours_apart(one: tzinfo, other: tzinfo) -> float:
    """Return the hours between two zones, in the middle of a winter."""
    at = datetime(2026, 1, 15, tzinfo=UTC)
    gap = (at.astimezone(one).utcoffset() or timedelta()) - (at.astimezone(other).utcoffset() or timedelta())
    return abs(gap.total_seconds()) / 3600


def _clock(hour: str, minute: str, second: str | None = None, fraction: str | None = None) -> timedelta:
    """Return the time since midnight; 24:00 is the end of the day, and a leap second the next minute (ISO 8601)."""
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if minutes > 59 or seconds > 60 or hours > 24 or (hours == 24 and minutes + seconds):
        raise NoDate(f"{hour}:{minute}")
    parts = float(f"0.{fraction[1:]}") if fraction else 0.0
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=round(parts * 1e6))


def _in_part(clock: timedelta, part: Part) -> timedelta:
    """Apply "am" or "pm" to a time of day; a time on the 24-hour clock has to agree with it."""
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
