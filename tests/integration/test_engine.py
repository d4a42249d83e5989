"""The engine over a real broker: killed, frozen, taken over by one that stood by, started anew without its snapshot."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

from schemas.internal_records import Resolved
from schemas.public_records import Event
from schemas.topics import CLEAN, EVENTS, RESOLVED, Topic
from schemas.versions import version
from stream_apps.dedup.replay import Replay
from stream_apps.runtime.stage_interface import Outgoing
from tests.integration.pipeline import poll
from tests.integration.reading import read
from tests.unit.dedup_world import article, copies, message, of_one_outlet, prose, result
from wirecopy.kafka import client_config
from wirecopy.local import probes
from wirecopy.local.process import Child
from wirecopy.local.stages import Workplace, workplace
from wirecopy.settings import Loaded, Settings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


class Bench:
    """One topic ``clean`` and engines on it."""

    def __init__(self, settings: Settings) -> None:
        quick = {"faust": settings.faust.model_copy(update={"session_timeout": 6.0, "heartbeat_interval": 1.0})}
        self.settings = settings.model_copy(update=quick)
        self._overrides = {
            "kafka.bootstrap": settings.kafka.bootstrap,
            "kafka.topic_prefix": settings.kafka.topic_prefix,
            "faust.session_timeout": 6.0,
            "faust.heartbeat_interval": 1.0,
            "dedup.snapshot_every": 40,
        }
        self._held = ExitStack()
        self._admin: KafkaAdminClient = probes.open_admin(settings.kafka)
        self.children: list[Child] = []
        self.values: list[bytes] = []
        place = self.place(0)
        place.call("topics", "apply")

    def place(self, number: int) -> Workplace:
        folder = self.settings.local.data_dir / f"engine-{number}"
        return self._held.enter_context(
            workplace(Loaded(self.settings, {}), {**self._overrides, "faust.data_dir": folder})
        )

    def engine(self, number: int) -> Child:
        child = self.place(number).child(f"engine-{number}", ["run", "engine"])
        child.start()
        self.children.append(child)
        return child

    def send(self, values: list[bytes]) -> None:
        producer = KafkaProducer(**client_config(self.settings.kafka))
        name = CLEAN.full_name(self.settings.kafka.topic_prefix)
        for value in values:
            producer.send(name, key=b"k", value=value, partition=0)
        producer.flush()
        producer.close()
        self.values += values

    def committed(self) -> int:
        prefix = self.settings.kafka.topic_prefix
        try:
            offsets = self._admin.list_group_offsets([f"{prefix}-engine"])[f"{prefix}-engine"]
        except KafkaError:
            return 0  # nobody coordinates the group yet
        return max(0, *(known.offset for known in offsets.values())) if offsets else 0

    def joined(self) -> None:
        """Wait until all engines that run are members of the group, and know their partitions."""
        group = f"{self.settings.kafka.topic_prefix}-engine"

        def is_complete() -> bool:
            found = self._admin.describe_groups([group])[group]
            return found["group_state"] == "Stable" and len(found["members"]) == len(self.children)

        poll(is_complete, f"{len(self.children)} engines are a group", 60)

    def settle(self) -> None:
        """Wait until everything was taken, one more message too, and nothing more is sent for a while."""
        number = len(self.values)
        self.send([message(article(f"last {number}", prose(5000 + number, 60), outlet="last.example", minute=900))])
        poll(lambda: self.committed() >= len(self.values), f"{len(self.values)} messages taken", 90)
        before: list[Any] = []
        deadline = time.monotonic() + 60
        while (now := self.sent(RESOLVED)) != before:
            assert time.monotonic() < deadline, "the engine does not come to rest"
            before = now
            time.sleep(2.0)  # a while: what is looked for is that nothing comes

    def sent(self, topic: Topic) -> list[tuple[bytes, bytes]]:
        """What a reader of committed records gets."""
        found = read(self.settings.kafka, topic, "read_committed")
        return [(record.key, record.value) for record in found]

    def outcome(self) -> dict[str, dict[str, Any]]:
        """What a consumer that keeps only strictly newer records of a story knows at the end."""
        replay = Replay(7)
        by_version = sorted(
            (Resolved.from_bytes(value) for _, value in self.sent(RESOLVED)), key=lambda record: record.version
        )
        replay.sent[RESOLVED.name] = [Outgoing(RESOLVED, r.story.encode(), r.to_bytes()) for r in by_version]
        events = sorted((Event.from_bytes(value) for _, value in self.sent(EVENTS)), key=lambda event: event.version)
        replay.sent[EVENTS.name] = [Outgoing(EVENTS, event.id.encode(), event.to_bytes()) for event in events]
        return result(replay)

    def expected(self) -> dict[str, dict[str, Any]]:
        replay = Replay(7)
        replay.take(self.values)
        return result(replay)

    def close(self) -> None:
        for child in self.children:
            if child.process is not None and child.running:
                os.kill(child.process.pid, signal.SIGCONT)
            child.stop()
        self._admin.close()
        self._held.close()


@pytest.fixture
def bench(settings: Settings) -> Iterator[Bench]:
    running = Bench(settings)
    try:
        yield running
    finally:
        running.close()


def world(seed: int = 1) -> list[bytes]:
    articles = [*copies(40, seed=seed), *copies(12, seed=seed + 50), *of_one_outlet(30)]
    later = [
        one.model_copy(update={"revision": 2, "text": f"{one.text} {' '.join(prose(number, 30))}"})
        for number, one in enumerate(articles[:20:4])
    ]
    return [message(one) for one in [*articles, *later]]


def kill(child: Child) -> None:
    assert child.process is not None
    child.process.kill()
    child.process.wait()


def has_decided(child: Child) -> bool:
    """Whether it was ever given the partition since it was started."""
    return '"engine ready"' in child.last_lines(1000)


def test_what_is_sent_is_what_the_texts_say(bench: Bench) -> None:
    bench.send(world())
    bench.engine(1)
    bench.settle()
    assert bench.outcome() == bench.expected()


@pytest.mark.chaos
def test_kills_at_any_moment_leave_no_trace(bench: Bench) -> None:
    engine = bench.engine(1)
    values = world()
    for start in range(0, len(values), 20):
        bench.send(values[start : start + 20])
        poll(lambda start=start: bench.committed() > start, "some of it taken", 60)  # type: ignore[misc]
        kill(engine)
        engine.start()
    bench.settle()
    assert bench.outcome() == bench.expected()


@pytest.mark.chaos
def test_a_frozen_engine_that_wakes_up_does_no_harm(bench: Bench) -> None:
    values = world()
    first = bench.engine(1)
    bench.send(values[:30])
    bench.settle()
    bench.engine(2)
    assert first.process is not None
    os.kill(first.process.pid, signal.SIGSTOP)
    bench.send(values[30:])
    poll(lambda: bench.committed() >= len(values), "the one that stood by has taken over", 90)
    os.kill(first.process.pid, signal.SIGCONT)
    bench.send(world(seed=9))
    bench.settle()
    assert bench.outcome() == bench.expected()


@pytest.mark.chaos
def test_without_its_snapshot_the_engine_works_everything_out_again(bench: Bench) -> None:
    engine = bench.engine(1)
    bench.send(world())
    bench.settle()
    kill(engine)
    shutil.rmtree(Path(bench.settings.local.data_dir) / "engine-1")
    bench.send(world(seed=9))
    engine.start()
    bench.settle()
    assert bench.outcome() == bench.expected()
    records = [Resolved.from_bytes(value) for _, value in bench.sent(RESOLVED)]
    places = [(member.article, member.revision, member.place) for record in records for member in record.members]
    again = [one for number, one in enumerate(places) if one in places[:number]]
    assert len(again) < len(places) / 20, "what was published before is not published again"
    versions = [record.version for record in records]
    assert max(versions) < version(1, 0) + min(versions), "one epoch"


def test_an_engine_goes_on_when_others_join_to_stand_by(bench: Bench) -> None:
    first = bench.engine(1)
    bench.send(world()[:10])
    bench.settle()
    for number in (2, 3, 4):
        bench.engine(number)
        bench.joined()
    bench.send(world()[10:20])
    bench.settle()
    assert [child.name for child in bench.children if has_decided(child)] == [first.name]


@pytest.mark.chaos
def test_the_engine_that_stood_by_takes_over_and_not_one_that_starts(bench: Bench) -> None:
    first = bench.engine(1)
    bench.send(world()[:10])
    bench.settle()
    second = bench.engine(2)
    bench.joined()
    bench.settle()
    kill(first)
    first.start()  # as a supervisor does, before the group knows that it is gone
    third = bench.engine(3)
    bench.send(world()[10:20])
    bench.settle()
    assert [has_decided(child) for child in (first, second, third)] == [False, True, False]
