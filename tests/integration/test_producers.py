"""The producer against a real broker and a real feed server: what is published, once, whatever happens between."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from producers import app
from producers.polling.memory import Memory
from producers.state import read_states
from schemas.feed_records import FeedState, RawEntry
from schemas.topics import DEAD_LETTERS, RAW
from tests.integration.reading import read
from wirecopy.cli import topics
from wirecopy.local import kafka as local_kafka
from wirecopy.local.java import find_jdk
from wirecopy.local.process import Child, free_port, port_answers
from wirecopy.local.servers import LocalServers
from wirecopy.settings import KafkaSettings, Settings, environment

pytestmark = pytest.mark.servers
REPOSITORY = Path(__file__).resolve().parents[2]


class FeedServer:
    """A feed on loopback whose entries a test can change."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}
        self.raw: bytes | None = None
        self.asked = 0

    async def handle(self, request: web.Request) -> web.Response:
        self.asked += 1
        items = "".join(
            f"<item><guid>{guid}</guid><title>{title}</title></item>" for guid, title in self.entries.items()
        )
        body = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()
        return web.Response(body=self.raw if self.raw is not None else body)


@pytest.fixture
async def feed_server() -> AsyncIterator[tuple[FeedServer, str]]:
    state, application = FeedServer(), web.Application()
    application.router.add_get("/feed", state.handle)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server()
    yield state, str(server.make_url("/feed"))
    await server.close()


@pytest.fixture
def producer_settings(settings: Settings, feed_server: tuple[FeedServer, str], tmp_path: Path) -> Settings:
    """Settings for a producer of that one feed, polled five times a second, with its topics made."""
    path = tmp_path / "feeds.yaml"
    path.write_text(f"- {{id: top, url: '{feed_server[1]}', outlet: a.example, interval: 0.2}}\n")
    producer = settings.producer.model_copy(update={"feeds": str(path), "allow_hosts": ("127.0.0.1",)})
    topics.apply(settings.kafka)
    return settings.model_copy(update={"producer": producer})


def published(kafka: KafkaSettings) -> list[tuple[str | None, int, str]]:
    records = [RawEntry.model_validate_json(message.value) for message in read(kafka, RAW)]
    return sorted((record.guid, record.revision, record.headline) for record in records)


def test_topics_are_applied_twice_to_the_same_end(settings: Settings) -> None:
    assert {step.action for step in topics.apply(settings.kafka, dry_run=True)} == {"create"}
    assert {step.action for step in topics.apply(settings.kafka)} == {"create"}
    assert {step.action for step in topics.apply(settings.kafka)} == {"keep"}
    more = settings.kafka.model_copy(update={"partitions": settings.kafka.partitions + 1})
    assert {step.action for step in topics.apply(more)} == {"keep", "mismatch"}


async def test_published_once_and_again_only_when_edited(
    producer_settings: Settings, feed_server: tuple[FeedServer, str]
) -> None:
    server, kafka = feed_server[0], producer_settings.kafka
    server.entries = {"a": "First", "b": "Second"}
    await app.run(producer_settings, once=True)
    expected: list[tuple[str | None, int, str]] = [("a", 1, "First"), ("b", 1, "Second")]
    assert published(kafka) == expected
    await app.run(producer_settings, once=True)
    assert published(kafka) == expected
    server.entries = {"a": "First, corrected", "b": "Second", "c": "Third"}
    await app.run(producer_settings, once=True)
    assert published(kafka) == sorted([*expected, ("a", 2, "First, corrected"), ("c", 1, "Third")])
    keys = {message.key.decode() for message in read(kafka, RAW)}
    assert keys == set(articles(read_states(kafka)["top"]))


async def test_what_is_no_feed_is_one_dead_letter(
    producer_settings: Settings, feed_server: tuple[FeedServer, str]
) -> None:
    feed_server[0].raw = b"<html>we are moving</html>"
    await app.run(producer_settings, once=True)
    await app.run(producer_settings, once=True)
    (letter,) = read(producer_settings.kafka, DEAD_LETTERS)
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (b"top", b"<html>we are moving</html>")
    assert headers["x-dlq-reason"] == b"not_a_feed"
    assert read_states(producer_settings.kafka)["top"].failures == 2


KILLED_BETWEEN = """
import os, signal, sys
from producers import poller
def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)
poller.state_message = killed
from wirecopy.cli import main
main()
"""


