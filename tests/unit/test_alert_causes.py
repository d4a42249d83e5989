"""Alerts from their cause to the alarm: a fault is caused in the code, and Prometheus asked about what that tells."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import spacy
from kafka.errors import KafkaConnectionError
from spacy.language import Language
from spacy.tokens import Doc

import wirecopy
from producers.assignment.feed_scheduler import FeedScheduler
from producers.assignment.ownership import GivenUp, TakenOver
from producers.assignment.stale_writes import Written
from producers.messages import Message
from producers.poller import Ports
from producers.polling.entries import initial_state
from producers.publish import Publisher
from schemas.feed_records import Feed
from schemas.public_records import Article
from stream_apps.indexing.health import answers
from stream_apps.tagging.model_process import tag_each
from stream_apps.tagging.pipeline import mentions
from stream_apps.tagging.text_reader import Answer, KnownTexts, TextReader
from tests.alerts import A_DAY, Shot, assert_alarm, scraped, told
from tests.unit import indexing_examples as examples
from tests.unit.tagging_world import ALIASES
from tests.unit.test_producers_app import Kafka, Web, as_they_are
from tests.unit.test_producers_publish import Broker
from tests.unit.test_runtime_batches import Bench
from wirecopy.monitoring import process_metrics
from wirecopy.monitoring.health import Check, Health
from wirecopy.monitoring.monitor import KafkaCheck, Monitor
from wirecopy.settings import ElasticsearchSettings, KafkaSettings, ProducerSettings, TelemetrySettings

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def shot(name: str) -> Shot:
    """What a scrape of this process gives now, of the metrics that the alert asks for."""
    return scraped(name, told())


# ---- processes -------------------------------------------------------------------------------------------------


def test_a_broker_that_goes_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        kafka = KafkaSettings(bootstrap=f"127.0.0.1:{broker.getsockname()[1]}")
        monitor = Monitor("tagging", Health(list, lambda: [KafkaCheck(kafka)()]))
        monitor.look()
        before = shot("ProcessNotReady")
    monitor.look()
    assert_alarm("ProcessNotReady", [before], [shot("ProcessNotReady")], tmp_path)


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
    assert_alarm("ElasticsearchAway", [before], [shot("ElasticsearchAway")], tmp_path)
    assert answers(settings, waits_for="es_rejected_execution_exception").detail.startswith("writes wait: es_rejected")


def test_a_process_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process_metrics.BUILD.replace({})
    for process, version in (("engine", "1.0"), ("tagging", "1.0"), ("indexing", "1.1")):
        monkeypatch.setattr(wirecopy, "__version__", version)
        before = shot("VersionsDiffer")
        monitor = Monitor(process, Health(list, list))
        monitor.start(TelemetrySettings())
        monitor.stop()
    assert_alarm("VersionsDiffer", [before], [shot("VersionsDiffer")], tmp_path)


def test_a_process_whose_children_take_more_and_more(tmp_path: Path) -> None:
    process_metrics.measure_memory()
    before = shot("MemoryDoubled")
    with hungry_child() as resident:
        process_metrics.measure_memory()
        after = shot("MemoryDoubled")
    assert sum(after.values()) > resident
    assert_alarm("MemoryDoubled", [before], [after], tmp_path, A_DAY)


HUNGRY = """
import mmap, os, sys
pages = os.memfd_create("pages")
os.ftruncate(pages, 64 << 20)
held = [mmap.mmap(pages, 0, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE) for _ in range(40)]
print(flush=True)
sys.stdin.read()
"""
"""Has 64 MiB in its hands forty times: what it takes from the machine is one of them, what counts as its own all."""


@contextlib.contextmanager
def hungry_child() -> Iterator[int]:
    """A process that we have started, and the bytes that it has resident."""
    child = subprocess.Popen([sys.executable, "-c", HUNGRY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    with child, child.stdin:
        assert child.stdout.readline() == b"\n"
        yield 40 * (64 << 20)


# ---- stages ----------------------------------------------------------------------------------------------------


async def test_a_message_that_goes_to_the_dead_letters(tmp_path: Path) -> None:
    bench = Bench()
    await bench.add("harbour.example/1", b"good")
    before = shot("DeadLetters")
    await bench.add("harbour.example/2", b"refused")
    assert_alarm("DeadLetters", [before], [shot("DeadLetters")], tmp_path)


async def test_an_outlet_whose_messages_all_fail(tmp_path: Path) -> None:
    bench = Bench()
    await bench.add("harbour.example/1", b"good")
    before = shot("OutletPaused")
    for count in range(25):
        await bench.add(f"harbour.example/{count}", b"bug")
    assert_alarm("OutletPaused", [before], [shot("OutletPaused")], tmp_path)


async def test_paragraphs_that_break_the_model(tmp_path: Path) -> None:
    reader = TextReader(SpacyThatBreaks(), ALIASES, 10_000, 100, KnownTexts(10, 100))
    await reader.read(reader.ask([article(1, "Harbour news of the day.")]))
    before = shot("ParagraphsBreakTheModel")
    poison = article(2, "\n".join(f"Poison number {number} of the day." for number in range(12)))
    await reader.read(reader.ask([poison]))
    assert_alarm("ParagraphsBreakTheModel", [before], [shot("ParagraphsBreakTheModel")], tmp_path)


class SpacyThatBreaks:
    """What a model process does, in this process, with a pipeline that has a fault."""

    def __init__(self) -> None:
        self.nlp = spacy.blank("en")
        self.nlp.add_pipe("breaks_on_poison")

    async def tag(self, paragraphs: Sequence[str]) -> Sequence[Answer]:
        return tag_each(list(paragraphs), lambda some: list(mentions(self.nlp, some)))


@Language.component("breaks_on_poison")  # type: ignore[untyped-decorator]  # spaCy's
def breaks_on_poison(doc: Doc) -> Doc:
    if doc.text.startswith("Poison"):
        raise ValueError("no such vector")
    return doc


def article(number: int, text: str) -> Article:
    return examples.article(number, outlet="harbour.example", text=text, annotations=())


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


def test_a_feed_that_waits_for_its_poll(tmp_path: Path) -> None:
    now = [1000.0]
    found = scheduler({"f3": {"next_poll": NOW + timedelta(seconds=1)}}, lambda: now[0])
    before = shot("FeedsOverdue")
    now[0] += 100 + 60
    found.measure()
    assert_alarm("FeedsOverdue", [before], [shot("FeedsOverdue")], tmp_path)


def test_partitions_that_nobody_has(tmp_path: Path) -> None:
    process_metrics.PARTITIONS_HELD.replace({})
    process_metrics.PARTITIONS.replace({("producer",): 2})
    found = scheduler({})
    found.take_over(TakenOver(1, 2, {}, {}))
    found.measure()
    before = shot("PartitionsUnheld")
    found.give_up(GivenUp(frozenset({1}), None).partitions, [])
    found.measure()
    assert_alarm("PartitionsUnheld", [before], [shot("PartitionsUnheld")], tmp_path)


async def test_kafka_that_does_not_acknowledge(tmp_path: Path) -> None:
    broker = Broker(lambda *_: KafkaConnectionError("away"))
    async with Publisher(KafkaSettings(), broker.connect, grace=0.1) as publisher:
        before = shot("PublishingWaits")
        waiting = asyncio.create_task(publisher.publish([Message("t", b"k", b"v")]))
        while not broker.connections:  # noqa: ASYNC110  # the thread of the publisher tells nobody
            await asyncio.sleep(0.01)
        after = shot("PublishingWaits")
        waiting.cancel()
    assert_alarm("PublishingWaits", [before], [after], tmp_path)


@pytest.fixture(autouse=True)
def metrics_as_before() -> Iterator[None]:
    """What the tests have set must not look like a fault to others."""
    yield
    for gauge in (process_metrics.READY, process_metrics.PARTITIONS, process_metrics.PARTITIONS_HELD):
        gauge.replace({})
