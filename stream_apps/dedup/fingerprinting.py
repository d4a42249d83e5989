"""The first stage: a feed entry becomes a clean article and its fingerprint, split over the hash ranges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas.records import Article, CleanArticle, CleanText, Posting, RawEntry
from schemas.topics import CLEAN, POSTINGS
from stream_apps.dedup.epochs import Epochs
from stream_apps.dedup.fingerprint import fingerprint, sketch, split_by_range, unpack
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Rows
from stream_apps.text.agencies import Catalogue
from stream_apps.text.clean import clean_entry


class FingerprintStage(Stage):
    """Takes ``RawEntry``, gives ``CleanArticle`` and a ``Posting`` to every range.

    ``raw`` is partitioned by outlet, so that all that an outlet publishes teaches one process its boilerplate.

    Every range is told of every article, even where it owns none of its hashes: the owner of the article counts the
    answers to know when all its candidates are in, and a new text must take the old one's hashes back.
    """

    name = "fingerprint"

    def __init__(self, rows: Rows, window_days: int, ranges: int, max_text: int, catalogue: Catalogue) -> None:
        self._epochs = Epochs(rows, window_days)
        self._ranges = ranges
        self._max_text = max_text
        self._catalogue = catalogue

    def forget(self) -> None:
        self._epochs.forget()

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        entry = RawEntry.from_bytes(message.value)
        removed = _removed(entry)
        if removed is not None:
            gone = CleanArticle(id=entry.article, revision=entry.revision, removed=removed)
            return [Outgoing(CLEAN, entry.article.encode(), gone.to_bytes())]
        article = clean_entry(entry, self._max_text, self._catalogue)
        return publish(self._epochs.read(message.partition, article), self._ranges)


def _removed(entry: RawEntry) -> datetime | None:
    """When the article went: found gone from its feed, or cancelled by an agency's message that holds nothing else."""
    if entry.removed is not None or entry.pubstatus != "canceled":
        return entry.removed
    says_something = entry.headline or entry.summary or entry.content
    return None if says_something else entry.updated or entry.fetched


def publish(article: Article, ranges: int) -> list[Outgoing]:
    """A clean article to its owner, and its sketch to the ranges that own the hashes."""
    text = CleanText(article=article, fingerprint=fingerprint(article), ranges=ranges)
    clean = CleanArticle(id=article.id, revision=article.revision, text=text)
    parts = split_by_range(sketch(unpack(text.fingerprint.shingles)), ranges)
    return [
        Outgoing(CLEAN, article.id.encode(), clean.to_bytes()),
        *(_posting(article, owner, ranges, hashes) for owner, hashes in enumerate(parts)),
    ]


def _posting(article: Article, owner: int, ranges: int, hashes: Sequence[int]) -> Outgoing:
    posting = Posting(
        article=article.id,
        revision=article.revision,
        outlet=article.outlet,
        first_seen=article.first_seen,
        range=owner,
        ranges=ranges,
        hashes=tuple(hashes),
    )
    return Outgoing(POSTINGS, article.id.encode(), posting.to_bytes(), partition=owner)
