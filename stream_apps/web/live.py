"""Polls the index once for all live pages, and sends them the changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from elasticsearch import AsyncElasticsearch

from stream_apps.indexing.client import explained
from stream_apps.indexing.indices import read_alias
from stream_apps.web.now_page import OVERLAP, Changes, NowRow, newest_request
from wirecopy.errors import ServerError
from wirecopy.settings import ElasticsearchSettings

log = logging.getLogger(__name__)

EVERY: Final = 2.0
"""Seconds between two looks."""
MAX_CLIENTS: Final = 100
BACKLOG: Final = 200
"""Rows that a slow client may be behind; it misses what comes then."""
_OVERLAP: Final = round(OVERLAP.total_seconds() * 1000)

Ask = Callable[[int], Awaitable[Sequence[Mapping[str, Any]]]]
"""The stories that were written after a time in milliseconds, newest first. Raises ``ServerError``."""


def asker(client: AsyncElasticsearch, settings: ElasticsearchSettings, clock: Callable[[], datetime]) -> Ask:
    """Return a function that asks for the stories written last."""

    async def ask(after: int) -> Sequence[Mapping[str, Any]]:
        async with explained(settings.url):
            answer = await client.search(
                index=read_alias(settings.index_prefix, "stories"), **newest_request(clock(), after)
            )
        return [hit["_source"] for hit in answer["hits"]["hits"]]

    return ask


class Live:
    """Polls while there are listeners, as often for a hundred as for one."""

    def __init__(self, ask: Ask, every: float = EVERY, most: int = MAX_CLIENTS) -> None:
        self.ask = ask
        self._every = every
        self._most = most
        self._clients: set[asyncio.Queue[NowRow]] = set()
        self._looking: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        return len(self._clients) >= self._most

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Queue[NowRow]]:
        """Yield the queue of later events, for one client."""
        queue: asyncio.Queue[NowRow] = asyncio.Queue(BACKLOG)
        self._clients.add(queue)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield queue
        finally:
            self._clients.discard(queue)
            if not self._clients and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _look(self) -> None:
        """Send the changes since the poll before; the first poll with an answer sends nothing."""
        changes, newest, seen_before = Changes(), 0, False
        while True:
            stories = await self._asked(newest)
            if stories is not None:
                rows = changes.of(reversed(stories))
                if seen_before:
                    self._send(rows)
                newest, seen_before = max([newest, *(row.at for row in rows)]), True
            await asyncio.sleep(self._every)

    async def _asked(self, newest: int) -> Sequence[Mapping[str, Any]] | None:
        try:
            return await self.ask(max(0, newest - _OVERLAP))
        except ServerError as error:
            log.warning("live pages wait for the index", extra={"error": str(error)})
            return None

    def _send(self, rows: Sequence[NowRow]) -> None:
        for queue in self._clients:
            for row in rows[: BACKLOG - queue.qsize()]:
                queue.put_nowait(row)
