"""Politeness: limits on requests under way, in all and to one host, and the time between two to one host."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from producers.errors import FetchError

MAX_PAUSE = 24 * 3600.0
"""Seconds at most that a host can keep us away from it."""
MAX_SPACING = 30.0
"""Seconds at most between two requests that a host can ask for (``Crawl-delay``)."""
MAX_REMEMBERED = 50_000
"""Hosts whose pauses are remembered while nobody waits for them."""
_REFUSED = frozenset({429, 503})
_UNSAID = 60.0  # seconds to pause after a 429 that names no time


@dataclass
class _Host:
    """``ready``: the earliest start of the next request, on the gate's clock; ``users`` hold or want a place."""

    places: asyncio.Semaphore
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready: float = 0.0
    spacing: float = 0.0
    users: int = 0


class HostGate:
    """Limits requests: ``total`` at once, ``per_host`` of one host, ``interval`` seconds between starts at one host.

    A request that waits for its host takes none of the ``total`` places: only the first in a host's queue waits for
    one, once the host is ready. So hosts take turns however many requests wait for each, in the order of arrival. Hosts
    without waiting requests are dropped when they are ready.
    """

    def __init__(
        self,
        total: int,
        per_host: int,
        interval: float = 0.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._total = asyncio.Semaphore(total)
        self._per_host = per_host
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}
        self._sweep_at = 64

    def __len__(self) -> int:
        """Count the remembered hosts."""
        return len(self._hosts)

    @contextlib.asynccontextmanager
    async def slot(self, host: str | None) -> AsyncIterator[None]:
        """Wait for a place and hold it for the duration of the block; without a host, only the total applies."""
        if host is None:
            async with self._total:
                yield
            return
        async with self._queued(host) as queue, queue.places:
            await self._turn(queue)
            try:
                yield
            finally:
                self._total.release()

    def ready_in(self, host: str) -> float:
        """Return seconds until a request to this host may start, without those that wait already."""
        known = self._hosts.get(host)
        return max(known.ready - self._clock(), 0.0) if known else 0.0

    def pause(self, host: str, seconds: float) -> None:
        """Start no request to this host for so long, at most ``MAX_PAUSE``; a longer pause stays."""
        known = self._known(host)
        known.ready = max(known.ready, self._clock() + min(max(seconds, 0.0), MAX_PAUSE))

    def heed(self, host: str, error: FetchError) -> None:
        """Pause for as long as the host's answer asks: a 429, or a 503 that names a time."""
        if error.status in _REFUSED and (error.retry_after is not None or error.status == 429):
            self.pause(host, _UNSAID if error.retry_after is None else error.retry_after)

    def space(self, host: str, seconds: float) -> None:
        """Set the seconds between two requests to this host while it is remembered, at most ``MAX_SPACING``."""
        self._known(host).spacing = min(max(seconds, 0.0), MAX_SPACING)

    @contextlib.asynccontextmanager
    async def _queued(self, host: str) -> AsyncIterator[_Host]:
        queue = self._known(host)
        queue.users += 1
        try:
            yield queue
        finally:
            queue.users -= 1
            # A host without a time to keep is of no more use: nothing will wait for it.
            if not queue.users and queue.ready <= self._clock():
                self._hosts.pop(host, None)

    async def _turn(self, host: _Host) -> None:
        """Wait until the host is ready and one of the ``total`` places is free; the caller gives it back."""
        async with host.turn:
            while True:
                while (seconds := host.ready - self._clock()) > 0:
                    await self._sleep(seconds)
                await self._total.acquire()
                if host.ready <= self._clock():
                    break
                self._total.release()  # paused while waiting for the place
            host.ready = self._clock() + max(self._interval, host.spacing)

    def _known(self, host: str) -> _Host:
        known = self._hosts.get(host)
        if known is None:
            if len(self._hosts) >= self._sweep_at:
                self._sweep()
            known = self._hosts[host] = _Host(asyncio.Semaphore(self._per_host))
        return known

    def _sweep(self) -> None:
        """Drop hosts that are ready, and, beyond ``MAX_REMEMBERED``, those that will be ready soonest."""
        now = self._clock()
        idle = sorted((state.ready, name) for name, state in self._hosts.items() if not state.users)
        beyond = len(idle) - MAX_REMEMBERED
        for place, (ready, name) in enumerate(idle):
            if ready <= now or place < beyond:
                del self._hosts[name]
        self._sweep_at = max(64, 2 * len(self._hosts))
