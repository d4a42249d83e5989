"""Templates, bulk writes, searches and commands on a real Elasticsearch node."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch
from typer.testing import CliRunner, Result

from schemas import elasticsearch as templates
from schemas.elasticsearch import INDEX_KINDS as KINDS
from schemas.examples import EXAMPLES
from schemas.public_records import StoryEntity
from schemas.record import RecordError
from schemas.topics import ARTICLES
from stream_apps.indexing import finder, indices, queries, tallies
from stream_apps.indexing.bulk_operations import Operation
from stream_apps.indexing.character_filters import filtered
from stream_apps.indexing.client import connect, explained
from stream_apps.indexing.documents import PROCESSING_TIMES, article_document, story_document
from stream_apps.indexing.generations.targets import Targets
from stream_apps.indexing.indices import read_alias, write_alias
from stream_apps.indexing.queries import BadQuery, Search
from stream_apps.indexing.sink import Backoff, BulkSink
from stream_apps.indexing.stage import IndexingStage
from stream_apps.indexing.status import status
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.stage_interface import Incoming
from tests.alerts import assert_alarm, scraped, told
from tests.unit import indexing_examples as examples
from tests.unit import test_indexing_feeds as feeds
from wirecopy import cli
from wirecopy.errors import NotFound, ServerError, WirecopyError
from wirecopy.settings import ElasticsearchSettings, Settings

pytestmark = pytest.mark.servers

STORY, OTHER = examples.article_id(1), examples.article_id(50)


@pytest.fixture
def target(settings: Settings) -> ElasticsearchSettings:
    return settings.elasticsearch


@pytest.fixture
async def client(target: ElasticsearchSettings) -> AsyncIterator[AsyncElasticsearch]:
    async with connect(target) as connected:
        yield connected


@pytest.fixture
async def applied(client: AsyncElasticsearch, target: ElasticsearchSettings) -> AsyncElasticsearch:
    await indices.apply(client, target, kinds=("articles", "stories"))
    return client


@pytest.fixture
async def all_applied(client: AsyncElasticsearch, target: ElasticsearchSettings) -> AsyncElasticsearch:
    await indices.apply(client, target)
    return client


@pytest.fixture
def articles(target: ElasticsearchSettings) -> str:
    return write_alias(target.index_prefix, "articles")


@pytest.fixture
def stories(target: ElasticsearchSettings) -> str:
    return write_alias(target.index_prefix, "stories")


def stage_of(client: AsyncElasticsearch, target: ElasticsearchSettings) -> IndexingStage:
    sink = BulkSink(client)
    return IndexingStage(sink, Targets(sink, target.index_prefix), Linger(0.0, 1.0), {})


def put_article(alias: str, number: int, version: int = 7, story: int = 1, **changes: Any) -> Operation:
    record = examples.published(number, story, canonical=story, version=version, **changes)
    return Operation("index", alias, record.article.id, version, article_document(record))


def put_story(alias: str, number: int, numbers: tuple[int, ...], version: int = 9, **changes: Any) -> Operation:
    return Operation(
        "index",
        alias,
        examples.article_id(number),
        version,
        story_document(examples.story(number, numbers, **changes)),
    )


async def store(client: AsyncElasticsearch, operations: Sequence[Operation]) -> None:
    assert await BulkSink(client).write(operations) == []
    for alias in {operation.index for operation in operations}:
        await client.indices.refresh(index=alias)


async def contents(client: AsyncElasticsearch, alias: str) -> dict[str, tuple[int, dict[str, Any]]]:
    """Version and document by id, processing times aside."""
    await client.indices.refresh(index=alias)
    answer = await client.search(index=alias, size=1000, version=True)
    return {
        hit["_id"]: (hit["_version"], {k: v for k, v in hit["_source"].items() if k not in PROCESSING_TIMES})
        for hit in answer["hits"]["hits"]
    }


# ---- templates and indices ------------------------------------------------------------------------------------


async def test_apply_creates_everything_once(client: AsyncElasticsearch, target: ElasticsearchSettings) -> None:
    announced = await indices.apply(client, target, dry_run=True)
    assert not await indices.physical_indices(client, target.index_prefix, "articles")
    first = await indices.apply(client, target)
    again = await indices.apply(client, target)
    assert announced == first
    assert {change.action for change in first} == {"created"}
    assert {change.action for change in again} == {"unchanged"}
    found = await indices.physical_indices(client, target.index_prefix, "articles")
    (name,) = found
    assert name == f"{target.index_prefix}-articles-v5-000001"
    assert set(found[name]) == {f"{target.index_prefix}-articles", f"{target.index_prefix}-articles-write"}
    assert {kind.problems for kind in await status(client, target)} == {()}


async def test_two_that_apply_at_once_do_not_disturb_each_other(target: ElasticsearchSettings) -> None:
    async with connect(target) as one, connect(target) as other:
        await asyncio.gather(indices.apply(one, target), indices.apply(other, target))
        assert {change.action for change in await indices.apply(one, target)} == {"unchanged"}


async def test_a_new_field_reaches_the_live_index(
    client: AsyncElasticsearch, target: ElasticsearchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = templates.load

    def older(name: templates.Template) -> dict[str, Any]:
        body = load(name)
        body["template"].get("mappings", {}).get("properties", {}).pop("signal", None)
        return body

    with monkeypatch.context() as patched:
        patched.setattr(templates, "load", older)
        await indices.apply(client, target)
    changes = {(change.kind, change.name): change for change in await indices.apply(client, target)}
    index = indices.first_index(target.index_prefix, "articles")
    assert changes["index_template", read_alias(target.index_prefix, "articles")].action == "updated"
    assert (changes["mapping", index].action, changes["mapping", index].detail) == ("updated", "+signal")
    mapping = await client.indices.get_mapping(index=index)
    assert mapping[index]["mappings"]["properties"]["signal"]["type"] == "keyword"


async def test_a_setting_of_the_deployment_reaches_the_live_index(
    applied: AsyncElasticsearch, target: ElasticsearchSettings
) -> None:
    changes = await indices.apply(applied, target.model_copy(update={"refresh_interval": "7s"}))
    assert {change.detail for change in changes if change.kind == "settings"} == {"refresh_interval"}
    fixed = await indices.apply(applied, target.model_copy(update={"refresh_interval": "7s", "shards": 2}))
    assert {change.action for change in fixed if change.kind == "settings"} == {"incompatible"}
    back = await indices.apply(applied, target)
    assert {change.detail for change in back if change.kind == "settings"} == {"refresh_interval"}
    index = indices.first_index(target.index_prefix, "articles")
    live = await applied.indices.get_settings(index=index)
    assert "refresh_interval" not in live[index]["settings"]["index"], "an interval that is set spares no refresh"
    assert {change.action for change in await indices.apply(applied, target)} == {"unchanged"}


async def test_a_field_that_cannot_change_is_reported_with_what_to_do(
    applied: AsyncElasticsearch, target: ElasticsearchSettings
) -> None:
    index = indices.first_index(target.index_prefix, "articles")
    await applied.indices.delete(index=index)
    properties = {"outlet": {"type": "text"}}
    await applied.indices.create(index=index[:-1] + "2", mappings={"dynamic": "strict"})
    elsewhere = f"{target.index_prefix}-articles-v5-000003"
    await applied.indices.delete_index_template(name=read_alias(target.index_prefix, "articles"))
    await applied.indices.create(index=elsewhere, mappings={"properties": properties})
    changes = {(c.kind, c.name): c for c in await indices.apply(applied, target)}
    found = changes["mapping", elsewhere]
    assert found.action == "incompatible"
    assert "outlet" in found.detail
    assert "wirecopy index rebuild articles" in found.remedy


async def test_an_index_that_has_the_name_of_an_alias_is_reported(
    client: AsyncElasticsearch, target: ElasticsearchSettings
) -> None:
    await client.indices.create(index=write_alias(target.index_prefix, "stories"))
    changes = await indices.apply(client, target)
    assert [change.kind for change in changes if change.action == "incompatible"] == ["aliases"]


async def test_lost_aliases_come_back(applied: AsyncElasticsearch, target: ElasticsearchSettings) -> None:
    index = indices.first_index(target.index_prefix, "stories")
    await applied.indices.delete_alias(index=index, name="*")
    assert (await status(applied, target))[1].problems == ("no index to write to", "no index to read from")
    await indices.apply(applied, target)
    assert (await status(applied, target))[1].problems == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("India’s Ministers' in São Paulo's ports", "india minister in sao paulo port"),
        ("stores boats harbours ferries fares rose", "store boat harbour ferry fare rise"),
        ("news new", "news new"),
        ("universal university terminal terminated", "universal university terminal terminate"),
        ("US, U.S. using us", "us= us= use us"),
        ("P.T.I. PTI’s MLAs p.m. Eds: ED ed", "pti= pti pti= pti mla= mla pm ed ed= ed"),
        ("NEET Neet MODI UNIONS", "neet neet modi union"),
        ("co-operative cooperative tear\u2011smoke", "co operative cooperative tear smoke"),
        ("Says, said; wins, won; left", "say say win win left"),
        ("1,50,000 150000 1,250.50 1,2", "150000 150000 1250.50 1,2"),
        ("₹318 Rs. 318 5% 5 per cent 5 lacs 2 cr", "rs 318 rs 318 5 per cent 5 per cent 5 lakh 2 crore"),
        ("soft\u00adware naïve Łódź", "software naive lodz"),
    ],
)
async def test_english_of_the_news_is_analysed(
    applied: AsyncElasticsearch, target: ElasticsearchSettings, text: str, expected: str
) -> None:
    assert await analysed(applied, target, "news", text) == expected.split()


@pytest.mark.parametrize(
    ("analyzer", "text", "expected"),
    [
        ("news_search", "PTI pti US us MLAs", "pti= pti us= us mla="),
        ("exact", "co-operative Cooperative by\u2011polls anti-India", "cooperative cooperative bypolls anti india"),
        ("exact", "India’s stores rose 5%", "india's stores rose 5 per cent"),
        ("exact_search", "ED raids", "ed= raids"),
        ("names", "M. K. Stalin M.K. Stalin M K Stalin MK Stalin", "mk stalin " * 4),
        ("names", "U.S. Central Command", "us central command"),
    ],
)
async def test_what_is_written_is_kept(
    applied: AsyncElasticsearch, target: ElasticsearchSettings, analyzer: str, text: str, expected: str
) -> None:
    assert await analysed(applied, target, analyzer, text) == expected.split()


PIECES = [
    "1,50,000", "1,234", "12,3", "5", "%", "5%", "per cent", "percent", "Percent", "percentage", "superpercent", "₹",
    "₹20", "Rs", "lakh", ",", "P.T.I.", "US", "São", "bridge", "co-operative", "anti-India", "by\u2011poll",
    "soft\u00adware", "zero\u200bwidth", "anti\u00ad-dumping",
]  # fmt: skip


@pytest.mark.parametrize(("analyzer", "of_filtered"), [("news", "news_filtered"), ("exact", "exact_filtered")])
async def test_texts_whose_characters_are_filtered_before_have_the_same_words(
    applied: AsyncElasticsearch, target: ElasticsearchSettings, analyzer: str, of_filtered: str
) -> None:
    shuffle = random.Random(16)
    texts = ["".join(w + shuffle.choice(("", " ", "\n")) for w in shuffle.choices(PIECES, k=12)) for _ in range(400)]
    index = indices.first_index(target.index_prefix, "articles")
    said = await applied.indices.analyze(index=index, analyzer=analyzer, text=texts)
    found = await applied.indices.analyze(index=index, analyzer=of_filtered, text=[filtered(text) for text in texts])
    assert len(said["tokens"]) > 4_000
    assert [(t["token"], t["position"]) for t in found["tokens"]] == [
        (t["token"], t["position"]) for t in said["tokens"]
    ]


async def analysed(client: AsyncElasticsearch, target: ElasticsearchSettings, analyzer: str, text: str) -> list[str]:
    """The tokens of a text, in order."""
    index = indices.first_index(target.index_prefix, "articles")
    answer = await client.indices.analyze(index=index, analyzer=analyzer, text=text)
    return [token["token"] for token in answer["tokens"]]


# ---- bulk writes ----------------------------------------------------------------------------------------------


def stored(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without what follows from the rest of it, and is only to be found."""
    kept = {name: value for name, value in document.items() if name not in {"body", "page", "numbers"}}
    return {
        name: {k: {x: y for x, y in v.items() if x != "names"} if isinstance(v, dict) else v for k, v in value.items()}
        if name == "entities" else value
        for name, value in kept.items()
    }  # fmt: skip


