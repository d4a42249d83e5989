"""Limits a rate a second, so that live feeds stay quick beside other work. Pure but for its clock."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """Lets ``rate`` things a second through on average, ``burst`` of them at once at most.

    What was not used in a pause (Kafka was away, the machine slept) is not made up for beyond one burst.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._looked = clock()

    def take(self, count: int) -> float:
        """Take ``count`` tokens, on credit if need be; the seconds to wait before what they stand for may go."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._looked) * self._rate)
        self._looked = now
        self._tokens -= count
        return max(0.0, -self._tokens / self._rate)
