"""Politeness: how many requests may be under way, in all and to one host."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class HostGate:
    """At most ``total`` holders at once, and at most ``per_host`` of one host.

    A place of the host is taken first, so that many feeds of one slow host do not keep the others from the rest.
    Hosts that nobody waits for are forgotten.
    """

    def __init__(self, total: int, per_host: int) -> None:
        self._total = asyncio.Semaphore(total)
        self._per_host = per_host
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._users: dict[str, int] = {}

    @contextlib.asynccontextmanager
    async def slot(self, host: str | None) -> AsyncIterator[None]:
        """Wait for a place, hold it for the duration of the block; without a host, only the total counts."""
        if host is None:
            async with self._total:
                yield
            return
        gate = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        self._users[host] = self._users.get(host, 0) + 1
        try:
            async with gate, self._total:
                yield
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._hosts[host]