async def test_documents_fit_the_strict_mappings_and_come_back_as_they_were(
    applied: AsyncElasticsearch, articles: str, stories: str
) -> None:
    article, story = put_article(articles, 2), put_story(stories, 1, (1, 2, 3))
    await store(applied, [article, story])
    for operation in (article, story):
        answer = await applied.get(index=operation.index, id=operation.id)
        indexed = answer["_source"].pop("indexed")
        assert indexed.endswith("Z")
        assert answer["_source"] == stored(operation.document or {})
        assert answer["_version"] == operation.version


async def test_an_older_version_never_overwrites(applied: AsyncElasticsearch, articles: str) -> None:
    await store(applied, [put_article(articles, 1, version=7, headline="newer")])
    await store(applied, [put_article(articles, 1, version=6, headline="older")])
    assert (await contents(applied, articles))[examples.article_id(1)][1]["headline"] == "newer"
    await store(applied, [put_article(articles, 1, version=7, headline="the same version again")])
    version, document = (await contents(applied, articles))[examples.article_id(1)]
    assert (version, document["headline"]) == (7, "the same version again")


async def test_a_merged_story_goes_and_an_older_message_does_not_bring_it_back(
    applied: AsyncElasticsearch, stories: str
) -> None:
    story = examples.article_id(2)
    await store(applied, [put_story(stories, 2, (2, 3), version=5)])
    await store(applied, [Operation("delete", stories, story, 8)])
    await store(applied, [put_story(stories, 2, (2, 3), version=5), Operation("delete", stories, "f" * 32, 1)])
    assert await contents(applied, stories) == {}
    await store(applied, [put_story(stories, 2, (2, 3), version=9)])
    assert set(await contents(applied, stories)) == {story}


