"""Reads and writes lists of feeds: OPML 2.0 (``opml``) or YAML, from a file or from an http address.

YAML: a list, or a list under ``feeds``, of ``{id, url, outlet?, language?, timezone?, interval?, tags?, folder?,
title?, home?, full_text?, paused?}``; ``folder`` is one more tag. A feed is at an http or https address, or is a folder
where an agency delivers items: ``file:///srv/agency``, with an ``outlet``, and only in a list that is a file itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from producers.formats import zones
from producers.formats.cleaning import MAX_ADDRESS, clean_line, web_address
from producers.formats.language import language_tag
from producers.registry.opml import read_opml
from schemas.feed_records import Feed
from wirecopy.errors import SettingsError

MAX_BYTES = 32 * 1024 * 1024
MAX_TAGS = 100
MIN_INTERVAL, MAX_INTERVAL = 0.2, 31 * 86400.0
_MAX_TEXT = 500
_KEYS = (
    "id", "url", "outlet", "language", "timezone", "interval", "tags", "folder", "title", "home", "full_text", "paused",
)  # fmt: skip
_NOT_THE_OUTLET = ("www.", "feeds.", "feed.", "rss.")
_MAX_DEPTH = 20
# The loader in C is five times faster.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_feed_list(content: bytes, name: str, known: Iterable[Feed] = ()) -> tuple[Feed, ...]:
    """Parse a list of feeds; ``name`` is its file or address.

    A feed without an id gets that of the ``known`` feed with its address, or one made of its host and path; a second
    feed of that name gets a number, in the order of addresses, so that the order of the list does not matter. A feed
    listed several times has all its tags. Raises ``SettingsError`` naming list and entry.
    """
    is_opml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    raw = read_opml(content, name) if is_opml else _from_yaml(content, name)
    feeds = [feed_from(entry, f"{name}: {where}", remote=is_remote(name)) for where, entry in raw]
    return _merged(_with_ids(feeds, known), name)


def is_remote(name: str) -> bool:
    """Return whether a list is fetched, and not a file."""
    return name.lower().startswith(("http://", "https://"))


def write_yaml(feeds: Iterable[Feed]) -> str:
    """Return the feeds as a YAML list that ``parse_feed_list`` reads back unchanged."""
    entries = [
        feed.model_dump(mode="json", exclude={"origin"}, exclude_defaults=True)
        for feed in feeds
    ]  # fmt: skip
    return yaml.safe_dump({"feeds": entries}, allow_unicode=True, sort_keys=False, width=1000)


def _from_yaml(content: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        _check_depth(content)
        document = yaml.load(content, Loader=_Loader)  # noqa: S506  # the safe one, in C where there is one
    except Exception as error:  # noqa: BLE001  # hostile scalars make yaml raise KeyError, IndexError and more
        raise SettingsError(f"the feed list {name} is not YAML: {error or type(error).__name__}") from None
    entries = document.get("feeds") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise SettingsError(f"the feed list {name} must hold a list of feeds")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise SettingsError(f"{name}: entry {number} must hold {{id, url, …}}, not {type(entry).__name__}")
        unknown = sorted(str(key) for key in entry if key not in _KEYS)
        if unknown:
            raise SettingsError(f"{name}: entry {number}: unknown key {unknown[0]}; known are {', '.join(_KEYS)}")
        where = f"entry {number}"
        if isinstance(home := entry.get("home"), str) and home and web_address(home) is None:
            raise SettingsError(f"{name}: {where}: home {_shown(home)} is not an http or https address")
        yield where, entry


def _check_depth(content: bytes) -> None:
    """Refuse deep nesting: the loader in C is recursive, and would crash the process."""
    depth = 0
    for event in yaml.parse(content, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ValueError(f"nested more than {_MAX_DEPTH} deep")


def feed_from(entry: Mapping[str, Any], where: str, *, remote: bool = False) -> Feed:
    """Return an entry, under its YAML names, as a feed. Raises ``SettingsError`` that begins with ``where``.

    Without an id in the entry, the feed has none yet. ``remote``: the list is foreign, and may name no local folders.
    """
    url = _address(entry.get("url"), where, remote=remote)
    # Programs without home pages often write something else here; that is no reason to refuse the list.
    home = web_address(entry.get("home"))
    outlet = _text(entry, "outlet", where) or outlet_of(home or "") or outlet_of(url)
    if not outlet:
        raise SettingsError(f"{where}: outlet is missing: {_shown(url)} does not tell who publishes it")
    return Feed(
        id=_text(entry, "id", where) or "",
        url=url,
        outlet=outlet,
        language=_language(entry, where),
        timezone=_timezone(entry, where),
        interval=_interval(entry.get("interval"), where),
        tags=_tags(entry, where),
        title=_title(entry.get("title"), where),
        home=home,
        full_text=_boolean(entry, "full_text", where),
        paused=_boolean(entry, "paused", where),
    )


def outlet_of(address: str) -> str:
    """Return the outlet by an address: its host without ``www.`` and the like."""
    try:
        host = (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        return ""
    for prefix in _NOT_THE_OUTLET:
        if host.startswith(prefix) and "." in host.removeprefix(prefix):
            return host.removeprefix(prefix)
    return host


def address_key(address: str) -> str:
    """Return a key that is equal for addresses of the same feed.

    It ignores http or https, ``www.``, a trailing slash, the scheme's port and a fragment.

    >>> address_key("http://www.example.in/rss/") == address_key("https://example.in/rss")
    True
    """
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return address
    if parts.scheme not in ("http", "https"):
        return address
    host = (parts.hostname or "").removesuffix(".").removeprefix("www.")
    where = f"{host}:{port}" if port not in (None, 80, 443) else host
    return f"{where}{parts.path.rstrip('/')}{'?' if parts.query else ''}{parts.query}"


def _address(value: object, where: str, *, remote: bool) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"{where}: url is missing")
    address = without_feed_scheme(value.strip()).replace(" ", "%20")
    if len(address) > MAX_ADDRESS or not address.isprintable():
        raise SettingsError(f"{where}: url {_shown(value)} is too long, or holds control characters")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError as error:
        raise SettingsError(f"{where}: url {_shown(value)}: {error}") from None
    # In lower case, as it is compared later (RFC 3986, 6.2.2.1).
    address = parts.scheme + address[len(parts.scheme) :]
    if parts.scheme == "file":
        return _folder(address, where, remote=remote)
    if not usable:
        raise SettingsError(f"{where}: url {_shown(value)} is not an http or https address")
    if parts.username is not None:
        raise SettingsError(f"{where}: an address with a user name or password is not supported")
    return address


def _folder(address: str, where: str, *, remote: bool) -> str:
    if remote:
        raise SettingsError(f"{where}: {_shown(address)}: a list that is fetched may not name folders of this machine")
    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/") or parts.query or parts.fragment:
        raise SettingsError(f"{where}: url {_shown(address)} is not file:///path/of/a/folder")
    return address


def without_feed_scheme(address: str) -> str:
    """Return ``feed://host/path`` and ``feed:https://host/path``, once written by browsers, as web addresses."""
    if not address.lower().startswith("feed:"):
        return address
    rest = address[len("feed:") :]
    return f"http:{rest}" if rest.startswith("//") else rest


