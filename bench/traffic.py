"""What was written to Kafka: records by topic, their bytes, and what the broker keeps of them.

Counted by reading every topic back. Offsets do not say it: the control records of transactions have some, and are no
messages. Where compaction had run meanwhile something would be missing; it leaves a topic's newest segment alone, and
no measurement here fills one (64 MiB).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from bench.report import Cell, Table
from schemas.topics import TOPICS
from wirecopy.kafka import client_config
from wirecopy.local import probes
from wirecopy.settings import KafkaSettings, Settings


@dataclass(frozen=True)
class Traffic:
    """Of one topic. ``size``: bytes of keys and values; ``stored``: bytes in the broker's log, compressed."""

    messages: int = 0
    size: int = 0
    stored: int = 0


@dataclass(frozen=True)
class Mark:
    """Where every partition ended at a moment, and how large it was."""

    ends: Mapping[TopicPartition, int]
    stored: Mapping[TopicPartition, int]


def mark(admin: KafkaAdminClient, settings: Settings) -> Mark:
    """The ends of every topic now."""
    places = [place for topic in TOPICS for place in probes.partitions_of(topic, settings)]
    return Mark(probes.ends(admin, places), _stored(admin))


def between(settings: Settings, earlier: Mark, later: Mark) -> dict[str, Traffic]:
    """What came to each topic, by its short name; topics to which nothing came are left out."""
    found = {}
    for topic in TOPICS:
        places = probes.partitions_of(topic, settings)
        sizes = list(_sizes(settings.kafka, [p for p in places if earlier.ends[p] < later.ends[p]], earlier, later))
        if sizes:
            stored = sum(later.stored.get(place, 0) - earlier.stored.get(place, 0) for place in places)
            found[topic.name] = Traffic(len(sizes), sum(sizes), stored)
    return found


def total(found: Mapping[str, Traffic]) -> Traffic:
    values = found.values()
    return Traffic(sum(t.messages for t in values), sum(t.size for t in values), sum(t.stored for t in values))


def table(key: str, found: Mapping[str, Traffic], articles: int) -> Table:
    """Messages and bytes an article of each topic."""
    rows: list[list[Cell]] = [
        [name, t.messages, t.messages / articles, round(t.size / articles), round(t.stored / articles)]
        for name, t in (*found.items(), ("all together", total(found)))
    ]
    note = (
        "Every record of every topic, changelogs too, read back: bytes of key and value; beside them what the "
        "broker's logs grew by, batches and their compression included. Control records of transactions are not "
        "messages."
    )
    return Table(key, ("topic", "messages", "messages an article", "bytes an article", "stored"), rows, note)


def _sizes(kafka: KafkaSettings, places: Sequence[TopicPartition], earlier: Mark, later: Mark) -> Iterator[int]:
    for message in _records(kafka, {place: earlier.ends[place] for place in places}, later.ends):
        yield len(message.key or b"") + len(message.value or b"")


def _stored(admin: KafkaAdminClient) -> dict[TopicPartition, int]:
    sizes: defaultdict[TopicPartition, int] = defaultdict(int)
    for broker in admin.describe_log_dirs():
        for folder in broker["log_dirs"]:
            for topic in folder["topics"]:
                for part in topic["partitions"]:
                    place = TopicPartition(topic["name"], part["partition_index"])
                    sizes[place] += part["partition_size"]
    return dict(sizes)


def _records(
    kafka: KafkaSettings, begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> Iterator[Any]:
    """Every message of these partitions from an offset on, and before ``ends``.

    Those of aborted transactions too: they were written. Control records are none.
    """
    places = list(begins)
    if not places:
        return
    consumer = KafkaConsumer(**client_config(kafka), group_id=None, check_crcs=False, auto_offset_reset="earliest")
    try:
        consumer.assign(places)
        for place, begin in begins.items():
            consumer.seek(place, begin)
        while any(consumer.position(place) < ends[place] for place in places):
            for place, batch in consumer.poll(timeout_ms=1000).items():
                yield from (message for message in batch if message.offset < ends[place])
    finally:
        consumer.close()
