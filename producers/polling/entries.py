"""New revisions of a feed: its entries compared with the memories of the outlet's feeds. Pure.

An article belongs to one feed of its outlet: the one that published it first, for as long as it is in there. Another
one that carries it too, often with other words, publishes nothing of it. When it has left its owner and is still in
another feed, that one takes over without a word: what it says is where later changes are measured from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cached_property
from itertools import pairwise

from producers.formats.parsed import ParsedEntry, ParsedFeed
from producers.polling.aliases import aliases
from producers.polling.memory import (
    MISSING,
    MOST,
    NO_CONTENT,
    OWNER,
    REMOVED,
    WINDOW,
    Memory,
    Seen,
    link_hash,
    moment,
    remembering,
    seconds,
)
from producers.polling.removals import Judge
from schemas.feed_records import Feed, FeedState, RawEntry
from schemas.ids import article_id

REMOVED_HASH = "removed"
"""The content hash of a message that says only that an entry has been taken out."""


def initial_state(feed: Feed, now: datetime, interval: float) -> FeedState:
    """Make the state of a feed that was never polled: due at once."""
    return FeedState(feed=feed.id, url=feed.url, outlet=feed.outlet, interval=interval, next_poll=now)


class LastPublisher(Enum):
    """The feed that published the last revision of an article."""

    NOBODY = "nobody has published it"
    THIS_FEED = "the feed that is being read"
    POLLED = "another feed of the outlet, which is polled"
    GONE = "another feed of the outlet, which nobody polls any more"


class Verdict(Enum):
    """The decision on an entry."""

    NEW = "published for the first time"
    REVISED = "published as the next revision"
    UNCHANGED = "not published"

    @property
    def is_news(self) -> bool:
        return self is not Verdict.UNCHANGED


@dataclass(frozen=True)
class OutletFeeds:
    """The outlet's other feeds: their states, and the names of those that nobody polls any more.

    What those had published is inherited: whoever carries it goes on from there.
    """

    siblings: tuple[FeedState, ...] = ()
    unlisted: frozenset[str] = frozenset()

    @cached_property
    def memories(self) -> tuple[tuple[FeedState, Memory], ...]:
        """The memories by feed id, so that their order decides nothing."""
        return tuple((state, Memory.of(state)) for state in sorted(self.siblings, key=lambda state: state.feed))

    def known(self, article: bytes) -> Iterator[tuple[FeedState, Seen]]:
        """Yield what each other feed remembers of an article."""
        for state, memory in self.memories:
            if (seen := memory.get(article)) is not None:
                yield state, seen

    def polled(self, state: FeedState) -> bool:
        """Whether that feed is still polled, and so publishes its articles itself."""
        return state.feed not in self.unlisted and state.retired is None and state.parked is None

    def carries(self, article: bytes) -> bool:
        """Whether another feed that is still polled carries the article."""
        return any(seen.has(WINDOW) and self.polled(state) for state, seen in self.known(article))


@dataclass(frozen=True)
class _Reading:
    """One reading of one feed, with its state and the outlet's other feeds."""

    feed: Feed
    parsed: ParsedFeed
    state: FeedState
    now: datetime
    outlet_feeds: OutletFeeds
    partial: bool
    before: Memory = field(default_factory=Memory)


def new_revisions(
    feed: Feed,
    parsed: ParsedFeed,
    state: FeedState,
    now: datetime,
    outlet_feeds: OutletFeeds | None = None,
    *,
    partial: bool = False,
) -> tuple[list[RawEntry], FeedState]:
    """Return the records to publish, and the state to write once they are acknowledged.

    An entry not known is revision 1; one whose content hash differs from the one remembered is the next revision,
    with the same ``first_seen``; one that has been taken out is the next revision too, without a text; any other gives
    nothing. ``partial`` says that these are not all entries of the feed. The result does not depend on the order of
    the entries, except that only a feed in order of time shows that one is missing; records are sorted by
    publication, then id. Of the state, only what concerns entries is moved on.
    """
    reading = _Reading(feed, parsed, state, now, outlet_feeds or OutletFeeds(), partial, Memory.of(state))
    changed: dict[bytes, Seen] = {}
    records: list[RawEntry] = []
    for article, entry in _articles(reading).items():
        seen, publish = _judged(reading, article, entry)
        changed[article] = seen
        if publish:
            records.append(_record(reading, entry, seen))
    for seen in list(_absent(reading, changed)):
        changed[seen.article] = seen
        if seen.has(REMOVED):
            records.append(_removal(reading, seen))
    records.sort(key=lambda record: (record.published or record.updated or now, record.article))
    after = remembering(reading.before, changed.values() if not partial else _kept(reading.before, changed))
    update: dict[str, object] = {"memory": after.pack(), "window": len(after.window())}
    if records:
        update["last_new_entry"] = now
    if not partial:
        update["in_order"] = _in_order(parsed)
    return records, state.model_copy(update=update)


