"""The producer process: polls every feed when it is due, publishes what is new, remembers where it stands.

``Producer`` is given everything it uses, so that tests run it without a network. One process polls a whole list for
now; ``Tracking`` says what has to hold when several share one.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from yarl import URL

from producers import metrics
from producers.due import DueQueue
from producers.entries import OtherFeeds, initial_state
from producers.errors import FetchError
from producers.fetch import Fetcher
from producers.hosts import HostGate
from producers.messages import DeadLetter, Message, dead_letter_message, raw_message, state_message
from producers.parsing_pool import ParsingPool
from producers.polling import Answer, Circumstances, Poll, ask, decide
from producers.publish import Publisher
from producers.schedule import interval
from producers.source import FeedListSource
from producers.state import read_states, worth_writing
from producers.tracking import Tracking
from schemas.records import Feed, FeedState, RawEntry
from schemas.topics import RAW
from wirecopy.errors import ServerError, SettingsError
from wirecopy.kafka import quiet_client_logs
from wirecopy.settings import Settings
from wirecopy.telemetry import logger, serve_metrics

_TICK = 1.0
"""Seconds at most between two looks at the feed list."""
_BUSY = 0.05
"""Seconds until a feed that is due while its last poll is still ending is looked at again."""
_FINISH = 30.0
"""Seconds that polls under way are given when the process is asked to end."""


class Sends(Protocol):
    """Where messages go: returns those refused for their size, once all others are acknowledged."""

    async def publish(self, messages: list[Message]) -> list[Message]: ...


class Asks(Protocol):
    """One question to a feed; raises nothing that the feed can cause."""

    async def __call__(self, feed: Feed, state: FeedState) -> Answer: ...


class Producer:
    """Polls the feeds of a list. ``run`` until ``stop`` is set, or, with ``once``, until each was polled once."""

    def __init__(
        self,
        settings: Settings,
        ask_feed: Asks,
        publisher: Sends,
        states: dict[str, FeedState],
        is_own: Callable[[str], bool],
    ) -> None:
        self._settings = settings
        self._ask = ask_feed
        self._publisher = publisher
        self._is_own = is_own
        self._prefix = settings.kafka.topic_prefix
        self._tracking = Tracking(states)
        self._written = dict(states)
        self._due = DueQueue()
        self._gate = HostGate(settings.producer.concurrency, settings.producer.per_host)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._chance = random.Random()  # noqa: S311  # jitter, not a secret
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._log = logger("producer")

    def stop(self) -> None:
        """Begin no more polls."""
        self._stop.set()
        self._wake.set()

    async def run(self, source: FeedListSource, *, once: bool = False) -> None:
        """Poll until stopped. The list is read again when it changes; a bad one is reported, the old one kept."""
        feeds = await source.read()
        assert feeds is not None, "the first read always gives a list"
        self.use_list(feeds, at_once=once)
        self._log.info("polling", feeds=len(feeds), feed_list=source.name)
        while not self._stop.is_set():
            self._start_due(again=not once)
            if once and not self._running:
                break
            await self._rest()
            if not once:
                await self._refresh(source)
        await self._finish()

    def use_list(self, feeds: tuple[Feed, ...], *, at_once: bool = False) -> None:
        """Poll these feeds from now on: new and changed ones when their state says, gone ones no more."""
        now = datetime.now(UTC)
        changed, gone = self._tracking.replace_list(feeds)
        for feed in changed:
            self._due.put(feed.id, now if at_once else self._first_poll(feed, now))
        for name in gone:
            self._due.discard(name)
        metrics.FEEDS.set(len(feeds))

    def _first_poll(self, feed: Feed, now: datetime) -> datetime:
        state = self._tracking.state(feed.id)
        if state is None or state.url != feed.url:
            return now
        seconds = interval(feed, self._settings.producer, own=self._is_own(feed.url), failures=state.failures)
        return max(now, min(state.next_poll, now + timedelta(seconds=seconds)))

    def _start_due(self, *, again: bool) -> None:
        for name in self._due.take(datetime.now(UTC)):
            if name in self._running:
                self._due.put(name, datetime.now(UTC) + timedelta(seconds=_BUSY))
            elif name in self._tracking.feeds:
                task = asyncio.create_task(self._turn(self._tracking.feeds[name], again=again), name=name)
                self._running[name] = task
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task.get_name(), None)
        self._wake.set()

    async def _rest(self) -> None:
        """Until the next feed is due, a poll ends, we are stopped, or a tick has passed."""
        next_at = self._due.next_at()
        seconds = _TICK if next_at is None else (next_at - datetime.now(UTC)).total_seconds()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), min(max(seconds, 0.0), _TICK))
        self._wake.clear()

    async def _refresh(self, source: FeedListSource) -> None:
        try:
            feeds = await source.read()
        except (SettingsError, FetchError) as error:
            self._log.error("the feed list cannot be used; the one read before stays", why=str(error))
            return
        if feeds is not None:
            self.use_list(feeds)
            self._log.info("the feed list has been read again", feeds=len(feeds))

    async def _finish(self) -> None:
        running = list(self._running.values())
        if not running:
            return
        self._log.info("stopping; finishing what is under way", polls=len(running))
        _, pending = await asyncio.wait(running, timeout=_FINISH)
        for task in pending:
            task.cancel()

    async def _turn(self, feed: Feed, *, again: bool) -> None:
        """One poll when there is room for it, and then the next one's appointment."""
        own = self._is_own(feed.url)
        async with self._gate.slot(None if own else URL(feed.url).host):
            if self._stop.is_set():
                return
            try:
                await self.poll(feed, own=own)
            except ServerError as error:
                self._log.warning(
                    "not published before the end; the next start polls it again", feed=feed.id, why=str(error)
                )
            except Exception:  # noqa: BLE001
                # A bug of ours met one feed: it must not take the others with it. The state has not moved.
                self._log.exception("polling failed", feed=feed.id)
                self._due.put(feed.id, datetime.now(UTC) + timedelta(seconds=self._settings.producer.max_interval))
                return
        state = self._tracking.state(feed.id)
        if again and state is not None and self._tracking.feeds.get(feed.id) == feed:
            self._due.put(feed.id, state.next_poll)

    async def poll(self, feed: Feed, *, own: bool) -> Poll:
        """Ask the feed, publish what is new, and only then move its state on."""
        now = datetime.now(UTC)
        before = self._tracking.state(feed.id) or initial_state(feed, now, self._settings.producer.interval)
        answer = await self._ask(feed, before)
        others = OtherFeeds(self._tracking.elsewhere(feed), self._tracking.inherited)
        result = decide(feed, before, answer, Circumstances(self._settings.producer, now, own, others, self._chance))
        self._tracking.claim(feed, result.state)
        await self._publish(result)
        self._tracking.store(result.state)
        self._report(feed, before, result)
        return result

    async def _publish(self, result: Poll) -> None:
        messages = [raw_message(record, self._prefix) for record in result.records]
        letters = list(result.dead_letters)
        refused = await self._publisher.publish([*messages, *self._as_messages(letters)])
        if refused:
            too_large = [_too_large(message, self._prefix) for message in refused]
            letters += too_large
            await self._publisher.publish(self._as_messages(too_large))
        if worth_writing(self._written.get(result.state.feed), result.state):
            if await self._publisher.publish([state_message(result.state, self._prefix)]):
                self._log.error(
                    "the state of this feed is too large for Kafka; it is kept in memory only", feed=result.state.feed
                )
            self._written[result.state.feed] = result.state
        _count(result.records, letters)

    def _as_messages(self, letters: list[DeadLetter]) -> list[Message]:
        return [dead_letter_message(letter, self._prefix) for letter in letters]

    def _report(self, feed: Feed, before: FeedState, result: Poll) -> None:
        metrics.FETCHES.labels(result.outcome).inc()
        metrics.FEEDS_FAILING.set(self._tracking.failing())
        state = result.state
        if result.records:
            self._log.info("published", feed=feed.id, entries=len(result.records))
        for letter in result.dead_letters:
            self._log.warning("sent to the dead letters", feed=feed.id, reason=letter.reason, detail=letter.detail)
        if state.failures and state.last_error != before.last_error:
            self._log.warning("the feed fails", feed=feed.id, why=state.last_error, next_poll=str(state.next_poll))
        elif before.failures and not state.failures:
            self._log.info("the feed works again", feed=feed.id, failures=before.failures)