async def test_order_and_repetition_do_not_matter(
    applied: AsyncElasticsearch, articles: str, stories: str, target: ElasticsearchSettings
) -> None:
    operations = [
        *(put_article(articles, n, version=v, headline=f"{n} {v}") for n in range(6) for v in range(3)),
        *(put_story(stories, n, (n, n + 1), version=v) for n in range(3) for v in (1, 4)),
        Operation("delete", stories, examples.article_id(1), 5),
    ]
    for operation in operations:
        await BulkSink(applied).write([operation])
    straight = [await contents(applied, alias) for alias in (articles, stories)]
    for alias in (articles, stories):
        await applied.indices.delete(index=list(await applied.indices.get(index=alias)))
    await indices.apply(applied, target)
    for _ in range(2):
        await BulkSink(applied, documents=4).write(operations[::-1])
    assert [await contents(applied, alias) for alias in (articles, stories)] == straight
    assert len(straight[0]) == 6
    assert len(straight[1]) == 2


async def test_events_feeds_and_dead_letters_are_indexed_and_a_replay_changes_nothing(
    all_applied: AsyncElasticsearch, target: ElasticsearchSettings
) -> None:
    event = EXAMPLES["events"]["Two stories of one event"]
    key = str(event.model_dump()["id"]).encode()
    messages = [
        Incoming("events", 0, 0, key, event.to_bytes()),
        feeds.listed(10),
        feeds.polled(20, failures=0, parked=None, retired=None),
        feeds.listed(30, paused=True),
        feeds.letter(),
    ]
    stage = stage_of(all_applied, target)
    kept = []
    for batch in (messages[:2], messages[2:], messages, messages[1::-1]):
        await stage.prepare(batch)
        assert [sent for message in batch for sent in stage.handle(message)] == []
        kept.append([await contents(all_applied, write_alias(target.index_prefix, kind)) for kind in KINDS[2:]])
    assert kept[1] == kept[2] == kept[3]
    events, listed, letters = kept[1]
    assert events[key.decode()][1]["origins_count"] == 2
    assert listed["harbour-live"][1]["conditions"] == ["paused", "quiet"]
    assert [(document["reason"], document["open"]) for _, document in letters.values()] == [("schema", True)]
    ended = Incoming("events", 0, 9, key, EXAMPLES["events"]["An event that has ended"].to_bytes())
    await stage.prepare([ended, feeds.note(), feeds.note(of="3:99", offset=41)])
    closed = await contents(all_applied, write_alias(target.index_prefix, "dead-letters"))
    assert {name: (letter["done"], letter["open"]) for name, (_, letter) in closed.items()} == {
        "3:17": ("sent_again", False)
    }
    await stage.prepare(messages)
    assert await contents(all_applied, write_alias(target.index_prefix, "dead-letters")) == closed
    await stage.prepare([ended])
    assert await contents(all_applied, write_alias(target.index_prefix, "events")) == {}


