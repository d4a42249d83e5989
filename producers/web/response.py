"""Reads headers of answers: when to retry, how long the answer stays fresh, the WebSub hub.

Headers are hostile: every function is bounded and returns nothing where a header makes no sense.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from multidict import CIMultiDict, CIMultiDictProxy

from producers.formats.cleaning import web_address

Headers = CIMultiDict[str] | CIMultiDictProxy[str]

MAX_WAIT = 24 * 3600.0
"""Seconds at most that a header can keep us away."""
_MAX_HEADER = 4096
_MAX_PARTS = 20

_TARGET = re.compile(r"[\s,]*<([^<>]*)>")
_PARAMETER = re.compile(r"""\s*;\s*([!#$&+.^_`|~\w*-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?""")


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return seconds to wait (RFC 9110, 10.2.3: a number, or a date), at most a day; None where it is unusable."""
    if not value:
        return None
    number = _seconds(value)
    if number is not None:
        return min(number, MAX_WAIT)
    at = _date(value)
    return None if at is None else min(max((at - now).total_seconds(), 0.0), MAX_WAIT)


def fresh_for(headers: Headers, now: datetime) -> float | None:
    """Return seconds that a shared cache may still keep the answer (RFC 9111, 4.2), at most a day; None for none.

    ``s-maxage`` counts before ``max-age``: a cache on the way gives the same answer until then.
    """
    directives = dict(_directives(", ".join(headers.getall("Cache-Control", []))))
    if "no-store" in directives or "no-cache" in directives:
        return None
    given = next((directives[name] for name in ("s-maxage", "max-age") if name in directives), None)
    lifetime = _seconds(given) if given is not None else _until_expiry(headers, now)
    if lifetime is None:
        return None
    left = lifetime - (_seconds(headers.get("Age", "")) or 0.0)
    return min(left, MAX_WAIT) if left > 0 else None


def _until_expiry(headers: Headers, now: datetime) -> float | None:
    expires = _date(headers.get("Expires", ""))
    if expires is None:
        return None
    return (expires - (_date(headers.get("Date", "")) or now)).total_seconds()


def _directives(value: str) -> Iterator[tuple[str, str]]:
    """Yield directives from last to first: of duplicates the first counts, and ``dict`` keeps the latest."""
    for part in reversed(value[:_MAX_HEADER].split(",")[:_MAX_PARTS]):
        name, _, argument = part.partition("=")
        yield name.strip().lower(), argument.strip().strip('"')


def _seconds(value: str) -> float | None:
    text = value.strip()[:100]
    return float(text) if text.isascii() and text.isdigit() else None


def _date(value: str) -> datetime | None:
    if not value:
        return None
    try:
        at = parsedate_to_datetime(value.strip()[:100])
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def media_type(content_type: str | None) -> str:
    """Return the media type of a ``Content-Type``; empty without one.

    >>> media_type("Text/HTML; charset=utf-8")
    'text/html'
    """
    return (content_type or "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class WebSubLinks:
    """The addresses of a feed's hub and of the feed itself, out of its ``Link`` headers."""

    hub: str | None = None
    topic: str | None = None


@dataclass(frozen=True)
class Link:
    """One link of a ``Link`` header: ``target`` as written, relations and media type in lower case."""

    target: str
    relations: frozenset[str]
    media_type: str | None = None


def websub_links(links: Iterable[Link], base: str) -> WebSubLinks:
    """Return the first ``rel=hub`` and the first ``rel=self`` (WebSub, 4)."""
    found: dict[str, str] = {}
    for link in links:
        address = web_address(link.target, base)
        for relation in link.relations:
            if address is not None:
                found.setdefault(relation, address)
    return WebSubLinks(found.get("hub"), found.get("self"))


def links(headers: Headers) -> Iterator[Link]:
    """Return the links of ``Link`` headers (RFC 8288), without those of another page (``anchor``)."""
    text, at = ", ".join(headers.getall("Link", []))[:_MAX_HEADER], 0
    for _ in range(_MAX_PARTS):
        found = _TARGET.match(text, at)
        if found is None:
            at = text.find(",", at) + 1
            if not at:
                return
            continue
        at = found.end()
        parameters: dict[str, str] = {}
        while (parameter := _PARAMETER.match(text, at)) is not None:
            at = parameter.end()
            name, quoted, plain = parameter.groups()
            # Of several `rel` the first counts (RFC 8288, 3.3).
            parameters.setdefault(name.lower(), plain if quoted is None else quoted.replace("\\", ""))
        if "anchor" not in parameters:
            relations = frozenset((parameters.get("rel") or "").lower().split())
            yield Link(found.group(1).strip(), relations, media_type(parameters.get("type")) or None)
