"""The list of feeds to poll: OPML 2.0 or YAML, from a file or from an http address.

OPML: outlines with ``xmlUrl`` are feeds, outlines around them are folders; ``id``, ``outlet``, ``language`` and
``interval`` may stand on an outline as they do in YAML, and ``htmlUrl`` names the outlet's host. YAML: a list, or a
list under ``feeds``, of ``{id, url, outlet?, language?, interval?, folder?}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

import defusedxml
import defusedxml.ElementTree
import yaml

from producers.language import language_tag
from schemas.records import Feed
from wirecopy.errors import SettingsError

MAX_BYTES = 32 * 1024 * 1024
_KEYS = ("id", "url", "outlet", "language", "interval", "folder")
_NOT_THE_OUTLET = ("www.", "feeds.", "feed.", "rss.")


def parse_feed_list(content: bytes, name: str) -> tuple[Feed, ...]:
    """The feeds of a list; ``name`` is where it is from.

    A feed that has no id gets one made of its host and path; a second feed of that name gets a number, in the order
    of addresses, so that the order of the list does not matter. Raises ``SettingsError`` naming list and entry.
    """
    raw = list(_from_opml(content, name) if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else
               _from_yaml(content, name))  # fmt: skip
    return _with_ids([_feed(entry, f"{name}: {where}") for where, entry in raw], name)


def _from_opml(content: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, ValueError, defusedxml.DefusedXmlException) as error:
        raise SettingsError(f"the feed list {name} is not OPML: {error or type(error).__name__}") from None
    if root.tag != "opml" or (body := root.find("body")) is None:
        raise SettingsError(f"the feed list {name} is not OPML: there is no <opml> with a <body>")
    for number, (outline, folder) in enumerate(_outlines(body), 1):
        label = outline.get("title") or outline.get("text") or ""
        yield f"outline {number} ({label[:60]})", {**_opml_entry(outline), "folder": folder}


def _outlines(body: Element) -> Iterator[tuple[Element, str | None]]:
    """Every outline that is a feed, with its folder; without recursion, for a list may be nested to any depth."""
    waiting: list[tuple[Element, tuple[str, ...]]] = [(outline, ()) for outline in reversed(body)]
    while waiting:
        outline, folder = waiting.pop()
        if outline.get("xmlUrl") is not None:
            yield outline, "/".join(folder) or None
        title = outline.get("text") or outline.get("title") or ""
        inside = (*folder, title) if title and outline.get("xmlUrl") is None else folder
        waiting.extend((child, inside) for child in reversed(outline))


def _opml_entry(outline: Element) -> dict[str, Any]:
    entry: dict[str, Any] = {key: outline.get(key) for key in ("id", "outlet", "language")}
    entry["url"] = outline.get("xmlUrl")
    entry["home"] = outline.get("htmlUrl")
    interval = outline.get("interval")
    entry["interval"] = _number(interval) if interval else None
    return entry


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _from_yaml(content: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"the feed list {name} is not YAML: {error}") from None
    entries = document.get("feeds") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise SettingsError(f"the feed list {name} must hold a list of feeds")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise SettingsError(f"{name}: entry {number} must hold {{id, url, …}}, not {type(entry).__name__}")
        unknown = sorted(str(key) for key in entry if key not in _KEYS)
        if unknown:
            raise SettingsError(f"{name}: entry {number}: unknown key {unknown[0]}; known are {', '.join(_KEYS)}")
        yield f"entry {number}", entry


def _feed(entry: Mapping[str, Any], where: str) -> Feed:
    url = _address(entry.get("url"), where)
    return Feed(
        id=_text(entry, "id", where) or "",
        url=url,
        outlet=(_text(entry, "outlet", where) or outlet_of(_text(entry, "home", where) or "") or outlet_of(url)),
        language=_language(entry, where),
        interval=_interval(entry.get("interval"), where),
        tags=tuple(filter(None, [_text(entry, "folder", where)])),
    )


def outlet_of(address: str) -> str:
    """The host of an address without ``www.`` and the like: who publishes it, as far as an address tells."""
    try:
        host = (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        return ""
    for prefix in _NOT_THE_OUTLET:
        if host.startswith(prefix) and "." in host.removeprefix(prefix):
            return host.removeprefix(prefix)
    return host


def _address(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"{where}: url is missing")
    try:
        parts = urlsplit(value.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError as error:
        raise SettingsError(f"{where}: url {value!r}: {error}") from None
    if not usable:
        raise SettingsError(f"{where}: url {value!r} is not an http or https address")
    if parts.username is not None:
        raise SettingsError(f"{where}: an address with a user name or password is not supported")
    return value.strip()


def _text(entry: Mapping[str, Any], key: str, where: str) -> str | None:
    value = entry.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable() or len(value) > 500:
        raise SettingsError(f"{where}: {key} must be a line of text, not {value!r:.80}")
    return value.strip()


def _language(entry: Mapping[str, Any], where: str) -> str | None:
    value = _text(entry, "language", where)
    if value is None:
        return None
    tag = language_tag(value)
    if tag is None:
        raise SettingsError(f"{where}: language {value!r} is not a BCP 47 tag such as en-IN")
    return tag


def _interval(value: object, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.2 <= value <= 31 * 86400:
        raise SettingsError(f"{where}: interval must be seconds between 0.2 and a month, not {value!r}")
    return float(value)


def _with_ids(feeds: Iterable[Feed], name: str) -> tuple[Feed, ...]:
    given = list(feeds)
    taken: set[str] = set()
    for feed in given:
        if feed.id and feed.id in taken:
            raise SettingsError(f"the feed list {name} has two feeds with the id {feed.id}")
        taken.add(feed.id)
    made: dict[str, str] = {}
    for url in sorted({feed.url for feed in given if not feed.id}):
        made[url] = _free(slug(url), taken)
        taken.add(made[url])
    named = [feed if feed.id else feed.model_copy(update={"id": made[feed.url]}) for feed in given]
    return tuple({feed.id: feed for feed in reversed(named)}.values())[::-1]


def slug(url: str) -> str:
    """Host and path as one word: ``https://www.example.in/rss/top.xml`` to ``example-in-rss-top-xml``."""
    parts = urlsplit(url)
    words = re.findall(r"[a-z0-9]+", f"{outlet_of(url)} {parts.path} {parts.query}".lower())
    return "-".join(words)[:120] or "feed"


def _free(wanted: str, taken: set[str]) -> str:
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"
