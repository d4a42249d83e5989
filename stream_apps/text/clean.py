"""Turns a feed entry into an article: the fingerprint stage's first step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schemas.feed_records import RawEntry
from schemas.public_records import Article, PubStatus, Signal
from stream_apps.text.agencies import Catalogue
from stream_apps.text.credits import read_credits
from stream_apps.text.html import MAX_MARKUP, paragraphs, plain
from wirecopy.errors import BadInput

MOST_AHEAD = timedelta(days=1)
"""How far ahead of its fetch an entry may say that it was published: time zones, not more."""

_MOST_LINE = 2000
_STATUS: dict[Signal, PubStatus] = {"kill": "canceled", "withdrawn": "canceled", "hold": "withheld"}


def clean_entry(entry: RawEntry, max_text: int, catalogue: Catalogue | None = None) -> Article:
    """Return the article of a feed entry. Deterministic.

    The text is the longer of content and summary, in paragraphs, cut at a word before ``max_text`` characters;
    ``truncated`` tells. ``published`` is the feed's date, else ``updated``, else ``first_seen``; a date more than a day
    after the fetch is impossible and becomes the time of the fetch.
    ``versioncreated`` is ``updated``, under the same rule, else ``published``. An agency's withdrawal or kill makes
    the article ``canceled``, its hold ``withheld``. Raises ``BadInput`` (``empty_entry``) where there is neither a
    headline nor a text.
    """
    headline = plain(entry.headline)[:_MOST_LINE]
    byline = plain(entry.byline or "")[:_MOST_LINE] or None
    full = _body(entry)
    if not headline and not full:
        raise BadInput("empty_entry", f"entry {entry.guid or entry.url or entry.article} has neither headline nor text")
    text = _cut(full, max_text)
    credited = plain(entry.creditline or "")[:_MOST_LINE] or None
    published = _published(entry)
    signed = ", ".join(filter(None, (byline, credited))) or None
    reading = read_credits(text, signed, headline, catalogue, outlet=entry.outlet, published=published.date())
    return Article(
        id=entry.article,
        revision=entry.revision,
        outlet=entry.outlet,
        feed=entry.feed,
        guid=entry.guid,
        url=entry.url,
        headline=headline,
        byline=byline,
        text=text,
        language=entry.language,
        subjects=entry.subjects,
        pubstatus=_status(entry, reading.signal),
        signal=reading.signal,
        published=published,
        versioncreated=_not_ahead(entry.updated, entry.fetched) if entry.updated else published,
        first_seen=entry.first_seen,
        fetched=entry.fetched,
        dateline=reading.dateline,
        creditline=reading.creditline or credited,
        credits=reading.credits,
        services=reading.services,
        paid=reading.paid,
        annotations=reading.annotations,
        truncated=len(text) < len(full) or any(len(m or "") > MAX_MARKUP for m in (entry.content, entry.summary)),
        backfill=entry.backfill,
        media=entry.media,
        full_text=entry.full_text,
    )


def _status(entry: RawEntry, signal: Signal | None) -> PubStatus:
    """Return the status: that of the agency's own format, else that of the text's words."""
    if entry.pubstatus != "usable" or signal is None:
        return entry.pubstatus
    return _STATUS.get(signal, "usable")


def _body(entry: RawEntry) -> str:
    """Return the longer of the entry's two texts; content where they are equally long."""
    return max(("\n".join(paragraphs(markup or "")) for markup in (entry.content, entry.summary)), key=len)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    kept = text[:most]
    space = max(kept.rfind(" "), kept.rfind("\n"))
    whole_words = text[most : most + 1] in (" ", "\n") or space < most - 200
    return (kept if whole_words else kept[:space]).rstrip()


def _published(entry: RawEntry) -> datetime:
    return _not_ahead(entry.published or entry.updated or entry.first_seen, entry.fetched)


def _not_ahead(said: datetime, fetched: datetime) -> datetime:
    return fetched if _aware(said) > _aware(fetched) + MOST_AHEAD else said


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
