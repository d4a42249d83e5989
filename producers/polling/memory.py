"""The memory of a feed's entries, packed: ten thousand feeds fit one process, and a state one message.

45 bytes an entry, after one byte that names the layout.
"""

from __future__ import annotations

import functools
import hashlib
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from producers.formats.naming import address_name
from schemas.feed_records import FeedState
from wirecopy.telemetry import logger

WINDOW, OWNER, MISSING, REMOVED = 1, 2, 4, 8
"""Flags: in the feed when it was last read · it is this feed that publishes the article · gone from the middle of the
feed, not yet for certain · its removal has been published."""
LEFT_AT_LEAST, LEFT_PER_WINDOW = 100, 3
"""Entries remembered after they have left the window: so many, or so many times the window."""
MOST = 3000
"""Entries remembered of a feed whose window is not larger than that."""
NO_LINK = bytes(8)
NO_CONTENT = bytes(8)
_VERSION = 1
_LAYOUT = struct.Struct("<16s8s8sIIIB")
_LAST_SECOND = 2**32 - 1
_TARGETS = frozenset(
    ("url", "u", "link", "target", "dest", "destination", "redirect", "redirect_url", "goto", "to", "href")
)
_KINDS = frozenset(("articleshow", "article", "story", "photostory", "videoshow", "liveblog", "node", "cid"))
"""Words before a number that make it an article's, however short the words of the headline before them."""
_VOLATILE = re.compile(
    r"token|tk|session_?id|phpsessid|jsessionid|aspsessionid\w*|sid|ts|timestamp|rnd|rand|random|nocache|cache_?buster|cb|_"
    r"|sig|signature|expires|usg|ved|ei|oc|hl|gl|ceid",
    re.IGNORECASE,
)
"""Parameters that are another at every reading, and others of aggregators: of no weight where pages are compared."""
_LONG = 7
"""Digits from which on a number at the end of words is no number of the headline: of people, rupees, points."""
_ENDING = re.compile(r"(?:\.(?:html?|cms|ece|php|aspx?|jsp|amp|shtml|stm|story|print))?/?(?:/amp/?)?$", re.IGNORECASE)
_WHOLE = re.compile(r"(article|story|art|news|a|n|id|p|s)?[-_]?(\d{5,})", re.IGNORECASE)
_LAST = re.compile(r"(.+?)[-_.](\d{5,}|[0-9a-f]{8,})(?:-\d{4}-\d\d-\d\d)?", re.IGNORECASE)
_DATE = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{0,6}|(?:[0-2]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d"
)
_INDEX_PAGE = re.compile(r"/(?:(?:index|home|default)\.[a-z]{3,5})?", re.IGNORECASE)


class UnreadableMemory(ValueError):
    """The bytes are no memory, or of an unknown layout."""


class Seen(NamedTuple):
    """One remembered entry. Times are seconds since 1970; ``published`` and ``link`` are zero where unknown.

    ``revision`` is the highest one that this feed answers for; zero where another feed of the outlet publishes the
    article. ``content`` is what the entry says here.
    """

    article: bytes
    content: bytes
    link: bytes
    revision: int
    first_seen: int
    published: int
    flags: int

    def has(self, flag: int) -> bool:
        return bool(self.flags & flag)

    def marked(self, flag: int) -> Seen:
        return self._replace(flags=self.flags | flag)

    def cleared(self, flag: int) -> Seen:
        return self._replace(flags=self.flags & ~flag)


class Memory:
    """The entries of one feed by article: those that have left it, the longest gone first, then those in it."""

    def __init__(self, entries: Iterable[Seen] = ()) -> None:
        self._entries = {seen.article: seen for seen in entries}

    @classmethod
    def of(cls, state: FeedState) -> Memory:
        """Unpack the memory of a state; empty, with a line in the log, where it cannot be read."""
        try:
            return cls.unpack(state.memory)
        except UnreadableMemory as error:
            _report_lost(state.feed, str(error))
            return cls()

    @classmethod
    def unpack(cls, packed: bytes) -> Memory:
        """Raises ``UnreadableMemory``."""
        if not packed:
            return cls()
        if packed[0] != _VERSION:
            raise UnreadableMemory(f"layout {packed[0]} is not known")
        if (len(packed) - 1) % _LAYOUT.size:
            raise UnreadableMemory(f"{len(packed)} bytes are not a whole number of entries")
        return cls(map(Seen._make, _LAYOUT.iter_unpack(memoryview(packed)[1:])))

    def pack(self) -> bytes:
        if not self._entries:
            return b""
        return bytes([_VERSION]) + b"".join(_LAYOUT.pack(*seen) for seen in self._entries.values())

    def __iter__(self) -> Iterator[Seen]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, article: object) -> bool:
        return article in self._entries

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Memory) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # two memories are compared, never counted

    def get(self, article: bytes) -> Seen | None:
        return self._entries.get(article)

    def window(self) -> frozenset[bytes]:
        """Return the articles that were in the feed when it was last read."""
        return frozenset(seen.article for seen in self if seen.has(WINDOW))

    def articles(self) -> list[str]:
        """Return the ids of all remembered articles, in order."""
        return [seen.article.hex() for seen in self]


