"""The producer process: opens and closes, in order, everything that ``Producer`` uses."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable

from producers import metrics
from producers.assignment.sharing import SharedFeeds
from producers.folders import inbox
from producers.folders.folder import is_folder
from producers.formats.parsing_pool import ParsingPool
from producers.messages import STAGE
from producers.poller import Asked, Asks, Ports
from producers.polling.politeness import address
from producers.polling.polling import ask
from producers.producer import Producer
from producers.publish import Publisher
from producers.registry.source import FeedListSource, ListKeeper
from producers.web.fetch import Fetcher
from producers.web.hosts import HostGate
from producers.web.pages import PageReader
from producers.web.robots import Robots
from producers.websub.service import WebSub
from schemas.feed_records import Feed, FeedState
from wirecopy.kafka import quiet_client_logs, require_access
from wirecopy.monitoring.health import Health
from wirecopy.monitoring.monitor import KafkaCheck, Monitor
from wirecopy.settings import Settings


async def run(settings: Settings, *, once: bool = False) -> None:
    """Run the process until SIGTERM or SIGINT. Polls under way are finished and acknowledged.

    Raises ``SettingsError`` if the feed list is bad, ``FetchError`` if it cannot be fetched at the start, and
    ``ServerError`` if Kafka refuses us; for one that is away it waits.
    """
    quiet_client_logs()
    await asyncio.to_thread(require_access, settings.kafka)
    with ParsingPool(settings.producer) as pool:
        async with Fetcher(settings.producer) as fetcher:
            source = FeedListSource(settings.producer, fetcher) if settings.producer.feeds else None
            async with Publisher(settings.kafka) as publisher:
                keeper = None if source is None else ListKeeper(source, settings.kafka, publisher.publish)
                if keeper is not None:
                    await keeper.begin()
                await _produce(settings, pool, fetcher, publisher, keeper, once=once)


async def _produce(
    settings: Settings,
    pool: ParsingPool,
    fetcher: Fetcher,
    publisher: Publisher,
    keeper: ListKeeper | None,
    *,
    once: bool,
) -> None:
    gate = HostGate(settings.producer.concurrency, settings.producer.per_host, settings.producer.host_interval)
    hubs = _hubs(settings, fetcher, publisher, lambda *feed: producer.scheduler.listed(*feed))  # noqa: PLW0108  # later
    pages = PageReader(
        settings.producer,
        fetcher,
        pool,
        Robots(settings.producer, fetcher, gate),
        gate,
        counted=lambda outcome: metrics.PAGES.labels(outcome).inc(),
    )
    ports = Ports(_asking(settings, fetcher, pool, gate), pages.complete, publisher, fetcher.policy.is_own, hubs)
    ownership = SharedFeeds(settings)
    producer = Producer(settings, ports, ownership, pause_host=gate.pause)
    _on_signals(producer.stop, *([keeper.stop] if keeper is not None else []))
    if keeper is not None:
        # Before we join: with --once, what the list says now is to be polled.
        await keeper.bring()
    kafka = KafkaCheck(settings.kafka)
    monitor = Monitor(STAGE, Health(producer.alive, lambda: [kafka(), *producer.ready()]))
    monitor.start(settings.telemetry)
    try:
        async with _running(hubs), _keeping(None if once else keeper):
            ownership.start()
            await producer.run(once=once)
    finally:
        monitor.stop()


def _asking(settings: Settings, fetcher: Fetcher, pool: ParsingPool, gate: HostGate) -> Asks:
    async def ask_feed(feed: Feed, state: FeedState) -> Asked:
        if is_folder(feed.url):
            look = await inbox.look(feed, settings.producer, pool)
            return Asked(look.answer, look.dead_letters(feed), look.more, look.put_away)
        async with gate.slot(fetcher.on_behalf_of(feed.url).policy.spared_host(address(feed, state))):
            return Asked(await ask(feed, state, fetcher, pool))

    return ask_feed


def _hubs(
    settings: Settings, fetcher: Fetcher, publisher: Publisher, listed: Callable[[str, str], bool | None]
) -> WebSub | None:
    if settings.producer.callback is None:
        return None
    return WebSub(settings, settings.producer.callback_secret, fetcher, publisher.publish, listed)


@contextlib.asynccontextmanager
async def _running(hubs: WebSub | None) -> AsyncIterator[None]:
    if hubs is None:
        yield
        return
    await hubs.start()
    try:
        yield
    finally:
        await hubs.close()


@contextlib.asynccontextmanager
async def _keeping(keeper: ListKeeper | None) -> AsyncIterator[None]:
    """Follow the feed list for the duration of the block."""
    if keeper is None:
        yield
        return
    task = asyncio.create_task(keeper.run(), name="feed list")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _on_signals(*actions: Callable[[], None]) -> None:
    def act() -> None:
        for action in actions:
            action()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, act)
