"""What was written to Kafka is counted by its records: those that end a transaction are none."""

from __future__ import annotations

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.structs import OffsetAndMetadata

from bench import traffic
from bench.traffic import Traffic
from schemas.topics import RESOLVED, TAKEN
from tests.integration.pipeline import poll
from wirecopy.cli import topics
from wirecopy.kafka import client_config
from wirecopy.local import probes
from wirecopy.settings import Settings

pytestmark = pytest.mark.servers


def test_control_records_are_no_messages(settings: Settings) -> None:
    kafka, app = settings.kafka, next(app for app, taken in TAKEN.items() if RESOLVED in taken)
    topics.apply(kafka)
    with probes.kafka_admin(kafka) as admin:
        before = traffic.mark(admin, settings)
        write_in_transactions(settings)
        # The broker ends a transaction after it has said that it will.
        poll(lambda: probes.written(admin, settings, RESOLVED) >= 7, "both transactions ended")
        after = traffic.mark(admin, settings)
        place = next(p for p in probes.partitions_of(RESOLVED, settings) if p.partition == 0)
        assert after.ends[place] - before.ends[place] == 7
        assert traffic.between(settings, before, after) == {
            RESOLVED.name: Traffic(5, 5 * len(b"key" + b"value"), after.stored[place] - before.stored[place])
        }
        for offset, left in ((5, 1), (6, 0)):
            commit(settings, kafka.group(app), offset)
            assert probes.lag(admin, settings, [app]) == left


def write_in_transactions(settings: Settings) -> None:
    """Three records committed, two aborted: seven offsets."""
    producer = KafkaProducer(**client_config(settings.kafka), transactional_id=settings.kafka.topic_prefix)
    producer.init_transactions()
    for count, end in ((2, producer.abort_transaction), (3, producer.commit_transaction)):
        producer.begin_transaction()
        for _ in range(count):
            producer.send(RESOLVED.full_name(settings.kafka.topic_prefix), key=b"key", value=b"value", partition=0)
        producer.flush()
        end()
    producer.close()


def commit(settings: Settings, group: str, offset: int) -> None:
    consumer = KafkaConsumer(**client_config(settings.kafka), group_id=group, enable_auto_commit=False)
    place = next(p for p in probes.partitions_of(RESOLVED, settings) if p.partition == 0)
    consumer.assign([place])
    consumer.commit({place: OffsetAndMetadata(offset, "", -1)})
    consumer.close()
