"""Joins of a group that are cut short by a poll, with a real broker: they end all the same, and with partitions."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka import KafkaConsumer
from kafka.admin import NewTopic

from producers.assignment.group_consumer import GroupConsumer
from wirecopy.kafka import admin_client
from wirecopy.kafka_consumer import consumer
from wirecopy.settings import KafkaSettings, Settings

pytestmark = pytest.mark.servers


@contextlib.contextmanager
def member(settings: KafkaSettings, make: Callable[..., Any], topic: str) -> Iterator[Any]:
    joining = consumer(
        settings, "test", make, group_id=topic, session_timeout_ms=10_000, heartbeat_interval_ms=2_000,
        metadata_max_age_ms=500,
    )  # fmt: skip
    with contextlib.closing(joining):
        joining.subscribe([topic])
        yield joining


def assigned(joining: Any, seconds: float) -> bool:
    """Whether the member has partitions in time, with polls that are shorter than any join."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not joining.assignment():
        joining.poll(timeout_ms=1)
    return bool(joining.assignment())


def join_a_topic_that_comes_later(settings: KafkaSettings, make: Callable[..., Any], seconds: float) -> bool:
    """A leader of a group without partitions sees the topic come, and joins anew for its sake."""
    topic = f"later-{uuid.uuid4().hex[:8]}"
    with member(settings, make, topic) as joining, admin_client(settings) as admin:
        end = time.monotonic() + 20
        while joining._coordinator.generation_if_stable() is None:
            assert time.monotonic() < end, "the first join has not ended"
            joining.poll(timeout_ms=200)
        admin.create_topics([NewTopic(topic, 4, 1)])
        return assigned(joining, seconds)


def test_a_join_that_a_poll_cuts_short_ends_all_the_same(settings: Settings) -> None:
    assert all(join_a_topic_that_comes_later(settings.kafka, GroupConsumer, 15) for _ in range(5))


def test_without_the_mending_it_never_ends(settings: Settings) -> None:
    """If this fails, kafka-python has mended it: take ``Coordinator`` out."""
    assert not all(join_a_topic_that_comes_later(settings.kafka, KafkaConsumer, 4) for _ in range(5))


def test_a_topic_is_known_before_it_is_joined(settings: Settings) -> None:
    topic = f"known-{uuid.uuid4().hex[:8]}"
    with member(settings.kafka, GroupConsumer, topic) as joining, admin_client(settings.kafka) as admin:
        assert {joining.ask_for_partitions(topic, 5) for _ in range(2)} == {0}
        admin.create_topics([NewTopic(topic, 4, 1)])
        end = time.monotonic() + 10
        while joining.ask_for_partitions(topic, 5) != 4:
            assert time.monotonic() < end, "a new topic is not seen"
        assert not joining.is_member()
        assert assigned(joining, 10)
        assert len(joining.assignment()) == 4
