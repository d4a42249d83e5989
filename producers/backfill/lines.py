"""JSON lines with one article an object: records of the topic ``raw``, or of anyone's. Pure.

A line becomes a JSON Feed of one item and passes the same parser as a feed, so that dates, addresses, markup and
identities are read in one place only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import orjson

from producers.formats import dates
from producers.formats.cleaning import clean_line, plain_line, web_address, without_tracking
from producers.formats.parsed import MAX_NAME, ParsedEntry, distinct
from producers.registry.feedlist import outlet_of
from schemas.ids import article_id
from schemas.public_records import Media, PubStatus
from wirecopy.errors import BadInput

_MAX_OUTLET = 253
_MAX_FEED = 200
_MAX_MEDIA = 50
_ELEMENT = re.compile(r"<[a-zA-Z/!][^<>]*>")
_HEADLINE = ("headline", "title")
_HTML = ("html", "content_html")
_TEXT = ("text", "content_text")
_SUMMARY = "wirecopy:summary"
"""Names the item that brings the summary of the one before it."""
_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One object. For records of ours, ``seen`` is when a producer fetched it, and ``article`` its id."""

    fields: Mapping[str, Any]
    outlet: str
    seen: datetime | None = None
    article: str | None = None
    removed: bool = False


def read_line(line: bytes) -> Line:
    """Read a line. Raises ``BadInput("bad_line")`` where it holds no object, or nothing to publish."""
    fields = _object(line)
    ours = all(isinstance(fields.get(name), str) for name in ("article", "content_hash", "outlet", "fetched"))
    removed = ours and bool(fields.get("removed"))
    if not removed and not any(_first(fields, *names) for names in (_HEADLINE, _HTML, _TEXT, ("content", "summary"))):
        raise BadInput("bad_line", "an object without headline and text")
    return Line(
        fields=fields,
        outlet=_outlet(fields),
        seen=dates.from_iso(fields["fetched"]) if ours else None,
        article=fields["article"] if ours else None,
        removed=removed,
    )


def as_json_feed(line: Line) -> bytes:
    """Return the line as a JSON Feed of one item; of two where it is ours with both summary and content."""
    fields = line.fields
    byline = _first(fields, "byline", "author")
    html, text = _bodies(line)
    item = {
        "id": _first(fields, "guid", "id"),
        "url": _first(fields, "url", "link"),
        "title": _first(fields, *_HEADLINE),
        "content_html": html,
        "content_text": text,
        "authors": [{"name": byline}] if byline else None,
        "language": _first(fields, "language"),
        "date_published": _first(fields, "published", "date"),
        "date_modified": _first(fields, "updated"),
        "tags": fields.get("subjects") if isinstance(fields.get("subjects"), list) else None,
    }
    given = {name: value for name, value in item.items() if value is not None}
    summary = _summary(line)
    beside = [{"id": _SUMMARY, "content_html": summary}] if summary else []
    document = {"version": "https://jsonfeed.org/version/1.1", "items": [given, *beside]}
    return json.dumps(document).encode()


def completed(entries: Sequence[ParsedEntry], line: Line) -> ParsedEntry:
    """Complete the parsed ``as_json_feed`` by fields that a JSON Feed lacks, and by the identity that it had."""
    fields = line.fields
    summary = next((entry.content for entry in entries if entry.guid == _SUMMARY), None)
    entry = next((entry for entry in entries if entry.guid != _SUMMARY), entries[0])
    pubstatus = fields.get("pubstatus")
    more: dict[str, Any] = {
        "creditline": plain_line(fields.get("creditline"), MAX_NAME) or None,
        "media": _media(fields.get("media")),
        "full_text": fields.get("full_text") is True,
    }
    if pubstatus in get_args(PubStatus):
        more["pubstatus"] = pubstatus
    if summary:
        more["summary"] = summary
    return dataclasses.replace(entry, **more, identity=_identity(entry, line))


def feed_of(line: Line) -> str | None:
    """Return the feed of a line of ours that names one."""
    feed = line.fields.get("feed") if line.article else None
    return feed if isinstance(feed, str) and feed.isprintable() and 0 < len(feed) <= _MAX_FEED else None


def key_of(line: Line) -> bytes | None:
    """Return 16 bytes that versions of one article share; None where only its text identifies it."""
    if line.article:
        return hashlib.blake2b(line.article.encode(errors="replace"), digest_size=16).digest()
    guid, url = _first(line.fields, "guid", "id"), _first(line.fields, "url", "link")
    (entry,) = distinct([ParsedEntry(guid=clean_line(guid, MAX_NAME) or None, url=web_address(url))])
    if not entry.guid and not entry.url:
        return None
    return bytes.fromhex(article_id(line.outlet, entry.identity))


def version_of(line: Line) -> tuple[datetime, int]:
    """Return the sort key of an article's versions: the time of fetching, or else of writing; then the revision."""
    said = [dates.from_iso(_first(line.fields, name)) for name in ("updated", "published", "date")]
    revision = line.fields.get("revision")
    moment = line.seen or next((date for date in said if date), _OLDEST)
    return moment, revision if isinstance(revision, int) and 0 <= revision < 2**31 else 0


def _identity(entry: ParsedEntry, line: Line) -> str:
    """Return the identity from which the line's own id was made, or the parser's where no field of the line gives it.

    So our own records keep their ids, and a foreign line cannot take another article's id.
    """
    names = [entry.guid, entry.url]
    for name in [entry.identity, *names, *(without_tracking(name) for name in names if name)]:
        if name and line.article == article_id(line.outlet, name):
            return name
    return entry.identity


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        # Slower, and content with damaged UTF-8 and lone surrogates.
        try:
            found = json.loads(line.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError) as error:
            raise BadInput("bad_line", f"not JSON: {str(error)[:200]}") from None
    if not isinstance(found, dict):
        raise BadInput("bad_line", f"JSON, but not an object: {type(found).__name__}")
    return found


def _bodies(line: Line) -> tuple[str | None, str | None]:
    """Return HTML and plain text. ``content`` may be either: in a foreign line, without any element it is text."""
    html, text = _first(line.fields, *_HTML), _first(line.fields, *_TEXT)
    content = _first(line.fields, "content", "summary")
    if html or text or not content:
        return html, text
    return (content, None) if line.article or _ELEMENT.search(content) else (None, content)


def _summary(line: Line) -> str | None:
    return _first(line.fields, "summary") if line.article and _first(line.fields, "content") else None


def _outlet(fields: Mapping[str, Any]) -> str:
    named = clean_line(fields.get("outlet"), _MAX_OUTLET)
    if "://" in named:
        named = outlet_of(named)
    return named or outlet_of(web_address(_first(fields, "url", "link")) or "")


def _media(given: object) -> tuple[Media, ...]:
    found: list[Media] = []
    for part in (given if isinstance(given, list) else [])[:_MAX_MEDIA]:
        href = web_address(part.get("href")) if isinstance(part, dict) else None
        if href is not None:
            names = ("contenttype", "title", "creditline")
            found.append(Media(href=href, **{name: plain_line(part.get(name), MAX_NAME) or None for name in names}))
    return tuple(found)


def _first(fields: Mapping[str, Any], *names: str) -> str | None:
    """Return the first of these fields that holds a text; a number counts as its digits."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value
    return None
