"""Records of a parsed feed: plain, bounded values that can travel between processes."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from producers.formats import naming
from producers.formats.cleaning import plain_line, visible_text
from producers.formats.naming import address_name, ambiguous, page_of, text_name
from schemas.public_records import Media, PubStatus

MAX_HEADLINE = 2000
MAX_NAME = 1000
MAX_BODY = 1_000_000
"""Characters of one HTML body that are read."""
_MAX_SUBJECTS = 50
_MAX_SUBJECT = 200
HALF = 4
"""Bytes of a content hash that are of the headline."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ParsedEntry:
    """One entry of a feed. Texts are as published, without control characters; ``url`` is absolute, http or https.

    ``identity`` names the entry within its outlet; ``distinct`` sets it.
    """

    guid: str | None = None
    url: str | None = None
    headline: str = ""
    byline: str | None = None
    summary: str | None = None
    content: str | None = None
    language: str | None = None
    subjects: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    identity: str = ""
    creditline: str | None = None
    pubstatus: PubStatus = "usable"
    media: tuple[Media, ...] = ()
    full_text: bool = False

    @cached_property
    def content_hash(self) -> str:
        """Hash the visible, editable content to 64 bits: headline, byline and bodies, an agency's credit and status.

        Markup, addresses, white space and dates do not count: publishers' systems change those without an edit. The
        first half is of the headline, the second of all else, so that an edit of the headline alone is recognised.
        """
        below = [self.byline or "", visible_text(self.summary), visible_text(self.content)]
        if self.creditline or self.pubstatus != "usable":
            below += [self.creditline or "", self.pubstatus]
        return _half(visible_text(self.headline)) + _half("\0".join(below))


@dataclass(frozen=True)
class ParsedFeed:
    """A feed: ``ttl`` in seconds, ``dropped`` entries beyond the limit, ``problem`` where it is not well-formed.

    In ``skip_hours`` (0 to 23, UTC) and on ``skip_days`` (0 is Monday) it asks not to be polled. ``hub`` and ``topic``
    are for WebSub: the hub, and the feed's address there. ``deleted`` are the identities of entries that the feed has
    deleted (RFC 6721).
    """

    title: str
    version: str
    home: str | None
    language: str | None
    ttl: float | None
    entries: tuple[ParsedEntry, ...]
    dropped: int = 0
    problem: str | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    hub: str | None = None
    topic: str | None = None
    deleted: frozenset[str] = frozenset()


def _half(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=HALF).hexdigest()


def distinct(entries: Iterable[ParsedEntry]) -> tuple[ParsedEntry, ...]:
    """Return each entry once, with its identity: the GUID, else the address, else a hash of its texts (``naming``).

    A GUID with several addresses names nothing; the addresses do. A name with several headlines names nothing; the
    headlines do. A GUID that numbers the revisions of a page is that page, unless the document holds several of them:
    then they are parts of it. An entry that has an identity keeps it. Of several versions of one entry the latest
    stays. Only the order of the result depends on the order of ``entries``.
    """
    given = list(entries)
    chosen: dict[str, ParsedEntry] = {}
    for entry, identity in zip(given, _identities(given), strict=True):
        known = chosen.get(identity)
        if known is None or _later(entry) > _later(known):
            chosen[identity] = entry
    return tuple(replace(entry, identity=identity) for identity, entry in chosen.items())


def _identities(entries: Sequence[ParsedEntry]) -> list[str]:
    shared = ambiguous((entry.guid, address_name(entry.url)) for entry in entries if entry.guid and entry.url)
    names = [entry.identity or _name(entry, shared) for entry in entries]
    crowded = naming.crowded(zip(names, entries, strict=True))
    names = [
        _headline_name(entry, name) if name in crowded else name for entry, name in zip(entries, names, strict=True)
    ]
    # An entry without a page counts by itself here, so that no revision takes the name of another.
    pages = [_page(entry, name) or name for entry, name in zip(entries, names, strict=True)]
    crowded = ambiguous(zip(pages, names, strict=True))
    # One entry that comes twice, once without its page, is still one.
    torn = ambiguous(zip(names, pages, strict=True))
    return [name if page in crowded or name in torn else page for page, name in zip(pages, names, strict=True)]


def _name(entry: ParsedEntry, shared: Container[str]) -> str:
    if entry.guid and entry.guid not in shared:
        return address_name(entry.guid)
    if entry.url:
        return address_name(entry.url)
    bodies = (entry.headline, entry.summary or entry.content)
    return text_name(bodies, (entry.byline, entry.subjects, entry.published, entry.updated))


def _headline_name(entry: ParsedEntry, name: str) -> str:
    """Name one of several entries that share a name; an entry that has an identity keeps it."""
    return name if entry.identity else text_name((name, entry.headline or entry.summary or entry.content), name)


def _page(entry: ParsedEntry, name: str) -> str | None:
    numbered = not entry.identity and entry.guid is not None and address_name(entry.guid) == name
    return page_of(entry.guid, entry.url) if numbered and entry.guid else None


def _later(entry: ParsedEntry) -> tuple[datetime, str, str]:
    return entry.updated or entry.published or _NEVER, entry.content_hash, repr(entry)


def subjects(terms: Iterable[object]) -> tuple[str, ...]:
    """Return categories as lines of text, each once, a bounded number."""
    lines = (plain_line(term, _MAX_SUBJECT) for term in terms)
    return tuple(dict.fromkeys(line for line in lines if line))[:_MAX_SUBJECTS]
