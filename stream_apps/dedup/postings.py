"""The inverted index over sketch hashes, a hash range a partition.

A range sees any two articles that share one of its hashes in some order, whatever the order elsewhere, and reports
the pair to the owner of the newer article ("newer" by first sight, then id: the same in every range). The counts of
all ranges add up there, so that a pair is found whole even where its articles met in different orders.

One row an article and range; the index from hash to articles is derived from the rows in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import orjson

from schemas.records import ArticleId, Candidates, Posting
from schemas.topics import CANDIDATES
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Rows

OWN_HASHES = 0.25
"""Least share of the smaller part that two articles of one outlet must have in common to be reported."""

Stamp = tuple[str, ArticleId]
"""Order of articles that no arrival order changes: first sight, then id."""


class _Entry:
    """What a range knows of one article."""

    __slots__ = ("first_seen", "hashes", "outlet", "revision")

    def __init__(self, revision: int, outlet: str, first_seen: str, hashes: Sequence[int]) -> None:
        self.revision = revision
        self.outlet = outlet
        self.first_seen = first_seen
        self.hashes = tuple(hashes)

    def to_bytes(self) -> bytes:
        return orjson.dumps([self.revision, self.outlet, self.first_seen, self.hashes])

    @classmethod
    def from_bytes(cls, row: bytes) -> _Entry:
        return cls(*orjson.loads(row))


class _Range:
    """The index of one range."""

    def __init__(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        self.entries: dict[ArticleId, _Entry] = {}
        self.articles_of: defaultdict[int, set[ArticleId]] = defaultdict(set)
        self.latest_day = date.min
        for key, row in rows:
            self.insert(key.decode(), _Entry.from_bytes(row))

    def insert(self, article: ArticleId, entry: _Entry) -> None:
        self.remove(article)
        self.entries[article] = entry
        for value in entry.hashes:
            self.articles_of[value].add(article)

    def remove(self, article: ArticleId) -> None:
        entry = self.entries.pop(article, None)
        for value in entry.hashes if entry else ():
            owners = self.articles_of[value]
            owners.discard(article)
            if not owners:
                del self.articles_of[value]

    def sharing(self, article: ArticleId, entry: _Entry) -> Counter[ArticleId]:
        """How many hashes of ``entry`` each other article has.

        Articles of one outlet all share its page furniture. They are left out unless they share far more than that:
        to be copies they need more than half of each other (``compare.OWN_SHARE``), so none of those is missed.
        """
        shared: Counter[ArticleId] = Counter()
        for value in entry.hashes:
            shared.update(self.articles_of.get(value, ()))
        del shared[article]
        for other, count in list(shared.items()):
            theirs = self.entries[other]
            if theirs.outlet == entry.outlet and count < OWN_HASHES * min(len(entry.hashes), len(theirs.hashes)):
                del shared[other]
        return shared

    def expired(self, window: timedelta, today: date) -> list[ArticleId]:
        """Articles whose whole day has left the window. Looked for once a day of the stream's own time."""
        if today <= self.latest_day:
            return []
        self.latest_day = today
        oldest = (today - window).isoformat()
        return [article for article, entry in self.entries.items() if entry.first_seen[:10] < oldest]


class PostingsStage(Stage):
    """Takes ``Posting``, gives ``Candidates``."""

    name = "postings"

    def __init__(self, rows: Rows, window_days: int) -> None:
        self._rows = rows
        self._window = timedelta(days=window_days)
        self._ranges: dict[int, _Range] = {}

    def forget(self) -> None:
        self._ranges.clear()

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        posting = Posting.from_bytes(message.value)
        index = self._range(message.partition)
        known = index.entries.get(posting.article)
        if known is not None and known.revision > posting.revision:
            return ()  # an older text delivered again
        first_seen = known.first_seen if known else _iso(posting.first_seen)
        entry = _Entry(posting.revision, posting.outlet, first_seen, posting.hashes)
        before = index.sharing(posting.article, known) if known else Counter[ArticleId]()
        after = index.sharing(posting.article, entry)
        if known is None or (known.revision, known.hashes) != (entry.revision, entry.hashes):
            index.insert(posting.article, entry)
            self._rows.put(message.partition, posting.article.encode(), entry.to_bytes())
        self._expire(message.partition, index, posting.first_seen.date())
        return _report(posting, first_seen, {other: after[other] for other in before | after}, index)

    def _range(self, partition: int) -> _Range:
        if partition not in self._ranges:
            self._ranges[partition] = _Range(self._rows.items(partition))
        return self._ranges[partition]

    def _expire(self, partition: int, index: _Range, today: date) -> None:
        for article in index.expired(self._window, today):
            index.remove(article)
            self._rows.delete(partition, article.encode())


def _report(posting: Posting, first_seen: str, shared: dict[ArticleId, int], index: _Range) -> list[Outgoing]:
    """One answer to the article's own posting, and news to the owner of every pair that a newer article owns."""
    mine: Stamp = (first_seen, posting.article)
    older: dict[ArticleId, tuple[int, int, bool]] = {}
    reports = []
    for other, count in shared.items():
        entry = index.entries.get(other)
        if entry is None:
            continue
        own = entry.outlet == posting.outlet
        if (entry.first_seen, other) < mine:
            older[other] = (entry.revision, count, own)
        else:
            news = {posting.article: (posting.revision, count, own)}
            reports.append(_candidates(posting, other, entry.revision, news, complete=False))
    return [_candidates(posting, posting.article, posting.revision, older, complete=True), *reports]


def _candidates(
    posting: Posting,
    owner: ArticleId,
    revision: int,
    shared: dict[ArticleId, tuple[int, int, bool]],
    *,
    complete: bool,
) -> Outgoing:
    record = Candidates(
        article=owner,
        revision=revision,
        range=posting.range,
        ranges=posting.ranges,
        complete=complete,
        shared=shared,
    )
    return Outgoing(CANDIDATES, owner.encode(), record.to_bytes())


def _iso(moment: datetime) -> str:
    return moment.isoformat()
