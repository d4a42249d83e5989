"""Where polling stands: the latest state of every feed, in the compacted topic ``feed-state``.

A state is written only after the records it accounts for are acknowledged. A crash in between publishes them again,
with the same ids and revisions; it never loses one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from pydantic import ValidationError

from schemas.records import FeedState
from schemas.topics import FEED_STATE
from wirecopy.errors import ServerError
from wirecopy.kafka import client_config
from wirecopy.settings import KafkaSettings
from wirecopy.telemetry import logger

REWRITE_AFTER = timedelta(minutes=15)
_VOLATILE = {"next_poll", "last_success"}
_STALLED_AFTER = 60.0


def worth_writing(written: FeedState | None, state: FeedState) -> bool:
    """Whether a restart would notice the difference; times alone are written now and then."""
    if written is None or written.model_dump(exclude=_VOLATILE) != state.model_dump(exclude=_VOLATILE):
        return True
    return state.next_poll - written.next_poll > REWRITE_AFTER


def read_states(settings: KafkaSettings) -> dict[str, FeedState]:
    """The latest state of every feed, by feed id: the whole topic, read to its end.

    A state that cannot be read is left out and logged: its feed is then polled as if new. Raises ``ServerError`` if
    Kafka cannot be reached or has no such topic.
    """
    states: dict[str, FeedState] = {}
    topic = FEED_STATE.full_name(settings.topic_prefix)
    try:
        with _consumer(settings) as consumer:
            for key, value in _read_to_end(consumer, topic):
                states.pop(key, None)
                if value is not None and (state := _state(key, value)) is not None:
                    states[key] = state
    except KafkaError as error:
        raise ServerError(f"Kafka at {settings.bootstrap}: {error}") from error
    return states


@contextlib.contextmanager
def _consumer(settings: KafkaSettings) -> Iterator[Any]:
    consumer = KafkaConsumer(
        **client_config(settings),
        client_id="wirecopy-producer-state",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        bootstrap_timeout_ms=5_000,
        allow_auto_create_topics=False,
        max_partition_fetch_bytes=8 * 1024 * 1024,
    )
    try:
        yield consumer
    finally:
        consumer.close()


def _read_to_end(consumer: Any, topic: str) -> Iterator[tuple[str, bytes | None]]:
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise ServerError(f"there is no topic {topic}: run `wirecopy topics apply`")
    partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    progress = time.monotonic()
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        batches = consumer.poll(timeout_ms=500)
        if batches:
            progress = time.monotonic()
        elif time.monotonic() - progress > _STALLED_AFTER:
            raise ServerError(f"reading {topic} has stalled: no message for {_STALLED_AFTER:g} s")
        for messages in batches.values():
            for message in messages:
                yield (message.key or b"").decode(errors="replace"), message.value


def _state(key: str, value: bytes) -> FeedState | None:
    try:
        return FeedState.model_validate_json(value)
    except ValidationError as error:
        logger("producer").error("a feed state cannot be read; the feed starts anew", feed=key, why=str(error))
        return None