def _text(entry: Mapping[str, Any], key: str, where: str) -> str | None:
    value = entry.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MAX_TEXT:
        raise SettingsError(f"{where}: {key} must be a line of text, not {_shown(value)}")
    return value.strip()


def _title(value: object, where: str) -> str | None:
    """Return a title in any script, without control characters, cut to its limit."""
    if value is not None and not isinstance(value, str):
        raise SettingsError(f"{where}: title must be a line of text, not {_shown(value)}")
    return clean_line(value, _MAX_TEXT) or None


def _tag(value: object, where: str) -> str:
    """Return a tag as a path without empty parts; never cut, since two could become one."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise SettingsError(f"{where}: a tag must be at most {_MAX_TEXT} characters of text, not {_shown(value)}")
    parts = (part.strip() for part in clean_line(value, _MAX_TEXT).split("/"))
    return "/".join(part for part in parts if part)


def _shown(value: object) -> str:
    """Return a value for an error message; of a collection only its kind, since it may be endless."""
    if isinstance(value, str):
        return repr(value[:80])
    return repr(value)[:80] if isinstance(value, bool | int | float) else type(value).__name__


def _tags(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    given = entry.get("tags")
    if given is not None and (not isinstance(given, list | tuple) or len(given) > MAX_TAGS):
        raise SettingsError(f"{where}: tags must be a list of at most {MAX_TAGS} texts, not {_shown(given)}")
    return clean_tags([entry.get("folder"), *(given or ())], where)


def clean_tags(tags: Iterable[object], where: str) -> tuple[str, ...]:
    """Return tags as stored: each once, none empty."""
    return tuple(dict.fromkeys(filter(None, (_tag(tag, where) for tag in tags))))


def _boolean(entry: Mapping[str, Any], key: str, where: str) -> bool:
    value = entry.get(key)
    if value is not None and not isinstance(value, bool):
        raise SettingsError(f"{where}: {key} must be true or false, not {_shown(value)}")
    return bool(value)


def _language(entry: Mapping[str, Any], where: str) -> str | None:
    value = _text(entry, "language", where)
    if value is None:
        return None
    tag = language_tag(value)
    if tag is None:
        raise SettingsError(f"{where}: language {_shown(value)} is not a BCP 47 tag such as en-IN")
    return tag


def _timezone(entry: Mapping[str, Any], where: str) -> str | None:
    value = _text(entry, "timezone", where)
    if value is not None and zones.iana(value) is None:
        raise SettingsError(f"{where}: timezone {_shown(value)} is not a name of the IANA's such as Asia/Kolkata")
    return value


def _interval(value: object, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not MIN_INTERVAL <= value <= MAX_INTERVAL:
        raise SettingsError(f"{where}: interval must be seconds between 0.2 and a month, not {_shown(value)}")
    return float(value)


def _with_ids(feeds: list[Feed], known: Iterable[Feed]) -> list[Feed]:
    """Give every feed an id; an address listed both with and without an id is one feed."""
    there = {feed.id: feed.url for feed in known}
    taken = {feed.id for feed in feeds if feed.id} | set(there)
    made = {feed.url: feed.id for feed in reversed(feeds) if feed.id}
    by_address = {address_key(url): name for name, url in sorted(there.items(), reverse=True)}
    for name in set(made.values()) & set(there):
        # The list itself names the id: no other entry may take it by its address.
        by_address.pop(address_key(there[name]), "")
    for url in sorted({feed.url for feed in feeds} - set(made)):
        made[url] = by_address.pop(address_key(url), "") or _free(slug(url), taken)
        taken.add(made[url])
    return [feed if feed.id else feed.model_copy(update={"id": made[feed.url]}) for feed in feeds]


def _merged(feeds: list[Feed], name: str) -> tuple[Feed, ...]:
    """Merge duplicates: a feed has all tags, and otherwise the values of its first entry."""
    merged: dict[str, Feed] = {}
    for feed in feeds:
        first = merged.setdefault(feed.id, feed)
        if first.url != feed.url:
            raise SettingsError(f"the feed list {name} has two feeds with the id {feed.id}")
        if first is not feed:
            tags = tuple(dict.fromkeys((*first.tags, *feed.tags)))[:MAX_TAGS]
            merged[feed.id] = first.model_copy(update={"tags": tags})
    return tuple(merged.values())


def slug(url: str) -> str:
    """Return host and path as one word.

    >>> slug("https://www.example.in/rss/top.xml")
    'example-in-rss-top-xml'
    """
    try:
        parts = urlsplit(url)
        named = f"{outlet_of(url)} {parts.path} {parts.query}"
    except ValueError:
        named = url  # archives hold any address
    words = re.findall(r"[a-z0-9]+", named.lower())
    return "-".join(words)[:120] or "feed"


def _free(wanted: str, taken: set[str]) -> str:
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"


def free_id(url: str, taken: Iterable[str]) -> str:
    """Return an unused id for the feed at ``url``.

    >>> free_id("https://a.example/rss", {"a-example-rss"})
    'a-example-rss-2'
    """
    return _free(slug(url), set(taken))
