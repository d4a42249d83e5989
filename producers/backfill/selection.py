"""Selects the entries of an archive to publish, and sets their outlet and times. Pure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from producers.formats.dates import NOT_LISTED, Listed
from producers.formats.parsed import ParsedEntry
from producers.messages import DeadLetter
from producers.registry.feedlist import outlet_of
from schemas.feed_records import RawEntry
from schemas.ids import article_id

REVISION = 0
"""Of an archive's text: whatever a live feed says of the same article is later."""
_MOST_AHEAD = timedelta(days=1)
"""How far behind its publication an entry can have been captured: time zones, not more."""
_SHARED = frozenset(RawEntry.model_fields) & frozenset(field.name for field in dataclasses.fields(ParsedEntry))

Omitted = Literal["older", "outside", "removed"]
"""Why an entry is not sent: a newer version of it was, or it is of another time, or it says only that it is gone."""


@dataclass(frozen=True)
class Terms:
    """The operator's terms. ``since`` (inclusive) and ``until`` (exclusive) bound the time of publication."""

    outlet: str | None = None
    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    date_from_file: bool = False


@dataclass(frozen=True)
class Origin:
    """The origin of entries. ``source`` names the place for a person, ``feed`` for the records.

    ``captured`` is when they were fetched: none was published later. ``fallback`` replaces a date of publication where
    there is neither. ``outlet`` is empty where the entries have to name it.
    """

    source: str
    feed: str
    outlet: str = ""
    language: str | None = None
    captured: datetime | None = None
    fallback: datetime | None = None
    listed: Listed = NOT_LISTED


def outlet_for(terms: Terms, origin: Origin, entry: ParsedEntry) -> str:
    """Return the outlet of an entry: as named by the operator, else who served it, else the host of its link."""
    return terms.outlet or origin.outlet or outlet_of(entry.url or "")


def choose(entry: ParsedEntry, terms: Terms, origin: Origin, now: datetime) -> RawEntry | DeadLetter | Omitted:
    """Return the record to send for an entry. ``now`` is its time of arrival, on which windows downstream rely.

    An entry without a date gets the time of its capture; without that it is a dead letter, since it would seem
    published now. An entry without an outlet is a dead letter, too.
    """
    outlet = outlet_for(terms, origin, entry)
    if not outlet:
        return _dead(entry, origin, "no_outlet", "nothing says who published it: name the outlet with --outlet")
    dated = with_event_time(entry, origin, now)
    published = dated.published or dated.updated
    if published is None:
        return _dead(entry, origin, "undated", "no date of publication: --date-from-file takes the file's")
    if (terms.since and published < terms.since) or (terms.until and published >= terms.until):
        return "outside"
    return _record(dated, outlet, terms.language or origin.language, origin.feed, now)


def with_event_time(entry: ParsedEntry, origin: Origin, now: datetime) -> ParsedEntry:
    """Check the times of an entry: impossible ones are dropped, missing ones are taken from its origin."""
    captured = _past(origin.captured, now)
    latest = (captured or now) + _MOST_AHEAD
    published = entry.published if entry.published and entry.published <= latest else None
    updated = entry.updated if entry.updated and entry.updated <= latest else None
    if published is None and updated is None:
        published = captured or _past(origin.fallback, now)
    return dataclasses.replace(entry, published=published, updated=updated)


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment <= now else None


def _record(entry: ParsedEntry, outlet: str, language: str | None, feed: str, now: datetime) -> RawEntry:
    said: dict[str, Any] = {name: getattr(entry, name) for name in _SHARED}
    return RawEntry(
        **said | {"language": language or entry.language},
        article=article_id(outlet, entry.identity),
        revision=REVISION,
        content_hash=entry.content_hash,
        feed=feed,
        outlet=outlet,
        first_seen=now,
        fetched=now,
        backfill=True,
    )


def _dead(entry: ParsedEntry, origin: Origin, reason: str, detail: str) -> DeadLetter:
    original = orjson.dumps(dataclasses.asdict(entry), default=_plain)
    return DeadLetter(origin.feed, original, reason, detail, origin.source)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.model_dump() if hasattr(value, "model_dump") else str(value)
