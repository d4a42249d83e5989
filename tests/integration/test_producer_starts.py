"""A producer that is started a hundred times on a busy machine, and has its feeds within seconds each time."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from producers.assignment.ownership import GivenUp, TakenOver
from producers.assignment.sharing import SharedFeeds
from wirecopy.cli import topics
from wirecopy.settings import Settings, environment

pytestmark = [pytest.mark.servers, pytest.mark.long]
STARTS = 100
KILL_EVERY = 10
SESSION = 6.0
WITHIN = 3.0
"""Seconds from the start until all feeds are there; beyond the session timeout where one was killed before."""


def spin() -> None:
    while True:
        pass


@contextlib.contextmanager
def load() -> Iterator[None]:
    """As many busy processes as there are processors."""
    busy = [multiprocessing.Process(target=spin, daemon=True) for _ in range(os.cpu_count() or 2)]
    for process in busy:
        process.start()
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.join()


async def hand_over(shared: SharedFeeds) -> None:
    """Nothing is under way for any feed."""
    while True:
        match await shared.next_event():
            case GivenUp(done=done) if done is not None:
                done()


@contextlib.asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[SharedFeeds]:
    shared = SharedFeeds(settings)
    shared.start()
    try:
        yield shared
    finally:
        handing_over = asyncio.create_task(hand_over(shared))
        await shared.close()
        handing_over.cancel()


async def seconds_until_everything_is_there(settings: Settings, shared: SharedFeeds, began: float) -> float:
    taken: set[int] = set()
    async with asyncio.timeout(120):
        while len(taken) < settings.kafka.partitions:
            event = await shared.next_event()
            if isinstance(event, TakenOver):
                taken.add(event.partition)
    return time.monotonic() - began


async def kill_one(settings: Settings) -> None:
    """A whole producer that has joined, killed."""
    wanted: dict[str, object] = {
        "kafka.bootstrap": settings.kafka.bootstrap,
        "kafka.topic_prefix": settings.kafka.topic_prefix,
        "kafka.partitions": settings.kafka.partitions,
        "producer.session_timeout": SESSION,
        "producer.parse_processes": 1,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wirecopy", "run", "producer",
        env=os.environ | environment(wanted), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    async with asyncio.timeout(60):
        async for line in process.stderr:
            if b"feeds taken over" in line:
                break
        else:
            raise AssertionError("a producer has ended before it had its feeds")
    process.send_signal(signal.SIGKILL)
    await process.wait()


@pytest.mark.timeout(1800)
async def test_a_hundred_starts_under_load_have_their_feeds_in_time(settings: Settings) -> None:
    kafka = settings.kafka.model_copy(update={"partitions": 8})
    producer = settings.producer.model_copy(update={"session_timeout": SESSION})
    chosen = settings.model_copy(update={"kafka": kafka, "producer": producer})
    await asyncio.to_thread(topics.apply, kafka)
    after_end: list[float] = []
    after_kill: list[float] = []
    # The first group of a cluster has the broker make its own topic for it.
    async with started(chosen) as first:
        await seconds_until_everything_is_there(chosen, first, time.monotonic())
    with load():
        for number in range(STARTS):
            killed = number % KILL_EVERY == KILL_EVERY - 1
            if killed:
                await kill_one(chosen)
            began = time.monotonic()
            async with started(chosen) as shared:
                took = await seconds_until_everything_is_there(chosen, shared, began)
            (after_kill if killed else after_end).append(took)
            print(f"start {number}: {took:.2f} s", file=sys.__stderr__, flush=True)
    print(f"\nstarts: {len(after_end)} after an end, {max(after_end):.2f} s at most; "
          f"{len(after_kill)} after a kill, {max(after_kill):.2f} s at most")  # fmt: skip
    assert max(after_end) < WITHIN
    assert max(after_kill) < SESSION + WITHIN
