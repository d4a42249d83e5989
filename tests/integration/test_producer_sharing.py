"""Several producers over the same feeds and a real broker: who polls what, as they come, die, freeze and come back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kafka import TopicPartition

from producers.assignment.membership import group_id
from producers.messages import Message
from producers.polling.memory import Memory
from producers.publish import Publisher, partition_of
from producers.registry.feeds_topic import feed_message, read_feeds, removal_message
from producers.state import read_states
from producers.websub.events import event_message
from schemas.feed_records import Feed, HubEvent, RawEntry
from schemas.topics import FEED_PUSHES, RAW
from tests.alerts import Shot, asked, assert_alarm, scraped
from tests.integration.reading import read
from wirecopy.cli import topics
from wirecopy.kafka_consumer import consumer
from wirecopy.local.process import free_port
from wirecopy.settings import Settings, environment

pytestmark = pytest.mark.servers
SESSION = 6.0
"""Seconds; the least that Kafka's brokers permit as they come."""
FEEDS = [f"feed{number}" for number in range(40)]


@dataclass
class FeedServer:
    """Forty feeds whose entries a test can change; notes who asked for which, when, and whether two did at once."""

    entries: dict[str, dict[str, str]] = field(default_factory=lambda: {name: {f"{name}-0": "0"} for name in FEEDS})
    asked: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    running: dict[str, str] = field(default_factory=dict)
    together: list[tuple[str, str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        name, agent = request.match_info["name"], request.headers["User-Agent"]
        self.asked[name].append((time.monotonic(), agent))
        if name in self.running:
            self.together.append((name, self.running[name], agent))
        self.running[name] = agent
        items = "".join(
            f"<item><guid>{guid}</guid><title>{title} of {guid}</title></item>"
            for guid, title in self.entries.get(name, {}).items()
        )
        try:
            await asyncio.sleep(0.02)
        finally:  # also where who asked has been killed
            self.running.pop(name, None)
        return web.Response(text=f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>")

    def add_entries(self) -> None:
        for name, known in self.entries.items():
            known[f"{name}-{len(known)}"] = "1"

    def agents(self, since: float = 0.0) -> dict[str, set[str]]:
        """Who has asked for each feed since that moment."""
        return {name: {agent for at, agent in self.asked[name] if at >= since} for name in FEEDS}


@dataclass
class Fleet:
    """Producers in processes of their own, by their names."""

    settings: Settings
    folder: Path
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: defaultdict(free_port))
    """Of their metrics."""

    async def start(self, *names: str, feeds: Path | None = None) -> None:
        for name in names:
            with (self.folder / f"{name}.log").open("wb") as log:
                self.processes[name] = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "wirecopy", "run", "producer", env=self._environment(name, feeds), stderr=log
                )

    async def end(self) -> None:
        for process in self.processes.values():
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for name, process in self.processes.items():
            assert await asyncio.wait_for(process.wait(), 60) in (0, -signal.SIGKILL), self.log(name)
            assert "Traceback" not in self.log(name)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def _environment(self, name: str, feeds: Path | None) -> dict[str, str]:
        kafka, producer = self.settings.kafka, self.settings.producer
        wanted: dict[str, object] = {
            "kafka.bootstrap": kafka.bootstrap,
            "kafka.topic_prefix": kafka.topic_prefix,
            "kafka.partitions": kafka.partitions,
            "producer.allow_hosts": producer.allow_hosts,
            "producer.session_timeout": SESSION,
            "producer.parse_processes": 1,
            "producer.user_agent": name,
            "telemetry.metrics_port": self.ports[name],
        }
        return os.environ | environment(wanted | ({"producer.feeds": str(feeds)} if feeds else {}))


@pytest.fixture
async def server() -> AsyncIterator[tuple[FeedServer, str]]:
    state, application = FeedServer(), web.Application()
    application.router.add_get("/{name}", state.handle)
    running = TestServer(application, host="127.0.0.1")
    await running.start_server()
    yield state, str(running.make_url("/"))
    await running.close()


@pytest.fixture
async def fleet(settings: Settings, tmp_path: Path) -> AsyncIterator[Fleet]:
    kafka = settings.kafka.model_copy(update={"partitions": 8})
    producer = settings.producer.model_copy(update={"allow_hosts": ("127.0.0.1",)})
    chosen = settings.model_copy(update={"kafka": kafka, "producer": producer})
    await asyncio.to_thread(topics.apply, kafka)
    made = Fleet(chosen, tmp_path)
    yield made
    for process in made.processes.values():
        if process.returncode is None:
            process.kill()
            await process.wait()


def listed(folder: Path, address: str) -> Path:
    """A list of all feeds; every two of them are of one outlet."""
    path = folder / "feeds.yaml"
    path.write_text(
        "".join(
            f"- {{id: {name}, url: '{address}{name}', outlet: o{number // 2}.example, interval: 0.4}}\n"
            for number, name in enumerate(FEEDS)
        )
    )
    return path


async def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Waits for something that other processes do; returns how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.05)
    return time.monotonic() - started