def _kept(before: Memory, changed: dict[bytes, Seen]) -> Iterable[Seen]:
    """Where only part of a feed came, what was in it stays in it; within limits, for a folder is never emptied."""
    entries = {seen.article: seen for seen in before if seen.has(WINDOW)} | changed
    inside = sorted((seen for seen in entries.values() if seen.has(WINDOW)), key=lambda seen: (seen.first_seen, seen))
    return [seen for seen in entries.values() if not seen.has(WINDOW)] + inside[-MOST:]


# ---- which article an entry is ----------------------------------------------------------------------------------


def _articles(reading: _Reading) -> dict[bytes, ParsedEntry]:
    """Return the entries by article; one under another name than before has the name it was published with."""
    named = {bytes.fromhex(article_id(reading.feed.outlet, entry.identity)): entry for entry in reading.parsed.entries}
    others = [memory for _, memory in reading.outlet_feeds.memories]
    known = aliases(named, reading.before, others, partial=reading.partial)
    return {known.get(article, article): entry for article, entry in named.items()}


# ---- what has become of it --------------------------------------------------------------------------------------


def _judged(reading: _Reading, article: bytes, entry: ParsedEntry) -> tuple[Seen, bool]:
    """Judge an entry of the feed. Returns its memory, and whether to publish it."""
    mine = reading.before.get(article)
    others = list(reading.outlet_feeds.known(article))
    published = [(reading.state, mine)] if mine is not None and mine.revision else []
    published += [(state, other) for state, other in others if other.revision]
    first_seen = min((known.first_seen for _, known in published), default=seconds(reading.now))
    if not published and mine is not None:
        first_seen = mine.first_seen
    seen = Seen(article, _content(entry), link_hash(entry.url), 0, first_seen, _stamp(entry), WINDOW)
    if (owned := _owned_elsewhere(reading, mine, others)) is not None:
        return _deferred(seen, mine, owned), False
    # Of equal revisions, the feed's own: what it said when it took the article over is what it goes on from.
    state, latest = max(
        published, key=lambda known: (known[1].revision, known[1] is mine, known[0].feed), default=(reading.state, None)
    )
    found = verdict(_publisher(reading, state, latest), seen.content, mine, latest)
    revision = latest.revision if latest is not None else 0
    return seen._replace(revision=revision + found.is_news, flags=WINDOW | OWNER), found.is_news


def _owned_elsewhere(reading: _Reading, mine: Seen | None, others: Iterable[tuple[FeedState, Seen]]) -> Seen | None:
    """Return the memory of the feed that publishes the article instead; None where this one does."""
    owners = {
        (other.first_seen, state.feed): other
        for state, other in others
        if other.has(OWNER) and other.has(WINDOW) and reading.outlet_feeds.polled(state)
    }
    if not owners:
        return None
    first = min(owners)
    if mine is not None and mine.has(OWNER) and mine.has(WINDOW) and (mine.first_seen, reading.feed.id) < first:
        # Both would, where two producers were at work by mistake: the same one gives way, whoever is asked first.
        return None
    return owners[first]


def _deferred(seen: Seen, mine: Seen | None, owned: Seen) -> Seen:
    """Make the memory of an article that another feed publishes.

    Where both used the same words, it keeps those until the other has changed them too: should the other lose the
    article before it has seen the edit, this one still knows of it.
    """
    if mine is None:
        return seen
    content = mine.content if mine.content == owned.content else seen.content
    return seen._replace(content=content, revision=mine.revision)


def _publisher(reading: _Reading, state: FeedState, latest: Seen | None) -> LastPublisher:
    if latest is None:
        return LastPublisher.NOBODY
    if state.feed == reading.feed.id:
        return LastPublisher.THIS_FEED
    return LastPublisher.POLLED if reading.outlet_feeds.polled(state) else LastPublisher.GONE


