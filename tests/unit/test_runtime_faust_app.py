"""What we take from Faust below its public interface: the records of a fetch in few deliveries, none of them lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka.structs import ConsumerRecord
from faust.types import TP

from schemas.topics import RAW
from stream_apps.runtime import faust_app
from stream_apps.runtime.stage_interface import Incoming, Outgoing, Stage, StageSpec
from stream_apps.runtime.worker import Worker
from wirecopy.settings import FaustSettings, Settings

FEW = TP("few", 0)
MANY = TP("many", 3)


def record(place: TP, offset: int) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(place.topic, place.partition, offset, 1_000, 0, b"key", b"value", None, 3, 5, ())


class Silent(Stage):
    name = "fingerprint"

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        return ()


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    """A worker whose consumer has been given both partitions, and reads nothing."""
    settings = Settings(faust=FaustSettings(data_dir=tmp_path))
    made = Worker("fingerprint", settings, [StageSpec((RAW,), lambda _: Silent())], batch=10)
    made.app.finalize()
    consumer = made.app.consumer
    consumer.highwater = lambda _: 100
    consumer.resume_flow()
    consumer.resume_partitions({FEW, MANY})
    made.app.topics._acking_topics.update({"few", "many"})
    yield made
    consumer._thread.thread_loop.close()


@pytest.fixture
def consumer(worker: Worker) -> Any:
    return worker.app.consumer


def gives(consumer: Any, records: Mapping[TP, Sequence[Any]]) -> None:
    async def getmany(**_: Any) -> Mapping[TP, Sequence[Any]]:
        return records

    consumer._getmany = getmany


async def deliveries(consumer: Any) -> list[faust_app.Delivery]:
    return [delivery async for _, delivery in consumer.getmany(timeout=1.0)]


@pytest.mark.parametrize(
    "ours",
    [
        faust_app._App,
        faust_app._ByPartition,
        faust_app._Consumer,
        faust_app._ConsumerThread,
        faust_app._PartitionAssignor,
        faust_app._Transport,
    ],
)
def test_what_is_overridden_is_there(ours: type) -> None:
    """A name that Faust has given up would be ours alone, and never called."""
    added = {"_count_as_polling", "read_committed"}
    names = {name for name in vars(ours) if not name.startswith("__")} - added
    assert {name for name in names if not hasattr(ours.__base__, name)} == set()


async def test_the_records_of_a_fetch_are_one_delivery_a_partition(consumer: Any) -> None:
    gives(consumer, {FEW: [record(FEW, 7)], MANY: [record(MANY, 3), record(MANY, 4), record(MANY, 6)]})
    few, many = await deliveries(consumer)
    assert [(one.topic, one.partition, one.first_offset, one.offset) for one in (few, many)] == [
        ("few", 0, 7, 7), ("many", 3, 3, 6),
    ]  # fmt: skip
    assert [one.offset for one in many.records] == [3, 4, 6]


async def test_a_fetch_has_no_more_records_than_a_batch(consumer: Any) -> None:
    assert consumer.app.conf.broker_max_poll_records == 10


async def test_what_is_read_is_unacknowledged_until_all_of_it_is_done(consumer: Any) -> None:
    gives(consumer, {MANY: [record(MANY, 3), record(MANY, 4)]})
    (delivery,) = await deliveries(consumer)
    delivery.incref()
    assert set(consumer.unacked) == {delivery}
    delivery.ack(consumer)
    assert not consumer.unacked
    assert consumer._new_offset(MANY) == 5
    assert consumer._new_offset(MANY) is None


async def test_what_is_dropped_before_it_is_begun_is_not_waited_for(consumer: Any) -> None:
    gives(consumer, {MANY: [record(MANY, 3)]})
    assert len(await deliveries(consumer)) == 1
    assert not consumer.unacked


async def test_lag_counts_from_the_oldest_that_was_read_and_not_from_what_a_rebalance_dropped(worker: Worker) -> None:
    consumer = worker.app.consumer
    gives(consumer, {FEW: [record(FEW, 7)], MANY: [record(MANY, 3), record(MANY, 4)]})
    read = await deliveries(consumer)
    gives(consumer, {MANY: [record(MANY, 5)]})
    read += await deliveries(consumer)
    assert worker._oldest_unacknowledged() == {("few", 0): 7, ("many", 3): 3}
    assert worker._lag() == 4
    for delivery in read[:2]:
        delivery.incref()
        delivery.ack(consumer)
    assert worker._oldest_unacknowledged() == {("many", 3): 5}
    worker.app.consumer_generation_id += 1
    assert (worker._oldest_unacknowledged(), worker._lag()) == ({}, 0)


async def test_a_full_queue_takes_no_partition_out(consumer: Any) -> None:
    gives(consumer, {MANY: [record(MANY, 3)]})
    consumer.on_buffer_full(MANY)
    consumer.on_buffer_full(FEW)
    assert len(await deliveries(consumer)) == 1
