"""Commands of the producers: ``run producer``, ``feeds list``, ``feeds check``, ``parse``."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from producers import app
from producers.check import Report, check
from producers.entries import initial_state, new_revisions
from producers.feedlist import outlet_of, slug
from producers.fetch import Fetched, Fetcher
from producers.parsing_pool import ParsingPool
from producers.source import read_once
from schemas.records import Feed, RawEntry
from wirecopy.cli.registry import current_settings
from wirecopy.errors import NotFound, SettingsError
from wirecopy.settings import ProducerSettings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def run_producer(
    once: Annotated[bool, typer.Option("--once", help="Poll every feed once, then end.")] = False,
) -> None:
    """Poll the feeds of the list and publish what is new, until interrupted."""
    asyncio.run(app.run(current_settings(), once=once))


def feeds_list(as_json: Json = False) -> None:
    """Print the feeds of the list."""
    for feed in asyncio.run(read_once(current_settings().producer)):
        columns = (feed.id, feed.outlet, feed.language or "-", ", ".join(feed.tags) or "-", feed.url)
        print(feed.model_dump_json(exclude_defaults=True) if as_json else "\t".join(columns))


def feeds_check(
    which: Annotated[
        str | None, typer.Argument(metavar="[ADDRESS|ID]", help="One feed; all of the list without.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch feeds now and explain what came; exit 1 if one of them does not work."""
    settings = current_settings().producer
    reports = asyncio.run(_check_all(settings, which))
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


async def _check_all(settings: ProducerSettings, which: str | None) -> list[Report]:
    feeds = await _chosen(settings, which)
    limit = asyncio.Semaphore(settings.concurrency)
    with ParsingPool(settings) as pool:
        async with Fetcher(settings) as fetcher:

            async def one(feed: Feed) -> Report:
                async with limit:
                    return await check(feed, fetcher, pool)

            return list(await asyncio.gather(*(one(feed) for feed in feeds)))


async def _chosen(settings: ProducerSettings, which: str | None) -> list[Feed]:
    if which and which.startswith(("http://", "https://")):
        return [Feed(id=slug(which), url=which, outlet=outlet_of(which))]
    feeds = await read_once(settings)
    chosen = [feed for feed in feeds if which in (None, feed.id)]
    if which and not chosen:
        raise NotFound(f"the feed list {settings.feeds} has no feed with the id {which!r}")
    return chosen


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
    """Body, address and content type of a file or address."""
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
