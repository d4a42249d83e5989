"""A stage that lingers gets more messages in a batch, and never fewer chances to end one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from schemas.topics import RAW
from stream_apps.runtime.batch_runner import BatchRunner
from stream_apps.runtime.memory_broker import MemoryBroker
from stream_apps.runtime.stage_interface import Incoming, Outgoing, Stage
from stream_apps.runtime.state_store import StateStore
from stream_apps.runtime.waiting import is_last


async def test_without_patience_an_empty_queue_ends_the_batch() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    assert await is_last(queue, lambda: 0.0)
    queue.put_nowait(1)
    assert not await is_last(queue, lambda: 0.0)


async def test_a_message_that_comes_in_time_is_waited_for() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    waiting = asyncio.create_task(is_last(queue, lambda: 30.0))
    await asyncio.sleep(0)
    queue.put_nowait(1)
    assert not await waiting


async def test_patience_ends() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    assert await is_last(queue, lambda: 0.02)


class Patient(Stage):
    """Waits for three messages."""

    name = "patient"

    def linger(self, waiting: int) -> float:
        return 10.0 if waiting < 3 else 0.0

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        return ()


class AtTheBeginning(MemoryBroker):
    async def next_offset(self, topic: str, partition: int) -> int:
        return 0


def runner(size: int) -> BatchRunner:
    rows = StateStore()
    return BatchRunner(Patient(), rows, AtTheBeginning(partitions=1), size)  # type: ignore[arg-type]  # sends nothing


async def test_a_full_batch_waits_for_nothing() -> None:
    for size, patience in ((10, 10.0), (1, 0.0)):
        waiting = runner(size)
        await waiting.add([Incoming(RAW.name, 0, 0, b"", b"")], lambda: None)
        assert waiting.patience() == patience
