"""The life of an index on real servers: rebuilt under live writes, swapped and back, split by period, copied, swept."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from elasticsearch import AsyncElasticsearch
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from schemas.public_records import PublishedArticle, Story
from schemas.topics import ARTICLES, STORIES, Topic
from stream_apps.indexing import finder, indices
from stream_apps.indexing.client import connect
from stream_apps.indexing.documents import PROCESSING_TIMES
from stream_apps.indexing.generations import (
    caught_up,
    cluster,
    plans,
    rebuild_progress,
    rebuilding,
    retention,
    sweeping,
)
from stream_apps.indexing.generations.names import Generation, read_alias, write_alias
from stream_apps.indexing.generations.targets import Targets
from stream_apps.indexing.queries import Search
from stream_apps.indexing.sink import BulkSink
from stream_apps.indexing.stage import IndexingStage
from stream_apps.indexing.status import status
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.stage_interface import Incoming
from tests.integration.pipeline import poll
from tests.unit import indexing_examples as examples
from wirecopy import cli
from wirecopy.cli import topics
from wirecopy.errors import BadInput, ServerError, WirecopyError
from wirecopy.kafka import client_config
from wirecopy.local.process import Child
from wirecopy.local.servers import LocalServers
from wirecopy.local.stages import Workplace, workplace
from wirecopy.settings import ElasticsearchSettings, Loaded, Settings

pytestmark = pytest.mark.servers

MONTHS = (datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC))
MANY = 400
"""Articles, and stories, that are there when a rebuild begins."""
LATER = 100_000
"""Numbers of articles that come while a rebuild is under way."""


def seen(number: int) -> datetime:
    return MONTHS[number % 3] + timedelta(seconds=number % 86_400)


def article(number: int, version: int = 5, **changes: Any) -> PublishedArticle:
    values = {"first_seen": seen(number), **changes}
    return examples.published(number, story=number, canonical=number, version=version, **values)


def story(number: int, version: int = 5, **changes: Any) -> Story:
    return examples.story(number, (number,), version=version, first_seen=seen(number), event=None, **changes)


def merged(number: int, version: int = 9) -> Story:
    return Story(id=examples.article_id(number), version=version, redirect_to=examples.article_id(1))


def message(topic: Topic, record: PublishedArticle | Story) -> Incoming:
    return Incoming(topic.name, 0, next(_offsets), key(record).encode(), record.to_bytes())


_offsets = itertools.count()


def key(record: PublishedArticle | Story) -> str:
    return record.id if isinstance(record, Story) else record.article.id


class Topics:
    """The public topics of a test, and what was sent to them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        topics.apply(settings.kafka)
        self._producer = KafkaProducer(**client_config(settings.kafka), acks="all", linger_ms=5)

    def send(self, *records: PublishedArticle | Story) -> None:
        sent = []
        for record in records:
            topic = STORIES if isinstance(record, Story) else ARTICLES
            name = topic.full_name(self._settings.kafka.topic_prefix)
            sent.append(self._producer.send(name, record.to_bytes(), key(record).encode()))
        for future in sent:
            future.get(timeout=60)

    def close(self) -> None:
        self._producer.close()


@pytest.fixture
def small(settings: Settings) -> Settings:
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"partitions": 2})})


@pytest.fixture
def wire(small: Settings) -> Iterator[Topics]:
    made = Topics(small)
    yield made
    made.close()


@pytest.fixture
def place(small: Settings) -> Iterator[Workplace]:
    with workplace(Loaded(small, {}), sets(small)) as found:
        yield found


@pytest.fixture
async def client(small: Settings) -> AsyncIterator[AsyncElasticsearch]:
    async with connect(small.elasticsearch) as connected:
        yield connected


def sets(settings: Settings) -> dict[str, object]:
    search = settings.elasticsearch
    return {
        "kafka.bootstrap": settings.kafka.bootstrap,
        "kafka.topic_prefix": settings.kafka.topic_prefix,
        "kafka.partitions": settings.kafka.partitions,
        "elasticsearch.url": search.url,
        "elasticsearch.index_prefix": search.index_prefix,
    }


def invoke(settings: Settings, *arguments: str, **changes: object) -> Result:
    given = sets(settings) | {f"elasticsearch.{name}": value for name, value in changes.items()}
    options = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    return CliRunner().invoke(cli.build(), [*options, *arguments])


