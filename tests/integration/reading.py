"""Reading topics back, for tests."""

from __future__ import annotations

import time
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from schemas.topics import Topic
from wirecopy.kafka import client_config, partition_numbers
from wirecopy.settings import KafkaSettings


def read(kafka: KafkaSettings, topic: Topic, isolation_level: str = "read_uncommitted") -> list[Any]:
    """Every message that is in the topic now, partition by partition."""
    name = topic.full_name(kafka.topic_prefix)
    config = client_config(kafka)
    consumer = KafkaConsumer(**config, group_id=None, enable_auto_commit=False, isolation_level=isolation_level)
    try:
        partitions = [TopicPartition(name, number) for number in partition_numbers(kafka, name)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        deadline = time.monotonic() + 30
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            assert time.monotonic() < deadline, f"{name} cannot be read to its end"
            for messages in consumer.poll(timeout_ms=200).values():
                found += messages
        return found
    finally:
        consumer.close()
