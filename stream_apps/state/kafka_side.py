"""Reads and writes Kafka for the ``state`` commands, while the stages are stopped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.admin import OffsetSpec

from schemas.topics import MAX_MESSAGE_BYTES, TAKEN, Topic
from wirecopy.errors import ServerError
from wirecopy.kafka import client_config
from wirecopy.local import probes
from wirecopy.settings import KafkaSettings
from wirecopy.topic_reading import read_topic

PATIENCE = 60.0
"""Seconds for a topic to go, or for a group to be left."""


def messages(settings: KafkaSettings, topic: Topic) -> Iterator[Any]:
    """Yield every committed message of a topic, each partition in its order. Raises as ``read_topic`` does."""
    return read_topic(settings, topic, isolation_level="read_committed")


def require_stopped(admin: Any, settings: KafkaSettings, apps: Iterable[str]) -> None:
    """Check that no process of these apps is a member of its group. Raises ``ServerError`` otherwise."""
    running = []
    for app in apps:
        with contextlib.suppress(kafka_errors.GroupIdNotFoundError):
            found = admin.describe_groups([settings.group(app)])[settings.group(app)]
            if found["members"]:
                running.append(app)
    if running:
        raise ServerError(
            f"stop {', '.join(running)} first: state is not changed under a running stage (one that was killed counts "
            "as running until its session has ended)"
        )


def forget_progress(admin: Any, settings: KafkaSettings, apps: Iterable[str]) -> None:
    """Reset these apps to the beginning of their topics. Raises ``ServerError`` where one is running."""
    answers = admin.delete_groups([settings.group(app) for app in apps])
    items = answers.items() if isinstance(answers, Mapping) else answers
    for name, error in items:
        if _failed(error) and "GroupIdNotFound" not in str(error):
            raise ServerError(f"cannot reset the group {name}: {error}")


def empty(admin: Any, settings: KafkaSettings, topics: Iterable[Topic]) -> None:
    """Delete all messages of these topics; offsets go on."""
    names = {topic.full_name(settings.topic_prefix) for topic in topics}
    places = _places(admin, names & set(admin.list_topics()))
    admin.delete_records(probes.ends(admin, places))


def delete(admin: Any, settings: KafkaSettings, topics: Iterable[Topic]) -> None:
    """Delete these topics, and wait for it."""
    names = {topic.full_name(settings.topic_prefix) for topic in topics} & set(admin.list_topics())
    if names:
        admin.delete_topics(sorted(names))
    deadline = time.monotonic() + PATIENCE
    while names & set(admin.list_topics()):
        if time.monotonic() > deadline:
            raise ServerError(f"Kafka has not deleted {', '.join(sorted(names))} within {PATIENCE:.0f} s")
        time.sleep(0.2)


def send(settings: KafkaSettings, written: Iterable[tuple[Topic, int, bytes, bytes | None]]) -> int:
    """Write messages (topic, partition, key, value), wait for all acknowledgements, and return their number."""
    producer = KafkaProducer(**client_config(settings), acks="all", max_request_size=MAX_MESSAGE_BYTES)
    try:
        sent = [
            producer.send(topic.full_name(settings.topic_prefix), value, key, partition=partition)
            for topic, partition, key, value in written
        ]
        for future in sent:
            future.get(timeout=PATIENCE)
        return len(sent)
    finally:
        producer.close()


def lags(admin: Any, settings: KafkaSettings, apps: Collection[str]) -> dict[str, int]:
    """Count the messages that each app has still to take."""
    return {app: _lag(admin, settings, app) for app in apps}


def _lag(admin: Any, settings: KafkaSettings, app: str) -> int:
    names = {topic.full_name(settings.topic_prefix): topic for topic in TAKEN[app]}
    places = _places(admin, names)
    done: dict[TopicPartition, int] = {}
    with contextlib.suppress(kafka_errors.GroupIdNotFoundError):
        done = probes.committed(admin, [settings.group(app)])
    firsts = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
    stable, last = probes.ends(admin, places, stable=True), probes.ends(admin, places)
    total = 0
    for place in places:
        read = max(firsts[place].offset, done.get(place, 0))
        marked = names[place.topic].transactional
        total += probes.behind(read, stable[place], last[place]) if marked else last[place] - read
    return total


def _places(admin: Any, names: Iterable[str]) -> list[TopicPartition]:
    described = admin.describe_topics(sorted(names))
    return [
        TopicPartition(topic["name"], part["partition_index"]) for topic in described for part in topic["partitions"]
    ]


def _failed(error: Any) -> bool:
    """Return whether kafka-python's result is an error: a class or an instance, also ``NoError``, or a text."""
    return getattr(error, "errno", 0) != 0 if not isinstance(error, str) else error != "OK"