async def test_what_was_looked_at_ahead_is_written_as_if_it_was_not(
    all_applied: AsyncElasticsearch, target: ElasticsearchSettings, articles: str
) -> None:
    def message(offset: int, number: int, version: int) -> Incoming:
        record = examples.published(number, 1, canonical=1, version=version)
        return Incoming(ARTICLES.name, 0, offset, record.article.id.encode(), record.to_bytes())

    stage = stage_of(all_applied, target)
    messages = [message(0, 1, 7), message(1, 2, 7), message(2, 1, 8), message(3, 3, 7), message(4, 4, 7)]
    unreadable = Incoming(ARTICLES.name, 0, 5, b"x", b"{}")
    stage.look_ahead([*messages, unreadable])
    batch = [*messages[:3], messages[4], unreadable]  # the runtime passes one of a paused outlet over
    await stage.prepare(batch)
    assert [stage.handle(one) for one in batch[:-1]] == [()] * 4
    with pytest.raises(RecordError):
        stage.handle(unreadable)
    assert len(stage._ahead) == 0
    found = await contents(all_applied, articles)
    assert sorted(version for version, _ in found.values()) == [7, 7, 8]
    again = stage_of(all_applied, target)
    await again.prepare(batch)
    assert await contents(all_applied, articles) == found


async def test_a_dead_letter_that_the_index_refuses_makes_no_further_one(
    all_applied: AsyncElasticsearch, target: ElasticsearchSettings
) -> None:
    stage = stage_of(all_applied, target)
    bad = feeds.letter(partition=2**40)
    await stage.prepare([bad])
    assert stage.handle(bad) == ()


async def test_what_does_not_fit_the_mapping_is_handed_back(applied: AsyncElasticsearch, articles: str) -> None:
    strange = put_article(articles, 1)
    strict = Operation("index", articles, "1" * 32, 1, {**(strange.document or {}), "surprise": 1})
    no_date = Operation("index", articles, "2" * 32, 1, {**(strange.document or {}), "published": "yesterday"})
    no_version = Operation("index", articles, "3" * 32, -1, strange.document)
    no_id = Operation("index", articles, "4" * 600, 1, strange.document)
    rejected = await BulkSink(applied).write([strict, put_article(articles, 5), no_date, no_version, no_id])
    assert {(r.operation.id, r.reason) for r in rejected} == {
        (strict.id, "strict_dynamic_mapping_exception"),
        (no_date.id, "document_parsing_exception"),
        (no_version.id, "action_request_validation_exception"),
        (no_id.id, "action_request_validation_exception"),
    }
    assert all(r.detail for r in rejected)
    assert set(await contents(applied, articles)) == {examples.article_id(5)}


