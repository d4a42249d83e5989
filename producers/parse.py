"""The bytes of a feed to its entries: RSS, Atom and RDF through feedparser, JSON Feed by ``jsonfeed``.

Pure, and safe to call on anything; slow on purpose-built input, so a poll calls it in a process that can be killed
(``parsing_pool``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import feedparser

from producers import dates, jsonfeed
from producers.cleaning import clean, clean_line, paragraphs_as_html, plain_line, web_address
from producers.encoding import prepare
from producers.language import language_tag
from producers.parsed import MAX_BODY, MAX_HEADLINE, MAX_NAME, ParsedEntry, ParsedFeed, distinct, subjects
from wirecopy.errors import BadInput

_FIRST_TAG = re.compile(rb"<([a-zA-Z][a-zA-Z:]*)")
_ROOTS = (b"rss", b"feed", b"rdf:rdf")


def parse_feed(body: bytes, url: str, content_type: str | None = None, max_entries: int = 2000) -> ParsedFeed:
    """The feed in ``body``, which was fetched from ``url``.

    Each entry once, in the order of the feed; beyond ``max_entries`` they are counted (``dropped``) and left out.
    Raises ``BadInput("not_a_feed", …)`` if there is no feed in it, and nothing else.
    """
    try:
        if jsonfeed.looks_like_json(body):
            return jsonfeed.parse_json_feed(body, url, max_entries)
        return _parse_xml(body, url, content_type, max_entries)
    except BadInput:
        raise
    except MemoryError:
        raise BadInput("parse_memory", "the feed needs more memory than a parser may have") from None
    except Exception as error:  # noqa: BLE001  # a parser's bug on a stranger's bytes is bad input, whatever it raises
        raise BadInput("not_a_feed", f"the parser failed: {type(error).__name__}: {str(error)[:200]}") from None


def _parse_xml(body: bytes, url: str, content_type: str | None, max_entries: int) -> ParsedFeed:
    repaired, declared = prepare(body, content_type)
    # No content-location: feedparser would resolve GUIDs, which are names and not links, against the address.
    found: dict[str, Any] = feedparser.parse(
        repaired, response_headers={"content-type": declared}, sanitize_html=False, resolve_relative_uris=False
    )
    feed, entries = found["feed"], found["entries"]
    if not found.get("version") and not entries and not _has_feed_root(repaired):
        raise BadInput("not_a_feed", _why_not(body))
    home = web_address(_get(feed, "link"), url)
    base = _base(home, url)
    language = language_tag(_get(feed, "language"))
    is_atom = str(found.get("version") or "").startswith("atom")
    credited = _byline(feed) if is_atom else None
    parsed = [_entry(entry, base, language, credited, is_atom) for entry in entries[:max_entries]]
    return ParsedFeed(
        title=plain_line(_get(feed, "title"), MAX_HEADLINE),
        version=str(found.get("version") or "unknown"),
        home=home,
        language=language,
        ttl=_ttl(feed),
        entries=distinct(parsed),
        dropped=max(0, len(entries) - max_entries),
        problem=_problem(found),
    )


def _entry(
    entry: Mapping[str, Any], base: str, language: str | None, credited: str | None, is_atom: bool
) -> ParsedEntry:
    summary, content = _bodies(entry, is_atom)
    return ParsedEntry(
        guid=clean_line(_get(entry, "id"), MAX_NAME) or None,
        url=_link(entry, base),
        headline=clean_line(_get(entry, "title"), MAX_HEADLINE),
        byline=_byline(entry) or credited,
        summary=summary,
        content=content,
        language=_entry_language(entry) or language,
        subjects=subjects(_get(tag, "label") or _get(tag, "term") for tag in _list(entry, "tags")),
        published=dates.from_feed(_get(entry, "published"), _get(entry, "published_parsed"))
        or dates.from_feed(_get(entry, "created"), _get(entry, "created_parsed")),
        updated=dates.from_feed(_get(entry, "updated"), _get(entry, "updated_parsed")),
    )


def _get(mapping: Any, key: str) -> Any:
    """A key of feedparser's dictionaries as stored: their own ``get`` answers with other keys and warns about it."""
    return dict.get(mapping, key) if isinstance(mapping, dict) else None


def _list(mapping: Any, key: str) -> list[Any]:
    found = _get(mapping, key)
    return found if isinstance(found, list) else []


def _base(home: str | None, url: str) -> str:
    """What relative links are relative to: the feed's address, or its home page where another host delivers it."""
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
    """Where an entry may name its page, the best first, and whether it may be relative there."""
    yield _get(entry, "feedburner_origlink"), False
    link = _get(entry, "link")
    # A GUID stands in for a missing link, but only as a whole address: many are plain numbers.
    yield link, not (_get(entry, "guidislink") and link == _get(entry, "id"))
    for other in _list(entry, "links"):
        if _get(other, "rel") == "alternate":
            yield _get(other, "href"), True
    yield _get(entry, "id"), False


def _bodies(entry: Mapping[str, Any], is_atom: bool) -> tuple[str | None, str | None]:
    """Summary and content as HTML; the content is the longer one."""
    summary = _as_html(_get(entry, "summary"), _get(entry, "summary_detail"), is_atom)
    contents = [_as_html(_get(part, "value"), part, is_atom) for part in _list(entry, "content")]
    content = max((part for part in contents if part), key=len, default=None)
    if content is not None and summary is not None and len(summary) > len(content):
        summary, content = content, summary
    return (None if summary == content else summary), content


def _as_html(value: Any, detail: Any, is_atom: bool) -> str | None:
    text = clean(value, MAX_BODY)
    if is_atom and text and _get(detail, "type") == "text/plain":
        return paragraphs_as_html(text)
    return text or None


def _byline(holder: Mapping[str, Any]) -> str | None:
    names = [plain_line(_get(author, "name"), MAX_NAME) for author in _list(holder, "authors")]
    line = ", ".join(dict.fromkeys(name for name in names if name))
    return (line or plain_line(_get(holder, "author"), MAX_NAME))[:MAX_NAME] or None


def _entry_language(entry: Mapping[str, Any]) -> str | None:
    details = [entry, *_list(entry, "content"), _get(entry, "title_detail"), _get(entry, "summary_detail")]
    return next((tag for tag in (language_tag(_get(detail, "language")) for detail in details) if tag), None)


def _ttl(feed: Mapping[str, Any]) -> float | None:
    """Seconds for which the feed asks not to be polled again (RSS 2.0 ``ttl``, in minutes)."""
    value = clean_line(_get(feed, "ttl"), 10)
    return float(value) * 60 if value.isascii() and value.isdigit() else None


def _problem(found: Mapping[str, Any]) -> str | None:
    error = found.get("bozo_exception") if found.get("bozo") else None
    if error is None or isinstance(error, feedparser.CharacterEncodingOverride | feedparser.NonXMLContentType):
        return None
    return clean_line(f"{type(error).__name__}: {error}", 300)


def _has_feed_root(body: bytes) -> bool:
    """Whether an XML body that feedparser cannot name is a feed all the same, an empty one."""
    tag = _FIRST_TAG.search(body[:4096])
    return tag is not None and tag.group(1).lower() in _ROOTS


def _why_not(body: bytes) -> str:
    start = body[:512].lstrip().lower()
    if not start:
        return "the body is empty"
    if start.startswith((b"<!doctype html", b"<html")):
        return "this is a web page, not a feed"
    return "neither RSS, Atom, RDF nor JSON Feed"
