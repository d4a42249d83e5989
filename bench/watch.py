"""What a running worker says of itself, and what is in the topics."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import CoordinatorNotAvailableError
from prometheus_client.parser import text_string_to_metric_families

from schemas.topics import Topic
from wirecopy.errors import ServerError
from wirecopy.kafka import client_config
from wirecopy.local import probes
from wirecopy.local.process import Child
from wirecopy.settings import KafkaSettings


@dataclass(frozen=True)
class Progress:
    """A worker's own count: messages processed and acknowledged by stage, and when the last batch was (Unix s)."""

    messages: dict[str, int]
    last: float

    @property
    def total(self) -> int:
        return sum(self.messages.values())


def progress(port: int) -> Progress | None:
    """What the worker with this metrics port has done; none while it does not answer yet."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return parse_progress(answer.read().decode())
    except OSError:
        return None


def parse_progress(text: str) -> Progress:
    """Read the metrics page of a worker."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    messages = {s.labels["stage"]: int(s.value) for s in samples if s.name == "wirecopy_stage_messages_total"}
    last = [s.value for s in samples if s.name == "wirecopy_stage_last_progress_seconds"]
    return Progress(messages, max(last, default=0.0))


def wait(condition: Callable[[], bool], what: str, watched: Iterable[Child], patience: float, every: float) -> None:
    """Until the condition holds. Raises ``ServerError`` where time runs out or a watched process ends."""
    deadline = time.monotonic() + patience
    children = list(watched)
    while not condition():
        for child in children:
            if not child.running:
                raise ServerError(f"{child.name} ended with exit code {child.exit_code}:\n{child.last_lines()}")
        if time.monotonic() > deadline:
            raise ServerError(f"not within {patience:.0f} s: {what}")
        time.sleep(every)


def written(admin: KafkaAdminClient, kafka: KafkaSettings, topic: Topic) -> int:
    """Messages ever written to a topic."""
    return sum(probes.ends(admin, partitions(topic, kafka)).values())


def messages(kafka: KafkaSettings, topic: Topic) -> Iterator[Any]:
    """Every message of a topic as it stands now, as kafka-python gives it."""
    return records(kafka, dict.fromkeys(partitions(topic, kafka), 0))


def records(
    kafka: KafkaSettings, begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int] | None = None
) -> Iterator[Any]:
    """Every message of these partitions from an offset on, and before ``ends`` (by default: those of now).

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
        until = consumer.end_offsets(places) if ends is None else {place: ends[place] for place in places}
        while any(consumer.position(place) < until[place] for place in places):
            for place, batch in consumer.poll(timeout_ms=1000).items():
                yield from (message for message in batch if message.offset < until[place])
    finally:
        consumer.close()


def assigned(admin: KafkaAdminClient, kafka: KafkaSettings, apps: Collection[str]) -> bool:
    """Whether every app's group is stable: each worker knows its partitions."""
    try:
        groups = admin.describe_groups([group(kafka, app) for app in apps])
    except CoordinatorNotAvailableError:  # the first group that a broker meets has it make a topic
        return False
    return all(found["group_state"] == "Stable" and found["members"] for found in groups.values())


def group(kafka: KafkaSettings, app: str) -> str:
    return f"{kafka.topic_prefix}-{app}"


def partitions(topic: Topic, kafka: KafkaSettings) -> list[TopicPartition]:
    name = topic.full_name(kafka.topic_prefix)
    return [TopicPartition(name, number) for number in range(topic.partitions(kafka.partitions))]