async def test_without_its_alias_nothing_is_written_and_no_index_appears(
    client: AsyncElasticsearch, articles: str, target: ElasticsearchSettings
) -> None:
    with pytest.raises(ServerError, match="wirecopy index apply"):
        await BulkSink(client).write([put_article(articles, 1)])
    assert not await client.indices.exists(index=articles)


async def test_writing_waits_while_the_disk_is_full(applied: AsyncElasticsearch, articles: str, tmp_path: Path) -> None:
    waiting = asyncio.Event()

    class Watched(Backoff):
        def delay(self, attempt: int) -> float:
            waiting.set()
            return 0.05

    before = {alert: scraped(alert, told()) for alert in ("ElasticsearchDiskFull", "FoundLate")}
    sink = BulkSink(applied, backoff=Watched())
    # It was seen when the disk was already full, a quarter of an hour ago.
    seen = datetime.now(UTC) - timedelta(minutes=15)
    late = [put_article(articles, number, first_seen=seen, backfill=False) for number in range(1, 9)]
    await until_the_disk_is_full(applied, articles)
    writing = asyncio.create_task(sink.write(late[:1]))
    await asyncio.wait_for(waiting.wait(), 20)
    assert not writing.done()
    full = scraped("ElasticsearchDiskFull", told())
    assert_alarm("ElasticsearchDiskFull", [before["ElasticsearchDiskFull"]], [full], tmp_path)

    await use_watermarks(applied, None)
    await applied.indices.put_settings(index=articles, settings={"index.blocks.read_only_allow_delete": None})
    assert await asyncio.wait_for(writing, 60) == []
    assert set(await contents(applied, articles)) == {examples.article_id(1)}
    found = []
    for operation in late[1:]:
        assert await sink.write([operation]) == []
        found.append(scraped("FoundLate", told()))
    assert_alarm("FoundLate", [before["FoundLate"]], found, tmp_path)


async def until_the_disk_is_full(client: AsyncElasticsearch, index: str) -> None:
    """By Elasticsearch's own word: no disk has as much room as the flood stage asks for now."""
    await use_watermarks(client, "1000tb")
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        (settings,) = (await client.indices.get_settings(index=index, flat_settings=True)).values()
        if settings["settings"].get("index.blocks.read_only_allow_delete") == "true":
            return
        assert asyncio.get_running_loop().time() < deadline, "Elasticsearch does not notice"
        await asyncio.sleep(0.5)  # it looks at its disk every ten seconds


async def use_watermarks(client: AsyncElasticsearch, room: str | None) -> None:
    """What is to be free on the disk; None: whatever there is will do, as this node is set up."""
    disk = "cluster.routing.allocation.disk"
    settings: dict[str, Any] = {
        f"{disk}.{name}": room for name in ("watermark.low", "watermark.high", "watermark.flood_stage")
    }
    settings[f"{disk}.threshold_enabled"] = None if room is None else True
    await client.cluster.put_settings(transient=settings)


async def test_hostile_lengths_are_stored(applied: AsyncElasticsearch, articles: str) -> None:
    long = "न" * 40_000
    await store(applied, [put_article(articles, 1, headline=long, byline=long, guid=long, subjects=(long,), text=long)])
    assert (await contents(applied, articles))[examples.article_id(1)][1]["byline"] == long


# ---- search and story -----------------------------------------------------------------------------------------


