"""Commands of the producers: ``run producer``, ``feeds list``, ``feeds check``, ``parse``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from producers.formats.cleaning import clean_line
from producers.formats.parsing_pool import ParsingPool
from producers.polling.entries import initial_state, new_revisions
from producers.registry.check import Checker, FeedCheck
from producers.registry.feedlist import feed_from, outlet_of, slug
from producers.registry.feeds_topic import read_feeds
from producers.registry.source import read_once
from producers.state import read_states
from producers.web.fetch import Fetched, Fetcher
from producers.web.hosts import HostGate
from producers.web.robots import Robots
from schemas.feed_records import Feed, FeedState, RawEntry
from schemas.topics import FEEDS
from wirecopy.cli.registry import current_settings
from wirecopy.errors import NotFound, ServerError, SettingsError
from wirecopy.kafka import quiet_client_logs
from wirecopy.settings import ProducerSettings, Settings
from wirecopy.tables import count

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def run_producer(
    once: Annotated[bool, typer.Option("--once", help="Poll every feed once, then end.")] = False,
) -> None:
    """Poll feeds and publish what is new, until interrupted. Several share all feeds; each brings its own list."""
    from producers import app  # noqa: PLC0415  # all that a producer runs on: not for the other commands

    asyncio.run(app.run(current_settings(), once=once))


def feeds_list(as_json: Json = False) -> None:
    """Print the feeds that are polled: those in Kafka, or of the list that the settings name; says which."""
    for feed in asyncio.run(_known(current_settings())):
        columns = (feed.id, feed.outlet, feed.language or "-", ", ".join(feed.tags) or "-", feed.url)
        paused = ("paused",) if feed.paused else ()
        line = "\t".join(clean_line(column, 2500) for column in (*columns, *paused))
        print(feed.model_dump_json(exclude_defaults=True) if as_json else line)


def feeds_check(
    which: Annotated[str | None, typer.Argument(metavar="[ADDRESS|ID]", help="One feed; all of them without.")] = None,
    as_json: Json = False,
) -> None:
    """Fetch feeds now, explain what came and what polling them comes to; exit 1 if one of them does not work."""
    reports = asyncio.run(_check_all(current_settings(), which))
    for report in reports:
        print(json.dumps(asdict(report), ensure_ascii=False) if as_json else "\n".join(report.lines()))
    if not all(report.works for report in reports):
        raise typer.Exit(1)


def parse(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="A file, or an http address.")],
    outlet: Annotated[str | None, typer.Option(help="Who publishes it.", show_default="the host")] = None,
) -> None:
    """Print the articles that the producer would publish for a feed, a JSON object a line; exit 5 if it is none."""
    for record in asyncio.run(_parse(current_settings().producer, feed, outlet)):
        print(record.model_dump_json())


async def _known(settings: Settings) -> list[Feed]:
    """Return the feeds that producers poll: those of the topic, or else of the list. Standard error says which."""
    quiet_client_logs()
    name = FEEDS.full_name(settings.kafka.topic_prefix)
    try:
        feeds, why = list((await asyncio.to_thread(read_feeds, settings.kafka)).values()), f"{name} holds none yet"
    except ServerError as error:
        if not settings.producer.feeds:
            raise
        feeds, why = [], str(error)
    if feeds or not settings.producer.feeds:
        print(f"wirecopy: {count(len(feeds), 'feed')} in the topic {name}", file=sys.stderr)
        return sorted(feeds, key=lambda feed: feed.id)
    listed = list(await read_once(settings.producer))
    print(f"wirecopy: {count(len(listed), 'feed')} of the list {settings.producer.feeds}: {why}", file=sys.stderr)
    return listed


async def _check_all(settings: Settings, which: str | None) -> list[FeedCheck]:
    feeds, states = await _chosen(settings, which)
    producer = settings.producer
    with ParsingPool(producer) as pool:
        async with Fetcher(producer) as fetcher:
            gate = HostGate(producer.concurrency, producer.per_host, producer.host_interval)
            checker = Checker(producer, fetcher, pool, Robots(producer, fetcher, gate), gate)
            return list(await asyncio.gather(*(checker.check(feed, states.get(feed.id)) for feed in feeds)))


async def _chosen(settings: Settings, which: str | None) -> tuple[list[Feed], dict[str, FeedState]]:
    """Return the feeds to check, with the known states of polling them."""
    if which and "://" in which:
        feed = feed_from({"url": which, "outlet": outlet_of(which) or "localhost"}, "feeds check")
        return [feed.model_copy(update={"id": slug(feed.url)})], {}
    feeds = [feed for feed in await _known(settings) if which in (None, feed.id)]
    if which and not feeds:
        raise NotFound(f"there is no feed with the id {which!r}")
    with contextlib.suppress(ServerError):
        return feeds, await asyncio.to_thread(read_states, settings.kafka)
    return feeds, {}


async def _parse(settings: ProducerSettings, source: str, outlet: str | None) -> list[RawEntry]:
    body, url, content_type = await _load(settings, source)
    with ParsingPool(settings, processes=1) as pool:
        parsed = await pool.parse(body, url, content_type)
    now = datetime.now(UTC)
    publisher = outlet or outlet_of(source) or outlet_of(parsed.home or "") or "localhost"
    feed = Feed(id=slug(source) if "://" in source else Path(source).stem, url=url, outlet=publisher)
    records, _ = new_revisions(feed, parsed, initial_state(feed, now, settings.interval), now)
    return records


async def _load(settings: ProducerSettings, source: str) -> tuple[bytes, str, str | None]:
    """Load the body, address and content type of a file or address."""
    if not source.startswith(("http://", "https://")):
        return await asyncio.to_thread(_read, source), "", None
    async with Fetcher(settings) as fetcher:
        answer: Any = await fetcher.fetch(source)
    assert isinstance(answer, Fetched), "an unconditional request is not answered with 304"
    return answer.body, answer.final_url, answer.content_type


def _read(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read {source}: {error.strerror}") from error
