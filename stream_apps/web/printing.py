"""Formats values for pages: foreign texts, links, times, numbers. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from markupsafe import Markup

from stream_apps.indexing.stale_view import duration
from wirecopy.settings import WebSettings

STEERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates: they reach beyond the words they stand in. Marks that do not are let be."""
MAX_LINK: Final = 2048
TIME_FORMS: Final = {"full": "%-d %b %Y, %H:%M %Z", "day": "%-d %b, %H:%M", "short": "%H:%M"}
"""How times are printed; the browser prints the same forms anew in the reader's zone."""


def words(text: object) -> str:
    """Return foreign words without direction characters and invisible ones."""
    shown = str(text)
    if shown.isprintable():  # nearly all texts are, and one pass shows it; direction characters are not
        return shown
    return "".join(
        character
        for character in shown
        if character not in STEERING and (character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs"))
    )


def link(address: object) -> str | None:
    """Return an address that is safe to link: http or https, with a host and without a login; None otherwise."""
    text = str(address or "").strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or len(text) > MAX_LINK:
        return None
    return text if text.isprintable() and " " not in text else None


def grouped(number: float, *, indian: bool = False) -> str:
    """Group the digits of a number.

    >>> grouped(1234567), grouped(1234567, indian=True)
    ('1,234,567', '12,34,567')
    """
    plain = f"{number:,}"
    digits = str(abs(number))
    if not indian or not digits.isdecimal() or len(digits) <= 3:
        return plain
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return ("-" if number < 0 else "") + ",".join([*reversed(pairs), tail])


def percent(share: float) -> str:
    """Format a share from 0 to 1; never 100 % or 0 % for a share that is only close.

    >>> percent(0.996), percent(0.001), percent(1)
    ('99%', '<1%', '100%')
    """
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        rounded = 99
    if rounded == 0 and share > 0:
        return "<1%"
    return f"{rounded}%"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return the noun that fits a number."""
    return one if number == 1 else many or f"{one}s"


def after(seconds: float) -> str:
    """Format a lag in words.

    >>> after(7500), after(-180), after(0)
    ('2h 05m later', '3m earlier', 'same minute')
    """
    minutes = duration(round(abs(seconds) / 60) * 60)
    if minutes == "0m":
        return "same minute"
    return f"{minutes} {'later' if seconds > 0 else 'earlier'}"


def lasted(first: str, last: str) -> str:
    """Format the duration between two stored times: `2h 05m`; empty within a minute."""
    seconds = round((datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds())
    return duration(seconds) if seconds >= 60 else ""


def with_code(text: str) -> Markup:
    """Return a sentence of ours as HTML, with backquoted words as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(parts)
    )


def filters(settings: WebSettings) -> Mapping[str, Callable[..., Any]]:
    """Return the filters of the templates."""
    zone = ZoneInfo(settings.timezone)
    indian = settings.grouping == "indian"

    def time(stamp: str | datetime, form: str = "full") -> Markup:
        """Return a ``time`` element in the settings' zone, which the browser converts to the reader's."""
        moment = datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
        shown = moment.astimezone(zone).strftime(TIME_FORMS[form])
        return Markup('<time datetime="{}" data-form="{}">{}</time>').format(
            moment.isoformat(timespec="seconds"), form, shown
        )

    def number(value: float) -> Markup:
        """Return a ``data`` element, so that the browser can group the digits in another way."""
        return Markup('<data value="{}">{}</data>').format(value, grouped(value, indian=indian))

    return {
        "words": words,
        "link": link,
        "percent": percent,
        "plural": plural,
        "after": after,
        "duration": duration,
        "with_code": with_code,
        "time": time,
        "number": number,
    }
