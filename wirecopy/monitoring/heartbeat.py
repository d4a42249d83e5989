"""Signs of life of a worker, for the watchdog in another thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Heartbeat:
    """The time of a stage's last progress. The event loop writes it, the watchdog reads it: single assignments only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self.busy = False
        """Whether a batch is under way."""

    def beat(self) -> None:
        """Record a sign of life: something was done, or an unavailable server was asked again."""
        self._last = self._clock()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Mark a batch as under way for the duration of the block."""
        self.beat()
        self.busy = True
        try:
            yield
        finally:
            self.busy = False
            self.beat()

    def silent_for(self) -> float:
        """Return the seconds without any sign of life."""
        return self._clock() - self._last
