"""What of a feed is new: entries to revisions, against what the feed's state remembers. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from producers.parsed import ParsedEntry, ParsedFeed, content_hash
from schemas.ids import article_id
from schemas.records import Feed, FeedState, RawEntry, SeenEntry

REMEMBERED = 1000
"""Entries that have left the feed's window and are still known, so that one that comes back is not news."""


def initial_state(feed: Feed, now: datetime, interval: float) -> FeedState:
    """The state of a feed that has never been polled: due at once."""
    return FeedState(feed=feed.id, url=feed.url, interval=interval, next_poll=now)


@dataclass(frozen=True)
class OtherFeeds:
    """What a feed has to know of others: ``elsewhere`` are articles that another feed of the same outlet publishes,
    ``inherited`` what feeds published that are no longer on the list.
    """

    elsewhere: Container[str] = frozenset()
    inherited: Mapping[str, SeenEntry] = field(default_factory=dict)


def new_revisions(
    feed: Feed, parsed: ParsedFeed, state: FeedState, now: datetime, others: OtherFeeds | None = None
) -> tuple[list[RawEntry], FeedState]:
    """The entries to publish, and the state that holds once they are acknowledged.

    An entry not known is revision 1; one whose content hash differs from the one remembered is the next revision,
    with the same ``first_seen``; any other gives nothing. The result does not depend on the order of the entries:
    records are sorted by publication, then id. The state remembers the whole window and ``REMEMBERED`` entries that
    have left it.
    """
    others = others or OtherFeeds()
    window: dict[str, SeenEntry] = {}
    records: list[RawEntry] = []
    for entry in parsed.entries:
        article = article_id(feed.outlet, entry.identity)
        if article in others.elsewhere:
            continue
        known = state.entries.get(article) or others.inherited.get(article)
        seen = window[article] = _seen(entry, known, now)
        if seen != known:
            records.append(_record(feed, entry, article, seen, now))
    records.sort(key=lambda record: (record.published or record.updated or now, record.article))
    return records, _remembering(state, window, bool(records), now)


def _seen(entry: ParsedEntry, known: SeenEntry | None, now: datetime) -> SeenEntry:
    fresh = content_hash(entry)
    if known is None:
        return SeenEntry(content_hash=fresh, revision=1, first_seen=now)
    if known.content_hash == fresh:
        return known
    return SeenEntry(content_hash=fresh, revision=known.revision + 1, first_seen=known.first_seen)


def _record(feed: Feed, entry: ParsedEntry, article: str, seen: SeenEntry, now: datetime) -> RawEntry:
    return RawEntry(
        article=article,
        revision=seen.revision,
        content_hash=seen.content_hash,
        feed=feed.id,
        outlet=feed.outlet,
        guid=entry.guid,
        url=entry.url,
        headline=entry.headline,
        byline=entry.byline,
        summary=entry.summary,
        content=entry.content,
        # The list's word counts more than the feed's: publishing systems are often left at "en-us".
        language=feed.language or entry.language,
        subjects=entry.subjects,
        published=entry.published,
        updated=entry.updated,
        first_seen=seen.first_seen,
        fetched=now,
    )


def _remembering(state: FeedState, window: dict[str, SeenEntry], news: bool, now: datetime) -> FeedState:
    """``entries`` in the order of when each was last in the window, so that the longest gone are forgotten first."""
    gone = [(article, seen) for article, seen in state.entries.items() if article not in window]
    entries = dict(gone[-REMEMBERED:]) | dict(sorted(window.items()))
    return state.model_copy(update={"entries": entries, "last_new_entry": now if news else state.last_new_entry})
