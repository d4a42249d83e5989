"""Runs a backfill: reads units in a thread, parses them in processes, selects entries and sends them at a bounded rate.

The job's position is written once Kafka has acknowledged what was sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from producers.backfill import lines
from producers.backfill.job import Position
from producers.backfill.ledger import Ledger
from producers.backfill.page import article_of
from producers.backfill.reading import FileEnd, ReadingStopped, Unit
from producers.backfill.selection import Origin, Terms, choose
from producers.formats.dates import NOT_LISTED, Listed
from producers.formats.page_text import PageText
from producers.formats.parsed import ParsedEntry, ParsedFeed
from producers.messages import DeadLetter, Message, dead_letter_message, raw_message
from producers.registry.feedlist import outlet_of
from schemas.feed_records import RawEntry
from schemas.topics import RAW
from wirecopy.errors import BadInput
from wirecopy.rate import TokenBucket

_Parsed = ParsedFeed | BadInput | None
_Taken = ParsedEntry | DeadLetter | Literal["older", "removed", "other"]
_Queue = asyncio.Queue["tuple[Unit | FileEnd, asyncio.Task[_Parsed]] | None"]
Outcome = Literal["done", "interrupted", "limit", "too_many_dead"]

_AHEAD = 4
"""Units that are read and parsed before they are needed."""
_MOST_BATCH = 100
_MOST_BYTES = 4 * 1024 * 1024
"""Of a batch, and of what is taken from the reading thread at once."""
_MOST_UNITS = 64
_COMMIT_EVERY = 1.0
"""Seconds after which progress is written although nothing had to be sent."""


class Parses(Protocol):
    """Parses feeds and pages. Raises ``BadInput``; ``no_article`` for a page that holds none."""

    async def parse(
        self, body: bytes, url: str, content_type: str | None, listed: Listed = NOT_LISTED
    ) -> ParsedFeed: ...

    async def extract(self, body: bytes, url: str, content_type: str | None) -> PageText: ...


class Sends(Protocol):
    """Sends messages. Returns those refused for their size, once all others are acknowledged."""

    async def publish(self, messages: Sequence[Message]) -> list[Message]: ...


class Nowhere:
    """Accepts everything and sends nothing, for a rehearsal."""

    async def publish(self, messages: Sequence[Message]) -> list[Message]:  # noqa: ARG002
        return []


@dataclass(frozen=True)
class Limits:
    """``entries`` to send in all, None for all; ``dead`` letters after which the job is given up."""

    entries: int | None = None
    dead: int = 1000
    rate: float = 50.0

    @property
    def batch(self) -> int:
        """Return the messages to send at once: half a second's worth."""
        return max(1, min(_MOST_BATCH, int(self.rate / 2)))


@dataclass
class _Batch:
    """The entries that are selected and not yet acknowledged."""

    messages: list[Message] = field(default_factory=list)
    records: dict[bytes, RawEntry] = field(default_factory=dict)
    bytes: int = 0

    def add(self, message: Message) -> None:
        self.messages.append(message)
        self.bytes += len(message.value or b"")


