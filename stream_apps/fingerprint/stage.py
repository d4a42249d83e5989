"""The first stage: a feed entry becomes a clean article with its features."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from schemas.clean import Clean
from schemas.feed_records import RawEntry
from schemas.public_records import Article
from schemas.topics import CLEAN
from stream_apps.fingerprint import metrics
from stream_apps.fingerprint.epochs import Epochs
from stream_apps.fingerprint.features import features
from stream_apps.fingerprint.languages import EngineOf
from stream_apps.runtime.stage_interface import Incoming, Outgoing, Stage
from stream_apps.runtime.state_store import StateStore
from stream_apps.text.agencies import Catalogue
from stream_apps.text.clean import clean_entry


class FingerprintStage(Stage):
    """Takes ``RawEntry``, gives ``Clean`` to the engine of the article's language.

    ``raw`` is partitioned by outlet, so that all that an outlet publishes teaches one process its boilerplate.
    """

    name = "fingerprint"

    def __init__(
        self, rows: StateStore, window_days: int, max_text: int, catalogue: Catalogue, engine_of: EngineOf
    ) -> None:
        self._epochs = Epochs(rows, window_days)
        self._max_text = max_text
        self._catalogue = catalogue
        self._engine_of = engine_of

    def forget(self) -> None:
        self._epochs.forget()

    def forget_partitions(self, partitions: Collection[int]) -> bool:
        self._epochs.forget_partitions(partitions)
        return True

    def origin(self, message: Incoming) -> str:
        return RawEntry.from_bytes(message.value).outlet

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        entry = RawEntry.from_bytes(message.value)
        removed = _removed(entry)
        if removed is not None:
            engine = self._epochs.engine(message.partition, entry.article)
            clean = Clean.removal(entry.article, entry.revision, removed)
            return [Outgoing(CLEAN, entry.article.encode(), clean.to_bytes(), engine or 0)]
        article = clean_entry(_within(entry, message.timestamp), self._max_text, self._catalogue)
        read = self._epochs.read(message.partition, article, self._engine_of(article.language))
        _count(article)
        return [publish(read.article, read.engine)]


def _count(article: Article) -> None:
    metrics.ARTICLES.labels("agency" if article.credits else "none").inc()
    for credit in article.credits:
        metrics.CREDITS.labels(credit.evidence).inc()


def _within(entry: RawEntry, appended: int | None) -> RawEntry:
    """The entry, first seen when Kafka took it (milliseconds) at the latest, whatever the producer's clock says."""
    if appended is None:
        return entry
    latest = datetime.fromtimestamp(appended / 1000, UTC)
    return entry if entry.first_seen <= latest else entry.model_copy(update={"first_seen": latest})


def _removed(entry: RawEntry) -> datetime | None:
    """Return when the article was removed: gone from its feed, or cancelled by an agency's message without a text."""
    if entry.removed is not None or entry.pubstatus != "canceled":
        return entry.removed
    says_something = entry.headline or entry.summary or entry.content
    return None if says_something else entry.updated or entry.fetched


def publish(article: Article, engine: int) -> Outgoing:
    """A clean article with its features, to an engine."""
    clean = Clean(features(article).to_bytes(), article.to_bytes())
    return Outgoing(CLEAN, article.id.encode(), clean.to_bytes(), engine)
