"""Parses the bytes of a feed: RSS, Atom and RDF through feedparser, other formats by their own modules.

Pure, and safe on any input; slow on hostile input, so a poll calls it in a process that can be killed
(``parsing_pool``).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import feedparser

from producers.formats import dates, hints, jsonfeed, media, newsml, ninjs, xmlfeed
from producers.formats.cleaning import (
    clean,
    clean_line,
    line_without_tags,
    paragraphs_as_html,
    plain_line,
    site_of,
    web_address,
)
from producers.formats.dates import NOT_LISTED, Customs, Listed, customs_of
from producers.formats.encoding import prepare
from producers.formats.language import language_tag
from producers.formats.mediarss import Scope
from producers.formats.naming import deleted_names, guid_of
from producers.formats.parsed import MAX_BODY, MAX_HEADLINE, MAX_NAME, ParsedEntry, ParsedFeed, distinct, subjects
from producers.formats.sanitise import safe_html
from producers.formats.xmlhandlers import Notes
from wirecopy.errors import BadInput

_FIRST_TAG = re.compile(rb"<([a-zA-Z_][\w:.-]*)")
_ROOTS = (b"rss", b"feed", b"rdf", b"channel")
_LONGEST_HEAD = 8192
_MAX_AUTHORS = 50
_PUBLISHED = ("published", "created", "dc_date")
_READABLE = re.compile(r"text/|[^/]*/(?:[^/]*\+)?(?:xml|html)\b")
_FILM = re.compile(r"(?:image|audio|video|font)/")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{16,}={0,2}")


def parse_feed(
    body: bytes, url: str, content_type: str | None = None, max_entries: int = 2000, listed: Listed = NOT_LISTED
) -> ParsedFeed:
    """Parse a feed fetched from ``url``; ``listed`` are the settings of its list about dates.

    Returns each entry once, in the order of the feed; those beyond ``max_entries`` are only counted (``dropped``).
    Raises ``BadInput("not_a_feed", …)`` if there is no feed in it, and nothing else.
    """
    try:
        if newsml.recognises(body):
            return newsml.parse_newsml(body, url, max_entries, listed)
        if ninjs.recognises(body):
            return ninjs.parse_ninjs(body, url, max_entries, listed)
        if jsonfeed.looks_like_json(body):
            return jsonfeed.parse_json_feed(body, url, max_entries, listed)
        return _parse_xml(body, url, content_type, max_entries, listed)
    except BadInput:
        raise
    except MemoryError:
        raise BadInput("parse_memory", "the feed needs more memory than a parser may have") from None
    except Exception as error:  # noqa: BLE001  # a parser's bug on a stranger's bytes is bad input, whatever it raises
        raise BadInput("not_a_feed", f"the parser failed: {type(error).__name__}: {str(error)[:200]}") from None


def _parse_xml(body: bytes, url: str, content_type: str | None, max_entries: int, listed: Listed) -> ParsedFeed:
    repaired, declared = prepare(body, content_type)
    document = xmlfeed.read(repaired, declared, max_entries)
    feed = document.feed
    if not document.version and not document.entries and not _has_feed_root(repaired):
        raise BadInput("not_a_feed", _why_not(body))
    home = web_address(_home_link(feed), url)
    language = language_tag(_get(feed, "language"))
    title = plain_line(_get(feed, "title"), MAX_HEADLINE)
    place = _Place(
        title=title,
        home=home,
        base=_base(home, url),
        language=language,
        customs=customs_of(listed, language, home or url, _dates_of(feed, document.entries)),
        credited=_byline(feed) if document.version.startswith("atom") else None,
        is_atom=document.version.startswith("atom"),
    )
    entries = distinct(_entry(entry, notes, place) for entry, notes in document.entries)
    links = _list(feed, "links")
    return ParsedFeed(
        title=title,
        version=document.version or _unnamed_version(repaired),
        home=home,
        language=language,
        ttl=hints.seconds_between_polls(
            _get(feed, "ttl"), _get(feed, "sy_updateperiod"), _get(feed, "sy_updatefrequency")
        ),
        entries=entries,
        dropped=document.dropped,
        problem=_problem(document.problem),
        skip_hours=hints.hours(document.skip_hours),
        skip_days=hints.days(document.skip_days),
        hub=hints.address_of(links, "hub", url),
        topic=hints.address_of(links, "self", url),
        deleted=deleted_names(document.deleted, (entry.identity for entry in entries)),
    )


def _home_link(feed: Mapping[str, Any]) -> Any:
    """Return the feed's link; not an Atom feed's id, which feedparser puts there where there is none."""
    link = _get(feed, "link")
    is_linked = any(_get(other, "href") == link for other in _list(feed, "links"))
    return link if is_linked or link != _get(feed, "id") else None


@dataclass(frozen=True)
class _Place:
    """The values that an entry inherits from its feed."""

    base: str
    language: str | None
    customs: Customs
    title: str
    home: str | None
    credited: str | None
    is_atom: bool


def _entry(entry: Mapping[str, Any], notes: Notes, place: _Place) -> ParsedEntry:
    summary, content = _bodies(entry, notes, place)
    return ParsedEntry(
        guid=guid_of(_get(entry, "id"), MAX_NAME),
        url=_link(entry, place.base),
        headline=_headline(entry, notes, place),
        byline=_byline(entry) or _byline(_get(entry, "source")) or place.credited,
        summary=summary,
        content=content,
        language=_entry_language(entry) or place.language,
        subjects=subjects(_get(tag, "label") or _get(tag, "term") for tag in _list(entry, "tags")),
        published=next(filter(None, (_date(entry, name, place) for name in _PUBLISHED)), None),
        updated=_date(entry, "updated", place),
        creditline=None if place.is_atom else _credit(_get(entry, "source"), place),
        media=media.of_entry(_carried(entry, notes), web_address(notes.base, place.base) or place.base),
    )


def _credit(source: Any, place: _Place) -> str | None:
    """Return the name in an RSS item's ``source``, where that is not the outlet itself."""
    name, address = plain_line(_get(source, "title"), MAX_NAME), web_address(_get(source, "href"), place.base)
    own = address is not None and _of_one_site(site_of(address), site_of(place.home or place.base))
    return None if own or name.casefold() == place.title.casefold() or web_address(name) else name or None


