"""Reads a topic from a given offset to its end at the start of reading."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError

from schemas.topics import Topic
from wirecopy.errors import ServerError
from wirecopy.kafka import client_config, partition_numbers, quiet_client_logs
from wirecopy.kafka_access import explained
from wirecopy.kafka_consumer import consumer
from wirecopy.settings import KafkaSettings

_STALLED_AFTER = 60.0
_FETCH_BYTES = 8 * 1024 * 1024


def read_topic(
    settings: KafkaSettings,
    topic: Topic,
    partitions: Iterable[int] | None = None,
    *,
    newest: int | None = None,
    begin: int | None = None,
    isolation_level: str = "read_uncommitted",
) -> Iterator[Any]:
    """Yield the messages of a topic, or of these ``partitions``, each in its order, as ``ConsumerRecord``s.

    ``newest`` limits reading to so many offsets at the end of each partition, ``begin`` sets its first offset; by
    default everything is read. Raises ``ServerError`` if Kafka cannot be reached, or has no such topic or partition.
    """
    quiet_client_logs()
    name = topic.full_name(settings.topic_prefix)
    try:
        client = consumer(
            settings, topic.name, group_id=None, max_partition_fetch_bytes=_FETCH_BYTES, isolation_level=isolation_level
        )
        with contextlib.closing(client):
            places = _places(name, partition_numbers(settings, name), partitions)
            yield from _read_to_end(client, name, places, newest, begin)
    except KafkaError as error:
        raise ServerError(explained(error, settings, client_config(settings))) from error


def _places(topic: str, numbers: list[int], chosen: Iterable[int] | None) -> list[TopicPartition]:
    wanted = set(numbers if chosen is None else chosen)
    if missing := wanted - set(numbers):
        raise ServerError(f"the topic {topic} has no partition {min(missing)}")
    return [TopicPartition(topic, number) for number in sorted(wanted)]


def _read_to_end(
    client: Any, topic: str, partitions: list[TopicPartition], newest: int | None, begin: int | None
) -> Iterator[Any]:
    if not partitions:
        return
    client.assign(partitions)
    ends = client.end_offsets(partitions)
    if newest is None and begin is None:
        client.seek_to_beginning(*partitions)
    else:
        for partition, first in client.beginning_offsets(partitions).items():
            wanted = ends[partition] - newest if newest is not None else begin or 0
            client.seek(partition, max(first, min(wanted, ends[partition])))
    progress = time.monotonic()
    while any(client.position(partition) < end for partition, end in ends.items()):
        batches = client.poll(timeout_ms=500)
        if batches:
            progress = time.monotonic()
        elif time.monotonic() - progress > _STALLED_AFTER:
            raise ServerError(f"reading {topic} has stalled: no message for {_STALLED_AFTER:g} s")
        for messages in batches.values():
            yield from messages