@dataclass(frozen=True)
class Tools:
    """The ports of a backfill."""

    parser: Parses
    publisher: Sends
    ledger: Ledger
    prefix: str
    clock: Callable[[], float]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Backfill:
    """One run of a job, from the ledger's position on. ``stop`` ends it between two batches."""

    def __init__(self, tools: Tools, terms: Terms, limits: Limits) -> None:
        self._tools = tools
        self._terms = terms
        self._limits = limits
        self.share = 0.0
        """How much of the present file has been done."""
        self.position, self.counts, self.finished = tools.ledger.standing()
        self._bucket = TokenBucket(limits.rate, limits.batch, tools.clock)
        self._batch = _Batch()
        self._committed = tools.clock()
        self._stop = asyncio.Event()
        self._over = False
        self._parsing: set[asyncio.Task[_Parsed]] = set()

    def stop(self) -> None:
        """End soon; the next run sends what is not acknowledged."""
        self._stop.set()

    def stopped(self) -> bool:
        """Return whether no more units are wanted."""
        return self._over or self._stop.is_set()

    async def run(self, units: Iterator[Unit | FileEnd]) -> Outcome:
        """Run until all units are read, a limit is reached, or ``stop``. Raises what ``publish`` raises."""
        try:
            async with contextlib.aclosing(self._prepared(units)) as prepared:
                async for unit, parsed in prepared:
                    ended = await self._handle(unit, parsed)
                    if ended is not None:
                        return ended
            await self._flush()
        except ReadingStopped:
            return "interrupted"
        finally:
            self._over = True
        self._tools.ledger.finish(self.position, self.counts)
        return "done"

    # ---- reading and parsing ------------------------------------------------------------------------------------

    async def _prepared(self, units: Iterator[Unit | FileEnd]) -> AsyncGenerator[tuple[Unit | FileEnd, _Parsed], None]:
        """Yield the units in their order, parsed a few ahead."""
        ahead: _Queue = asyncio.Queue(_AHEAD)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="backfill") as thread:
            filling = asyncio.create_task(self._fill(units, ahead, thread))
            try:
                while (got := await ahead.get()) is not None:
                    unit, parsing = got
                    yield unit, await parsing
                await filling
            finally:
                self._over = True
                await _cancelled(filling)
                for parsing in list(self._parsing):
                    await _cancelled(parsing)

    async def _fill(self, units: Iterator[Unit | FileEnd], ahead: _Queue, thread: ThreadPoolExecutor) -> None:
        """Fill the queue, and end it whatever happens; the caller that awaits this gets the error."""
        loop = asyncio.get_running_loop()
        try:
            while taken := await loop.run_in_executor(thread, _some, units):
                for unit in taken:
                    parsing = asyncio.create_task(self._parse(unit))
                    self._parsing.add(parsing)
                    parsing.add_done_callback(self._parsed)
                    await ahead.put((unit, parsing))
        except asyncio.CancelledError:
            raise
        except BaseException:
            await ahead.put(None)
            raise
        await ahead.put(None)

    def _parsed(self, parsing: asyncio.Task[_Parsed]) -> None:
        """Mark the error of a parse as retrieved, since after a stop nobody awaits it."""
        self._parsing.discard(parsing)
        if not parsing.cancelled():
            parsing.exception()

    async def _parse(self, unit: Unit | FileEnd) -> _Parsed:
        if isinstance(unit, FileEnd) or unit.letter or unit.older or unit.useless or (unit.line and unit.line.removed):
            return None
        parser, what = self._tools.parser, (unit.body, unit.url, unit.content_type)
        try:
            return (
                article_of(*what, await parser.extract(*what))
                if unit.page
                else await parser.parse(*what, unit.origin.listed)
            )
        except BadInput as error:
            return None if unit.page and error.reason == "no_article" else error

    # ---- choosing -----------------------------------------------------------------------------------------------

    async def _handle(self, unit: Unit | FileEnd, parsed: _Parsed) -> Outcome | None:
        if self._stop.is_set():
            raise ReadingStopped
        if isinstance(unit, FileEnd):
            self._end_file(unit)
            self.position, self.share = unit.position, 0.0
        else:
            ended = await self._entries(unit, parsed)
            if ended is not None:
                return ended
            self.position, self.share = Position(unit.position.file, unit.position.unit + 1), unit.share
        if self._tools.clock() - self._committed > _COMMIT_EVERY:
            await self._flush()
        return None

    def _end_file(self, end: FileEnd) -> None:
        self.counts.files += 1
        self.counts.bytes += end.size
        self.counts.other += end.other
        if end.problem is not None:
            self.counts.problem(end.problem)
        if end.letter is not None:
            self._add_letter(end.letter)

    async def _entries(self, unit: Unit, parsed: _Parsed) -> Outcome | None:
        """Take the entries of a unit, without those that an earlier run has sent."""
        done = self.position.entry if self.position[:2] == unit.position[:2] else 0
        for number, entry in enumerate(_found(unit, parsed)):
            if number < done:
                continue
            ended = await self._at_a_limit()
            if ended is not None:
                return ended
            self._take(entry, _origin(unit, parsed))
            self.position = Position(unit.position.file, unit.position.unit, number + 1)
            if len(self._batch.messages) >= self._limits.batch or self._batch.bytes >= _MOST_BYTES:
                await self._flush()
        return None

    async def _at_a_limit(self) -> Outcome | None:
        limits, counts = self._limits, self.counts
        if limits.entries is not None and counts.sent >= limits.entries:
            await self._flush()
            return "limit"
        if counts.dead >= limits.dead:
            await self._flush()
            return "too_many_dead"
        return None

    def _take(self, entry: _Taken, origin: Origin) -> None:
        chosen = choose(entry, self._terms, origin, self._tools.now()) if isinstance(entry, ParsedEntry) else entry
        if isinstance(chosen, RawEntry):
            self._take_record(chosen)
        elif isinstance(chosen, DeadLetter):
            self._add_letter(chosen)
        else:
            setattr(self.counts, chosen, getattr(self.counts, chosen) + 1)

    def _take_record(self, record: RawEntry) -> None:
        key = record.article.encode()
        if key in self._batch.records or self._tools.ledger.was_sent(record.article):
            self.counts.older += 1
            return
        self._batch.records[key] = record
        self._batch.add(raw_message(record, self._tools.prefix))
        self.counts.count(record)

    def _add_letter(self, letter: DeadLetter) -> None:
        self._batch.add(dead_letter_message(letter, self._tools.prefix))
        self.counts.dead += 1
        self.counts.reasons[letter.reason] += 1

    # ---- sending ------------------------------------------------------------------------------------------------

    async def _flush(self) -> None:
        """Send the selected entries, wait for Kafka, and write the job's position."""
        batch, self._batch = self._batch, _Batch()
        if batch.messages:
            await self._wait(self._bucket.take(len(batch.messages)))
            for refused in await self._tools.publisher.publish(batch.messages):
                self._too_large(refused, batch)
            await self._tools.publisher.publish(self._batch.messages)
            self._batch = _Batch()
        self._tools.ledger.advance(self.position, self.counts, (record.article for record in batch.records.values()))
        self._committed = self._tools.clock()

    def _too_large(self, message: Message, batch: _Batch) -> None:
        """Make a dead letter, cut, of a message that is too large for Kafka."""
        record = batch.records.get(message.key)
        if record is None:
            return
        self.counts.sent -= 1
        original = message.value or b""
        detail = f"{len(original)} bytes are more than one Kafka message may have"
        letter = DeadLetter(record.article, original, "too_large", detail, RAW.full_name(self._tools.prefix))
        self._add_letter(letter)

    async def _wait(self, seconds: float) -> None:
        """Wait. Raises ``ReadingStopped`` if the job is stopped meanwhile."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        if self._stop.is_set():
            raise ReadingStopped


def _found(unit: Unit, parsed: _Parsed) -> list[_Taken]:
    """Return the entries and dead letters of a unit, in an order that depends on the unit alone."""
    if unit.letter is not None:
        return [unit.letter]
    if isinstance(parsed, BadInput):
        return [DeadLetter(unit.origin.feed, unit.body, parsed.reason, parsed.detail, unit.origin.source)]
    if parsed is None:
        return ["older" if unit.older else "removed" if unit.line else "other"]
    if unit.line is not None:
        return [lines.completed(parsed.entries, unit.line)] if parsed.entries else []
    return [*parsed.entries, *_dropped(unit, parsed)]


def _dropped(unit: Unit, parsed: ParsedFeed) -> list[DeadLetter]:
    if not parsed.dropped:
        return []
    detail = f"{parsed.dropped} entries beyond the first {len(parsed.entries)}"
    return [DeadLetter(unit.origin.feed, unit.body, "too_many_entries", detail, unit.origin.source)]


def _origin(unit: Unit, parsed: _Parsed) -> Origin:
    """Return the unit's origin; without any other outlet, that of the feed's home page."""
    if unit.origin.outlet or unit.line is not None or not isinstance(parsed, ParsedFeed):
        return unit.origin
    return dataclasses.replace(unit.origin, outlet=outlet_of(parsed.home or ""))


def _some(units: Iterator[Unit | FileEnd]) -> list[Unit | FileEnd]:
    """Return the next units: enough to be worth a change of threads, not more than memory allows."""
    taken: list[Unit | FileEnd] = []
    size = 0
    for unit in units:
        taken.append(unit)
        size += len(unit.body) if isinstance(unit, Unit) else 0
        if len(taken) == _MOST_UNITS or size >= _MOST_BYTES:
            break
    return taken


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait for its end, ignoring its result."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
