"""Parser for ninjs, the IPTC's News in JSON: 1.x, 2.x and 3.x; one item, a list of items, or one item a line.

Field names are read in any case, since 3.x writes ``versionCreated`` where 1.x and 2.x write ``versioncreated``.
Every field may be missing or of another type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from producers.formats import agency, dates, nitf
from producers.formats.agency import Item
from producers.formats.agency_xml import tree_of
from producers.formats.cleaning import clean, clean_line, web_address
from producers.formats.dates import NOT_LISTED, Customs, Listed, customs_of
from producers.formats.encoding import is_damaged_utf8
from producers.formats.language import language_tag
from producers.formats.news_markup import html_to_html
from producers.formats.nitf import BodyParts
from producers.formats.parsed import MAX_BODY, MAX_HEADLINE, MAX_NAME, ParsedEntry, ParsedFeed, subjects
from schemas.public_records import Media
from wirecopy.errors import BadInput

_HEAD = 16 * 1024
_START = re.compile(rb"^[\xef\xbb\xbf\s]*[\[{]")
_MARKS = re.compile(
    rb'"(uri|guid|version_?created|first_?created|pubstatus|representationtype|headlines?|bylines?|bodies|'
    rb"body_[a-z0-9_]+|descriptions|description_[a-z0-9_]+|usageterms|copyrightholder|creditline|urgency|ednote|"
    rb'renditions|associations|slugline|embargoed|dateline|located|profile|subjects?)"\s*:',
    re.IGNORECASE,
)
_NAMES = frozenset((b"uri", b"guid"))
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org')
_LISTS = ("items", "_items")
_NO_TEXT = frozenset(("picture", "graphic", "video", "audio", "animation", "event", "planning"))
_LESSER = ("sub", "kicker", "short", "alt", "slug", "over", "seo")
_NOT_A_SUMMARY = ("caption", "alt", "slug", "extended", "script")
_PICTURED = ("image/", "video/", "audio/")
_SMALL = ("thumb", "small", "preview", "icon", "square")


def recognises(body: bytes) -> bool:
    """Return whether the first kilobytes name fields that only ninjs has, and the one that every ninjs has."""
    head = body[:_HEAD]
    if not _START.match(head) or _JSON_FEED.search(head):
        return False
    found = {match.group(1).lower() for match in _MARKS.finditer(head)}
    return bool(found & _NAMES) and len(found) > 1


def parse_ninjs(body: bytes, url: str, max_entries: int, listed: Listed = NOT_LISTED) -> ParsedFeed:
    """Parse the text items of a document, the latest version of each. Raises ``BadInput("not_ninjs", …)``.

    A bad line among several counts as dropped; the others are kept.
    """
    documents, lost = _documents(_decoded(body))
    items = [_lowered(one) for document in documents for one in _unpacked(document)]
    named = [item for item in items if _guid(item)]
    if not named:
        raise BadInput("not_ninjs", "JSON, but no object in it has the uri that every ninjs has")
    lost += len(items) - len(named)
    customs = customs_of(listed, None, url)
    found = [one for one in (_item(item, customs) for item in named) if one is not None]
    return agency.feed_of(found, "ninjs", _source(named[0]), max_entries, lost)


def _decoded(body: bytes) -> str:
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        # JSON is UTF-8 by definition; anything else comes from a Windows system.
        legacy = encoding.startswith("utf-8") and not is_damaged_utf8(body)
        return body.decode("windows-1252" if legacy else encoding, "replace")


def _documents(text: str) -> tuple[list[Any], int]:
    """Return the JSON values of a text, one in all or one a line, and the number of bad lines."""
    try:
        return [json.loads(text)], 0
    except (ValueError, RecursionError) as error:
        why = str(error)[:200]
    lines = [line for line in text.splitlines() if line.strip()]
    values = [value for value in map(_value, lines) if value is not None]
    if len(lines) < 2 or not values:
        raise BadInput("not_ninjs", f"not JSON: {why}")
    return values, len(lines) - len(values)


def _value(line: str) -> Any:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unpacked(document: Any) -> Iterator[Mapping[str, Any]]:
    """Return the objects of a list, or of a list under ``items``."""
    if isinstance(document, dict):
        inside = next((document[name] for name in _LISTS if isinstance(document.get(name), list)), None)
        document = [document] if inside is None else inside
    if isinstance(document, list):
        yield from (one for one in document if isinstance(one, dict))


def _lowered(item: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in item.items()}


def _item(item: Mapping[str, Any], customs: Customs) -> Item | None:
    """Return the item; None where it has no text and withdraws none."""
    headline = _headline(item)
    parts = _story(item, headline)
    headline = headline or parts.headline or _line(item, "title") or _line(item, "slugline")
    status = agency.pubstatus(item.get("pubstatus"), _embargo(item), customs)
    nature = _line(item, "type").lower()
    if agency.is_no_story(parts.content, headline, status, pictured=nature in _NO_TEXT):
        return None
    entry = ParsedEntry(
        guid=_guid(item),
        url=_page(item),
        headline=headline[:MAX_HEADLINE],
        byline=_byline(item) or parts.byline or None,
        summary=_summary(item) or parts.summary,
        content=agency.with_dateline(parts.content, _line(item, "dateline") or parts.dateline),
        language=language_tag(item.get("language")),
        subjects=subjects(_subjects(item)),
        published=_date(item, "firstcreated", customs) or _date(item, "contentcreated", customs),
        updated=_date(item, "versioncreated", customs) or _date(item, "contentmodified", customs),
        creditline=_line(item, "creditline") or _source(item) or None,
        pubstatus=status,
        media=agency.distinct_media((*_media(item), *parts.media)),
    )
    return Item(entry, agency.version_number(item.get("version")))


# ---- metadata of the item -------------------------------------------------------------------------------------


def _line(item: Mapping[str, Any], name: str) -> str:
    return clean_line(item.get(name), MAX_NAME)


def _guid(item: Mapping[str, Any]) -> str:
    return _line(item, "uri") or _line(item, "guid")


def _source(item: Mapping[str, Any]) -> str:
    """Return the source of the item: many agencies add ``source``; the standard has only a copyright holder."""
    return _line(item, "source") or _line(item, "copyrightholder")


def _date(item: Mapping[str, Any], name: str, customs: Customs) -> datetime | None:
    return dates.from_iso(item.get(name), customs)


def _embargo(item: Mapping[str, Any]) -> str | None:
    """Return the date of the embargo. In JSON, unlike in XML, an empty date means no embargo."""
    return str(item["embargoed"]) if item.get("embargoed") else None


def _objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list, or of an object keyed by their names (ninjs 1.x), which become ``name``."""
    if isinstance(value, dict):
        value = [{"name": name, **one} for name, one in value.items() if isinstance(one, dict)]
    return [_lowered(one) for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _valued(item: Mapping[str, Any], name: str) -> list[tuple[str, str, str]]:
    """Return role, content type and value of each object of a list, role ``main`` first."""
    found = [
        (_line(one, "role").lower(), (_line(one, "contenttype") or _line(one, "mimetype")).lower(), one.get("value"))
        for one in _objects(item.get(name))
    ]
    texts = [(role, contenttype, value) for role, contenttype, value in found if isinstance(value, str)]
    return sorted(texts, key=lambda text: text[0] != "main")


def _headline(item: Mapping[str, Any]) -> str:
    plain = clean_line(item.get("headline"), MAX_HEADLINE)
    if plain:
        return plain
    lines = [(role.startswith(_LESSER), clean_line(text, MAX_HEADLINE)) for role, _, text in _valued(item, "headlines")]
    return next((line for _, line in sorted(lines, key=lambda one: one[0]) if line), "")


def _byline(item: Mapping[str, Any]) -> str:
    """Return ``byline`` (1.x), ``by`` (2.x and 3.x), or the authors of either."""
    names = [_line(item, "byline"), _line(item, "by")]
    if not any(names):
        listed = [*_objects(item.get("bylines")), *_objects(item.get("authors"))]
        names = [_line(one, "byline") or _line(one, "value") or _line(one, "name") for one in listed]
    return ", ".join(dict.fromkeys(filter(None, names)))[:MAX_NAME]


def _summary(item: Mapping[str, Any]) -> str | None:
    described = [
        (name.removeprefix("description_"), "html" if "html" in name else "", value)
        for name, value in item.items()
        if name.startswith("description_")
    ]
    for role, contenttype, value in [*described, *_valued(item, "descriptions")]:
        if not role.startswith(_NOT_A_SUMMARY):
            text = _as_html(value, contenttype, "")
            if text:
                return text
    return None


def _subjects(item: Mapping[str, Any]) -> list[str]:
    """Return subjects, names first: where there are too many, codes without a name are left out."""
    found = [*_objects(item.get("subject")), *_objects(item.get("subjects"))]
    names = [_line(one, "name") for one in found]
    codes = [
        _line(one, "code") or _line(one, "literal") or _line(one, "uri")
        for one, name in zip(found, names, strict=True)
        if not name
    ]
    return [*names, *_keywords(item.get("keywords")), *codes]


def _keywords(value: object) -> list[str]:
    if isinstance(value, str):
        return value[: 10 * MAX_NAME].split(",")
    if not isinstance(value, list):
        return []
    names = (one.get("name") if isinstance(one, dict) else one for one in value)
    return [name for name in names if isinstance(name, str)]


# ---- text and pictures of the item ----------------------------------------------------------------------------


def _story(item: Mapping[str, Any], headline: str) -> BodyParts:
    """Return the best body: marked-up before plain, known markup before unknown."""
    bodies = [
        (name.removeprefix("body_"), "", value)
        for name, value in item.items()
        if name.startswith("body_") and isinstance(value, str)
    ]
    ranked = sorted((*bodies, *_valued(item, "bodies")), key=_rank)
    return next(filter(lambda parts: parts.content, (_parts(body, headline) for body in ranked)), BodyParts())


def _rank(body: tuple[str, str, str]) -> int:
    form = _form(body)
    return ("html", "nitf", "text", "xml").index(form)


def _form(body: tuple[str, str, str]) -> str:
    """Return the format of a body, by its content type, else its role, else its first character."""
    role, contenttype, value = body
    for said in (contenttype, role):
        if "nitf" in said:
            return "nitf" if "<body" in value else "xml"
        if "html" in said:
            return "html"
        if said.startswith("text/plain") or said in ("text", "plain"):
            return "text"
        if "xml" in said:
            return "xml"
    return "html" if value.lstrip().startswith("<") else "text"


def _parts(body: tuple[str, str, str], headline: str) -> BodyParts:
    if _form(body) == "nitf":
        try:
            root, _ = tree_of(body[2].encode("utf-8", "replace"))
            return nitf.story(root, headline)
        except BadInput:
            return BodyParts()
    return BodyParts(_as_html(body[2], _form(body), headline))


def _as_html(value: object, form: str, headline: str) -> str | None:
    if form and form != "text" and "plain" not in form:
        return agency.html_body(html_to_html(clean(value, MAX_BODY), headline))
    return agency.text_body(value)


def _media(item: Mapping[str, Any]) -> Iterator[Media | None]:
    """Return the item's own pictures and one rendition of each associated picture or film."""
    yield from (_rendition(one, item) for one in _renditions(item) if _is_pictured(one))
    for other in _objects(item.get("associations"))[: agency.MAX_MEDIA]:
        if _line(other, "type").lower() != "text":
            usable = (_rendition(one, other) for one in sorted(_renditions(other), key=_worth))
            yield next(filter(None, usable), None)


def _renditions(item: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    return _objects(item.get("renditions"))[:50]


def _worth(rendition: Mapping[str, Any]) -> tuple[bool, int]:
    """Return a sort key for renditions: the largest first, by name where there is no width."""
    return _line(rendition, "name").lower().startswith(_SMALL), -agency.version_number(rendition.get("width"))


def _contenttype(rendition: Mapping[str, Any]) -> str:
    return (_line(rendition, "contenttype") or _line(rendition, "mimetype")).lower()


def _is_pictured(rendition: Mapping[str, Any]) -> bool:
    contenttype = _contenttype(rendition)
    return contenttype.startswith(_PICTURED) or not contenttype


def _rendition(rendition: Mapping[str, Any], owner: Mapping[str, Any]) -> Media | None:
    credit = _line(owner, "creditline") or _line(owner, "byline") or _line(owner, "by")
    title = _headline(owner) or _line(owner, "title") or _line(rendition, "title")
    return agency.medium(rendition.get("href"), _contenttype(rendition), title, credit)


def _page(item: Mapping[str, Any]) -> str | None:
    """Return the page of the item, where a rendition is one. The ``uri`` is a name, not an address."""
    pages: Iterable[dict[str, Any]] = (one for one in _renditions(item) if _contenttype(one).startswith("text/html"))
    return next(filter(None, (web_address(one.get("href")) for one in pages)), None)