@functools.lru_cache(maxsize=1024)
def _report_lost(feed: str, why: str) -> None:
    """Log it once: the outlet's other feeds read it too, at every poll."""
    logger("producer").error("the memory of this feed is lost: it starts anew", feed=feed, why=why)


def remembering(before: Memory, changed: Iterable[Seen]) -> Memory:
    """Make the memory after a reading: ``changed`` are the entries in the feed, and others that changed.

    The whole window is kept, and of what has left it as much as the limits say, the longest gone forgotten first.
    """
    now = {seen.article: seen for seen in changed}
    window = sorted((seen for seen in now.values() if seen.has(WINDOW)), key=lambda seen: (seen.first_seen, seen))
    inside = {seen.article for seen in window}
    gone = [now.get(seen.article, seen).cleared(WINDOW) for seen in before if seen.article not in inside]
    limit = max(LEFT_AT_LEAST, min(LEFT_PER_WINDOW * len(window), MOST - len(window)))
    return Memory([*gone[-limit:], *window])


@functools.lru_cache(maxsize=8192)
def link_hash(address: str | None) -> bytes:
    """What tells whether two addresses are of one page: without scheme, ``www.``, tracking, fragment and order of
    parameters; of an aggregator's the address that it leads to; where an article has a number, that (``mark_of``).

    ``NO_LINK`` where it names no page of its own: none, a home page, an index.
    """
    try:
        parts = urlsplit(address_name(_target(address or "").partition("#")[0]))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return NO_LINK
    if not host or (_INDEX_PAGE.fullmatch(parts.path or "/") and not any(char.isdigit() for char in parts.query)):
        return NO_LINK
    place = f"{host.removeprefix('www.')}:{'' if port in (80, 443) else port or ''}"
    mark = mark_of(address)
    page = f"{mark.kind}\0{mark.number}" if mark.number else parts.path.rstrip("/")
    query = "&".join(sorted(part for part in parts.query.split("&") if not _VOLATILE.fullmatch(part.partition("=")[0])))
    return hashlib.blake2b(f"{place}\0{page}\0{query}".encode(errors="replace"), digest_size=8).digest()


def _target(address: str) -> str:
    """Return the target of an aggregator's address, where a parameter names it."""
    query = address.partition("?")[2].partition("#")[0]
    for parameter in query.split("&") if "http" in query else ():
        name, _, value = parameter.partition("=")
        target = unquote(value)
        if name.lower() in _TARGETS and target.startswith(("http://", "https://")):
            return target
    return address


@dataclass(frozen=True)
class Mark:
    """The number by which a publisher's system knows an article whose address repeats its headline.

    It is ``weak`` where it may as well be a number that the headline ends with; ``kind`` is the word before it.
    """

    number: str = ""
    kind: str = ""
    strength: Literal["none", "weak", "strong"] = "none"


NO_MARK = Mark()


@functools.lru_cache(maxsize=8192)
def mark_of(address: str | None) -> Mark:
    """The mark in an address: ``119799583`` of ``/city/dam-opened/articleshow/119799583.cms`` and of
    ``/city/dam-opened-119799583``; none where there is no headline in it, or only a date.
    """
    try:
        path = urlsplit(_target(address or "")).path
    except ValueError:
        return NO_MARK
    segments = [segment for segment in _ENDING.sub("", path).split("/") if segment]
    for place in (len(segments) - 1, len(segments) - 2):
        mark = _mark_in(segments, place) if place >= 0 else NO_MARK
        if mark.number:
            return mark
    return NO_MARK


def _mark_in(segments: list[str], place: int) -> Mark:
    segment, others = segments[place], [*segments[:place], *segments[place + 1 :]]
    named = place > 1 and segments[place - 1].lower() in _KINDS
    if (whole := _WHOLE.fullmatch(segment)) is not None and (named or any(map(_is_title, others))):
        before = segments[place - 1] if place and not _is_title(segments[place - 1]) else ""
        return Mark(whole[2], whole[1] or before, "strong") if not _is_date(whole[2]) else NO_MARK
    ending = _LAST.fullmatch(segment) if place == len(segments) - 1 else None
    if ending is None or not _is_title(ending[1]) or _is_date(ending[2]):
        return NO_MARK
    number = ending[2]
    if number.isdigit():
        return Mark(number, "", "strong" if len(number) >= _LONG else "weak")
    mixed = any(char.isdigit() for char in number) and any(char.isalpha() for char in number)
    return Mark(number, "", "strong") if mixed else NO_MARK


def _is_title(segment: str) -> bool:
    """Whether a part of a path is words from a headline."""
    return segment.count("-") + segment.count("_") + segment.count("%20") >= 1 and any(map(str.isalpha, segment))


def _is_date(number: str) -> bool:
    return bool(_DATE.fullmatch(number))


def names_article(address: str | None) -> bool:
    """Whether an address looks like one article's own (a number, or a title in its path) and not like a section's."""
    try:
        last = urlsplit(address or "").path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return False
    return last.count("-") > 1 or any(char.isdigit() for char in last)


def seconds(moment: datetime | None) -> int:
    """Convert a time to whole seconds since 1970; 0 for none, clipped to the range."""
    if moment is None:
        return 0
    return min(max(int(moment.timestamp()), 1), _LAST_SECOND)


def moment(kept: int) -> datetime:
    return datetime.fromtimestamp(kept, UTC)
