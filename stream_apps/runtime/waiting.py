"""Wait for a further message, for stages whose batches linger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

LOOK_EVERY: Final = 0.005
"""Seconds between two looks into the queue: it cannot be waited for without taking from it."""


class Queue(Protocol):
    def empty(self) -> bool: ...


async def is_last(queue: Queue, patience: Callable[[], float]) -> bool:
    """Whether the message just taken is the last for now: none is there, nor comes within ``patience()`` seconds."""
    if not queue.empty():
        return False
    seconds = patience()
    if seconds <= 0:
        return True
    try:
        async with asyncio.timeout(seconds):
            while queue.empty():  # noqa: ASYNC110  # the queue is Faust's, and tells nobody of what comes
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        return queue.empty()
    return False