def _of_one_site(one: str, other: str) -> bool:
    """Return whether two hosts are the same, or one lies under the other: ``feeds.a.example`` and ``a.example``."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _headline(entry: Mapping[str, Any], notes: Notes, place: _Place) -> str:
    title = clean_line(_get(entry, "title"), MAX_HEADLINE) or clean_line(notes.media.title(), MAX_HEADLINE)
    if place.is_atom and "<" in title and _get(_get(entry, "title_detail"), "type") == "text/plain":
        return html.escape(title, quote=False)
    return line_without_tags(title)


def _date(entry: Mapping[str, Any], name: str, place: _Place) -> datetime | None:
    return dates.from_feed(_get(entry, name), place.customs)


def _dates_of(feed: Mapping[str, Any], entries: Iterable[tuple[Mapping[str, Any], Notes]]) -> Iterator[object]:
    """Return all dates as written, those of the feed first."""
    for holder in (feed, *(entry for entry, _ in entries)):
        yield from (_get(holder, name) for name in (*_PUBLISHED, "updated"))


def _carried(entry: Mapping[str, Any], notes: Notes) -> Iterator[media.MediaLink]:
    """Return the media that an entry names, the best first."""
    yield from map(_from_scope, notes.media.contents)
    for link in _list(entry, "links"):
        if _get(link, "rel") == "enclosure":  # Atom's; those of RSS are among the contents
            yield media.MediaLink(_get(link, "href"), _get(link, "type"), _get(link, "title"))
    for part in _list(entry, "content"):
        if _get(part, "src"):  # Atom's content at another address
            yield media.MediaLink(_get(part, "src"), _get(part, "type"))
    yield from map(_from_scope, notes.media.pictures)


def _from_scope(scope: Scope) -> media.MediaLink:
    return media.MediaLink(scope.address, scope.contenttype, scope.title_here(), scope.credits_here())


def _get(mapping: Any, key: str) -> Any:
    """Return a key of feedparser's dictionaries as stored: their own ``get`` answers with other keys, and warns."""
    return dict.get(mapping, key) if isinstance(mapping, dict) else None


def _list(mapping: Any, key: str) -> list[Any]:
    found = _get(mapping, key)
    return found if isinstance(found, list) else []


def _base(home: str | None, url: str) -> str:
    """Return the base of relative links: the feed's address, or its home page where another host delivers it."""
    if home is not None and urlsplit(home).hostname != urlsplit(url).hostname:
        return home
    return url


