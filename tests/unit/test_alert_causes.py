"""Alerts from their cause to the alarm: a fault is caused in the code, and Prometheus asked about what that tells."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import prometheus_client
import promql_parser
import pytest
from kafka.errors import KafkaConnectionError

import wirecopy
from producers.assignment.feed_scheduler import FeedScheduler
from producers.assignment.ownership import GivenUp, TakenOver
from producers.assignment.stale_writes import Written
from producers.messages import Message
from producers.poller import Ports
from producers.polling.entries import initial_state
from producers.publish import Publisher
from schemas.feed_records import Feed
from stream_apps.indexing.health import answers
from tests.alerts import ALERTS, FAULT_AT, assert_fires, changing
from tests.promql import selectors
from tests.unit.test_indexing_sink import FakeServer, error, index, running
from tests.unit.test_producers_app import Kafka, Web, as_they_are
from tests.unit.test_producers_publish import Broker
from tests.unit.test_runtime_batches import Bench
from wirecopy.monitoring import process_metrics
from wirecopy.monitoring.health import Check, Health
from wirecopy.monitoring.monitor import Monitor, broker_answers
from wirecopy.settings import ElasticsearchSettings, KafkaSettings, ProducerSettings, TelemetrySettings

Shot = dict[str, float]
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def shot(name: str) -> Shot:
    """What a scrape would give now, of the metrics that the alert asks for."""
    asked = {selector.name for selector in selectors(promql_parser.parse(ALERTS[name]["expr"]))}
    return {
        series(sample.name, {"instance": "a:1", "job": "wirecopy", **sample.labels}): sample.value
        for collected in prometheus_client.REGISTRY.collect()
        for sample in collected.samples
        if sample.name in asked
    }


def series(name: str, labels: dict[str, str]) -> str:
    return f"{name}{{{','.join(f'{label}={value!r}' for label, value in labels.items())}}}".replace("'", '"')


def assert_alarm(name: str, before: Shot, after: Shot, folder: Path) -> None:
    story = [
        changing(one, number(before.get(one), "_"), number(after.get(one), "stale"), FAULT_AT)
        for one in sorted(before.keys() | after.keys())
    ]
    assert story
    assert_fires(name, story, folder)


def number(value: float | None, missing: str) -> str:
    return missing if value is None else repr(value)


# ---- processes -------------------------------------------------------------------------------------------------


def test_a_broker_that_goes_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        kafka = KafkaSettings(bootstrap=f"127.0.0.1:{broker.getsockname()[1]}")
        monitor = Monitor("tagging", Health(list, lambda: [broker_answers(kafka)]))
        monitor.look()
        before = shot("ProcessNotReady")
    monitor.look()
    assert_alarm("ProcessNotReady", before, shot("ProcessNotReady"), tmp_path)


def test_an_elasticsearch_that_goes_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings = ElasticsearchSettings(url=f"http://127.0.0.1:{free.getsockname()[1]}")
    checks = [Check("elasticsearch", ok=True, detail="it answers")]
    monitor = Monitor("indexing", Health(list, lambda: checks))
    monitor.look()
    before = shot("ElasticsearchAway")
    checks[0] = answers(settings, waits_for="")
    assert "cannot be reached" in checks[0].detail
    monitor.look()
    assert_alarm("ElasticsearchAway", before, shot("ElasticsearchAway"), tmp_path)
    assert answers(settings, waits_for="es_rejected_execution_exception").detail.startswith("writes wait: es_rejected")


def test_a_process_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process_metrics.BUILD.replace({})
    for process, version in (("engine", "1.0"), ("tagging", "1.0"), ("indexing", "1.1")):
        monkeypatch.setattr(wirecopy, "__version__", version)
        before = shot("VersionsDiffer")
        monitor = Monitor(process, Health(list, list))
        monitor.start(TelemetrySettings())
        monitor.stop()
    assert_alarm("VersionsDiffer", before, shot("VersionsDiffer"), tmp_path)


# ---- stages ----------------------------------------------------------------------------------------------------


async def test_a_message_that_goes_to_the_dead_letters(tmp_path: Path) -> None:
    bench = Bench()
    await bench.add("harbour.example/1", b"good")
    before = shot("DeadLetters")
    await bench.add("harbour.example/2", b"refused")
    assert_alarm("DeadLetters", before, shot("DeadLetters"), tmp_path)


async def test_an_outlet_whose_messages_all_fail(tmp_path: Path) -> None:
    bench = Bench()
    await bench.add("harbour.example/1", b"good")
    before = shot("OutletPaused")
    for count in range(25):
        await bench.add(f"harbour.example/{count}", b"bug")
    assert_alarm("OutletPaused", before, shot("OutletPaused"), tmp_path)


# ---- feeds -----------------------------------------------------------------------------------------------------


def scheduler(states: dict[str, dict[str, Any]], clock: Any = lambda: 1000.0) -> FeedScheduler:
    """Twenty feeds of one partition, in the states that are given."""
    ports = Ports(Web(), as_they_are, Kafka(), lambda _: False, now=lambda: NOW)
    found = FeedScheduler(ProducerSettings(), ports, clock)
    feeds = {f"f{n}": Feed(id=f"f{n}", url=f"https://{n}.example/", outlet=f"{n}.example") for n in range(20)}
    known = {
        name: Written(initial_state(feed, NOW, 300).model_copy(update={"outlet": feed.outlet, **states.get(name, {})}))
        for name, feed in feeds.items()
    }
    found.take_over(TakenOver(0, 1, feeds, known))
    found.measure()
    return found


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("FeedsQuiet", {"f3": {"quiet_since": NOW}}),
        ("FeedsParked", {"f3": {"parked": NOW, "failures": 20}}),
        ("FeedsRetired", {"f3": {"retired": NOW}}),
        ("FeedsFailing", {f"f{n}": {"failures": 2} for n in range(3)}),
    ],
)
def test_feeds_in_trouble(name: str, states: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    scheduler({})
    before = shot(name)
    scheduler(states)
    assert_alarm(name, before, shot(name), tmp_path)


def test_a_feed_that_waits_for_its_poll(tmp_path: Path) -> None:
    now = [1000.0]
    found = scheduler({"f3": {"next_poll": NOW + timedelta(seconds=1)}}, lambda: now[0])
    before = shot("FeedsOverdue")
    now[0] += 100 + 60
    found.measure()
    assert_alarm("FeedsOverdue", before, shot("FeedsOverdue"), tmp_path)


def test_partitions_that_nobody_has(tmp_path: Path) -> None:
    process_metrics.PARTITIONS_HELD.replace({})
    process_metrics.PARTITIONS.replace({("producer",): 2})
    found = scheduler({})
    found.take_over(TakenOver(1, 2, {}, {}))
    found.measure()
    before = shot("PartitionsUnheld")
    found.give_up(GivenUp(frozenset({1}), None).partitions, [])
    found.measure()
    assert_alarm("PartitionsUnheld", before, shot("PartitionsUnheld"), tmp_path)


async def test_kafka_that_does_not_acknowledge(tmp_path: Path) -> None:
    broker = Broker(lambda *_: KafkaConnectionError("away"))
    async with Publisher(KafkaSettings(), broker.connect, grace=0.1) as publisher:
        before = shot("PublishingWaits")
        waiting = asyncio.create_task(publisher.publish([Message("t", b"k", b"v")]))
        while not broker.connections:  # noqa: ASYNC110  # the thread of the publisher tells nobody
            await asyncio.sleep(0.01)
        after = shot("PublishingWaits")
        waiting.cancel()
    assert_alarm("PublishingWaits", before, after, tmp_path)


# ---- the index -------------------------------------------------------------------------------------------------


async def test_a_disk_that_is_full(tmp_path: Path) -> None:
    shots: list[Shot] = []

    def blocked(_: str) -> dict[str, Any] | None:
        shots.append(shot("ElasticsearchDiskFull"))
        return error("cluster_block_exception", 429) if len(shots) < 2 else None

    async with running(FakeServer(item_trouble=blocked)) as sink:
        assert await sink.write([index(1)]) == []
    assert_alarm("ElasticsearchDiskFull", shots[0], shots[1], tmp_path)


@pytest.fixture(autouse=True)
def metrics_as_before() -> Iterator[None]:
    """What the tests have set must not look like a fault to others."""
    yield
    for gauge in (process_metrics.READY, process_metrics.PARTITIONS, process_metrics.PARTITIONS_HELD):
        gauge.replace({})