def everything_asked_by(server: FeedServer, names: set[str], since: float) -> bool:
    """Whether each feed was asked for since then, by one of these, and each of these asked for some."""
    agents = server.agents(since)
    return all(found and found <= names for found in agents.values()) and set().union(*agents.values()) == names


async def everything_published(settings: Settings, server: FeedServer) -> dict[str, list[RawEntry]]:
    """The records of every article by its id, once all entries there are have been published."""
    wanted = {guid for known in server.entries.values() for guid in known}
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, list[RawEntry]] = defaultdict(list)
        for message in await asyncio.to_thread(read, settings.kafka, RAW):
            record = RawEntry.from_bytes(message.value)
            found[record.article].append(record)
        missing = wanted - {records[0].guid for records in found.values()}
        if not missing:
            return found
        assert time.monotonic() < deadline, f"lost: {sorted(missing)[:5]}"
        await asyncio.sleep(0.2)


def one_id_each(found: dict[str, list[RawEntry]]) -> bool:
    return len({records[0].guid for records in found.values()}) == len(found)


async def send(settings: Settings, *messages: Message) -> None:
    async with Publisher(settings.kafka) as publisher:
        assert await publisher.publish(messages) == []


async def test_producers_share_the_feeds_and_take_over_from_one_that_is_killed(
    fleet: Fleet, server: tuple[FeedServer, str], tmp_path: Path
) -> None:
    state, address = server
    await fleet.start("p1", "p2", "p3", feeds=listed(tmp_path, address))
    await until(lambda: len(set().union(*state.agents(time.monotonic() - 1.5).values())) == 3, 30, "three at work")
    since = time.monotonic()
    await until(lambda: everything_asked_by(state, {"p1", "p2", "p3"}, since), 30, "all feeds polled")
    assert all(len(agents) == 1 for agents in state.agents(since).values())
    state.add_entries()
    killed = time.monotonic()
    fleet.processes["p1"].kill()
    state.add_entries()
    took = await until(
        lambda: all(agents - {"p1"} for agents in state.agents(killed).values()), SESSION + 30, "taken over"
    )
    assert took > 1.0
    joined = time.monotonic()
    await fleet.start("p4", feeds=tmp_path / "feeds.yaml")
    state.add_entries()
    await until(lambda: any("p4" in agents for agents in state.agents(joined).values()), 30, "the fourth at work")
    found = await everything_published(fleet.settings, state)
    assert one_id_each(found)
    assert all(len({(r.revision, r.content_hash) for r in records}) == 1 for records in found.values())
    assert state.together == []
    await fleet.end()
    assert "feeds given up" in fleet.log("p2") + fleet.log("p3")
    await asyncio.to_thread(states_account_for_everything, fleet.settings, state)


def states_account_for_everything(settings: Settings, server: FeedServer) -> None:
    states = read_states(settings.kafka)
    assert {name: len(Memory.of(states[name])) for name in FEEDS} == {
        name: len(known) for name, known in server.entries.items()
    }


async def test_one_that_stood_still_beyond_its_session_does_no_harm_when_it_goes_on(
    fleet: Fleet, server: tuple[FeedServer, str], tmp_path: Path
) -> None:
    state, address = server
    await fleet.start("p1", "p2", feeds=listed(tmp_path, address))
    await until(lambda: len(set().union(*state.agents(time.monotonic() - 1.5).values())) == 2, 30, "two at work")
    before = time.monotonic()
    await until(lambda: everything_asked_by(state, {"p1", "p2"}, before), 30, "all feeds polled")
    well = await told_by(fleet, "p1")
    frozen = time.monotonic()
    fleet.processes["p1"].send_signal(signal.SIGSTOP)
    for known in state.entries.values():
        known.update(dict.fromkeys(known, "Edited"))
    state.add_entries()
    await until(lambda: all("p2" in agents for agents in state.agents(frozen).values()), SESSION + 30, "taken over")
    for known in state.entries.values():
        known.update(dict.fromkeys(known, "Edited again"))
    edited = time.monotonic()
    await until(lambda: all("p2" in agents for agents in state.agents(edited).values()), 30, "polled again")
    fleet.processes["p1"].send_signal(signal.SIGCONT)
    resumed = time.monotonic()
    await until(lambda: any("p1" in agents for agents in state.agents(resumed).values()), 30, "back at work")
    found = await everything_published(fleet.settings, state)
    assert one_id_each(found)
    newest = {records[0].guid: max(records, key=lambda record: record.revision) for records in found.values()}
    assert all(record.headline.startswith("Edited again") for record in newest.values())
    pairs = [{(r.revision, r.content_hash) for r in records} for records in found.values()]
    assert all(len({revision for revision, _ in each}) == len(each) for each in pairs)
    assert state.together == []
    assert_alarm("PartitionsLost", [well], [await told_by(fleet, "p1")], tmp_path)
    await fleet.end()
    assert "feeds lost" in fleet.log("p1")


