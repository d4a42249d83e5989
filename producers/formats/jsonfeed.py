"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read leniently: every field may be missing or of another type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from producers.formats import dates, hints, media
from producers.formats.cleaning import clean, clean_line, line_without_tags, paragraphs_as_html, plain_line, web_address
from producers.formats.dates import NOT_LISTED, Customs, Listed, customs_of
from producers.formats.language import language_tag
from producers.formats.naming import guid_of
from producers.formats.parsed import MAX_BODY, MAX_HEADLINE, MAX_NAME, ParsedEntry, ParsedFeed, distinct, subjects
from producers.formats.sanitise import safe_html
from wirecopy.errors import BadInput

_MAX_ATTACHMENTS = 100
_MAX_AUTHORS = 50
_BLANKS_AND_MARKS = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"


def looks_like_json(body: bytes) -> bool:
    return body[:256].lstrip(_BLANKS_AND_MARKS).startswith(b"{")


def parse_json_feed(body: bytes, url: str, max_entries: int, listed: Listed = NOT_LISTED) -> ParsedFeed:
    """Parse a JSON Feed. Raises ``BadInput("not_a_feed", …)``."""
    document = _document(body)
    items = document.get("items")
    if not isinstance(items, list) or not isinstance(document.get("version"), str):
        raise BadInput("not_a_feed", "JSON, but without the version and items of a JSON Feed")
    topic = web_address(document.get("feed_url"), url)
    base = topic or url
    language = language_tag(document.get("language"))
    objects = [item for item in items[:max_entries] if isinstance(item, dict)]
    written = (item.get(name) for item in objects for name in ("date_published", "date_modified"))
    home = web_address(document.get("home_page_url"), base)
    place = _Place(base, language, _byline(document), customs_of(listed, language, home or base, written))
    parsed = [_entry(item, place) for item in objects]
    return ParsedFeed(
        title=plain_line(document.get("title"), MAX_HEADLINE),
        version="json",
        home=home,
        language=language,
        ttl=None,
        entries=distinct(parsed),
        dropped=max(0, len(items) - max_entries),
        hub=hints.address_of(_hubs(document), "websub", base),
        topic=topic,
    )


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        # Publishers leave line ends in their strings: not strict.
        text = body.decode(json.detect_encoding(body), "replace")
        document = json.loads(text, strict=False, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise BadInput("not_a_feed", f"neither XML nor JSON: {str(error)[:200]}") from None
    if not isinstance(document, dict):
        raise BadInput("not_a_feed", "JSON, but not an object")
    return document


def _integer(digits: str) -> int:
    # Python refuses to read thousands of them, and would lose the feed for one.
    return int(digits) if len(digits) < 100 else 0


@dataclass(frozen=True)
class _Place:
    """The values that an item inherits from its feed."""

    base: str
    language: str | None
    authors: str | None
    customs: Customs


def _entry(item: Mapping[str, Any], place: _Place) -> ParsedEntry:
    summary, content = _bodies(item, place.base)
    tags = item.get("tags")
    identifier = _identifier(item.get("id"))
    return ParsedEntry(
        guid=identifier,
        url=web_address(item.get("url"), place.base)
        or web_address(item.get("external_url"), place.base)
        or web_address(identifier),
        headline=line_without_tags(clean_line(item.get("title"), MAX_HEADLINE)),
        byline=_byline(item) or place.authors,
        summary=summary,
        content=content,
        language=language_tag(item.get("language")) or place.language,
        subjects=subjects(tags if isinstance(tags, list) else ()),
        published=dates.from_iso(item.get("date_published"), place.customs),
        updated=dates.from_iso(item.get("date_modified"), place.customs),
        media=media.of_entry(_carried(item), place.base),
    )


def _bodies(item: Mapping[str, Any], base: str) -> tuple[str | None, str | None]:
    summary = paragraphs_as_html(clean(item.get("summary"), MAX_BODY))
    markup = safe_html(item.get("content_html"), base)
    return summary or None, markup or paragraphs_as_html(clean(item.get("content_text"), MAX_BODY)) or None


def _carried(item: Mapping[str, Any]) -> Iterator[media.MediaLink]:
    yield media.MediaLink(item.get("image"), "image/*")
    yield media.MediaLink(item.get("banner_image"), "image/*")
    attachments = item.get("attachments")
    for attachment in attachments[:_MAX_ATTACHMENTS] if isinstance(attachments, list) else ():
        if isinstance(attachment, dict):
            yield media.MediaLink(attachment.get("url"), attachment.get("mime_type"), attachment.get("title"))


def _hubs(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the hubs as links; a hub's type stands for its relation."""
    found = document.get("hubs")
    for hub in found[:_MAX_ATTACHMENTS] if isinstance(found, list) else ():
        if isinstance(hub, dict):
            yield {"rel": hub.get("type"), "href": hub.get("url")}


def _identifier(value: object) -> str | None:
    # The specification asks readers to take a number for a string.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:MAX_NAME]
    return guid_of(value, MAX_NAME)


def _byline(holder: Mapping[str, Any]) -> str | None:
    line = ", ".join(dict.fromkeys(_names(holder)))
    return line[:MAX_NAME] or None


def _names(holder: Mapping[str, Any]) -> Iterator[str]:
    """Return names from a list of objects, as the specification has it, from one object, or from bare strings."""
    for given in (holder.get("authors"), holder.get("author")):
        for author in given[:_MAX_AUTHORS] if isinstance(given, list) else (given,):
            name = plain_line(author.get("name") if isinstance(author, dict) else author, MAX_NAME)
            if name:
                yield name
