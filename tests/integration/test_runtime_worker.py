"""Workers over a real broker: nothing lost or repeated in state, whatever is killed; nobody hangs unnoticed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from kafka import KafkaProducer, TopicPartition

from schemas.topics import ARTICLES, DEAD_LETTERS, RAW, RESOLVED, TAGGING_STATE
from stream_apps.runtime.dead_letter_limit import DEFAULT
from tests.alerts import Shot, asked, assert_alarm, scraped
from tests.integration import pipeline
from tests.integration.places import REPOSITORY
from tests.integration.reading import read
from tests.integration.runtime_stage import HANG, PARTITIONS, settings
from wirecopy.cli.topics import apply
from wirecopy.errors import SettingsError, StageFailing, StateError
from wirecopy.kafka import admin_client
from wirecopy.local.process import free_port
from wirecopy.local.servers import LocalServers

pytestmark = [
    pytest.mark.servers,
    # kafka-python 3.0.12 leaves a socket open if it is closed while it asks for metadata; topics are read often here.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

EXIT_CRASHED = 70


poll = partial(pipeline.poll, patience=60.0)


class World:
    """Topics of its own on the broker, a producer, and workers."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.settings = settings(bootstrap, f"rt-{uuid.uuid4().hex[:8]}", folder)
        self.kafka = self.settings.kafka
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.sent: Counter[bytes] = Counter()
        self._producer = KafkaProducer(bootstrap_servers=bootstrap)

    def create(self, partitions: int = PARTITIONS) -> None:
        apply(self.kafka.model_copy(update={"partitions": partitions}))

    def start(self, how: str = "count", *port: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"worker-{len(self.workers)}.log").open("wb")
        arguments = [self.kafka.bootstrap, self.kafka.topic_prefix, str(self.folder), how, *port]
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.runtime_stage", *arguments],
            cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        log.close()
        self.workers.append(worker)
        return worker

    def log(self, worker: subprocess.Popen[bytes]) -> str:
        return (self.folder / f"worker-{self.workers.index(worker)}.log").read_text(encoding="utf-8")

    def send(self, count: int, value: bytes = b"x") -> None:
        for _ in range(count):
            key = b"key %d" % (sum(self.sent.values()) % 37)
            self.sent[key] += 1
            self._producer.send(RAW.full_name(self.kafka.topic_prefix), value, key)
        self._producer.flush()

    def sent_to(self, worker: subprocess.Popen[bytes]) -> bool:
        """Send some, and say whether this worker has taken any."""
        self.send(37)
        return "state on disk" in self.log(worker)

    def states(self) -> dict[bytes, bytes]:
        return {row.key: row.value for row in read(self.kafka, TAGGING_STATE)}

    def counted(self) -> bool:
        """Whether every message was counted; a repeated one may have been counted twice."""
        states = self.states()
        return all(int(states.get(key, b"\x010")[1:]) >= count for key, count in self.sent.items())

    def stop(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        self._producer.close()


@pytest.fixture
def world(servers: LocalServers, tmp_path: Path) -> Iterator[World]:
    world = World(servers.bootstrap, tmp_path)
    yield world
    world.stop()


def test_nothing_is_lost_when_workers_come_go_and_are_killed(world: World) -> None:
    world.create()
    first = world.start()
    world.send(400)
    poll(world.counted, "the first messages are counted")
    second = world.start()
    poll(lambda: world.sent_to(second), "the second worker has partitions")
    poll(world.counted, "both count")
    first.kill()
    world.send(400)
    poll(world.counted, "the second counts alone")
    world.start()
    second.terminate()
    assert second.wait(60) == 0
    world.send(400)
    poll(world.counted, "the third counts alone")
    assert {row.value[0] for row in read(world.kafka, TAGGING_STATE)} == {1}
    newest = {m.key: m.value for m in read(world.kafka, ARTICLES)}
    assert newest == {key: row[1:] for key, row in world.states().items()}
    assert not read(world.kafka, DEAD_LETTERS)
    assert {path.name for path in (world.folder / f"{world.kafka.topic_prefix}-counting").iterdir()} == {"0", "1"}


def test_a_restart_reads_only_the_end_of_the_changelog(world: World) -> None:
    world.create()
    worker = world.start()
    world.send(500)
    poll(world.counted, "all are counted")
    worker.terminate()
    assert worker.wait(60) == 0
    again = world.start()
    world.send(40)
    poll(world.counted, "the others are counted")
    assert "state restored" not in world.log(again)
    assert world.states()[b"key 0"] == b"\x01%d" % world.sent[b"key 0"]


def test_rows_of_another_format_stop_the_worker(world: World) -> None:
    world.create()
    worker = world.start()
    world.send(100)
    poll(world.counted, "all are counted")
    worker.kill()
    worker.wait()
    other = world.start("newer")
    world.send(100)
    assert other.wait(60) == StateError.exit_code
    assert "its format is 1, this version reads 2" in world.log(other)
    assert "wirecopy state rebuild" in world.log(other)
    assert not read(world.kafka, DEAD_LETTERS)
    world.start()
    poll(world.counted, "the right version goes on")


def test_a_stage_that_fails_on_everything_stops(world: World) -> None:
    world.create()
    world.send(1000)
    worker = world.start("fail")
    assert worker.wait(60) == StageFailing.exit_code
    assert "in a row" in world.log(worker)
    assert len(read(world.kafka, DEAD_LETTERS)) < DEFAULT.run, "only those of batches too small to tell"


def test_a_stage_that_hangs_is_ended_and_stops_when_told_to(world: World) -> None:
    world.create()
    world.send(100)
    port = free_port()
    hanging = world.start("hang", str(port))
    poll(world.counted, "all are counted")
    well = when("StageStuck", port, lambda shot: lag(shot) == 0)
    world.send(1, HANG)
    stuck = when("StageStuck", port, lambda shot: lag(shot) == 1)
    poll(lambda: hanging.poll() is not None or says_that_it_hangs(port), "it says that it hangs")
    assert hanging.wait(60) == EXIT_CRASHED
    assert "no progress while there is work" in world.log(hanging)
    assert_alarm("StageStuck", [well], [stuck], world.folder)
    again = world.start("hang")
    poll(lambda: "state on disk" in world.log(again), "it hangs")
    again.terminate()
    assert again.wait(60) == 0


def when(alert: str, port: int, holds: Callable[[Shot], bool]) -> Shot:
    """What Prometheus finds at the port, of what an alert asks for, as soon as it is so."""
    shots: list[Shot] = []

    def look() -> bool:
        shots[:] = [scraped(alert, asked(port))]
        return bool(shots[0]) and holds(shots[0])

    poll(look, f"{alert}: {shots}")
    return shots[0]


def lag(shot: Shot) -> float:
    return sum(value for series, value in shot.items() if series.startswith("wirecopy_stage_lag_messages"))


def says_that_it_hangs(port: int) -> bool:
    try:
        return get(port, "/livez")[0] == 503
    except OSError:
        return False  # it was ended while it answered


def get(port: int, path: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_stage_that_is_slower_than_what_comes(world: World) -> None:
    world.create()
    world.send(37)
    port = free_port()
    world.start("crawl", str(port))
    poll(world.counted, "it counts")
    well = when("LagGrows", port, lambda shot: lag(shot) == 0)
    behind = [well]
    while len(behind) < 4:
        world.send(1000)
        now = scraped("LagGrows", asked(port))
        if lag(now) > lag(behind[-1]) + 1000:
            behind.append(now)
    assert_alarm("LagGrows", [well], behind[1:], world.folder, apart=15)


def test_messages_that_expire_while_nobody_works(world: World) -> None:
    world.create()
    world.send(100)
    port = free_port()
    worker = world.start("count", str(port))
    poll(world.counted, "all are counted")
    before = when("MessagesExpired", port, bool)
    worker.terminate()
    assert worker.wait(60) == 0
    world.send(120)
    topic = RAW.full_name(world.kafka.topic_prefix)
    with admin_client(world.kafka) as admin:
        # Kafka deletes whole segments, and looks for them every five minutes; this is what it does to the topic then.
        admin.delete_records({TopicPartition(topic, number): -1 for number in range(PARTITIONS)})
    world.start("count", str(port))
    world.send(100)
    after = when("MessagesExpired", port, lambda shot: sum(shot.values()) == 120)
    assert_alarm("MessagesExpired", [before], [after], world.folder)
    away_for_long: list[Shot] = [before, {}, {}]
    assert_alarm("MessagesExpired", away_for_long, [after], world.folder)


def test_a_stage_that_takes_longer_than_kafka_waits_for_a_poll_keeps_its_partitions(world: World) -> None:
    world.create()
    world.send(12_000)
    worker = world.start("slow")
    poll(world.counted, "all are counted", patience=120)
    assert world.log(worker).count("state on disk") == PARTITIONS, "each partition was taken over once"
    assert "partitions given up" not in world.log(worker)


def test_wrong_partitions_are_told_at_the_start(world: World) -> None:
    world.create(PARTITIONS + 1)
    worker = world.start()
    assert worker.wait(60) == SettingsError.exit_code
    assert f"{RAW.full_name(world.kafka.topic_prefix)} has 5 partitions, kafka.partitions says 4" in world.log(worker)


def test_only_committed_messages_are_taken(world: World) -> None:
    world.create()
    name = RESOLVED.full_name(world.kafka.topic_prefix)
    producer = KafkaProducer(bootstrap_servers=world.kafka.bootstrap, transactional_id=world.kafka.topic_prefix)
    producer.init_transactions()
    for number in range(30):
        producer.begin_transaction()
        producer.send(name, b"x", b"taken back" if number % 3 == 0 else b"good")
        producer.flush()
        producer.abort_transaction() if number % 3 == 0 else producer.commit_transaction()
    producer.close()
    world.start("committed")
    poll(lambda: world.states().get(b"good") == b"\x0120", "all that is committed is counted")
    assert set(world.states()) == {b"good"}


def test_sigterm_ends_a_worker_while_kafka_is_frozen(world: World, servers: LocalServers) -> None:
    world.create()
    worker = world.start()
    world.send(100)
    poll(world.counted, "all are counted")
    broker = next(child for child in servers.children if child.name == "Kafka")
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        worker.terminate()
        assert worker.wait(60) == 0
    finally:
        os.kill(broker.pid, signal.SIGCONT)