def _link(entry: Mapping[str, Any], base: str) -> str | None:
    for candidate, relative in _link_candidates(entry):
        address = web_address(candidate, base if relative else None)
        if address is not None:
            return address
    return None


def _link_candidates(entry: Mapping[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Return the places where an entry may name its page, the best first, and whether each may be relative."""
    yield _get(entry, "feedburner_origlink"), False
    link = _get(entry, "link")
    # A GUID replaces a missing link only as a whole address or a path: many are plain numbers.
    yield link, link != _get(entry, "id") or str(link).startswith("/")
    for other in _list(entry, "links"):
        if _get(other, "rel") == "alternate":
            yield _get(other, "href"), True
    if _get(entry, "guidislink") is not False:  # the feed marks it as no link
        yield _get(entry, "id"), False


def _bodies(entry: Mapping[str, Any], notes: Notes, place: _Place) -> tuple[str | None, str | None]:
    """Return summary and content as HTML; the content is the longer one."""
    parts = _list(entry, "content")
    written = _get(entry, "summary")
    if any(_get(part, "value") == written for part in parts):
        written = None  # feedparser's copy of the content, which has lost the base of its links
    summary = _as_html(written, _get(entry, "summary_detail"), place)
    contents = [_as_html(_get(part, "value"), part, place) for part in parts]
    contents.append(_as_html(_get(entry, "yandex_full-text"), None, place))
    content = max((part for part in contents if part), key=len, default=None)
    if content is None and summary is None:
        return _spare_text(entry, notes, place), None
    if content is not None and summary is not None and len(summary) > len(content):
        summary, content = content, summary
    return (None if summary == content else summary), content


def _spare_text(entry: Mapping[str, Any], notes: Notes, place: _Place) -> str | None:
    """Return a text where there is neither summary nor content: a film's description, or a podcast's subtitle."""
    description, kind = notes.media.description()
    if description and kind == "text/plain":
        return paragraphs_as_html(clean(description, MAX_BODY)) or None
    return _as_html(description or _get(entry, "subtitle"), None, place)


def _as_html(value: Any, detail: Any, place: _Place) -> str | None:
    """Return a body as safe HTML; None where it is empty, or neither text nor markup (a picture in base64)."""
    kind = _get(detail, "type")
    if isinstance(kind, str) and not _READABLE.match(kind) and (_FILM.match(kind) or _BASE64.fullmatch(str(value))):
        return None
    if place.is_atom and kind == "text/plain":
        return paragraphs_as_html(clean(value, MAX_BODY)) or None
    return safe_html(value, web_address(_get(detail, "base"), place.base) or place.base) or None


def _byline(holder: Any) -> str | None:
    names = [plain_line(_get(author, "name"), MAX_NAME) for author in _list(holder, "authors")[:_MAX_AUTHORS]]
    line = ", ".join(dict.fromkeys(name for name in names if name))
    return (line or plain_line(_get(holder, "author"), MAX_NAME))[:MAX_NAME] or None


def _entry_language(entry: Mapping[str, Any]) -> str | None:
    details = [entry, *_list(entry, "content"), _get(entry, "title_detail"), _get(entry, "summary_detail")]
    return next((tag for tag in (language_tag(_get(detail, "language")) for detail in details) if tag), None)


def _problem(error: Exception | None) -> str | None:
    if error is None or isinstance(error, feedparser.CharacterEncodingOverride | feedparser.NonXMLContentType):
        return None
    return clean_line(f"{type(error).__name__}: {error}", 300)


def _has_feed_root(body: bytes) -> bool:
    """Return whether an XML body of no known version is an empty feed all the same."""
    return _root(body) in _ROOTS


def _unnamed_version(body: bytes) -> str:
    return "cdf" if _root(body) == b"channel" else "unknown"


def _root(body: bytes) -> bytes:
    """Return the local name of the first element."""
    tag = _FIRST_TAG.search(body[:_LONGEST_HEAD])
    return tag[1].rsplit(b":")[-1].lower() if tag else b""


def _why_not(body: bytes) -> str:
    start = body[:512].lstrip().lower()
    if not start:
        return "the body is empty"
    if start.startswith((b"<!doctype html", b"<html")):
        return "this is a web page, not a feed"
    return "neither RSS, Atom, RDF nor JSON Feed"