def verdict(publisher: LastPublisher, content: bytes, mine: Seen | None, latest: Seen | None) -> Verdict:
    """Decide on an entry whose article no other feed of the outlet owns, by the first case that fits.

    ``latest`` is what was last published of the article and by ``publisher``, ``mine`` what this feed remembers of it.

    | last published by | what it said | verdict |
    |---|---|---|
    | nobody | | new |
    | anyone | that it was taken out | revised |
    | anyone | the same | unchanged |
    | this feed | something else | revised |
    | a feed that is gone, and this one did not have it | something else | revised |
    | a feed that is polled, and this one did not have it | something else | unchanged: its way to put it |
    | another feed, in the words that this one had | something else | revised |
    | another feed, in other words than this one had | something else | unchanged: its way to put it |
    """
    if latest is None:
        return Verdict.NEW
    if latest.has(REMOVED):
        return Verdict.REVISED
    if content == latest.content:
        return Verdict.UNCHANGED
    if publisher is LastPublisher.THIS_FEED:
        return Verdict.REVISED
    if mine is None:
        return Verdict.REVISED if publisher is LastPublisher.GONE else Verdict.UNCHANGED
    return Verdict.REVISED if mine.content == latest.content else Verdict.UNCHANGED


# ---- what is no longer there ------------------------------------------------------------------------------------


def _absent(reading: _Reading, present: dict[bytes, Seen]) -> Iterator[Seen]:
    """Yield the memories of entries that are no longer there: missing, removed, or off the end of the feed."""
    deleted = {bytes.fromhex(article_id(reading.feed.outlet, name)) for name in reading.parsed.deleted}
    judge = _judge(reading, present)
    for seen in reading.before:
        if seen.article in present or seen.has(REMOVED):
            continue
        if seen.article in deleted:
            yield _removed(reading, seen) or (seen if reading.partial else seen.cleared(WINDOW))
        elif seen.has(MISSING) or (seen.has(WINDOW) and not reading.partial):
            yield _fate(reading, judge, seen)


def _judge(reading: _Reading, present: dict[bytes, Seen]) -> Judge | None:
    """Make a judge of removals. None where this reading cannot show them: cut, partial or unordered."""
    parsed = reading.parsed
    if reading.partial or parsed.dropped or not reading.state.in_order or not _in_order(parsed):
        return None
    return Judge.of(reading.before, present)


def _fate(reading: _Reading, judge: Judge | None, seen: Seen) -> Seen:
    left = seen.cleared(WINDOW)
    if judge is None:
        return left
    if not judge.missing(seen):
        return left.cleared(MISSING)
    if seen.has(MISSING) and judge.newest > seen.published:
        return _removed(reading, seen) or left
    settled = seen.first_seen < seconds(reading.state.last_poll)
    return left.marked(MISSING) if settled and seen.has(WINDOW) else left


def _removed(reading: _Reading, seen: Seen) -> Seen | None:
    """Make the removal, if this feed owns the article and no other feed of the outlet has it."""
    if not seen.has(OWNER) or reading.outlet_feeds.carries(seen.article):
        return None
    revisions = [other.revision for _, other in reading.outlet_feeds.known(seen.article)]
    last = max([seen.revision, *revisions])
    return seen._replace(revision=last + 1, content=NO_CONTENT, flags=OWNER | REMOVED)


# ---- as messages ------------------------------------------------------------------------------------------------


def _content(entry: ParsedEntry) -> bytes:
    return bytes.fromhex(entry.content_hash)


def _in_order(parsed: ParsedFeed) -> bool:
    """Whether the feed has its newest entries first, all of them dated."""
    stamps = [_stamp(entry) for entry in parsed.entries]
    return bool(stamps) and all(stamps) and all(later >= earlier for later, earlier in pairwise(stamps))


def _stamp(entry: ParsedEntry) -> int:
    return seconds(entry.published or entry.updated)


def _record(reading: _Reading, entry: ParsedEntry, seen: Seen) -> RawEntry:
    feed = reading.feed
    return RawEntry(
        article=seen.article.hex(),
        revision=seen.revision,
        content_hash=seen.content.hex(),
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
        first_seen=moment(seen.first_seen),
        fetched=reading.now,
        creditline=entry.creditline,
        pubstatus=entry.pubstatus,
        media=entry.media,
        full_text=entry.full_text,
    )


def _removal(reading: _Reading, seen: Seen) -> RawEntry:
    return RawEntry(
        article=seen.article.hex(),
        revision=seen.revision,
        content_hash=REMOVED_HASH,
        feed=reading.feed.id,
        outlet=reading.feed.outlet,
        first_seen=moment(seen.first_seen),
        fetched=reading.now,
        removed=reading.now,
    )