def succeeds(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def exit_code(result: Result) -> int:
    return result.exception.exit_code if isinstance(result.exception, WirecopyError) else result.exit_code


def ask(settings: Settings, question: Callable[[AsyncElasticsearch], Awaitable[Any]]) -> Any:
    async def answer() -> Any:
        async with connect(settings.elasticsearch) as connected:
            return await question(connected)

    return asyncio.run(answer())


def contents(settings: Settings, index: str) -> dict[str, tuple[int, dict[str, Any]]]:
    """Version and document by id, but for when it was written."""

    async def look(client: AsyncElasticsearch) -> dict[str, tuple[int, dict[str, Any]]]:
        await client.indices.refresh(index=index)
        found = await client.search(index=index, size=10_000, version=True)
        assert found["hits"]["total"]["value"] == len(found["hits"]["hits"])
        return {hit["_id"]: (hit["_version"], lasting(hit["_source"])) for hit in found["hits"]["hits"]}

    documents: dict[str, tuple[int, dict[str, Any]]] = ask(settings, look)
    return documents


def count(settings: Settings, index: str) -> int:
    async def look(client: AsyncElasticsearch) -> int:
        await client.indices.refresh(index=index)
        return int((await client.count(index=index))["count"])

    found: int = ask(settings, look)
    return found


def lasting(source: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in source.items() if name not in PROCESSING_TIMES - {"first_seen"}}


def generations(settings: Settings, kind: Any = "articles") -> list[Generation]:
    found: list[Generation] = ask(
        settings, lambda client: cluster.generations(client, settings.elasticsearch.index_prefix, kind)
    )
    return found


@contextmanager
def running(child: Child) -> Iterator[Child]:
    child.start()
    try:
        yield child
    finally:
        child.stop()


class LiveWriter:
    """Sends further articles, and further versions of those there are, until it is told to stop."""

    def __init__(self, wire: Topics) -> None:
        self._wire = wire
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.sent = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._stopping.is_set():
            number = LATER + self.sent
            self._wire.send(article(number), article(self.sent % MANY, version=10 + self.sent), story(number))
            if self.sent % 5 == 4:
                self._wire.send(merged(LATER + self.sent - 1), merged(self.sent % MANY))
            self.sent += 1
            self._stopping.wait(0.05)


# ---- rebuild, swap and the way back ---------------------------------------------------------------------------


@pytest.mark.timeout(500)
def test_a_rebuild_under_live_load_is_killed_and_taken_up_again_and_swapped_and_swapped_back(
    small: Settings, wire: Topics, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rebuilding, cluster):
        monkeypatch.setattr(module, "SETTLED", 2.0)
    prefix = small.elasticsearch.index_prefix
    succeeds(invoke(small, "index", "apply"))
    wire.send(*(record for number in range(MANY) for record in (article(number), story(number))))
    overrides = {"elasticsearch.period": "month", "elasticsearch.bulk_documents": 50}
    rebuild = place.child("rebuild", ["index", "rebuild", "articles", "stories", "--rate", "150"], overrides)
    with ExitStack() as stack:
        stack.enter_context(running(place.child("indexing", ["run", "indexing"])))
        poll(lambda: count(small, f"{prefix}-articles,{prefix}-stories") == 2 * MANY, "all is indexed once", 120)
        live = stack.enter_context(LiveWriter(wire))

        rebuild.start()
        poll(lambda: _read(small) > 100, "the rebuild has begun", 60)
        os.kill(rebuild.pid, signal.SIGKILL)
        rebuild.stop()
        (noted,) = _noted(small)
        assert noted.finished is None
        assert exit_code(invoke(small, "index", "swap", "articles", period="month")) == 5, "it is not finished"
        assert "being rebuilt" in invoke(small, "index", "status").stdout

        again = ("index", "rebuild", "articles", "stories", "--json")
        finished = succeeds(invoke(small, *again, period="month", bulk_documents=100))
        first, _ = map(json.loads, finished.splitlines())
        assert (first["stem"], first["refused"]) == (noted.stem, 0), "it went on with the same indices"
        poll(lambda: live.sent > 50, "enough was written meanwhile", 60)
        swapped = invoke(small, "index", "swap", "articles", "stories", "--json", period="month")
        assert [json.loads(line)["problems"] for line in succeeds(swapped).splitlines()] == [[], []]
        after = live.sent
        poll(lambda: live.sent > after + 20, "writes go on after the swap", 60)
        live.__exit__()
        caught_up.wait_until_indexed(small.kafka)

        for kind in ("articles", "stories"):
            old, new = generations(small, kind)
            assert (old.previous, old.writes, new.reads, new.period) == (True, True, True, "month")
            assert [new.period_of(name) for name in new.indices][:3] == ["2026.09", "2026.10", "2026.11"]
            answers = contents(small, read_alias(prefix, kind))
            assert answers == contents(small, ",".join(new.indices))
            assert answers == contents(small, old.stem), "both were written all the time"
        # Every fifth story of those that came, and as many of those before, went into another one.
        assert len(contents(small, read_alias(prefix, "articles"))) == MANY + live.sent

        succeeds(invoke(small, "index", "rollback", "articles", "stories"))
        assert [g.reads for g in generations(small)] == [True, False]
        wire.send(article(7, version=99_999, headline="written after the way back was taken"))
        caught_up.wait_until_indexed(small.kafka)
        wanted = examples.article_id(7)
        assert {contents(small, g.pattern)[wanted][0] for g in generations(small)} == {99_999}
        succeeds(invoke(small, "index", "rollback", "articles", "stories"))
        # What the stage still thinks it writes goes away under it.
        assert "000001" in succeeds(invoke(small, "index", "drop", "articles", "stories", "--yes"))
        wire.send(article(8, version=99_999))
        caught_up.wait_until_indexed(small.kafka)
        (left,) = generations(small)
        assert contents(small, left.pattern)[examples.article_id(8)][0] == 99_999
    found = ask(small, lambda client: finder.find(client, prefix, Search("cold store", copies=True, limit=5)))
    assert found.total == MANY + live.sent, "a search goes over all months"
    assert exit_code(invoke(small, "index", "apply", period="month")) == 0


def _noted(settings: Settings) -> list[rebuild_progress.RebuildProgress]:
    prefix = settings.elasticsearch.index_prefix
    stems = [g.stem for g in generations(settings) if not g.reads]

    async def look(client: AsyncElasticsearch) -> list[rebuild_progress.RebuildProgress | None]:
        return [await rebuild_progress.load(client, prefix, stem) for stem in stems]

    return [one for one in ask(settings, look) if one is not None]


def _read(settings: Settings) -> int:
    return sum(one.read for one in _noted(settings))


# ---- periods and retention ------------------------------------------------------------------------------------


def split(small: Settings, **changes: Any) -> ElasticsearchSettings:
    return small.elasticsearch.model_copy(update={"period": "month"} | changes)


def stage_of(client: AsyncElasticsearch, target: ElasticsearchSettings) -> IndexingStage:
    sink = BulkSink(client)
    return IndexingStage(sink, Targets(sink, target.index_prefix), Linger(0.0, 1.0), {}, target.retention_days)


async def write(client: AsyncElasticsearch, target: ElasticsearchSettings, *messages: Incoming) -> None:
    stage = stage_of(client, target)
    await stage.prepare(messages)
    assert [sent for one in messages for sent in stage.handle(one)] == []


async def test_a_new_month_needs_nobody_and_a_merged_story_goes_wherever_it_is(
    client: AsyncElasticsearch, small: Settings
) -> None:
    target = split(small)
    await indices.apply(client, target)
    records = [record for number in range(6) for record in (article(number), story(number))]
    batch = [message(STORIES if isinstance(one, Story) else ARTICLES, one) for one in records]
    await write(client, target, *batch)
    await write(client, target, message(STORIES, merged(2)), message(STORIES, story(2)), *batch)
    (articles,) = await cluster.generations(client, target.index_prefix, "articles")
    assert {articles.period_of(name) for name in articles.indices} >= {"2026.09", "2026.10", "2026.11"}
    await client.indices.refresh(index=f"{target.index_prefix}-*")
    counts = [(await client.count(index=read_alias(target.index_prefix, k)))["count"] for k in ("articles", "stories")]
    assert counts == [6, 5]
    assert [one.problems for one in await status(client, target)] == [()] * 5
    assert {one.action for one in await indices.apply(client, target)} == {"unchanged"}


async def test_what_is_too_old_goes_and_does_not_come_back(client: AsyncElasticsearch, small: Settings) -> None:
    target = split(small, retention_days=45)
    now = datetime(2026, 11, 30, tzinfo=UTC)
    await indices.apply(client, target)
    await write(client, split(small), *(message(ARTICLES, article(number)) for number in range(6)))
    assert (await retention.apply(client, target, dry_run=True, now=now))[0].indices != ()
    removed = await retention.apply(client, target, now=now)
    assert [name[-7:] for name in removed[0].indices] == ["2026.09"]
    await write(client, target, *(message(ARTICLES, article(number, version=8)) for number in range(6)))
    (left,) = await cluster.generations(client, target.index_prefix, "articles")
    assert left.period_of(left.indices[0]) == "2026.10"
    assert [one.indices for one in await retention.apply(client, target, now=now)] == [(), ()]


async def test_single_documents_go_where_the_index_is_not_split(client: AsyncElasticsearch, small: Settings) -> None:
    target = small.elasticsearch.model_copy(update={"retention_days": 45})
    await indices.apply(client, target)
    await write(client, small.elasticsearch, *(message(ARTICLES, article(number)) for number in range(6)))
    await client.indices.refresh(index=read_alias(target.index_prefix, "articles"))
    assert (await retention.apply(client, target, now=datetime(2026, 11, 30, tzinfo=UTC)))[0].documents == 4


async def test_an_index_that_goes_while_it_is_written_is_asked_for_again(
    client: AsyncElasticsearch, small: Settings
) -> None:
    target = small.elasticsearch
    await indices.apply(client, target)
    stage = stage_of(client, target)
    made = indices.new_generation(target, "articles", 2, datetime.now(UTC))
    await indices.make_index(client, target, made, {"write"})
    await stage.prepare([message(ARTICLES, article(1))])
    await cluster.carry_out(client, [plans.DeleteIndices(made.indices)])
    await stage.prepare([message(ARTICLES, article(2))])
    (left,) = await cluster.generations(client, target.index_prefix, "articles")
    await client.indices.refresh(index=left.stem)
    assert (await client.count(index=left.stem))["count"] == 2
    await cluster.carry_out(client, [plans.DeleteIndices(left.indices)])
    with pytest.raises(ServerError, match="wirecopy index apply"):
        await stage.prepare([message(ARTICLES, article(3))])
    assert not await client.indices.exists(index=left.stem), "nothing made it again"


async def test_what_only_an_older_mapping_refuses_is_no_dead_letter(
    client: AsyncElasticsearch, small: Settings
) -> None:
    target, old = small.elasticsearch, f"{small.elasticsearch.index_prefix}-articles-v1-000001"
    await indices.apply(client, target)
    (made,) = await cluster.generations(client, target.index_prefix, "articles")
    own: dict[str, dict[str, Any]] = {alias(target.index_prefix, "articles"): {} for alias in (read_alias, write_alias)}
    await client.indices.create(index=old, mappings={"dynamic": "strict"}, aliases=own)
    await cluster.give_roles(client, target, "articles", {made.stem: frozenset({"write"})})
    await write(client, target, message(ARTICLES, article(1)))
    await client.indices.refresh(index=f"{target.index_prefix}-articles-v*")
    assert [(await client.count(index=name))["count"] for name in (old, made.stem)] == [0, 1]
    changes = await indices.apply(client, target)
    assert [change.name for change in changes if change.action == "incompatible"] == [old]
    # As long as nothing is rebuilt, what is refused there has nowhere else to go.
    await cluster.give_roles(client, target, "articles", {made.stem: frozenset()})
    stage = stage_of(client, target)
    refused = message(ARTICLES, article(2))
    await stage.prepare([refused])
    with pytest.raises(BadInput, match="strict_dynamic_mapping_exception"):
        stage.handle(refused)


# ---- snapshots ------------------------------------------------------------------------------------------------


@pytest.fixture
async def repository(client: AsyncElasticsearch, servers: LocalServers, small: Settings) -> AsyncIterator[str]:
    """A repository of the node's own, in a folder that the node may use."""
    name = f"{small.elasticsearch.index_prefix}-copies"
    await client.snapshot.create_repository(name=name, repository={"type": "fs", "settings": {"location": name}})
    yield name
    await client.snapshot.delete_repository(name=name)


async def test_a_lost_index_comes_back_from_a_snapshot_and_the_topics(
    client: AsyncElasticsearch, small: Settings, wire: Topics, repository: str
) -> None:
    target, more = split(small), {"period": "month", "snapshot_repository": repository}

    def command(*words: str) -> Awaitable[str]:
        return asyncio.to_thread(lambda: succeeds(invoke(small, *words, **more)))

    await indices.apply(client, target)
    records = [record for number in range(12) for record in (article(number), story(number))]
    await write(client, target, *(message(STORIES if isinstance(r, Story) else ARTICLES, r) for r in records))
    before = await asyncio.to_thread(contents, small, read_alias(target.index_prefix, "articles"))
    taken = (await command("index", "snapshot", "--keep", "1")).split()[0]
    assert taken in await command("index", "snapshot", "--list")
    lost = [name for g in await cluster.generations(client, target.index_prefix, "articles") for name in g.indices]
    await client.indices.delete(index=lost)
    wire.send(article(500), article(3, version=9))

    said = await command("index", "restore", taken, "--kind", "articles")
    assert f"{target.index_prefix}-articles-v" in said
    assert not await client.indices.exists_alias(name=read_alias(target.index_prefix, "articles"))
    await command("index", "swap", "--force")
    copy = await asyncio.to_thread(contents, small, read_alias(target.index_prefix, "articles"))
    assert copy == before, "it answers with what it has, before it has read the topics"
    await command("index", "rebuild", "articles")
    (answering,) = await cluster.generations(client, target.index_prefix, "articles")
    assert answering.reads, "nothing else was begun"
    done = await asyncio.to_thread(invoke, small, "index", "swap", **more)
    assert exit_code(done) == 5, "nothing waits to be swapped"
    after = await asyncio.to_thread(contents, small, read_alias(target.index_prefix, "articles"))
    changed = {examples.article_id(500), examples.article_id(3)}
    assert set(after) == set(before) | changed
    assert {name: after[name] for name in after if name not in changed} == {
        name: before[name] for name in before if name not in changed
    }
    assert after[examples.article_id(3)][0] == 9


def test_a_repository_that_is_missing_is_named(small: Settings) -> None:
    assert exit_code(invoke(small, "index", "snapshot")) == 2
    missing = invoke(small, "index", "snapshot", snapshot_repository="nowhere")
    assert "no repository nowhere" in str(missing.exception)
    assert exit_code(missing) == 4


# ---- sweep ----------------------------------------------------------------------------------------------------


async def test_a_sweep_takes_what_nothing_stands_behind_and_nothing_else(
    client: AsyncElasticsearch, small: Settings
) -> None:
    target = split(small)
    await indices.apply(client, target)
    orphan, alive, alone = 50, 51, 52
    await write(
        client, target,
        message(STORIES, story(orphan)), message(STORIES, story(alive)), message(ARTICLES, article(alive)),
        # The same article, whose state was lost: it seems to have been seen in another month.
        message(ARTICLES, article(alone, version=5, first_seen=MONTHS[0])),
        message(ARTICLES, article(alone, version=7, first_seen=MONTHS[2])), message(STORIES, story(alone)),
    )  # fmt: skip
    now = datetime.now(UTC) + timedelta(minutes=1)
    prefix, hour = target.index_prefix, timedelta(hours=1)
    young = await sweeping.sweep(client, prefix, now, hour)
    assert [(one.orphans, one.twice) for one in young] == [(0, 1), (0, 0), (0, 0)], (
        "a story that was just written stays"
    )
    would = await sweeping.sweep(client, prefix, now + hour, hour, dry_run=True)
    assert [(one.orphans, one.twice) for one in would] == [(0, 0), (1, 0), (0, 0)]
    swept = await sweeping.sweep(client, prefix, now + hour, hour)
    assert [(one.orphans, one.twice, one.kept) for one in swept] == [(0, 0, 0), (1, 0, 0), (0, 0, 0)]
    await client.indices.refresh(index=f"{prefix}-*")
    answer = await client.search(index=read_alias(prefix, "stories"))
    left = {hit["_id"] for hit in answer["hits"]["hits"]}
    assert left == {examples.article_id(alive), examples.article_id(alone)}
    wanted = {"ids": {"values": [examples.article_id(alone)]}}
    (kept,) = (await client.search(index=read_alias(prefix, "articles"), query=wanted, version=True))["hits"]["hits"]
    assert kept["_version"] == 7
    # Its next record, whose version may be the very next one, comes back.
    await write(client, target, message(STORIES, story(orphan, version=6)), message(ARTICLES, article(orphan)))
    assert [one.orphans for one in await sweeping.sweep(client, prefix, now + hour, hour)] == [0, 0, 0]


async def test_a_story_that_is_written_again_while_it_is_looked_at_stays(
    client: AsyncElasticsearch, small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = small.elasticsearch
    await indices.apply(client, target)
    await write(client, target, message(STORIES, story(60)))
    named = sweeping._named

    async def written_meanwhile(*arguments: Any) -> set[str]:
        found = await named(*arguments)
        await write(client, target, message(STORIES, story(60, version=6)))
        return found

    monkeypatch.setattr(sweeping, "_named", written_meanwhile)
    later = datetime.now(UTC) + timedelta(hours=2)
    swept = await sweeping.sweep(client, target.index_prefix, later, timedelta(hours=1))
    assert [(one.orphans, one.kept) for one in swept] == [(0, 0), (0, 1), (0, 0)]


def test_nothing_is_swept_while_indexing_is_behind(small: Settings, wire: Topics) -> None:
    caught_up.wait_until_indexed(small.kafka, patience=5)
    wire.send(article(1))
    with pytest.raises(ServerError, match="nothing is swept before it has"):
        caught_up.wait_until_indexed(small.kafka, patience=0)