async def test_a_kill_between_records_and_state_loses_nothing(
    producer_settings: Settings, feed_server: tuple[FeedServer, str]
) -> None:
    server, kafka = feed_server[0], producer_settings.kafka
    server.entries = {str(number): f"Story {number}" for number in range(50)}
    command = [sys.executable, "-c", KILLED_BETWEEN, "run", "producer"]
    process = await asyncio.create_subprocess_exec(*command, env=environ(producer_settings))
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    once = published(kafka)
    assert len(once) == 50
    assert read_states(kafka) == {}
    await app.run(producer_settings, once=True)
    assert published(kafka) == sorted(once * 2)
    ids: dict[bytes, set[tuple[int, str]]] = {}
    for message in read(kafka, RAW):
        record = RawEntry.model_validate_json(message.value)
        ids.setdefault(message.key, set()).add((record.revision, record.content_hash))
    assert len(ids) == 50
    assert all(len(versions) == 1 for versions in ids.values())
    await app.run(producer_settings, once=True)
    assert len(published(kafka)) == 100


async def test_a_running_producer_polls_fast_takes_a_new_list_and_ends_cleanly(
    producer_settings: Settings, feed_server: tuple[FeedServer, str]
) -> None:
    server, url = feed_server
    server.entries = {"a": "First"}
    process = await run_producer(producer_settings)
    try:
        await until(lambda: server.asked > 3)
        server.entries["b"] = "Second"
        add_feed(producer_settings, "more", f"{url}?more")
        await until(lambda: "more" in states(producer_settings.kafka))
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    assert b"Traceback" not in errors
    assert published(producer_settings.kafka) == [
        ("a", 1, "First"), ("a", 1, "First"), ("b", 1, "Second"), ("b", 1, "Second"),
    ]  # fmt: skip


@pytest.fixture
def own_broker(servers: LocalServers, server_folder: Path, settings: Settings) -> Iterator[tuple[Child, KafkaSettings]]:
    """A broker that this test may stop, not started yet; the other tests' servers have already brought its software."""
    jdk, port = find_jdk(), free_port()
    local = settings.local.model_copy(update={"data_dir": server_folder / "own-broker", "kafka_port": port})
    lib = REPOSITORY / ".wirecopy" / "cache" / f"kafka-{local_kafka.VERSION}"
    child = local_kafka.prepare(local, lib, jdk)
    yield child, settings.kafka.model_copy(update={"bootstrap": f"127.0.0.1:{port}"})
    child.stop()


async def test_kafka_may_come_late_and_go_away_and_nothing_is_lost(
    own_broker: tuple[Child, KafkaSettings], producer_settings: Settings, feed_server: tuple[FeedServer, str]
) -> None:
    broker, kafka = own_broker
    server = feed_server[0]
    mine = producer_settings.model_copy(update={"kafka": kafka})
    server.entries = {"a": "First"}
    process = await run_producer(mine)
    try:
        broker.start()
        await until(lambda: port_answers(int(kafka.bootstrap.split(":")[1])))
        topics.apply(kafka)
        await until(lambda: "top" in read_states(kafka))
        assert broker.process is not None
        broker.process.kill()
        await until(lambda: not broker.running)
        server.entries |= {str(number): f"While Kafka was away {number}" for number in range(20)}
        asked = server.asked
        await until(lambda: server.asked > asked)
        server.entries["z"] = "Last"
        broker.start()
        await until(lambda: port_answers(int(kafka.bootstrap.split(":")[1])))
        await until(lambda: len(published(kafka)) >= 22)
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    assert {guid for guid, _, _ in published(kafka)} == {"a", "z", *map(str, range(20))}
    assert {revision for _, revision, _ in published(kafka)} == {1}


async def run_producer(settings: Settings) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "wirecopy", "run", "producer"]
    return await asyncio.create_subprocess_exec(*command, env=environ(settings), stderr=subprocess.PIPE)


def add_feed(settings: Settings, name: str, url: str) -> None:
    assert settings.producer.feeds
    with Path(settings.producer.feeds).open("a") as file:
        file.write(f"- {{id: {name}, url: '{url}', outlet: b.example, interval: 0.2}}\n")


def states(kafka: KafkaSettings) -> dict[str, FeedState]:
    return {name: state for name, state in read_states(kafka).items() if len(articles(state)) == 2}


def articles(state: FeedState) -> list[str]:
    return Memory.of(state).articles()


def environ(settings: Settings) -> dict[str, str]:
    wanted = {
        "kafka.bootstrap": settings.kafka.bootstrap,
        "kafka.topic_prefix": settings.kafka.topic_prefix,
        "producer.feeds": settings.producer.feeds,
        "producer.allow_hosts": settings.producer.allow_hosts,
    }
    return os.environ | environment(wanted)


async def until(condition: Any, seconds: float = 60) -> None:
    """Waits for something that another process does."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.1)
