"""Signs of life of a worker, for the watchdog in another thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Progress:
    """When a stage last got on. Written by the event loop, read by the watchdog: single assignments only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self.busy = False
        """Whether a batch is under way."""

    def beat(self) -> None:
        """Something was done, or a server that is away was asked again: the stage is alive."""
        self._last = self._clock()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """A batch is under way for the duration of the block."""
        self.beat()
        self.busy = True
        try:
            yield
        finally:
            self.busy = False
            self.beat()

    def silent_for(self) -> float:
        """Seconds without any sign of life."""
        return self._clock() - self._last