@pytest.fixture
async def filled(applied: AsyncElasticsearch, articles: str, stories: str) -> AsyncElasticsearch:
    """A story of three copies, and one article that is alone."""
    story, box = "Using a new rule, the ferry’s fares rose by a fifth, the Harbour Board said.", "More chess news here"
    alone: dict[str, Any] = {
        "headline": "Ferry fares rise at Kumbharwadi",
        "text": f"{story}\n{box}",
        "annotations": ((len(story) + 1, len(story) + 1 + len(box)),),
        "credits": (),
    }
    lone = put_article(articles, 50, story=50, **alone)
    wardha = {"ids": ["nc:place:wardha"], "place": {"point": ["20.738,78.597"], "country": ["IN"], "state": ["IN-MH"]}}
    lone_document = {**(lone.document or {}), "agencies": [], "entities": wardha, "entity_mentions": []}
    await store(
        applied,
        [
            *(put_article(articles, number) for number in (1, 2, 3)),
            Operation("index", articles, lone.id, lone.version, lone_document),
            put_story(stories, 1, (1, 2, 3)),
            put_story(stories, 50, (50,), event=None),
        ],
    )
    return applied


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search("stores opened boat"), [STORY]),
        (Search("minister's harbours"), [STORY]),
        (Search('"cold store at Devgarh"'), [STORY]),
        (Search('"store cold"'), []),
        (Search("ferry | fisheries"), [OTHER, STORY]),
        (Search("ferry OR fisheries"), [OTHER, STORY]),
        (Search("(ferry OR fisheries) AND NOT headline:opens"), [OTHER]),
        (Search("ferr*"), [OTHER]),
        (Search("person:Naskar place:(Devgarh OR Nowhere)"), [STORY]),
        (Search("agency:pti -outlet:outlet1.example -outlet:outlet2.example -outlet:outlet3.example"), []),
        (Search("byline:pti"), [STORY, OTHER]),
        (Search("hrabour Minister"), [STORY]),
        (Search("MINISTER HARBOUR"), [STORY]),
        (Search("0.4 thousand tonnes"), [STORY]),
        (Search("U.S. rule"), []),
        (Search("harbour -minister"), [OTHER]),
        (Search("harbour"), [STORY, OTHER]),
        (Search("chess"), []),
        (Search("chess", everywhere=True), [OTHER]),
        (Search("US rule"), []),
        (Search("news rule"), []),
        (Search("ferries rules"), [OTHER]),
        (Search('"harbour boards"'), []),
        (Search("harbour", undisclosed=True), []),
        (Search("fisheries kumbharwadi"), []),
        (Search(), [OTHER, STORY]),
        (Search(agencies=["pti"]), [STORY]),
        (Search(agencies=["Reuters"]), []),
        (Search(outlets=["OUTLET50.example"]), [OTHER]),
        (Search(persons=["naskar"]), [STORY]),
        (Search(persons=["Naskar Ilaiyaperumal"]), []),
        (Search(orgs=["wd:Q1"]), []),
        (Search(places=["Devgarh"]), [STORY]),
        (Search(places=["Naskar"]), []),
        (Search(story=OTHER), [OTHER]),
        (Search("harbour", published_since=examples.article(40).published), [OTHER]),
        (Search("harbour", published_until=examples.article(40).published), [STORY]),
        (Search("harbour", since=examples.article(40).first_seen), [OTHER]),
        (Search("harbour", until=examples.article(40).first_seen), [STORY]),
    ],
)
async def test_searches(
    filled: AsyncElasticsearch, target: ElasticsearchSettings, search: Search, expected: list[str]
) -> None:
    results = await finder.find(filled, target.index_prefix, search)
    found = [hit.article["story"] for hit in results.hits]
    assert sorted(found) == sorted(expected)
    assert results.stories == len(expected)


async def test_filters_by_what_stands_on_articles_and_on_stories(
    filled: AsyncElasticsearch, target: ElasticsearchSettings
) -> None:
    cases = [
        (Search(stale=True), [STORY]),
        (Search("ferry", stale=True), []),
        (Search(origins=2), [STORY]),
        (Search(origins=1), [OTHER]),
        (Search("harbour", origins=2), [STORY]),
        (Search(first=["OUTLET1.example"]), [STORY]),
        (Search(first=["outlet2.example"]), []),
        (Search(first=["outlet1.example", "outlet50.example"]), [STORY, OTHER]),
        (Search(near=queries.circle("Nagpur", "80km")), [OTHER]),
        (Search(near=queries.circle("Nagpur")), []),
        (Search(near=queries.circle("Mumbai", "300 km")), []),
    ]
    for search, expected in cases:
        results = await finder.find(filled, target.index_prefix, search)
        assert (sorted(hit.article["story"] for hit in results.hits), results.among) == (sorted(expected), None), search


