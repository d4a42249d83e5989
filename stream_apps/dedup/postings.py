"""The inverted index over sketch hashes, a hash range a partition.

A range sees any two articles that share one of its hashes in some order, whatever the order elsewhere, and reports
the pair to the owner of the newer article ("newer" by first sight, then id: the same in every range). The counts of
all ranges add up there, so that a pair is found whole even where its articles met in different orders.

One row an article and range, written through to the changelog; the index is what stays in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from schemas.records import ArticleId, Candidates, Posting
from schemas.topics import CANDIDATES
from stream_apps.dedup.range_days import Day, Entry, microseconds
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Rows

Shared = dict[ArticleId, tuple[int, int, int, bool]]
"""For each other article: its first sight, its revision, the hashes shared, whether it is of the same outlet."""


class _Range:
    """The index of one range: a table a day."""

    def __init__(self) -> None:
        self.days: dict[int, Day] = {}
        self._outlets: dict[str, int] = {}

    def known(self, article: ArticleId) -> tuple[Day, int] | None:
        """Where an article stands."""
        for day in self.days.values():
            number = day.number_of(article)
            if number is not None:
                return day, number
        return None

    def add(self, article: ArticleId, entry: Entry) -> None:
        if entry.day not in self.days:
            for day in self.days.values():
                day.settle()
            self.days[entry.day] = Day()
        self.days[entry.day].add(article, entry, self.outlet(entry.outlet))

    def outlet(self, name: str) -> int:
        """A small number in place of an outlet's name."""
        return self._outlets.setdefault(name, len(self._outlets))

    def sharing(self, article: ArticleId, outlet: str, hashes: np.typing.NDArray[np.uint32]) -> Shared:
        """How many of the hashes each other article has."""
        mine = self.outlet(outlet)
        shared: Shared = {}
        for day in self.days.values():
            for number, count in zip(*(found.tolist() for found in day.find(hashes, mine)), strict=True):
                other = day.identity(number).hex()
                shared[other] = (day.seen[number], day.revisions[number], count, day.outlets[number] == mine)
        shared.pop(article, None)
        return shared

    def expire(self, oldest: int) -> Iterator[bytes]:
        """Forget whole days before ``oldest``; gives the ids of their articles."""
        for day in [day for day in self.days if day < oldest]:
            yield from self.days.pop(day).living()


class PostingsStage(Stage):
    """Takes ``Posting``, gives ``Candidates``."""

    name = "postings"

    def __init__(self, rows: Rows, window_days: int) -> None:
        self._rows = rows
        self._window = timedelta(days=window_days).days
        self._ranges: dict[int, _Range] = {}

    def forget(self) -> None:
        self._ranges.clear()

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        posting = Posting.from_bytes(message.value)
        index = self._range(message.partition)
        place = index.known(posting.article)
        hashes = np.array(posting.hashes, np.uint32)
        if place is None:
            entry = Entry(posting.revision, posting.outlet, microseconds(posting.first_seen), hashes)
            self._put(message.partition, index, posting.article, entry)
            shared = index.sharing(posting.article, posting.outlet, hashes)
        else:
            day, number = place
            if day.revisions[number] > posting.revision:
                return ()  # an older text delivered again
            entry = Entry(posting.revision, posting.outlet, day.seen[number], hashes)
            before = index.sharing(posting.article, posting.outlet, day.hashes(number))
            if (day.revisions[number], day.hashes(number).tolist()) != (posting.revision, sorted(posting.hashes)):
                day.alive[number] = 0
                self._put(message.partition, index, posting.article, entry)
            gone = {other: (seen, revision, 0, own) for other, (seen, revision, _, own) in before.items()}
            shared = gone | index.sharing(posting.article, posting.outlet, hashes)
        return _report(posting, entry.first_seen, shared)

    def _range(self, partition: int) -> _Range:
        if partition not in self._ranges:
            index = self._ranges[partition] = _Range()
            for key, row in self._rows.items(partition):
                index.add(key.hex(), Entry.from_bytes(row))
            self._rows.release(partition)
        return self._ranges[partition]

    def _put(self, partition: int, index: _Range, article: ArticleId, entry: Entry) -> None:
        newest = max(index.days, default=0)
        index.add(article, entry)
        self._rows.put(partition, bytes.fromhex(article), entry.to_bytes())
        if entry.day > newest:
            for identity in index.expire(entry.day - self._window):
                self._rows.delete(partition, identity)


def _report(posting: Posting, first_seen: int, shared: Shared) -> list[Outgoing]:
    """One answer to the article's own posting, and news to the owner of every pair that a newer article owns."""
    older: dict[ArticleId, tuple[int, int, bool]] = {}
    reports = []
    for other, (seen, revision, count, own) in shared.items():
        if (seen, other) < (first_seen, posting.article):
            older[other] = (revision, count, own)
        else:
            news = {posting.article: (posting.revision, count, own)}
            reports.append(_candidates(posting, other, revision, news, complete=False))
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
