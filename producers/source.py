"""The feed list as it changes: a file is read again when it is written, an http list every minute."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from producers.feedlist import MAX_BYTES, parse_feed_list
from producers.fetch import Fetched, Fetcher, Validators
from schemas.records import Feed
from wirecopy.errors import SettingsError
from wirecopy.settings import ProducerSettings

REFRESH = 60.0
"""Seconds between two looks at a list behind an http address."""
_LOOK_AT_FILE = 1.0


class FeedListSource:
    """Reads the list named by ``producer.feeds``.

    The first ``read`` raises ``SettingsError`` (no list, a bad entry) or ``FetchError`` (cannot be fetched).
    """

    def __init__(self, settings: ProducerSettings, fetcher: Fetcher) -> None:
        if not settings.feeds:
            raise SettingsError("producer.feeds is not set: name a feed list, OPML or YAML")
        self.name = settings.feeds
        self._fetcher = fetcher
        self._is_remote = self.name.startswith(("http://", "https://"))
        self._looked = 0.0
        self._stamp: tuple[int, int] | None = None
        self._validators = Validators()

    async def read(self) -> tuple[Feed, ...] | None:
        """The list if it is new or has changed; none if it is the one read last, or was looked at just now."""
        if time.monotonic() - self._looked < (REFRESH if self._is_remote else _LOOK_AT_FILE) and self._looked:
            return None
        self._looked = time.monotonic()
        content = await self._fetch() if self._is_remote else await asyncio.to_thread(self._load)
        return None if content is None else parse_feed_list(content, self.name)

    async def _fetch(self) -> bytes | None:
        answer = await self._fetcher.fetch(self.name, self._validators)
        if not isinstance(answer, Fetched):
            return None
        self._validators = answer.validators
        return answer.body

    def _load(self) -> bytes | None:
        path = Path(self.name)
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return None
            if status.st_size > MAX_BYTES:
                raise SettingsError(f"the feed list {path} is larger than {MAX_BYTES} bytes")
            self._stamp = stamp
            return path.read_bytes()
        except OSError as error:
            raise SettingsError(f"cannot read the feed list {path}: {error.strerror}") from error


async def read_once(settings: ProducerSettings) -> tuple[Feed, ...]:
    """The feeds of the list that the settings name. Raises as ``FeedListSource``."""
    async with Fetcher(settings) as fetcher:
        feeds = await FeedListSource(settings, fetcher).read()
    assert feeds is not None, "the first read always gives a list"
    return feeds
