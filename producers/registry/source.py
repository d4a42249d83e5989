"""Copies the feed list of ``producer.feeds`` into the topic ``feeds``, at the start and whenever it changes.

A file is read again when it is written, an http list every minute. Every producer that has the setting may do it:
the second one finds nothing left to change.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from producers.assignment.threads import Patience
from producers.compacted import Contents
from producers.errors import FetchError
from producers.messages import Message
from producers.registry.feedlist import MAX_BYTES, is_remote, parse_feed_list
from producers.registry.feeds_topic import read_registry, reconcile, removal_message
from producers.web.fetch import Fetched, Fetcher, Validators
from schemas.feed_records import Feed
from wirecopy.errors import ServerError, SettingsError
from wirecopy.settings import KafkaSettings, ProducerSettings
from wirecopy.telemetry import logger

REFRESH = 60.0
"""Seconds between two looks at a list behind an http address."""
_LOOK_AT_FILE = 1.0
_RETRY = 2.0


class FeedListSource:
    """Reads the list named by ``producer.feeds``.

    The first ``read`` raises ``SettingsError`` (no list, a bad entry) or ``FetchError`` (cannot be fetched).
    """

    def __init__(self, settings: ProducerSettings, fetcher: Fetcher) -> None:
        if not settings.feeds:
            raise SettingsError("producer.feeds is not set: name a feed list, OPML or YAML")
        self.name = settings.feeds
        self._fetcher = fetcher
        self._is_remote = is_remote(self.name)
        self._looked: float | None = None
        self._stamp: tuple[int, int] | None = None
        self._validators = Validators()

    async def read(self) -> bytes | None:
        """Return the list if it is new or changed; None if it is unchanged, or was read just now."""
        pause = REFRESH if self._is_remote else _LOOK_AT_FILE
        if self._looked is not None and time.monotonic() - self._looked < pause:
            return None
        self._looked = time.monotonic()
        content = await self._fetch() if self._is_remote else await asyncio.to_thread(self._load)
        if content is not None:
            self.feeds(content)
        return content

    def feeds(self, content: bytes, known: Sequence[Feed] = ()) -> tuple[Feed, ...]:
        """Return the feeds of the list, with the ids by which they are ``known``."""
        return parse_feed_list(content, self.name, known)

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
    """Read the feeds of the settings' list. Raises as ``FeedListSource``."""
    async with Fetcher(settings) as fetcher:
        source = FeedListSource(settings, fetcher)
        content = await source.read()
        assert content is not None, "the first read always gives a list"
        return source.feeds(content)


class ListKeeper:
    """Keeps the topic ``feeds`` equal to one list. A bad list is reported, and the old one kept."""

    def __init__(
        self,
        source: FeedListSource,
        kafka: KafkaSettings,
        publish: Callable[[list[Message]], Awaitable[object]],
        read: Callable[[KafkaSettings], Contents[Feed]] = read_registry,
    ) -> None:
        self._source = source
        self._kafka = kafka
        self._publish = publish
        self._read = read
        self._content: bytes | None = None
        self._stopped = asyncio.Event()
        self._patience = Patience("to bring the feed list")
        self._log = logger("producer")

    def stop(self) -> None:
        self._stopped.set()

    async def begin(self) -> None:
        """Read the list. Raises ``SettingsError`` or ``FetchError``: with a bad list nothing starts."""
        self._content = await self._source.read()
        assert self._content is not None, "the first read always gives a list"

    async def bring(self) -> None:
        """Bring the topic up to date with the list; waits for Kafka until stopped."""
        while self._content is not None and not self._stopped.is_set():
            try:
                await self._reconcile(self._content)
            except ServerError as error:
                self._patience.failed(error)
                await self._rest(_RETRY)
            else:
                self._content = None
                self._patience.worked()

    async def run(self) -> None:
        """Run until stopped."""
        while not self._stopped.is_set():
            try:
                self._content = await self._source.read() or self._content
                await self.bring()
            except (SettingsError, FetchError) as error:
                self._log.error("the feed list cannot be used; the one read before stays", why=str(error))
            except Exception:  # noqa: BLE001  # whatever is wrong with a list, the feeds known so far are polled
                self._log.exception("the feed list cannot be followed; it is looked at again")
            await self._rest(_LOOK_AT_FILE)

    async def _reconcile(self, content: bytes) -> None:
        registry = await asyncio.to_thread(self._read, self._kafka)
        feeds = self._source.feeds(content, tuple(registry.values.values()))
        prefix = self._kafka.topic_prefix
        messages = [removal_message(copy, prefix) for copy in registry.copies]
        messages += reconcile(registry.values, feeds, self._source.name, prefix)
        await self._publish(messages)
        self._log.info("feed list read", feed_list=self._source.name, feeds=len(feeds), changes=len(messages))

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