async def told_by(fleet: Fleet, name: str) -> Shot:
    """What Prometheus finds at this producer."""
    return scraped("PartitionsLost", await asyncio.to_thread(asked, fleet.ports[name]))


async def test_feeds_come_pause_and_go_through_the_topic_and_two_lists_are_one_feed(
    fleet: Fleet, server: tuple[FeedServer, str], tmp_path: Path
) -> None:
    state, address = server
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(f"- {{id: feed1, url: '{address}feed1', outlet: a.example, interval: 0.3}}\n")
    second.write_text(f"- {{url: '{address}feed1', outlet: a.example, interval: 0.3}}\n"
                      f"- {{id: feed2, url: '{address}feed2', outlet: b.example, interval: 0.3}}\n")  # fmt: skip
    await fleet.start("p1", feeds=first)
    await until(lambda: bool(state.asked["feed1"]), 30, "the first list")
    await fleet.start("p2", feeds=second)
    await until(lambda: bool(state.asked["feed2"]), 30, "the second list")
    feeds = await asyncio.to_thread(read_feeds, fleet.settings.kafka)
    assert {name: Path(feed.origin or "").name for name, feed in feeds.items()} == {
        "feed1": "first.yaml", "feed2": "second.yaml",
    }  # fmt: skip
    added = Feed(id="feed3", url=f"{address}feed3", outlet="c.example", interval=0.3)
    prefix = fleet.settings.kafka.topic_prefix
    await send(fleet.settings, feed_message(added, prefix))
    await until(lambda: len(state.asked["feed3"]) > 1, 30, "the feed that was added")
    await send(fleet.settings, feed_message(added.model_copy(update={"paused": True}), prefix))
    await quiet(state, "feed3")
    await send(fleet.settings, feed_message(added, prefix))
    asked = len(state.asked["feed3"])
    await until(lambda: len(state.asked["feed3"]) > asked, 30, "the feed that was resumed")
    await send(fleet.settings, removal_message(added, prefix))
    await quiet(state, "feed3")
    assert state.together == []
    await pushes_are_taken(fleet.settings)
    await fleet.end()


async def quiet(server: FeedServer, name: str) -> None:
    """Until the feed, which is polled three times a second, has not been asked for during a second and a half."""
    await until(lambda: time.monotonic() - server.asked[name][-1][0] > 1.5, 30, f"{name} not polled any more")


async def pushes_are_taken(settings: Settings) -> None:
    """What hubs tell is read once, by the owner of the outlet, and committed."""
    told = HubEvent(feed="feed2", received=datetime.now(UTC))
    await send(settings, *[event_message(told, "b.example", settings.kafka.topic_prefix)] * 3)
    number = partition_of(b"b.example", settings.kafka.partitions)
    place = TopicPartition(FEED_PUSHES.full_name(settings.kafka.topic_prefix), number)

    def committed() -> int | None:
        reading = consumer(settings.kafka, "test", group_id=group_id(settings.kafka.topic_prefix))
        try:
            offset: int | None = reading.committed(place)
            return offset
        finally:
            reading.close()

    deadline = time.monotonic() + 60
    while await asyncio.to_thread(committed) != 3:
        assert time.monotonic() < deadline, "pushes are not committed"
        await asyncio.sleep(0.2)


async def test_a_session_shorter_than_the_broker_permits_is_named(fleet: Fleet) -> None:
    wanted = {
        "kafka.bootstrap": fleet.settings.kafka.bootstrap,
        "kafka.topic_prefix": fleet.settings.kafka.topic_prefix,
        "kafka.partitions": fleet.settings.kafka.partitions,
        "producer.session_timeout": 1,
    }
    command = [sys.executable, "-m", "wirecopy", "run", "producer"]
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | environment(wanted), stderr=subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2, errors.decode()
    assert b"producer.session_timeout: the broker does not permit 1 s" in errors
    assert b"Traceback" not in errors


async def test_settings_with_other_partitions_than_the_topics_are_refused(fleet: Fleet) -> None:
    wanted = {
        "kafka.bootstrap": fleet.settings.kafka.bootstrap,
        "kafka.topic_prefix": fleet.settings.kafka.topic_prefix,
        "kafka.partitions": fleet.settings.kafka.partitions + 1,
    }
    for stage in ("producer", "fingerprint"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "wirecopy", "run", stage, env=os.environ | environment(wanted), stderr=subprocess.PIPE
        )
        _, errors = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 2, errors.decode()
        assert b"kafka.partitions" in errors
        assert b" has 8" in errors
        assert b"Traceback" not in errors
