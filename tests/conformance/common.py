"""A feed as every parser can be compared by it: the fields that most suites and formats have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from producers.formats.parsed import ParsedEntry, ParsedFeed


@dataclass(frozen=True)
class Entry:
    """One entry; texts as HTML or plain, dates as RFC 3339 or as the feed has them."""

    guid: str = ""
    link: str = ""
    title: str = ""
    published: str = ""
    updated: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    media: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feed:
    """A feed; ``hints`` are what it says about polling."""

    title: str = ""
    link: str = ""
    language: str = ""
    hints: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = field(default_factory=tuple)


def from_parsed(parsed: ParsedFeed) -> Feed:
    hints = [f"ttl {parsed.ttl:g}"] if parsed.ttl else []
    hints += [f"hour {hour}" for hour in sorted(parsed.skip_hours)]
    hints += [f"day {day}" for day in sorted(parsed.skip_days)]
    return Feed(
        title=parsed.title,
        link=parsed.home or "",
        language=parsed.language or "",
        hints=tuple(hints),
        entries=tuple(_entry(entry) for entry in parsed.entries),
    )


def _entry(entry: ParsedEntry) -> Entry:
    return Entry(
        guid=entry.guid or "",
        link=entry.url or "",
        title=entry.headline,
        published=entry.published.isoformat() if entry.published else "",
        updated=entry.updated.isoformat() if entry.updated else "",
        authors=(entry.byline,) if entry.byline else (),
        categories=entry.subjects,
        texts=tuple(text for text in (entry.summary, entry.content) if text),
        media=tuple(medium.href for medium in entry.media),
    )


def texts(*values: Any) -> tuple[str, ...]:
    """Those of ``values`` that are texts and not empty."""
    return tuple(value for value in values if isinstance(value, str) and value.strip())
