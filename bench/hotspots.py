"""Where the time of a stage goes: its own code over a wire day, in one process, under ``cProfile``.

Stages are handed batches as the runtime does it, without Kafka. The profiler makes small functions look larger than
they are: ``alone`` is how long the same took without it.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.report import Table
from producers.formats.parse import parse_feed
from producers.polling.entries import initial_state, new_revisions
from producers.registry.feedlist import parse_feed_list
from schemas.elasticsearch import INDEX_KINDS
from schemas.feed_records import Feed, RawEntry
from schemas.topics import ARTICLES, CLEAN, DEAD_LETTERS, RAW, RESOLVED, STORIES, Topic
from stream_apps.dedup.replay import Replay
from stream_apps.fingerprint import app as fingerprint
from stream_apps.indexing import entity_names
from stream_apps.indexing.generations.targets import Targets, version_of
from stream_apps.indexing.sink import BulkSink
from stream_apps.indexing.stage import IndexingStage
from stream_apps.runtime import gc_tuning
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.memory_broker import MemoryBroker
from stream_apps.runtime.stage_interface import Incoming, Outgoing, Stage
from stream_apps.runtime.state_store import StateStore
from stream_apps.tagging import alias_files
from stream_apps.tagging.model_process import ModelProcesses
from stream_apps.tagging.stage import TaggingStage
from wirecopy.errors import BadInput
from wirecopy.settings import Settings
from wirecopy.wireday.day import generate
from wirecopy.wireday.server import WireDayServer

REPOSITORY = Path(__file__).resolve().parents[1]
SHOWN = 40
STAGES = ("producer", "dedup", "tagging", "indexing")


def measure(stage: str, scale: int) -> list[Table]:
    """The functions of this stage that take longest. Raises ``BadInput`` for a stage that there is not."""
    if stage not in STAGES:
        raise BadInput("no_such_stage", f"{stage} is none of {', '.join(STAGES)}")
    return asyncio.run(_measure(stage, scale))


async def _measure(stage: str, scale: int) -> list[Table]:
    settings = Settings()
    bodies = feeds(scale)
    if stage == "producer":
        return await _profiled(lambda: _as_awaitable(lambda: list(parsed(bodies))))
    entries = list(parsed(bodies))
    if stage == "dedup":
        return await _profiled(lambda: run_dedup(entries, settings))
    resolved = incoming(RESOLVED, (await run_dedup(entries, settings)).sent[RESOLVED.name])
    async with ModelProcesses(settings.tagging) as model:
        name = await model.warm()
        if stage == "tagging":
            return await _profiled(lambda: drive(tagging(model, name, settings), resolved, settings.faust.batch))
        sent = await drive(tagging(model, name, settings), resolved, settings.faust.batch)
    finished = [m for t in (ARTICLES, STORIES) for m in incoming(t, [one for one in sent if one.topic == t])]
    return await _profiled(lambda: drive(indexing(settings), finished, settings.faust.batch))


# ---- the stages -----------------------------------------------------------------------------------------------


def feeds(scale: int) -> list[tuple[Feed, bytes]]:
    """Every feed of the wire day with all of it out, as its server gives it."""
    server = WireDayServer(generate(scale=scale), 0, at_once=True).start()
    try:
        listed = parse_feed_list(server.release.answer("/feeds.yml").body, "feeds.yml")
        return [(feed, server.release.answer(feed.url.removeprefix(server.base)).body) for feed in listed]
    finally:
        server.close()


def parsed(bodies: Sequence[tuple[Feed, bytes]]) -> Iterator[RawEntry]:
    """What a producer makes of them."""
    now = datetime.now(UTC)
    for feed, body in bodies:
        records, _ = new_revisions(feed, parse_feed(body, feed.url), initial_state(feed, now, 300), now)
        for record in records:
            record.to_bytes()
            yield record


async def run_dedup(entries: Sequence[RawEntry], settings: Settings) -> Replay:
    """The fingerprint stage, then the engine; messages in the order that Kafka would keep."""
    broker = MemoryBroker(partitions=1)
    broker.attach([fingerprint.stage(settings)])
    broker.send([Outgoing(RAW, entry.article.encode(), entry.to_bytes()) for entry in entries])
    await broker.drain()
    replay = Replay(settings.dedup.window_days)
    replay.take([message.value for message in broker.sent[CLEAN.name]])
    return replay


def tagging(model: ModelProcesses, name: str, settings: Settings) -> tuple[Stage, StateStore]:
    """A tagging stage that remembers nothing yet."""
    rows = StateStore()
    return TaggingStage(
        rows,
        model,
        name,
        alias_files.built_in(),
        window_days=settings.dedup.window_days,
        max_chars=settings.tagging.max_chars,
        cache_paragraphs=settings.tagging.cache_paragraphs,
    ), rows


def indexing(settings: Settings) -> tuple[Stage, StateStore]:
    """An indexing stage whose index takes everything at once."""
    sink = BulkSink(_Index())  # type: ignore[arg-type]  # as much of a client as the sink asks for
    names = entity_names.installed(settings.tagging)
    targets = Targets(sink, settings.elasticsearch.index_prefix)
    return IndexingStage(sink, targets, Linger(0.0, 1.0), names), StateStore()


class _Index:
    """Answers as an index that stored every operation."""

    @property
    def indices(self) -> _Index:
        return self

    def options(self, **_: object) -> _Index:
        return self

    async def get_alias(self, *, index: list[str], **_: object) -> dict[str, Any]:
        """One index of each kind, as this program makes it."""
        found = {kind: pattern.removesuffix("-v*") for kind, pattern in zip(INDEX_KINDS, index, strict=True)}
        return {
            f"{alias}-v{version_of(kind)}-000001": {"aliases": {alias: {}, f"{alias}-write": {}}}
            for kind, alias in found.items()
        }

    async def bulk(self, *, operations: bytes, **_: object) -> dict[str, Any]:
        actions = (line for line in operations.split(b"\n") if line.startswith((b'{"index":{"_', b'{"delete":{"_')))
        return {"items": [{line[2:].split(b'"', 1)[0].decode(): {"status": 200}} for line in actions]}


async def drive(stage_over_rows: tuple[Stage, StateStore], messages: Sequence[Incoming], batch: int) -> list[Outgoing]:
    """Hand the messages over as the runtime does; what the stage sent. What it sends to itself is not delivered.

    Raises ``BadInput`` for a dead letter.
    """
    stage, rows = stage_over_rows
    sent: list[Outgoing] = []
    for at in range(0, len(messages), batch):
        part = messages[at : at + batch]
        await stage.prepare(part)
        for message in part:
            sent += stage.handle(message)
        sent += stage.finish()
        rows.commit()
    for letter in (message for message in sent if message.topic == DEAD_LETTERS):
        raise BadInput("dead_letter", str(letter.headers))
    return sent


def incoming(topic: Topic, messages: Sequence[Outgoing]) -> list[Incoming]:
    """As one partition gives them."""
    return [Incoming(topic.name, 0, offset, m.key, m.value) for offset, m in enumerate(messages)]


# ---- the profile ----------------------------------------------------------------------------------------------


async def _as_awaitable(work: Callable[[], object]) -> object:
    return work()


async def _profiled(work: Callable[[], Awaitable[object]]) -> list[Table]:
    gc_tuning.settle()  # as the workers do
    started = time.perf_counter()
    await work()
    alone = time.perf_counter() - started
    profiler = cProfile.Profile()
    profiler.enable()
    await work()
    profiler.disable()
    return [table(pstats.Stats(profiler), alone)]


def table(stats: pstats.Stats, alone: float) -> Table:
    """Our own functions, and built-in ones that take long by themselves, by the time spent in and below each."""
    whole = stats.total_tt  # type: ignore[attr-defined]  # not in its stubs
    rows: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for (file, line, function), (_, calls, own, below, _) in stats.stats.items():  # type: ignore[attr-defined]  # as above
        name = _name(file, line, function)
        if name is not None and (below > whole / 100 if file != "~" else own > whole / 50):
            for at, value in enumerate((calls, own, below)):
                rows[name][at] += value
    largest = sorted(rows.items(), key=lambda item: -item[1][2])[:SHOWN]
    shown = [
        (name, int(calls), round(own, 3), round(below, 3), round(below / whole, 3))
        for name, (calls, own, below) in largest
    ]
    note = f"{whole:.2f} s under the profiler, {alone:.2f} s alone. Waiting for the model process is `poll`."
    return Table("profile", ("function", "calls", "own s", "with callees s", "share"), shown, note)


def _name(file: str, line: int, function: str) -> str | None:
    if file == "~":
        return function
    path = Path(file)
    if not path.is_relative_to(REPOSITORY) or ".venv" in path.parts or path.parent.name == "bench":
        return None
    return f"{path.relative_to(REPOSITORY).with_suffix('')}:{line} {function}"
