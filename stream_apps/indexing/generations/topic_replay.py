"""Reads the public topics from a rebuild's position to their end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

from kafka import TopicPartition
from kafka.errors import KafkaError

from schemas.topics import Topic
from stream_apps.indexing.generations.rebuild_progress import Positions, RebuildProgress
from stream_apps.runtime.stage_interface import Incoming
from wirecopy.errors import ServerError
from wirecopy.kafka import client_config, partition_numbers, quiet_client_logs
from wirecopy.kafka_access import explained
from wirecopy.kafka_consumer import consumer
from wirecopy.settings import KafkaSettings

STALLED_AFTER: Final = 60.0
FETCH_BYTES: Final = 4 * 1024 * 1024


class TopicReplay:
    """A consumer without a group: the generation that it fills keeps its position."""

    def __init__(self, client: Any, places: Mapping[TopicPartition, str], progress: RebuildProgress) -> None:
        """``places``: the partitions, each with the name of its topic in ``schemas.topics``."""
        self._client = client
        self._names = places
        self._ends: Mapping[TopicPartition, int] = {}
        self._moved = time.monotonic()
        client.assign(list(places))
        for place, first in client.beginning_offsets(list(places)).items():
            client.seek(place, max(first, progress.at(places[place], place.partition) or 0))
        self.look_at_ends()

    def look_at_ends(self) -> None:
        """Take the present ends of the topics. Raises ``ServerError`` where one is shorter than the part read."""
        self._ends = self._client.end_offsets(list(self._names))
        self._moved = time.monotonic()
        for place, end in self._ends.items():
            if self._client.position(place) > end:
                raise ServerError(
                    f"the topic {place.topic} has been made anew since this rebuild began: `wirecopy index drop "
                    "--rebuilds`, and begin again"
                )

    @property
    def left(self) -> int:
        """Count the offsets still to be read; some may have no message."""
        return sum(max(0, end - self._client.position(place)) for place, end in self._ends.items())

    @property
    def positions(self) -> Positions:
        found: dict[str, dict[str, int]] = {}
        for place, name in self._names.items():
            found.setdefault(name, {})[str(place.partition)] = self._client.position(place)
        return found

    def poll(self, most: int) -> list[Incoming]:
        """Return further messages, in order within each partition; none after half a second without any."""
        batches: Mapping[TopicPartition, Sequence[Any]] = self._client.poll(timeout_ms=500, max_records=most)
        if batches:
            self._moved = time.monotonic()
        elif time.monotonic() - self._moved > STALLED_AFTER:
            raise ServerError(f"reading has stalled: no message for {STALLED_AFTER:g} s, and {self.left} to come")
        return [self._incoming(place, record) for place, records in batches.items() for record in records]

    def _incoming(self, place: TopicPartition, record: Any) -> Incoming:
        name, key, value = self._names[place], record.key or b"", record.value or b""
        return Incoming(name, place.partition, record.offset, key, value, record.timestamp, tuple(record.headers or ()))


@contextmanager
def replaying(settings: KafkaSettings, topics: Sequence[Topic], progress: RebuildProgress) -> Iterator[TopicReplay]:
    """Open a replay. Raises ``ServerError`` if Kafka cannot be reached, or has no such topic."""
    quiet_client_logs()
    try:
        places = {
            TopicPartition(topic.full_name(settings.topic_prefix), number): topic.name
            for topic in topics
            for number in partition_numbers(settings, topic.full_name(settings.topic_prefix))
        }
        client = consumer(
            settings, "rebuild", group_id=None, isolation_level="read_committed", max_partition_fetch_bytes=FETCH_BYTES
        )
        with closing(client):
            yield TopicReplay(client, places, progress)
    except KafkaError as error:
        raise ServerError(explained(error, settings, client_config(settings))) from error
