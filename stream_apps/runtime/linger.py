"""How long a batch waits for more messages before it is handled.

Every copy has its story resolved and published again, and Elasticsearch pays for each write and each request (small
ones cost it twice the CPU of large ones: docs/decisions/0012). So under load a batch waits for more messages; with
little to do it does not wait at all.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from typing import Final

QUIET: Final = 0.2
"""A batch is handled as soon as no message has come for this share of ``longest``."""
MAX_LONGEST: Final = 5.0
"""Seconds, however seldom the index is refreshed: what waits is not stored, and is delivered again after a crash."""
NEVER: Final = 1.0
"""Seconds, where the index is never refreshed by itself."""
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}


def longest_wait(refresh_interval: str) -> float:
    """Return the seconds that a batch may wait, given the refresh interval of the index.

    >>> longest_wait("500ms"), longest_wait("1s"), longest_wait("10m"), longest_wait("-1")
    (0.5, 1.0, 5.0, 1.0)
    """
    found = re.fullmatch(r"(\d+)(ms|s|m)", refresh_interval)
    return min(MAX_LONGEST, int(found[1]) * _UNITS[found[2]]) if found else NEVER


class Linger:
    """Decides the wait of each batch by the recent rate of messages.

    Up to ``busy`` messages a second nothing waits; from twice as many on a batch may wait the whole of ``longest``.
    """

    def __init__(self, longest: float, busy: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest
        self._busy = busy
        self._clock = clock
        self._began: float | None = None
        self._level = 0.0
        self._levelled = clock()

    def seconds(self, waiting: int) -> float:
        """Return the seconds to wait for a further message when ``waiting`` are there; 0: handle them now.

        Ask again after each message that came in time.
        """
        now = self._clock()
        self._began = now if self._began is None else self._began
        allowed = self._longest * min(1.0, max(0.0, self._rate(now, waiting) / self._busy - 1))
        return max(0.0, min(self._began + allowed - now, allowed * QUIET))

    def handled(self, count: int) -> None:
        """Count a batch of ``count`` messages that is being handled; the next one begins."""
        now = self._clock()
        self._level, self._levelled, self._began = self._decayed(now) + count, now, None

    def _rate(self, now: float, waiting: int) -> float:
        """Return messages a second, older ones weighted less and less."""
        return self._decayed(now) + waiting

    def _decayed(self, now: float) -> float:
        return self._level * math.exp(self._levelled - now)