def _too_large(message: Message, prefix: str) -> DeadLetter:
    original = message.value or b""
    detail = f"{len(original)} bytes are more than one Kafka message may have"
    return DeadLetter(message.key.decode(), original, "too_large", detail, RAW.full_name(prefix))


def _count(records: tuple[RawEntry, ...], letters: list[DeadLetter]) -> None:
    for record in records:
        metrics.ENTRIES.labels("new" if record.revision == 1 else "revision").inc()
    for letter in letters:
        metrics.DEAD_LETTERS.labels(letter.reason).inc()


async def run(settings: Settings, *, once: bool = False) -> None:
    """The whole process, until SIGTERM or SIGINT: what is under way is finished and acknowledged.

    Raises ``SettingsError`` if the feed list is bad, ``FetchError`` if it cannot be fetched at the start.
    """
    quiet_client_logs()
    with ParsingPool(settings.producer) as pool:
        async with Fetcher(settings.producer) as fetcher:
            source = FeedListSource(settings.producer, fetcher)
            serve_metrics(settings.telemetry.metrics_port)
            stop = asyncio.Event()
            _on_signals(stop.set)
            states = await _states_when_kafka_answers(settings, stop)
            if states is None:
                return
            async with Publisher(settings.kafka) as publisher:

                async def ask_feed(feed: Feed, state: FeedState) -> Answer:
                    return await ask(feed, state, fetcher, pool)

                producer = Producer(settings, ask_feed, publisher, states, fetcher.policy.is_own)
                _on_signals(producer.stop)
                await producer.run(source, once=once)


async def _states_when_kafka_answers(settings: Settings, stop: asyncio.Event) -> dict[str, FeedState] | None:
    """The states in Kafka, waiting for it as long as it takes; none if told to stop before."""
    log, said = logger("producer"), 0.0
    while not stop.is_set():
        try:
            return await asyncio.to_thread(read_states, settings.kafka)
        except ServerError as error:
            if not said or time.monotonic() - said > 30:
                log.warning("waiting for Kafka", why=str(error))
                said = time.monotonic()
        try:
            await asyncio.wait_for(stop.wait(), 2)
        except TimeoutError:
            continue
    return None


def _on_signals(action: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, action)
