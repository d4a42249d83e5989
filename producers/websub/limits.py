"""Bounds on what one hub can make a process do. Pure: time is an argument, in seconds of any steady clock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from cachetools import LRUCache

from producers.websub.callbacks import Callback

MAX_KNOWN = 20_000
"""Callbacks, or deliveries, that are remembered; the ones used least recently are forgotten."""


@dataclass
class Allowance:
    """So many requests at once of each callback, refilled at ``rate`` a second."""

    burst: float = 60.0
    rate: float = 1.0
    _left: LRUCache[Callback, tuple[float, float]] = field(default_factory=lambda: LRUCache(MAX_KNOWN))

    def take(self, callback: Callback, now: float) -> bool:
        left, at = self._left.pop(callback, (self.burst, now))
        left = min(left + (now - at) * self.rate, self.burst)
        allowed = left >= 1.0
        self._left[callback] = (left - allowed, now)
        return allowed


@dataclass
class Recent:
    """Deliveries taken within ``seconds``: a hub that missed our answer sends the same again."""

    seconds: float = 600.0
    _seen: LRUCache[tuple[Callback, bytes], float] = field(default_factory=lambda: LRUCache(MAX_KNOWN))

    def has(self, callback: Callback, digest: bytes, now: float) -> bool:
        at = self._seen.get((callback, digest))
        return at is not None and now - at < self.seconds

    def add(self, callback: Callback, digest: bytes, now: float) -> None:
        self._seen[callback, digest] = now


@dataclass
class Slots:
    """Requests under way: so many in all, so many of one callback. Never waited for: hubs try again."""

    total: int = 16
    each: int = 2
    _used: dict[Callback, int] = field(default_factory=dict)

    @contextlib.contextmanager
    def holding(self, callback: Callback) -> Iterator[bool]:
        """Whether there is a slot; it is held for the duration of the block."""
        used = self._used.get(callback, 0)
        if used >= self.each or sum(self._used.values()) >= self.total:
            yield False
            return
        self._used[callback] = used + 1
        try:
            yield True
        finally:
            self._used[callback] -= 1
            if not self._used[callback]:
                del self._used[callback]
