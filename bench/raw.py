"""Invented entries put straight into the topic ``raw``, as a producer would, for what no feed could bring in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from html import escape
from itertools import islice

from kafka import KafkaProducer

from producers.messages import raw_message
from producers.publish import connect, partition_of
from schemas.feed_records import RawEntry
from schemas.ids import article_id
from wirecopy.settings import KafkaSettings
from wirecopy.wireday.day import generate
from wirecopy.wireday.items import Item

BATCH = 500
"""Entries between two waits for the broker."""


def entry(
    outlet: str, guid: str, headline: str, paragraphs: Sequence[str], seen: datetime, *, byline: str | None = None
) -> RawEntry:
    """What a producer publishes of a new entry that it has just fetched."""
    content = "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)
    digest = blake2b(f"{headline}\0{byline}\0{content}".encode(), digest_size=16).hexdigest()
    return RawEntry(
        article=article_id(outlet, guid), revision=1, content_hash=digest, feed=outlet, outlet=outlet, guid=guid,
        url=f"https://www.{outlet}/news/{guid}", headline=headline, byline=byline, content=content, language="en",
        published=seen, first_seen=seen, fetched=seen,
    )  # fmt: skip


class Feeder:
    """Publishes entries; use it in ``feeding``."""

    def __init__(self, kafka: KafkaSettings, producer: KafkaProducer) -> None:
        self._kafka, self._producer = kafka, producer

    def send(self, entries: Iterable[RawEntry]) -> None:
        """Until all are acknowledged."""
        waiting = iter(entries)
        while batch := list(islice(waiting, BATCH)):
            for one in batch:
                self._send(one)
            self._producer.flush()

    def _send(self, one: RawEntry) -> None:
        message = raw_message(one, self._kafka.topic_prefix)
        assert message.partitioned_by is not None
        place = partition_of(message.partitioned_by, self._kafka.partitions)
        self._producer.send(message.topic, key=message.key, value=message.value, partition=place)


@contextmanager
def feeding(kafka: KafkaSettings) -> Iterator[Feeder]:
    """A feeder, closed at the end. Raises ``ServerError`` where no broker answers."""
    with sending(kafka) as producer:
        yield Feeder(kafka, producer)


@contextmanager
def sending(kafka: KafkaSettings) -> Iterator[KafkaProducer]:
    """The client that producers use, closed at the end. Raises ``ServerError`` where no broker answers."""
    producer = connect(kafka)
    try:
        yield producer
    finally:
        producer.close()


def further(scale: int, most: int) -> list[RawEntry]:
    """Entries of the wire day that one ``scale`` times as large does not have: to warm up with."""
    known = sum(1 for _ in generate(scale=scale).items())
    items = islice(generate(scale=scale + 1).items(), known, known + most)
    return [_of_item(item) for item in items]


def _of_item(item: Item) -> RawEntry:
    last = item.versions[-1]
    return entry(
        item.outlet.host, item.guid, last.headline, last.paragraphs, datetime.now(UTC), byline=last.byline or None
    )
