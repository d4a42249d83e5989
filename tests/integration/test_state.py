"""``wirecopy state`` over a real broker: with the stage that has the simplest rows, and with that of stories."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import typer
from kafka import KafkaProducer

from schemas.feed_records import RawEntry
from schemas.topics import (
    ARTICLES,
    CLEAN,
    DEAD_LETTERS,
    ENGINE_STATE,
    OUTLET_STATE,
    RAW,
    RESOLVED,
    TAGGING_STATE,
    Topic,
)
from stream_apps.dedup.epoch import KEY, Epoch, current
from stream_apps.dedup.snapshot import RULES
from stream_apps.runtime.state_store import RowChange
from stream_apps.state import cli
from tests.integration import pipeline
from tests.integration.places import REPOSITORY
from tests.integration.reading import read
from tests.unit.tagging_world import Engine, article, outgoing, story_id
from wirecopy.cli.registry import use
from wirecopy.cli.topics import apply
from wirecopy.errors import ServerError, StateError
from wirecopy.local.servers import LocalServers
from wirecopy.settings import FaustSettings, KafkaSettings, Loaded, Settings

pytestmark = [
    pytest.mark.servers,
    # kafka-python 3.0.12 leaves a socket open if it is closed while it asks for metadata; topics are read often here.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCRIPT = """
