"""Politeness: how many requests may be under way, in all and to one host, and how soon one may follow another."""

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
_UNSAID = 60.0  # seconds that "too many requests" means where it names no time


@dataclass
class _Host:
    """``ready`` is when the next request may start, on the gate's clock; ``users`` hold or want a place."""

    places: asyncio.Semaphore
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready: float = 0.0
    spacing: float = 0.0
    users: int = 0


class HostGate:
    """At most ``total`` holders at once, at most ``per_host`` of one host, and ``interval`` seconds between the
    starts of two of one host.

    Who waits for a host holds none of the ``total`` places: only the first in a host's queue, and only once its time
    has come, waits for one of those. So hosts take turns, however many wait for each, and each in the order of their
    coming. Hosts that nobody waits for are forgotten when their time has passed.
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
        """Hosts that are remembered."""
        return len(self._hosts)

    @contextlib.asynccontextmanager
    async def slot(self, host: str | None) -> AsyncIterator[None]:
        """Wait for a place, hold it for the duration of the block; without a host, only the total counts."""
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
        """Seconds until a request to this host may start, those who wait already not counted."""
        known = self._hosts.get(host)
        return max(known.ready - self._clock(), 0.0) if known else 0.0

    def pause(self, host: str, seconds: float) -> None:
        """No request to this host starts for so long, at most ``MAX_PAUSE``; a longer pause stands."""
        known = self._known(host)
        known.ready = max(known.ready, self._clock() + min(max(seconds, 0.0), MAX_PAUSE))

    def heed(self, host: str, error: FetchError) -> None:
        """Pause for as long as this answer of the host asks: a 429, or a 503 that says when to come back."""
        if error.status in _REFUSED and (error.retry_after is not None or error.status == 429):
            self.pause(host, _UNSAID if error.retry_after is None else error.retry_after)

    def space(self, host: str, seconds: float) -> None:
        """At least so long between two requests to this host while it is remembered, at most ``MAX_SPACING``."""
        self._known(host).spacing = min(max(seconds, 0.0), MAX_SPACING)

    @contextlib.asynccontextmanager
    async def _queued(self, host: str) -> AsyncIterator[_Host]:
        queue = self._known(host)
        queue.users += 1
        try:
            yield queue
        finally:
            queue.users -= 1
            # Of no use any more where no time has to be kept to: nothing will wait for it again.
            if not queue.users and queue.ready <= self._clock():
                self._hosts.pop(host, None)

    async def _turn(self, host: _Host) -> None:
        """Until the host's time has come and there is one of the ``total`` places, which the caller gives back."""
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
        """Forget hosts whose time has passed, and, beyond ``MAX_REMEMBERED``, those whose time comes soonest."""
        now = self._clock()
        idle = sorted((state.ready, name) for name, state in self._hosts.items() if not state.users)
        beyond = len(idle) - MAX_REMEMBERED
        for place, (ready, name) in enumerate(idle):
            if ready <= now or place < beyond:
                del self._hosts[name]
        self._sweep_at = max(64, 2 * len(self._hosts))
