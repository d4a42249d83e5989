"""Reads and writes OPML 2.0 (http://opml.org/spec2.opml), the exchange format of feed lists.

Outlines with an ``xmlUrl`` are feeds, outlines around them folders. A feed in the folder *India* inside *News* has the
tag ``News/India``; more tags stand in ``category``, as OPML 2.0 has it (``/News/India,Sport``), where a comma inside a
tag is written ``%2C``. Fields without an attribute in OPML are written as ``id``, ``outlet``, ``timezone``,
``interval``, ``fullText`` and ``paused``, which other readers ignore. A written list reads back unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

import defusedxml
import defusedxml.ElementTree

from producers.formats.cleaning import clean_line
from schemas.feed_records import Feed
from wirecopy.errors import SettingsError

_MAX_TEXT = 2048
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def read_opml(content: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each feed of the list ``name``: its place, and its attributes under their YAML names.

    Raises ``SettingsError`` for what is not OPML. Does not check the attributes.
    """
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, ValueError, LookupError, defusedxml.DefusedXmlException) as error:
        raise SettingsError(f"the feed list {name} is not OPML: {error or type(error).__name__}") from None
    if root.tag != "opml" or (body := root.find("body")) is None:
        raise SettingsError(f"the feed list {name} is not OPML: there is no <opml> with a <body>")
    for number, (attributes, folder) in enumerate(_outlines(body), 1):
        label = clean_line(attributes.get("title") or attributes.get("text"), 60)
        yield f"outline {number} ({label})", _entry(attributes, folder)


def _outlines(body: Element) -> Iterator[tuple[Mapping[str, str], str]]:
    """Yield every outline that is a feed, with its folder; without recursion, since a list may be nested to any depth.

    Skips an outline that is commented out (``isComment``) with everything inside it.
    """
    waiting: list[tuple[Element, str]] = [(outline, "") for outline in reversed(body)]
    while waiting:
        outline, folder = waiting.pop()
        # Programs do not agree on how to write xmlUrl.
        attributes = {key.lower(): value for key, value in outline.attrib.items()}
        if attributes.get("iscomment", "").lower() == "true":
            continue
        is_feed = "xmlurl" in attributes or attributes.get("type", "").lower() in ("rss", "atom")
        if is_feed:
            yield attributes, folder
        title = clean_line(attributes.get("text") or attributes.get("title"), _MAX_TEXT)
        # Cut beyond the limit: paths would grow with the square of the depth, and are refused as too long.
        inside = f"{folder}/{title}".strip("/")[:_MAX_TEXT] if title and not is_feed else folder
        waiting.extend((child, inside) for child in reversed(outline))


def _entry(attributes: Mapping[str, str], folder: str) -> dict[str, Any]:
    entry: dict[str, Any] = {key: attributes.get(key) for key in ("id", "outlet", "language", "timezone")}
    entry["url"] = attributes.get("xmlurl")
    entry["home"] = attributes.get("htmlurl")
    entry["interval"] = _number(attributes["interval"]) if attributes.get("interval") else None
    entry["tags"] = [*([folder] if folder else []), *_categories(attributes.get("category", ""))]
    entry["title"] = _title(attributes)
    for name, attribute in (("full_text", "fulltext"), ("paused", "paused")):
        value = attributes.get(attribute)
        entry[name] = _BOOLEANS.get(value.strip().lower(), value) if value else None
    return entry


def _title(attributes: Mapping[str, str]) -> str | None:
    """Return ``title``, else ``text``, which is mandatory and so repeats the id of a feed without a title."""
    text = attributes.get("text")
    return attributes.get("title") or (text if text != attributes.get("id") else None)


def _categories(value: str) -> list[str]:
    return [unquote(part).strip() for part in value.split(",") if part.strip(" /")]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def write_opml(feeds: Iterable[Feed], title: str, now: datetime) -> bytes:
    """Return the feeds as OPML 2.0, in their order: each once, inside the folder of its first tag."""
    root = Element("opml", version="2.0")
    head = SubElement(root, "head")
    SubElement(head, "title").text = _writable(title)
    SubElement(head, "dateCreated").text = format_datetime(now)
    SubElement(head, "docs").text = "http://opml.org/spec2.opml"
    body = SubElement(root, "body")
    folders: dict[str, Element] = {"": body}
    for feed in feeds:
        SubElement(_folder(folders, feed.tags[0] if feed.tags else ""), "outline", _attributes(feed))
    indent(root)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _folder(folders: dict[str, Element], tag: str) -> Element:
    """Return the outline of a folder, made with its parents."""
    here, path = folders[""], ""
    for name in tag.split("/"):
        path = f"{path}/{name}"
        if name and path not in folders:
            folders[path] = SubElement(here, "outline", {"text": _writable(name)})
        here = folders.get(path, here)
    return here


def _attributes(feed: Feed) -> dict[str, str]:
    wanted = {
        "type": "rss",
        "text": feed.title or feed.id,
        "title": feed.title,
        "xmlUrl": feed.url,
        "htmlUrl": feed.home,
        "language": feed.language,
        "category": ",".join(map(_category, feed.tags[1:])),
        "id": feed.id,
        "outlet": feed.outlet,
        "timezone": feed.timezone,
        "interval": None if feed.interval is None else repr(feed.interval),
        "fullText": "true" if feed.full_text else None,
        "paused": "true" if feed.paused else None,
    }
    return {name: _writable(value) for name, value in wanted.items() if value}


def _category(tag: str) -> str:
    """Return a path with a leading slash, a single word without: so OPML distinguishes categories from tags."""
    escaped = tag.replace("%", "%25").replace(",", "%2C")
    return f"/{escaped}" if "/" in escaped else escaped


def _writable(text: str) -> str:
    """Remove characters that XML forbids: one would make the whole list unreadable."""
    return clean_line(text, _MAX_TEXT)