async def test_where_more_stories_are_so_than_are_looked_at_the_newest_are(
    filled: AsyncElasticsearch, target: ElasticsearchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MAX_STORIES", 1)
    results = await finder.find(filled, target.index_prefix, Search(first=["outlet1.example", "outlet50.example"]))
    assert [hit.article["story"] for hit in results.hits] == [OTHER]
    assert results.among == 2


async def test_outlets_are_counted(filled: AsyncElasticsearch, target: ElasticsearchSettings) -> None:
    found = await finder.outlets(filled, target.index_prefix, tallies.outlets_request())
    assert {t.outlet: (t.articles, t.wire, t.stale, t.median_lag) for t in found} == {
        "outlet1.example": (1, 1, 0, None),
        "outlet2.example": (1, 1, 0, 60.0),
        "outlet3.example": (1, 1, 1, 120.0),
        "outlet50.example": (1, 1, 0, None),
    }
    later = tallies.outlets_request(since=examples.article(40).first_seen)
    assert [t.outlet for t in await finder.outlets(filled, target.index_prefix, later)] == ["outlet50.example"]
    one = tallies.outlets_request(outlets=["OUTLET2.example"])
    assert [t.outlet for t in await finder.outlets(filled, target.index_prefix, one)] == ["outlet2.example"]


async def test_names_that_rise_are_those_of_more_new_stories_than_before(
    applied: AsyncElasticsearch, stories: str, target: ElasticsearchSettings
) -> None:
    start, day = examples.NOON, timedelta(days=1)

    def named(number: int, name: str, at: datetime) -> Operation:
        entity = StoryEntity(id=f"x:person:{name}", name=name, type="PERSON", articles=1, salience=0.5)
        return put_story(stories, number, (number,), entities=(entity,), first_seen=at)

    new = [named(n, "Rising" if n < 5 else "Steady", start + timedelta(hours=n)) for n in range(8)]
    old = [named(n, "Steady" if n % 7 else "Gone", start - timedelta(hours=n)) for n in range(100, 128)]
    await store(applied, [*new, *old])
    found = await finder.trends(applied, target.index_prefix, ("person", "org"), (start - 7 * day, start, start + day))
    assert [(t.name, t.stories, t.before) for t in found] == [("Rising", 5, 0)]


async def test_copies_are_one_row_with_the_story(filled: AsyncElasticsearch, target: ElasticsearchSettings) -> None:
    results = await finder.find(filled, target.index_prefix, Search("cold store"))
    (hit,) = results.hits
    assert hit.article["canonical"]
    assert (hit.matching, hit.story["outlets_count"], hit.story["agencies"]) == (3, 3, ["PTI"])
    assert (results.total, results.stories) == (3, 1)
    every = await finder.find(filled, target.index_prefix, Search("cold store", copies=True))
    assert len(every.hits) == 3


@pytest.mark.parametrize("page", [1, 2, 500])
async def test_the_newest_stories_are_those_with_the_newest_copies_however_many_of_one_come_first(
    filled: AsyncElasticsearch, target: ElasticsearchSettings, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(queries, "NEWEST", page)
    results = await finder.find(filled, target.index_prefix, Search(limit=2))
    assert [(hit.article["id"], hit.matching) for hit in results.hits] == [
        (examples.article_id(50), 1),
        (examples.article_id(3), 3),
    ]
    assert (results.total, results.stories) == (4, 2)
    (first,) = (await finder.find(filled, target.index_prefix, Search(limit=1, agencies=["PTI"]))).hits
    assert (first.article["id"], first.matching) == (examples.article_id(3), 3)


@pytest.mark.parametrize("wanted", [STORY, examples.article_id(3), STORY.upper()])
async def test_a_story_is_found_by_any_of_its_ids(
    filled: AsyncElasticsearch, target: ElasticsearchSettings, wanted: str
) -> None:
    view = await finder.story(filled, target.index_prefix, wanted)
    assert view.id == STORY
    assert [copy["outlet"] for copy in view.copies] == ["outlet1.example", "outlet2.example", "outlet3.example"]
    assert len(view.story["entity_counts"]) == 3


async def test_a_story_that_is_killed_by_its_headline_shows_the_notice(
    filled: AsyncElasticsearch, articles: str, target: ElasticsearchSettings
) -> None:
    head = examples.article(1)
    killed: dict[str, Any] = {
        "outlet": head.outlet,
        "text": f'PTI kills its story headlined "{head.headline}".',
        "signal": "kill",
    }
    other: dict[str, Any] = {"outlet": "other.example", "text": f"{head.headline} is killed.", "signal": "kill"}
    notices = [put_article(articles, 60, story=60, **killed), put_article(articles, 61, story=61, **other)]
    await store(filled, notices)
    view = await finder.story(filled, target.index_prefix, STORY)
    assert [notice["id"] for notice in view.notices] == [examples.article_id(60)]


async def test_an_id_can_be_shortened_as_long_as_it_says_which(
    applied: AsyncElasticsearch, articles: str, target: ElasticsearchSettings
) -> None:
    first, second = "abc1" + "0" * 28, "abc2" + "0" * 28
    documents = [
        {**(put_article(articles, 1).document or {}), "id": number, "story": number} for number in (first, second)
    ]
    await store(applied, [Operation("index", articles, d["id"], 1, d) for d in documents])
    assert (await finder.story(applied, target.index_prefix, "abc2")).id == second
    with pytest.raises(NotFound):
        await finder.story(applied, target.index_prefix, "abc3")
    await store(applied, [Operation("index", articles, "abc11", 1, {**documents[0], "id": "abc11", "story": "abc11"})])
    with pytest.raises(BadQuery, match="several"):
        await finder.story(applied, target.index_prefix, "abc1")


async def test_more_copies_than_a_page(
    applied: AsyncElasticsearch, articles: str, target: ElasticsearchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 3)
    await store(applied, [put_article(articles, number) for number in range(1, 11)])
    view = await finder.story(applied, target.index_prefix, STORY)
    assert [copy["id"] for copy in view.copies] == [examples.article_id(number) for number in range(1, 11)]


async def test_a_missing_index_is_explained(client: AsyncElasticsearch, target: ElasticsearchSettings) -> None:
    with pytest.raises(ServerError, match="wirecopy index apply"):
        async with explained(target.url):
            await finder.find(client, target.index_prefix, Search("x"))


# ---- commands -------------------------------------------------------------------------------------------------


def invoke(target: ElasticsearchSettings, *arguments: str) -> Result:
    sets = [f"elasticsearch.url={target.url}", f"elasticsearch.index_prefix={target.index_prefix}"]
    options = [word for setting in sets for word in ("--set", setting)]
    return CliRunner().invoke(cli.build(), [*options, *arguments])


def exit_code(result: Result) -> int:
    return result.exception.exit_code if isinstance(result.exception, WirecopyError) else result.exit_code


def test_commands(target: ElasticsearchSettings) -> None:
    assert exit_code(invoke(target, "index", "status")) == 1
    assert exit_code(invoke(target, "search", "anything")) == 4
    assert exit_code(invoke(target, "index", "apply", "--dry-run")) == 0
    assert exit_code(invoke(target, "index", "status")) == 1
    applied = invoke(target, "index", "apply", "--json")
    assert exit_code(applied) == 0
    assert {change["action"] for change in json.loads(applied.stdout)["changes"]} == {"created"}
    assert exit_code(invoke(target, "index", "status")) == 0

    asyncio.run(_fill(target))
    found = invoke(target, "search", "cold", "store")
    assert "3 outlets, PTI" in found.stdout
    assert found.stdout.splitlines()[-1] == "1 story, 3 articles"
    as_json = json.loads(invoke(target, "search", "--person", "Naskar", "--since", "2026-11-20", "--json").stdout)
    assert as_json["hits"][0]["story"]["outlets_count"] == 3
    assert len(invoke(target, "search", "cold", "--copies").stdout.splitlines()) == 5

    told = invoke(target, "story", STORY)
    assert "3 copies by 3 outlets" in told.stdout
    assert "people: Ilaiyaperumal Naskar (3)" in told.stdout
    assert json.loads(invoke(target, "story", STORY, "--json").stdout)["copies"][2]["relation"] == "near"
    assert json.loads(invoke(target, "index", "status", "--json").stdout)["kinds"][0]["indices"][0]["documents"] == 3

    assert "was: Devgarh, Nov 20." in invoke(target, "story", STORY, "--revisions").stdout
    assert json.loads(invoke(target, "search", "--first", "outlet1.example", "--json").stdout)["stories"] == 1
    assert exit_code(invoke(target, "search", "--near", "Nowhere At All")) == 2
    assert exit_code(invoke(target, "search", "--within", "5km")) == 2
    assert json.loads(invoke(target, "outlets", "outlet3.example", "--json").stdout)["outlets"][0]["stale"] == 1
    assert "outlet1.example" in invoke(target, "outlets", "--since", "2026-11-20").stdout
    assert invoke(target, "trends").exit_code == 0
    assert exit_code(invoke(target, "trends", "--kind", "animals")) == 2
    assert exit_code(invoke(target, "trends", "--since", "2999-01-01")) == 2

    stale = json.loads(invoke(target, "story", STORY, "--json").stdout)["stale"]
    assert [copy["article"] for copy in stale] == [examples.article_id(3)]
    assert "still carried by 1 of 3" in told.stdout

    second, third = examples.article_id(2), examples.article_id(3)
    parts = json.loads(invoke(target, "diff", second, third, "--json").stdout)["parts"]
    assert {part["kind"] for part in parts} == {"same"}
    reason = json.loads(invoke(target, "why", second, third, "--json").stdout)
    assert (reason["one_story"], reason["relation"], reason["rule"]["name"]) == (True, "exact", "digest")
    assert exit_code(invoke(target, "diff", second[:20], third)) == 2
    assert exit_code(invoke(target, "why", second, "feedbeef")) == 6

    assert exit_code(invoke(target, "story", "feedbeef")) == 6
    assert exit_code(invoke(target, "story", "not-an-id")) == 2
    assert exit_code(invoke(target, "search", "x", "--since", "lately")) == 2
    assert exit_code(invoke(target, "search", "x" * 1001)) == 2
    away = target.model_copy(update={"url": "http://127.0.0.1:9"})
    assert exit_code(invoke(away, "search", "x")) == 4


async def _fill(target: ElasticsearchSettings) -> None:
    async with connect(target) as client:
        await store(
            client,
            [
                *(put_article(write_alias(target.index_prefix, "articles"), number) for number in (1, 2, 3)),
                put_story(write_alias(target.index_prefix, "stories"), 1, (1, 2, 3)),
            ],
        )


def test_apply_ends_with_1_where_something_cannot_change(target: ElasticsearchSettings) -> None:
    async def spoil() -> None:
        async with connect(target) as client:
            await client.indices.create(index=write_alias(target.index_prefix, "stories"))

    asyncio.run(spoil())
    result = invoke(target, "index", "apply")
    assert exit_code(result) == 1
    assert "what to do" in result.stdout
