"""Dates of feeds and agencies, in UTC. A text that cannot be read for certain is no date: a wrong one would tell a lie
about who was first.

Forms are read by ``date_text``. Two things a text may leave open: which number of ``03/06/2026`` is the month, and the
zone of a date that names none. ``Customs`` says for both how this feed writes.
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
    """What the feed list says of a feed that tells how it writes dates: a BCP 47 tag, a zone of the IANA's."""

    language: str | None = None
    timezone: str | None = None


NOT_LISTED = Listed()


@dataclass(frozen=True)
class Customs:
    """How a feed writes dates: the first of three numbers, the zone where none is named; its language and country.

    ``order`` is what the feed shows or its list says, ``likely`` what its own language and address do: between them
    counts the zone that a date names.
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
    """The moment that a feed names, to the second; none where that is not certain.

    A date without a zone is of the feed's zone, which is UTC unless its list says otherwise, and one without a time is
    the beginning of that day. Years before 1990 are placeholders, not dates.
    """
    moment = from_iso(text, customs)
    return moment.replace(microsecond=0) if moment is not None else None


def from_iso(text: object, customs: Customs | None = None) -> datetime | None:
    """As ``from_feed``, with the fraction of a second: what formats with RFC 3339 dates have, whatever stands there."""
    how = customs or NO_CUSTOMS
    try:
        moment = _as_standard(text) if isinstance(text, str) else None
        if moment is None:
            moment = _resolved(read(text, how.language, how.region), how)
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def customs_of(listed: Listed, language: str | None, address: str | None, texts: Iterable[object] = ()) -> Customs:
    """How a feed writes dates, by what its list, its own language and address say, and by its dates themselves."""
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
    """RFC 3339, and RFC 5322 as nearly all feeds write it; both to the letter, and a hundred times as fast."""
    if (found := _STANDARD.fullmatch(text)) is not None:
        year, month, day, hour, minute, second, fraction, sign, east, south = found.groups()
    elif (found := _MAIL.fullmatch(text)) is not None:
        day, name, year, hour, minute, second, sign, east, south = found.groups()
        month, fraction = _MONTHS[name], None
    else:
        return None
    if int(hour) > 23 or int(second) > 59:
        return None  # an end of day or a leap second, which take more thought
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
    """What the first number of an ambiguous date is; none where that is anybody's guess.

    Who parts numbers by points has the day first. Many systems are left at ``en-us``, or keep an American clock, so
    that both count only where the numbers are parted as Americans do.
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
    """The country of a language tag (``IN`` of ``en-IN``)."""
    return next((part for part in (tag or "").split("-")[1:] if len(part) == 2 and part.isupper()), None)


def _domain(address: str | None) -> str | None:
    """The country of an address's top-level domain."""
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
    """By the country; without one by the language, but for English, which is written in all orders."""
    if not tag or _region(tag):
        return _order_of_region(_region(tag))
    language = tag.split("-")[0]
    return None if language == "en" else "year" if language in _YEAR_FIRST_LANGUAGES else "day"


def _order_of_zone(name: str | None) -> Order | None:
    if not name or name in _OTHER_ZONES:
        return None
    return "month" if name in _AMERICAN else "day" if name.startswith(_CONTINENTS) else None


def _likely(language: str | None, address: str | None) -> Order | None:
    """By the feed's own language and the country of its address; none where they contradict, for many systems are left
    at ``en-us``.
    """
    said = {order for order in (_order_of_tag(language), _order_of_region(_domain(address))) if order}
    return said.pop() if len(said) == 1 else None
