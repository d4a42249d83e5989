"""A backfill from the command line: finds the files and the job, connects to Kafka, reports to the person."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from producers.backfill.catalogue import Catalogue
from producers.backfill.inputs import Input, find_inputs
from producers.backfill.job import Counts, job_id
from producers.backfill.ledger import Ledger
from producers.backfill.progress import Bar, LogLines, display
from producers.backfill.reading import ReadOptions, feeds_by_address, read_inputs
from producers.backfill.run import Backfill, Limits, Nowhere, Outcome, Sends, Tools
from producers.backfill.selection import Terms
from producers.formats.parsing_pool import ParsingPool
from producers.publish import Publisher
from producers.registry.feeds_topic import read_feeds
from schemas.feed_records import Feed
from wirecopy.errors import ServerError, SettingsError
from wirecopy.kafka import quiet_client_logs
from wirecopy.settings import Settings
from wirecopy.telemetry import logger

_FINISH = 5.0
"""Seconds that the batch under way is given when the process is asked to end."""
_GRACE = 2.0
_SHOW_EVERY = 0.5
_AT_ONCE = 1e9


@dataclass(frozen=True)
class Request:
    """The options of the command."""

    paths: tuple[Path, ...]
    terms: Terms
    limits: Limits
    pages: bool = False
    dry_run: bool = False
    again: bool = False


@dataclass(frozen=True)
class BackfillReport:
    """The result of a backfill. ``already``: it had been finished before."""

    job: str
    outcome: Outcome
    counts: Counts
    files: int
    already: bool = False


async def backfill(settings: Settings, request: Request) -> BackfillReport:
    """Run or continue the requested job until it is done or the process is asked to end.

    Raises ``SettingsError`` for a path that is not there, a job that is running already or progress that cannot be
    written, ``ServerError`` if Kafka or its topics are not there.
    """
    try:
        return await _backfill(settings, request)
    except sqlite3.Error as error:
        raise SettingsError(
            f"the progress in {settings.local.data_dir / 'backfill'} cannot be kept: {error}"
        ) from error


async def _backfill(settings: Settings, request: Request) -> BackfillReport:
    inputs, passed = await asyncio.to_thread(find_inputs, request.paths)
    for problem in passed:
        logger("backfill").warning("passed over", why=problem)
    job = job_id(inputs, request.terms, settings.kafka, pages=request.pages)
    folder = settings.local.data_dir / "backfill"
    with Ledger(None if request.dry_run else folder / f"{job}.sqlite") as ledger:
        if request.again:
            ledger.forget()
        _, counts, finished = ledger.standing()
        if finished:
            return BackfillReport(job, "done", counts, len(inputs), already=True)
        path = None if request.dry_run else folder / f"{job}.catalogue.sqlite"
        with Catalogue(path) as catalogue:
            outcome, counts = await _run(settings, request, inputs, ledger, catalogue)
        if path is not None and outcome == "done":
            path.unlink(missing_ok=True)
    counts.problems[:0] = passed
    return BackfillReport(job, outcome, counts, len(inputs))


async def _run(
    settings: Settings, request: Request, inputs: list[Input], ledger: Ledger, catalogue: Catalogue
) -> tuple[Outcome, Counts]:
    quiet_client_logs()
    reading = ReadOptions(
        request.terms,
        catalogue,
        settings.producer.max_bytes,
        pages=request.pages,
        feeds=feeds_by_address(await _known_feeds(settings, dry_run=request.dry_run)),
    )
    with ParsingPool(settings.producer) as pool:
        async with _publisher(settings, dry_run=request.dry_run) as publisher:
            tools = Tools(pool, publisher, ledger, settings.kafka.topic_prefix, time.monotonic)
            work = Backfill(tools, request.terms, _pace(request))
            reading.stopped = work.stopped
            outcome = await _until_done_or_asked(work, inputs, reading)
    return outcome, ledger.standing()[1]


def _pace(request: Request) -> Limits:
    return Limits(request.limits.entries, request.limits.dead, _AT_ONCE) if request.dry_run else request.limits


async def _known_feeds(settings: Settings, *, dry_run: bool) -> dict[str, Feed]:
    """Read the feeds that producers poll: their entries in an archive get the same ids."""
    try:
        return await asyncio.to_thread(read_feeds, settings.kafka)
    except ServerError as error:
        if not dry_run:
            raise
        logger("backfill").warning("the feeds that are polled are not known; outlets may differ", why=str(error))
        return {}


@contextlib.asynccontextmanager
async def _publisher(settings: Settings, *, dry_run: bool) -> AsyncIterator[Sends]:
    if dry_run:
        yield Nowhere()
        return
    async with Publisher(settings.kafka, grace=_GRACE) as publisher:
        yield publisher


async def _until_done_or_asked(work: Backfill, inputs: list[Input], reading: ReadOptions) -> Outcome:
    """Run until the end. However it ends, the ledger has only what Kafka has acknowledged."""
    asked = asyncio.Event()

    def end() -> None:
        asked.set()
        work.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    total = sum(given.size for given in inputs)
    running = asyncio.create_task(work.run(read_inputs(inputs, work.position, reading)))
    stopping = asyncio.create_task(asked.wait())
    with display(total) as shown:
        showing = asyncio.create_task(_show_progress(shown, work, inputs, reading))
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await asyncio.wait({running}, timeout=_FINISH)
                running.cancel()
            return await running
        except asyncio.CancelledError:
            return "interrupted"
        finally:
            stopping.cancel()
            showing.cancel()


async def _show_progress(shown: Bar | LogLines, work: Backfill, inputs: Sequence[Input], reading: ReadOptions) -> None:
    while True:
        number = work.position.file
        size = inputs[number].size if number < len(inputs) else 0
        shown(work.counts, work.counts.bytes + work.share * size, reading.looking_at)
        await asyncio.sleep(_SHOW_EVERY)
