"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read leniently: every field may be missing or of another type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from producers import dates
from producers.cleaning import clean, clean_line, paragraphs_as_html, plain_line, web_address
from producers.language import language_tag
from producers.parsed import MAX_BODY, MAX_HEADLINE, MAX_NAME, ParsedEntry, ParsedFeed, distinct, subjects
from wirecopy.errors import BadInput


def looks_like_json(body: bytes) -> bool:
    return body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def parse_json_feed(body: bytes, url: str, max_entries: int) -> ParsedFeed:
    """The feed in ``body``. Raises ``BadInput("not_a_feed", …)``."""
    document = _document(body)
    items = document.get("items")
    if not isinstance(items, list) or not isinstance(document.get("version"), str):
        raise BadInput("not_a_feed", "JSON, but without the version and items of a JSON Feed")
    base = web_address(document.get("feed_url"), url) or url
    language = language_tag(document.get("language"))
    authors = _byline(document)
    parsed = [_entry(item, base, language, authors) for item in items[:max_entries] if isinstance(item, dict)]
    return ParsedFeed(
        title=plain_line(document.get("title"), MAX_HEADLINE),
        version="json",
        home=web_address(document.get("home_page_url"), base),
        language=language,
        ttl=None,
        entries=distinct(parsed),
        dropped=max(0, len(items) - max_entries),
    )


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise BadInput("not_a_feed", f"neither XML nor JSON: {str(error)[:200]}") from None
    if not isinstance(document, dict):
        raise BadInput("not_a_feed", "JSON, but not an object")
    return document


def _entry(item: Mapping[str, Any], base: str, language: str | None, authors: str | None) -> ParsedEntry:
    summary, content = _bodies(item)
    tags = item.get("tags")
    return ParsedEntry(
        guid=_identifier(item.get("id")),
        url=web_address(item.get("url"), base) or web_address(item.get("external_url"), base),
        headline=clean_line(item.get("title"), MAX_HEADLINE),
        byline=_byline(item) or authors,
        summary=summary,
        content=content,
        language=language_tag(item.get("language")) or language,
        subjects=subjects(tags if isinstance(tags, list) else ()),
        published=dates.from_iso(item.get("date_published")),
        updated=dates.from_iso(item.get("date_modified")),
    )


def _bodies(item: Mapping[str, Any]) -> tuple[str | None, str | None]:
    summary = clean(item.get("summary"), MAX_BODY)
    content = clean(item.get("content_html"), MAX_BODY) or paragraphs_as_html(clean(item.get("content_text"), MAX_BODY))
    return paragraphs_as_html(summary) or None, content or None


def _identifier(value: object) -> str | None:
    # The specification asks readers to take a number for a string.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:MAX_NAME]
    return clean_line(value, MAX_NAME) or None


def _byline(holder: Mapping[str, Any]) -> str | None:
    line = ", ".join(dict.fromkeys(_names(holder)))
    return line[:MAX_NAME] or None


def _names(holder: Mapping[str, Any]) -> Iterator[str]:
    authors = holder.get("authors")
    for author in [*(authors if isinstance(authors, list) else ()), holder.get("author")]:
        name = plain_line(author.get("name"), MAX_NAME) if isinstance(author, dict) else ""
        if name:
            yield name