import sys
from wirecopy import telemetry
from wirecopy.settings import Settings
from stream_apps.{app}.app import run
settings = Settings.model_validate_json(sys.argv[1])
telemetry.configure_logging(settings.telemetry)
run(settings)
"""


poll = partial(pipeline.poll, patience=60.0)


class World:
    """Forty articles of five outlets on three days, and a fingerprint worker."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.settings = Settings(
            kafka=KafkaSettings(bootstrap=bootstrap, topic_prefix=f"st-{uuid.uuid4().hex[:8]}", partitions=2),
            faust=FaustSettings(data_dir=folder, session_timeout=6, heartbeat_interval=1, commit_interval=0.2),
        )
        self.kafka = self.settings.kafka
        self.log = folder / "worker.log"
        self._worker: subprocess.Popen[bytes] | None = None

    def publish(self) -> None:
        producer = KafkaProducer(bootstrap_servers=self.kafka.bootstrap)
        for number in range(40):
            entry = RawEntry(
                article=f"{number:032x}", revision=0, content_hash=str(number), feed="f",
                outlet=f"outlet{number % 5}.example", headline=f"Ferry number {number} leaves Kalindi",
                content=f"<p>The ferry {number} left at noon. All {number} passengers were told to wait.</p>",
                published=NOON, first_seen=NOON + timedelta(days=number // 15), fetched=NOON,
            )  # fmt: skip
            name = RAW.full_name(self.kafka.topic_prefix)
            producer.send(name, entry.to_bytes(), entry.article.encode(), partition=number % 5 % 2)
        producer.close()

    def write(self, change: RowChange) -> None:
        producer = KafkaProducer(bootstrap_servers=self.kafka.bootstrap)
        name = OUTLET_STATE.full_name(self.kafka.topic_prefix)
        producer.send(name, change.value, change.key, partition=change.partition)
        producer.close()

    def start(self, app: str = "fingerprint") -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-c", SCRIPT.format(app=app), self.settings.model_dump_json()],
                cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self._worker

    def stop(self) -> None:
        if self._worker is not None and self._worker.poll() is None:
            self._worker.send_signal(signal.SIGTERM)
            self._worker.wait(60)

    def rows(self, topic: Topic = OUTLET_STATE) -> dict[tuple[int, bytes], bytes]:
        rows = {(row.partition, row.key): row.value for row in read(self.kafka, topic)}
        return {key: value for key, value in rows.items() if value is not None}

    def clean(self) -> dict[bytes, bytes]:
        return {message.key: message.value for message in read(self.kafka, CLEAN)}


@pytest.fixture
def world(servers: LocalServers, tmp_path: Path) -> Iterator[World]:
    world = World(servers.bootstrap, tmp_path)
    use(Loaded(world.settings, {}))
    apply(world.kafka)
    world.publish()
    yield world
    world.stop()


def test_a_row_that_cannot_be_read_is_told_found_and_repaired(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.start()
    poll(lambda: len(world.rows()) == 40, "all articles have rows")
    cli.state_check()
    assert " 40 rows" in capsys.readouterr().out
    world.stop()
    good = world.rows()
    article = f"{7:032x}"
    place = next(place for place in good if place[1] == bytes.fromhex(article))
    world.write(RowChange(*place, b"\x09" + good[place][1:]))
    world.publish()  # so that there is something to do
    assert world.start().wait(60) == StateError.exit_code
    assert f"outlet-state, partition {place[0]}, key {article}: its format is 9" in world.log.read_text("utf-8")
    with pytest.raises(typer.Exit):
        cli.state_check(as_json=True)
    outlet_state = json.loads(capsys.readouterr().out)[0]
    assert outlet_state["bad"] == [f"partition {place[0]}, key {article}: its format is 9, this version reads 1"]
    poll(lambda: not refused(lambda: cli.state_repair(article)), "the session of the worker has ended")
    world.start()
    poll(lambda: set(world.rows()) == set(good), "the row is there again")
    cli.state_check()
    assert not read(world.kafka, DEAD_LETTERS)


def test_a_story_is_repaired(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    engine = Engine()
    copies = [article(f"c{n}", f"Copy {n}: Asha Mehra opened the bridge at Kalindi.", minute=n) for n in range(3)]
    said = outgoing(m for one in copies for m in engine.put(one, "x"))
    producer = KafkaProducer(bootstrap_servers=world.kafka.bootstrap)
    for message in said:
        producer.send(RESOLVED.full_name(world.kafka.topic_prefix), message.value, message.key, partition=0)
    producer.close()
    world.start("tagging")
    poll(lambda: len(world.rows(TAGGING_STATE)) >= 4, "the story and its articles have rows")
    poll(lambda: len({m.key for m in read(world.kafka, ARTICLES)}) == 3, "its articles are published")
    world.stop()
    articles, before = len(read(world.kafka, ARTICLES)), set(world.rows(TAGGING_STATE))
    poll(lambda: not refused(lambda: cli.state_repair(story_id("x"))), "the session of the worker has ended")
    cli.state_check()
    assert "cannot be read" not in capsys.readouterr().out.replace(" 0 cannot be read", "")
    world.start("tagging")
    poll(lambda: set(world.rows(TAGGING_STATE)) >= before, "all rows are there again")
    poll(lambda: len(read(world.kafka, ARTICLES)) >= articles + 3, "all is published again")
    assert not read(world.kafka, DEAD_LETTERS)


BEFORE = Epoch(current({}, 1, NOON)[0].number + 1, RULES, 1)
"""An epoch that a clock before its time has begun."""


def test_state_is_rebuilt_from_raw(world: World) -> None:
    producer = KafkaProducer(bootstrap_servers=world.kafka.bootstrap)
    producer.send(ENGINE_STATE.full_name(world.kafka.topic_prefix), BEFORE.to_bytes(), KEY, partition=0)
    producer.close()
    world.start()
    poll(lambda: len(world.clean()) == 40, "all articles are clean")
    with pytest.raises(ServerError, match="stop fingerprint first"):
        cli.state_rebuild(yes=True, wait=False)
    world.stop()
    rows, clean = world.rows(), world.clean()
    cli.state_rebuild(yes=True, wait=False)
    assert (world.rows(), world.clean()) == ({}, {})
    epochs = {message.key: message.value for message in read(world.kafka, ENGINE_STATE)}
    following, begins = current(epochs, 1, NOON)
    assert begins
    assert following.number > BEFORE.number
    world.start()
    poll(lambda: len(world.clean()) == 40, "all articles are clean again")
    poll(lambda: world.rows() == rows, "the same rows")
    assert world.clean() == clean


def refused(command: Callable[[], None]) -> bool:
    """Whether it was refused since a stage is running; done if not."""
    try:
        command()
    except ServerError as error:
        return "first" in str(error)
    return False
