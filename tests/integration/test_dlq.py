"""Dead letters over a real broker: what a stage refused is listed, shown, sent again to its place, and thrown away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from schemas import dead_letters
from schemas.topics import DEAD_LETTERS, RAW
from tests.integration.pipeline import poll
from tests.integration.places import REPOSITORY
from tests.integration.reading import read
from tests.integration.runtime_stage import BAD, settings
from wirecopy.cli.topics import apply
from wirecopy.local.servers import LocalServers
from wirecopy.settings import environment

pytestmark = [
    pytest.mark.servers,
    # kafka-python 3.0.12 leaves a socket open if it is closed while it asks for metadata; topics are read often here.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Place:
    """Topics of its own, the command line, and a worker once it is started."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.settings = settings(bootstrap, f"dlq-{uuid.uuid4().hex[:8]}", folder)
        self.kafka = self.settings.kafka
        apply(self.kafka)
        self.producer = KafkaProducer(bootstrap_servers=bootstrap)
        self._folder = folder
        self._worker: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = [self.kafka.bootstrap, self.kafka.topic_prefix, str(self._folder), "count"]
        with (self._folder / "worker.log").open("wb") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.runtime_stage", *arguments],
                cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def put(self, key: bytes, value: bytes, partition: int) -> None:
        self.producer.send(RAW.full_name(self.kafka.topic_prefix), value, key, partition=partition)
        self.producer.flush()

    def letter(self, key: bytes, value: bytes, *why: tuple[str, bytes]) -> None:
        self.producer.send(DEAD_LETTERS.full_name(self.kafka.topic_prefix), value, key, headers=list(why), partition=0)
        self.producer.flush()

    def run(self, *arguments: str, code: int = 0) -> str:
        known = {"kafka.bootstrap": self.kafka.bootstrap, "kafka.topic_prefix": self.kafka.topic_prefix}
        done = subprocess.run(
            [sys.executable, "-m", "wirecopy", "dlq", *arguments],
            cwd=REPOSITORY, env={**os.environ, **environment(known)}, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode()

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        return list(json.loads(self.run("list", "--json", *arguments))["letters"])

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()
        self.producer.close()


@pytest.fixture
def place(servers: LocalServers, tmp_path: Path) -> Iterator[Place]:
    found = Place(servers.bootstrap, tmp_path)
    yield found
    found.stop()


def test_what_fails_is_sent_again_to_its_place_until_it_has_failed_often_enough(place: Place) -> None:
    place.start()
    place.put(b"a1", BAD, 3)
    place.put(b"b2", b"good", 3)
    for attempt in (1, 2, 3):
        poll(lambda attempt=attempt: attempt in attempts(place), f"it has failed {attempt} times", 60)  # type: ignore[misc]
        (only,) = place.listed()
        why = only["headers"]
        assert (only["key"], why["x-dlq-reason"], why["x-dlq-attempt"]) == ("a1", "no_good", str(attempt))
        assert (why["x-dlq-topic"], why["x-dlq-partition"]) == ("raw", "3")
        if attempt < 3:
            assert place.run("send", "--reason", "no_good", "--dry-run") == "1 would be sent again\n"
            assert place.run("send", "--reason", "no_good") == "1 sent again\n"
    assert "failed 3 times already" in place.run("send", "--all", code=1)
    again = [message for message in read(place.kafka, RAW) if message.key == b"a1"]
    assert [(message.partition, message.value) for message in again] == [(3, BAD)] * 3
    assert [dict(message.headers).get("x-dlq-attempt") for message in again] == [None, b"1", b"2"]
    assert len(place.listed("--done")) == 3

    assert place.run("purge", "--all", "--yes").startswith("1 purged; ")
    assert place.run("list").strip() == "no dead letters"
    assert read(place.kafka, DEAD_LETTERS) == [], "nothing open is left, so all of it is deleted"


def attempts(place: Place) -> set[int]:
    return {dead_letters.attempts(message.headers) for message in read(place.kafka, DEAD_LETTERS)}


def test_letters_are_shown_without_harm_and_purged_around_what_is_open(place: Place, tmp_path: Path) -> None:
    hostile = b"\x1b[2J\xe2\x80\xaegnp.exe \xff"
    place.letter(b"c3", hostile, *dead_letters.headers("fingerprint", "schema", "an \x1b[31merror", "raw", at=(1, 5)))
    place.letter(b"d4", b"{}", *dead_letters.headers("indexing", "too_large", "", "articles", at=(1, 6)))
    place.letter(b"e5", b"{}", *dead_letters.headers("producer", "not_a_feed", "", "http://feed.example/"))
    place.letter(b"f6", b"no letter of ours")
    place.letter(b"g7", b"{}", *dead_letters.headers("tagging", "schema", "", "resolved", at=(99, 7)))
    text = place.run("list")
    assert "1 fingerprint schema" in text
    assert "\x1b" not in text
    text = place.run("show", "0:0")
    assert "\x1b" not in text
    assert "\\x1b[2J\\u202egnp.exe \\xff" in text
    assert place.run("show", "0:99", code=6) == ""
    raw = subprocess.run(
        [sys.executable, "-m", "wirecopy", "dlq", "show", "0:0", "--raw"], cwd=REPOSITORY, capture_output=True,
        env={**os.environ, "WIRECOPY_KAFKA__BOOTSTRAP": place.kafka.bootstrap,
             "WIRECOPY_KAFKA__TOPIC_PREFIX": place.kafka.topic_prefix}, check=True, timeout=120,
    )  # fmt: skip
    assert raw.stdout == hostile, "--raw gives the message byte for byte"

    refused = place.run("send", "--all", "--dry-run", code=1)
    assert "1 would be sent again" in refused
    for why in (
        "of a compacted topic",
        "a producer reads its feed anew",
        "nothing is no topic that a stage takes",
        "no partition 99",
    ):
        assert why in refused
    place.run("send", code=2)

    assert (
        place.run("purge", "--stage", "indexing", "--yes")
        == "1 purged; 0 messages at the beginning of the topic deleted\n"
    )
    assert [found["key"] for found in place.listed()] == ["c3", "e5", "f6", "g7"], "an open one lies before it"
    assert place.run("purge", "0:0", "--yes") == "1 purged; 2 messages at the beginning of the topic deleted\n"
    assert [found["key"] for found in place.listed("--done")] == ["e5", "f6", "g7"]
