"""Dates of feeds and agencies, in UTC.

An uncertain text is no date: a wrong one would falsify who was first. ``date_text`` reads the forms. A text may leave
open which number of ``03/06/2026`` is the month, and its zone; ``Customs`` says how this feed writes both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice
from urllib.parse import urlsplit

from producers.formats import date_text, zones
from producers.formats.date_text import EARLIEST_YEAR, LATEST_YEAR, DateReading, Order, read

_MAX_EVIDENCE = 200
"""Dates of a feed that are looked at for the order of their numbers."""

_MONTH_FIRST = frozenset(("US", "PH", "FM", "GU", "PR"))
_YEAR_FIRST = frozenset(("CN", "JP", "KR", "TW", "HU", "LT", "MN", "IR"))
_UNCLEAR = frozenset(("CA", "KE", "GH", "CO", "IO", "TV", "ME", "AI", "LY", "CC", "WS", "TO", "EU", "SU", "GL", "FM"))
"""Countries that write both ways, and those whose top-level domain says nothing of a country."""
_YEAR_FIRST_LANGUAGES = frozenset(("zh", "ja", "ko", "hu", "lt", "mn", "fa"))
_AMERICAN = frozenset(
    f"America/{city}" for city in ("New_York", "Chicago", "Denver", "Los_Angeles", "Phoenix", "Detroit", "Anchorage")
) | {"Pacific/Honolulu"}
_CONTINENTS = ("Europe/", "Africa/", "Australia/", "Indian/", "Asia/")
_OTHER_ZONES = frozenset(f"Asia/{city}" for city in ("Tokyo", "Seoul", "Shanghai", "Taipei", "Hong_Kong", "Manila"))
_REGIONS = {
    "Asia/Kolkata": "IN", "Asia/Calcutta": "IN", "Asia/Jerusalem": "IL", "Europe/Dublin": "IE", "Asia/Dhaka": "BD",
    "Asia/Shanghai": "CN", "Asia/Taipei": "TW", "Asia/Manila": "PH", "Australia/Sydney": "AU", "Asia/Riyadh": "SA",
    "Australia/Melbourne": "AU",
}  # fmt: skip

_REGION_OF = {"zh": "CN", "he": "IL", "ga": "IE", "ar": "SA", "fil": "PH", "tl": "PH"}
"""Where a language without a country is spoken, as far as abbreviations of zones go."""

_STANDARD = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))\s*", re.ASCII
)
_MAIL = re.compile(
    r"\s*(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) "
    r"(\d\d):(\d\d):(\d\d) (?:GMT|([+-])(\d\d)(\d\d))\s*",
    re.ASCII,
)
_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}  # noqa: SIM905  # as one writes them


@dataclass(frozen=True)
class Listed:
    """The settings of a feed list that tell how a feed writes dates: a BCP 47 tag, an IANA zone."""

    language: str | None = None
    timezone: str | None = None


NOT_LISTED = Listed()


@dataclass(frozen=True)
class Customs:
    """How a feed writes dates: the first of three numbers, the zone where none is named; its language and country.

    ``order`` is shown by the feed or set by its list, ``likely`` follows from its own language and address. The zone
    that a date names counts between the two.
    """

    order: Order | None = None
    likely: Order | None = None
    zone: tzinfo = UTC
    language: str | None = None
    region: str | None = None
    torn: bool = False
    """Whether the feed writes the numbers in several orders: then none is taken for granted."""


NO_CUSTOMS = Customs()


def from_feed(text: object, customs: Customs | None = None) -> datetime | None:
    """Read a date of a feed, to the second; None where it is not certain.

    A date without a zone is in the feed's zone, by default UTC; one without a time is the beginning of that day. Years
    before 1990 are placeholders.

    >>> from_feed("Thu, 18 Jun 2026 10:30:00 +0530")
    datetime.datetime(2026, 6, 18, 5, 0, tzinfo=datetime.timezone.utc)
    >>> from_feed("03/06/2026") is None  # March or June?
    True
    """
    moment = from_iso(text, customs)
    return moment.replace(microsecond=0) if moment is not None else None


def from_iso(text: object, customs: Customs | None = None) -> datetime | None:
    """Read a date as ``from_feed`` does, with the fraction of a second, for formats that prescribe RFC 3339."""
    how = customs or NO_CUSTOMS
    try:
        moment = _as_standard(text) if isinstance(text, str) else None
        if moment is None:
            moment = _resolved(read(text, how.language, how.region), how)
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def customs_of(listed: Listed, language: str | None, address: str | None, texts: Iterable[object] = ()) -> Customs:
    """Find out how a feed writes dates, from its list, its own language and address, and its dates."""
    tag = listed.language or language
    said = (_region(listed.language), _REGIONS.get(listed.timezone or ""), _region(language), _domain(address))
    region = next(filter(None, said), _REGION_OF.get((tag or "").split("-")[0]))
    open_ones = islice((text for text in texts if isinstance(text, str) and not _is_standard(text)), _MAX_EVIDENCE)
    shown = date_text.shown_orders(read(text, tag, region) for text in open_ones)
    order = next(iter(shown)) if len(shown) == 1 else None
    return Customs(
        order=order or _order_of_tag(listed.language) or _order_of_zone(listed.timezone),
        likely=_likely(language, address),
        zone=(zones.iana(listed.timezone) if listed.timezone else None) or UTC,
        language=tag,
        region=region,
        torn=len(shown) > 1,
    )


# ---- to a moment ------------------------------------------------------------------------------------------------


def _is_standard(text: str) -> bool:
    return bool(_STANDARD.fullmatch(text) or _MAIL.fullmatch(text))


def _as_standard(text: str) -> datetime | None:
    """Read RFC 3339, and RFC 5322 as nearly all feeds write it, strictly: a hundred times as fast."""
    if (found := _STANDARD.fullmatch(text)) is not None:
        year, month, day, hour, minute, second, fraction, sign, east, south = found.groups()
    elif (found := _MAIL.fullmatch(text)) is not None:
        day, name, year, hour, minute, second, sign, east, south = found.groups()
        month, fraction = _MONTHS[name], None
    else:
        return None
    if int(hour) > 23 or int(second) > 59:
        return None  # an end of day or a leap second, for the slow way
    zone = zones.offset(sign, east, south) if sign else UTC
    parts = int((fraction or "0").ljust(6, "0"))
    local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), parts, zone)
    return local.astimezone(UTC) if zone is not None else None


def _resolved(reading: DateReading | None, customs: Customs) -> datetime | None:
    if reading is None or reading.moment is not None:
        return reading.moment if reading else None
    days = set(reading.days.values())
    first = _first(reading, customs) if len(days) > 1 else next(iter(reading.days), None)
    day = reading.days.get(first) if first is not None else None
    if day is None:
        return None
    midnight = datetime.combine(day, time(), tzinfo=None)
    local = midnight + (reading.clock or timedelta())
    return local.replace(tzinfo=reading.zone or customs.zone).astimezone(UTC)


def _first(reading: DateReading, customs: Customs) -> Order | None:
    """Return the first number of an ambiguous date; None where it cannot be known.

    With points between the numbers the day is first. Many systems are left at ``en-us``, or at an American zone, so
    both count only with the separators that Americans use.
    """
    if customs.torn:
        return None
    likely = reading.first or customs.likely
    if reading.parted == "." and likely != "year":
        likely = "day"
    if likely == "month" and reading.parted != "/":
        likely = None
    return customs.order or likely


# ---- how a feed writes ------------------------------------------------------------------------------------------


def _region(tag: str | None) -> str | None:
    """Return the country of a language tag (``IN`` of ``en-IN``)."""
    return next((part for part in (tag or "").split("-")[1:] if len(part) == 2 and part.isupper()), None)


def _domain(address: str | None) -> str | None:
    """Return the country of an address's top-level domain."""
    try:
        top = (urlsplit(address or "").hostname or "").rpartition(".")[2].upper()
    except ValueError:
        return None
    country = {"UK": "GB"}.get(top, top)
    return country if len(country) == 2 and country not in _UNCLEAR else None


def _order_of_region(region: str | None) -> Order | None:
    if region is None or region in _UNCLEAR:
        return None
    return "month" if region in _MONTH_FIRST else "year" if region in _YEAR_FIRST else "day"


def _order_of_tag(tag: str | None) -> Order | None:
    """Return the order by the country, else by the language, except English, which uses all orders."""
    if not tag or _region(tag):
        return _order_of_region(_region(tag))
    language = tag.split("-")[0]
    return None if language == "en" else "year" if language in _YEAR_FIRST_LANGUAGES else "day"


def _order_of_zone(name: str | None) -> Order | None:
    if not name or name in _OTHER_ZONES:
        return None
    return "month" if name in _AMERICAN else "day" if name.startswith(_CONTINENTS) else None


def _likely(language: str | None, address: str | None) -> Order | None:
    """Return the order by the feed's own language and the country of its address; None where they contradict.

    Many systems are left at ``en-us``.
    """
    said = {order for order in (_order_of_tag(language), _order_of_region(_domain(address))) if order}
    return said.pop() if len(said) == 1 else None
