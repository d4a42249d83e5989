"""The small parts of the runtime: limits, watchdog, folders, topics."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.topics import CLEAN, RAW
from stream_apps.runtime.dead_letter_limit import DeadLetterLimit
from stream_apps.runtime.folder import own_folder
from stream_apps.runtime.topics_there import TopicFound, require
from stream_apps.runtime.watchdog import EXIT_CRASHED, LOOKS, Watchdog
from wirecopy.errors import ServerError, SettingsError
from wirecopy.monitoring.heartbeat import Heartbeat
from wirecopy.settings import Settings

# ---- dead letters ----------------------------------------------------------------------------------------------


def test_one_outlet_alone_never_stops_the_stage() -> None:
    limit = DeadLetterLimit()
    for _ in range(500):
        limit.failed("a", unexpected=True)
    assert limit.stage_failing() is None
    assert list(limit.paused) == ["a"]


def test_a_share_of_the_last_hundred_stops_the_stage_without_a_run() -> None:
    limit = DeadLetterLimit()
    for number in range(90):
        if number % 10 < 6:
            limit.failed(f"outlet {number % 4}")
        else:
            limit.succeeded()
    assert limit.stage_failing() == "54 of the last 100 messages, of 4 outlets, went to the dead letters"
    for _ in range(10):
        limit.succeeded()
    assert limit.stage_failing() is not None
    for _ in range(10):
        limit.succeeded()
    assert limit.stage_failing() is None


def test_refusals_pause_no_outlet() -> None:
    limit = DeadLetterLimit()
    for _ in range(100):
        limit.failed("a")
    assert not limit.paused
    assert not limit.skips("a")


# ---- watchdog --------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """A watchdog with a limit of 100 seconds, looking every 10."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self.clock = Clock()
        self.heartbeat = Heartbeat(self.clock)
        self.watchdog = Watchdog([self.heartbeat], waiting, 100, end=lambda code: None, clock=self.clock)

    def looks(self, seconds: float) -> bool:
        """Whether it says that the worker hangs, some time within these seconds."""
        found = False
        for _ in range(round(seconds / 100 * LOOKS)):
            self.clock.now += 100 / LOOKS
            found = self.watchdog.look() or found
        return found


def test_an_idle_stage_is_left_alone_also_when_its_first_message_comes() -> None:
    waiting = [0]
    watched = Watched(lambda: waiting[0])
    assert not watched.looks(1000)
    waiting[0] = 1
    assert not watched.looks(20)
    watched.heartbeat.beat()
    waiting[0] = 0
    assert not watched.looks(1000)


def test_messages_that_wait_without_any_progress_are_noticed() -> None:
    assert Watched(lambda: 5).looks(130)


def test_a_batch_that_hangs_is_noticed_whatever_kafka_says() -> None:
    watched = Watched(lambda: 0)
    with watched.heartbeat.batch():
        assert watched.looks(120)


def test_a_batch_that_waits_for_a_server_and_says_so_is_left_alone() -> None:
    watched = Watched(lambda: 5)
    with watched.heartbeat.batch():
        for _ in range(20):
            watched.heartbeat.beat()
            assert not watched.looks(50)


def test_kafka_being_away_is_no_hanging() -> None:
    def away() -> int:
        raise ServerError("no broker")

    assert not Watched(away).looks(1000)


def test_a_process_that_hangs_stops_when_told_to() -> None:
    """Its event loop does nothing any more, so that no handler of asyncio could run."""
    script = """
import asyncio, os, signal, sys, time
from stream_apps.runtime import watchdog
watchdog.GRACE = 0.2
async def main():
    dog = watchdog.Watchdog([], lambda: 0, 60)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
    dog.hears_signals()
    print("ready", flush=True)
    while True:
        time.sleep(0.01)
asyncio.run(main())
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.wait(30) == 0


def test_a_process_that_makes_no_progress_is_ended() -> None:
    script = """
import time
from wirecopy.monitoring.heartbeat import Heartbeat
from stream_apps.runtime.watchdog import Watchdog
heartbeat = Heartbeat()
Watchdog([heartbeat], lambda: 1, 0.2).start()
with heartbeat.batch():
    time.sleep(60)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == EXIT_CRASHED
    assert "no progress while there is work" in ended.stderr + ended.stdout
    assert "Current thread" in ended.stderr or "Thread 0x" in ended.stderr, "where it hangs is shown"


# ---- folders, topics -------------------------------------------------------------------------------------------


def test_each_worker_of_a_host_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first, second = own_folder(tmp_path), own_folder(tmp_path)
    assert (first.path.name, second.path.name) == ("0", "1")
    first.release()
    third = own_folder(tmp_path)
    assert third.path.name == "0"
    second.release()
    third.release()


def test_a_killed_worker_leaves_its_folder(tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from stream_apps.runtime.folder import own_folder
held = own_folder(Path({str(tmp_path)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    mine = own_folder(tmp_path)
    assert mine.path.name == "0"
    mine.release()


def test_wrong_partitions_are_told_by_name() -> None:
    settings = Settings()
    found = {
        "wirecopy.raw.v1": TopicFound(settings.kafka.partitions + 1, "a"),
        "wirecopy.clean.v1": TopicFound(2, "b"),
        "wirecopy.resolved.v1": TopicFound(settings.kafka.partitions, "c"),
    }
    with pytest.raises(SettingsError) as caught:
        require(found, settings, [RAW])
    assert str(caught.value) == (
        "topic wirecopy.raw.v1 has 5 partitions, kafka.partitions says 4; "
        "topic wirecopy.clean.v1 has 2 partitions, dedup.engine_languages says 1; see `wirecopy topics apply`"
    )


def test_a_missing_topic_is_told_by_name() -> None:
    with pytest.raises(ServerError, match=r"no topic wirecopy\.clean\.v1: run `wirecopy topics apply`"):
        require({"wirecopy.raw.v1": TopicFound(4, "a")}, Settings(), [RAW, CLEAN])
