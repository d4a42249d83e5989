"""What is published does not depend on the order, the batches or the repetition of what the engine says."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from schemas.internal_records import Resolved
from schemas.public_records import Article, PublishedArticle, Signal, Story
from schemas.record import Record, RecordError
from schemas.topics import ARTICLES, STORIES, TAGGING_STATE
from stream_apps.runtime.stage_interface import Incoming, Outgoing
from stream_apps.runtime.state_store import StateStore, StoredRow, unseal
from stream_apps.state import repairing
from stream_apps.tagging.published_article import MAX_BYTES
from stream_apps.tagging.rows import SEALED_AS
from stream_apps.tagging.story_context import Context
from stream_apps.tagging.story_index import SETTLED_AFTER
from stream_apps.tagging.story_update import NEWEST_REVISIONS
from tests.unit.tagging_world import (
    START,
    CapitalsModel,
    Engine,
    article,
    incoming,
    make_stage,
    prose,
    rest,
    story_id,
    work,
)

Records = dict[str, dict[str, Any]]
NAMES = ("Varun Dalvi", "Asha Mehra", "Dalvi", "Mehra", "Tara Kulkarni", "M K Iyer", "Iyer", "Nandita Rao")


def text_of(seed: int, names: Sequence[str], words: int = 40) -> str:
    plain = prose(seed, words)
    for number, name in enumerate(names):
        plain.insert(5 * number + 3, name)
    return " ".join(plain) + "."


# ---- delivery in every way that Kafka may -----------------------------------------------------------------------


class Consumer:
    """Keeps of each id what has a strictly newer version than what it has, as the contract allows."""

    def __init__(self) -> None:
        self.articles: dict[str, PublishedArticle] = {}
        self.stories: dict[str, Story] = {}
        self.contents: defaultdict[tuple[str, str, int], set[bytes]] = defaultdict(set)

    def take(self, messages: Iterable[Outgoing]) -> None:
        for message in messages:
            if message.topic == ARTICLES:
                record = PublishedArticle.from_bytes(message.value)
                self._keep(self.articles, record.article.id, record)
            else:
                assert message.topic == STORIES
                story = Story.from_bytes(message.value)
                self._keep(self.stories, story.id, story)
            self.contents[message.topic.name, message.key.decode(), self._version(message)].add(message.value)

    @staticmethod
    def _keep(kept: dict[str, Any], name: str, record: Any) -> None:
        if name not in kept or kept[name].version < record.version:
            kept[name] = record

    @staticmethod
    def _version(message: Outgoing) -> int:
        record = PublishedArticle if message.topic == ARTICLES else Story
        return record.from_bytes(message.value).version

    def result(self) -> tuple[Records, Records]:
        """The last article and story of each id, less the version."""
        return (
            {name: record.model_dump(exclude={"version"}) for name, record in self.articles.items()},
            {name: s.model_dump(exclude={"version"}) for name, s in self.stories.items() if s.redirect_to is None},
        )


class Delivery:
    """Batches of any size; batches that fail and come again; repeated and late messages; restarts."""

    def __init__(self, rng: random.Random, trouble: float) -> None:
        self._rng = rng
        self._trouble = trouble
        self._rows = StateStore()
        self._stage = make_stage(self._rows)
        self.consumer = Consumer()

    async def run(self, said: Sequence[Resolved]) -> None:
        messages, at = incoming(self._interleaved(said)), 0
        while at < len(messages):
            batch = messages[at : at + self._rng.randint(1, 6)]
            at += len(batch)
            if self._happens():
                await self._fail(batch)
            self.consumer.take(await work(self._stage, self._rows, batch))
            if self._happens():
                self.consumer.take(await work(self._stage, self._rows, self._rng.choices(messages[:at], k=3)))
            if self._happens():
                self._stage = make_stage(self._rows)
        self.consumer.take(await work(self._stage, self._rows, messages[-1:]))
        self.consumer.take(await rest(self._stage, self._rows))

    async def _fail(self, batch: Sequence[Incoming]) -> None:
        """All was sent, and then the process died; sometimes half of the rows were stored."""
        await self._stage.prepare(batch)
        for message in batch:
            self._stage.handle(message)
        self.consumer.take(self._stage.finish())
        changes = self._rows.take_changes()
        self._rows.roll_back()
        for change in changes[: self._rng.randint(0, len(changes))]:
            if change.value is None:
                self._rows.delete(change.partition, change.key)
            else:
                self._rows.put(change.partition, change.key, change.value)
        self._rows.commit()
        self._stage = make_stage(self._rows)

    def _happens(self) -> bool:
        return self._rng.random() < self._trouble

    def _interleaved(self, said: Sequence[Resolved]) -> list[Resolved]:
        """Messages of one story stay in order; those of different stories overtake each other."""
        queues: defaultdict[str, list[Resolved]] = defaultdict(list)
        for one in said:
            queues[one.story].append(one)
        mixed = []
        while queues:
            story = self._rng.choice(sorted(queues))
            mixed.append(queues[story].pop(0))
            if not queues[story]:
                del queues[story]
        return mixed


def deliver(said: Sequence[Resolved], seed: int = 0, trouble: float = 0.0) -> Consumer:
    delivery = Delivery(random.Random(seed), trouble)
    asyncio.run(delivery.run(said))
    return delivery.consumer


# ---- a world ---------------------------------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> list[tuple[Article, str]]:
    """Texts of articles, each with its story: revisions, corrections, texts that change story."""
    count = draw(st.integers(2, 16))
    made: list[tuple[Article, str]] = []
    for number in range(count):
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            names = draw(st.lists(st.sampled_from(NAMES), min_size=0, max_size=4))
            agency = draw(st.sampled_from((None, None, "PTI")))
            signal: Signal | None = "corrected" if agency and draw(st.integers(0, 3)) == 0 else None
            one = article(
                f"a{number}", text_of(draw(st.integers(0, 3)), names), minute=draw(st.integers(0, 5)) if revision == 0
                else number, revision=revision, later=10 * revision, agency=agency, signal=signal,
            )  # fmt: skip
            made.append((one, draw(st.sampled_from(("x", "x", "x", "y")))))
    return made


def said_of(world: Sequence[tuple[Article, str]]) -> list[Resolved]:
    engine = Engine()
    return [said for one, story in world for said in engine.put(one, story)]


def in_any_order(world: Sequence[tuple[Article, str]], rng: random.Random) -> list[tuple[Article, str]]:
    mixed = list(world)
    rng.shuffle(mixed)
    newest = {one.id: (one.revision, story) for one, story in sorted(world, key=lambda w: w[0].revision)}
    return [(one, newest[one.id][1]) for one, _ in mixed]


@settings(phases=(Phase.explicit, Phase.generate), max_examples=25, deadline=None)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_any_delivery_publishes_the_same(world: list[tuple[Article, str]], seed: int) -> None:
    plain = deliver(said_of(world))
    assert deliver(said_of(world), seed, trouble=0.3).result() == plain.result()


async def repaired(said: Sequence[Resolved], key: str, worked: int, published: int) -> Consumer:
    """``wirecopy state repair`` when some messages were worked through, and others only published."""
    rows, consumer, messages = StateStore(), Consumer(), incoming(said[:published])
    stage = make_stage(rows)
    for message in messages[:worked]:
        consumer.take(await work(stage, rows, [message]))
    found = repairing.stories_of(key, messages)
    stored = [Incoming(TAGGING_STATE.name, 0, 0, name, row) for name, row in rows.items(0)]
    for _, partition, name, row in repairing.cleared(found, (), stored, START.date()):
        if row is None:
            rows.delete(partition, name)
        else:
            opened = unseal(SEALED_AS, partition, StoredRow(name, row, 0), TAGGING_STATE.name)
            assert opened.value is not None
            rows.put(partition, name, opened.value)
    rows.commit()
    again = [Resolved.from_bytes(value) for *_, value in repairing.sent_again(found, ()) if value]
    after = incoming([*said[:published], *again, *said[published:]])[worked:]
    stage = make_stage(rows)
    for start in range(0, len(after), 3):
        consumer.take(await work(stage, rows, after[start : start + 3]))
    consumer.take(await rest(stage, rows))
    return consumer


@settings(phases=(Phase.explicit, Phase.generate), max_examples=25, deadline=None)
@given(world=worlds(), data=st.data())
def test_a_story_that_is_repaired_is_published_as_it_was(world: list[tuple[Article, str]], data: st.DataObject) -> None:
    """Even where messages about it wait that say no more than what has changed."""
    said = said_of(world)
    published = data.draw(st.integers(1, len(said)), "published")
    worked = data.draw(st.integers(0, published), "worked")
    key = data.draw(st.sampled_from(sorted({one.id for one, _ in world} | {one.story for one in said})), "key")
    done = asyncio.run(repaired(said, key, worked, published))
    assert done.result() == deliver(said).result()
    assert all(len(contents) == 1 for contents in done.contents.values())


def test_a_story_that_is_repaired_is_published_over_what_it_said_in_between() -> None:
    """A name was read in the light of an article that has left since, which the repaired story never publishes."""
    surname, full = article("a0", text_of(3, ("Iyer",)), minute=0), article("a1", text_of(3, ("M K Iyer",)), minute=1)
    gone = full.model_copy(update={"revision": 2, "text": text_of(3, ())})
    said = said_of([(surname, "y"), (full, "y"), (gone, "x")])
    done = asyncio.run(repaired(said, story_id("y"), worked=2, published=len(said)))
    assert done.articles[surname.id].entities[0].name == "Iyer"
    assert done.result() == deliver(said).result()


@settings(phases=(Phase.explicit, Phase.generate), max_examples=25, deadline=None)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_any_order_of_arrival_publishes_the_same(world: list[tuple[Article, str]], seed: int) -> None:
    settled = in_any_order(world, random.Random(1))
    plain = deliver(said_of(settled))
    assert deliver(said_of(in_any_order(world, random.Random(seed))), seed).result() == plain.result()


@settings(phases=(Phase.explicit, Phase.generate), max_examples=15, deadline=None)
@given(world=worlds(), seed=st.integers(0, 2**32))
def test_one_version_has_one_content(world: list[tuple[Article, str]], seed: int) -> None:
    contents = deliver(said_of(world), seed).contents
    assert {key: len(values) for key, values in contents.items() if len(values) > 1} == {}


def test_messages_are_written_as_their_records_would_write_them() -> None:
    engine = Engine()
    kinds: dict[str, type[Record]] = {ARTICLES.name: PublishedArticle, STORIES.name: Story}
    said = [m for n, one in enumerate([*live_blog(3), *copies(12)]) for m in engine.put(one, "x" if n % 2 else "y")]
    contents = deliver([*said, *engine.merge("y", "x")]).contents
    assert {topic for topic, _, _ in contents} == set(kinds)
    for (topic, _, _), values in contents.items():
        for value in values:
            assert json.loads(kinds[topic].from_bytes(value).to_bytes()) == json.loads(value)


# ---- a large story ---------------------------------------------------------------------------------------------


def copies(count: int, **changes: Any) -> list[Article]:
    """Copies of one text, one in three with words and a name of its own."""
    wire = text_of(1, ("Varun Dalvi", "Asha Mehra", "Dalvi"), 120)
    own = [f" {text_of(100 + n, (NAMES[n % 8],), 12)}" if n % 3 == 0 else "" for n in range(count)]
    return [article(f"c{n:04}", wire + own[n], minute=n / 10, **changes) for n in range(count)]


class CountingRows(StateStore):
    """Counts what is read and written by key."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()

    def get(self, partition: int, key: bytes) -> bytes | None:
        self.counted["reads"] += 1
        return super().get(partition, key)

    def put(self, partition: int, key: bytes, value: bytes) -> None:
        self.counted["writes"] += 1
        self.counted["bytes"] += len(value)
        super().put(partition, key, value)


def work_by_copy(articles: Sequence[Article], monkeypatch: pytest.MonkeyPatch) -> list[Counter[str]]:
    """What each copy costs when it comes alone."""
    rows, engine = CountingRows(), Engine()
    whole = Context.entities

    def counted(self: Context, text: Any) -> Any:
        rows.counted["resolved"] += 1
        return whole(self, text)

    monkeypatch.setattr(Context, "entities", counted)
    stage, costs = make_stage(rows), []

    async def run() -> None:
        for number, one in enumerate(articles):
            rows.counted.clear()
            (message,) = (Incoming("resolved", 0, number, m.key, m.value) for m in incoming(engine.put(one, "x")))
            sent = await work(stage, rows, [message])
            rows.counted["sent"] = len(sent)
            costs.append(Counter(rows.counted))

    asyncio.run(run())
    return costs


@pytest.mark.once
def test_the_500th_copy_costs_what_the_150th_did(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = work_by_copy(copies(500), monkeypatch)
    late, early = (sum(costs[at - 10 : at + 10], Counter()) for at in (480, 150))
    assert late["sent"] == early["sent"] == 40
    assert late["resolved"] == early["resolved"] == 20
    assert late["reads"] <= early["reads"]
    assert late["writes"] == early["writes"] == 40
    assert late["bytes"] <= 1.1 * early["bytes"]


def test_names_are_read_again_only_where_the_context_says_something_new(monkeypatch: pytest.MonkeyPatch) -> None:
    alike = [article(f"c{n}", text_of(1, ("Varun Dalvi",), 60), minute=n) for n in range(12)]
    costs = work_by_copy(alike, monkeypatch)
    assert [cost["resolved"] for cost in costs[2:]] == [1] * 10


def test_the_story_of_many_tells_the_first_the_newest_and_the_canonical_carriers() -> None:
    articles = copies(150)
    articles[75] = articles[75].model_copy(update={"credits": article("x", "", agency="PTI").credits})
    result = deliver([said for engine in [Engine()] for one in articles for said in engine.put(one, "x")])
    story = result.stories[story_id("x")]
    names = [one.id for one in articles]
    assert [c.article for c in story.carriers] == [*names[:50], names[75], *names[-49:]]
    assert story.outlets == tuple(sorted(carrier.outlet for carrier in story.carriers))
    assert (story.articles_count, story.canonical_article) == (150, names[75])
    dalvi = next(entity for entity in story.entities if entity.name == "Varun Dalvi")
    assert dalvi.articles == 150


@pytest.mark.parametrize("wrong", ["corrected", "withdrawn"])
def test_every_copy_of_a_large_story_that_is_stale_is_counted(wrong: Any) -> None:
    lead, old, new = (
        "The bridge in Umbre was opened on Monday.",
        "Some 400 people came to it.",
        "Some 40 people came to it.",
    )
    engine = Engine()
    filing = article("ptinews", f"{lead} {old}", outlet="ptinews.example", agency="PTI")
    later = article(
        "ptinews", f"{lead} {new}", outlet="ptinews.example", agency="PTI", revision=2, later=600, signal=wrong
    )
    others = [article(f"c{n:03}", f"{lead} {old if n % 2 else new}", minute=n) for n in range(1, 200)]
    said = [m for one in (filing, *others, later) for m in engine.put(one, "x")]
    for seed in range(3):
        result = deliver(said, seed)
        story = result.stories[story_id("x")]
        stale = others if wrong == "withdrawn" else others[::2]
        assert story.stale_count == len(stale)
        (correction,) = story.corrections
        assert correction.carried_by == tuple(one.id for one in stale[:100])
        assert [c.article for c in story.carriers if c.stale] == [
            one.id for one in stale if one.id in {c.article for c in story.carriers}
        ]
        told = {name: record.stale_since for name, record in result.articles.items() if record.stale}
        assert told == {one.id: max(later.versioncreated, one.published) for one in stale}
        assert story.changed == max(one.fetched for one in (filing, *others, later))


def test_a_representative_that_leaves_a_large_story_changes_names_in_all_of_it() -> None:
    first = article("first", text_of(1, ("Varun Dalvi",), 60), minute=0)
    others = [article(f"c{n:03}", text_of(1, ("Dalvi",), 60), minute=1 + n) for n in range(120)]
    engine = Engine()
    before = [m for one in (first, *others) for m in engine.put(one, "x")]
    gone = [*before, *engine.expire(first)]
    without = [m for engine in [Engine()] for one in others for m in engine.put(one, "x")]
    names = {e.name for e in deliver(before).articles[others[-1].id].entities}
    assert names == {"Varun Dalvi"}
    left, never = deliver(gone, 5, 0.2), deliver(without)
    assert left.result()[1] == never.result()[1]
    articles, expected = left.result()[0], never.result()[0]
    assert {name: articles[name] for name in expected} == expected


# ---- revisions -------------------------------------------------------------------------------------------------


def live_blog(revisions: int, size: int = 40) -> list[Article]:
    return [
        article("blog", f"{text_of(n, ('Asha Mehra',), size)}", minute=1, revision=n, later=n)
        for n in range(1, revisions + 1)
    ]


def test_a_live_blog_keeps_its_first_and_newest_texts_and_costs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = work_by_copy(live_blog(150), monkeypatch)
    assert costs[149]["reads"] <= costs[30]["reads"]
    assert costs[149]["writes"] <= costs[5]["writes"]
    assert costs[149]["bytes"] <= 1.2 * costs[5]["bytes"]
    said = [m for engine in [Engine()] for one in live_blog(150) for m in engine.put(one, "x")]
    record = deliver(said).articles[live_blog(1)[0].id]
    assert [r.revision for r in record.revisions] == [1, *range(150 - NEWEST_REVISIONS, 150)]
    assert record.revisions_count == 149


def test_history_goes_along_when_a_text_changes_story() -> None:
    blog = live_blog(40)
    stays, moves = Engine(), Engine()
    plain = deliver([m for one in blog for m in stays.put(one, "y")])
    moved = deliver([m for n, one in enumerate(blog) for m in moves.put(one, "x" if n < 30 else "y")])
    assert moved.result()[0] == plain.result()[0]
    assert moved.result()[1][story_id("y")] == plain.result()[1][story_id("y")]


def test_a_record_that_would_be_too_large_loses_its_oldest_texts_and_says_so() -> None:
    said = [m for engine in [Engine()] for one in live_blog(22, 20_000) for m in engine.put(one, "x")]
    rows = StateStore()

    async def run() -> list[Outgoing]:
        stage = make_stage(rows)
        return [m for message in incoming(said) for m in await work(stage, rows, [message])]

    sent = [m for m in asyncio.run(run()) if m.topic == ARTICLES]
    assert max(len(m.value) for m in sent) < MAX_BYTES
    record = PublishedArticle.from_bytes(sent[-1].value)
    cut = [revision.truncated for revision in record.revisions]
    assert cut == sorted(cut, reverse=True)
    assert (cut[0], cut[-1]) == (True, False)
    assert all(bool(revision.text) != revision.truncated for revision in record.revisions)


# ---- leaving, ending, expiry -------------------------------------------------------------------------------------


def test_a_story_that_was_merged_redirects_and_its_articles_are_published_by_the_other() -> None:
    engine = Engine()
    said = [m for n, one in enumerate(copies(30)) for m in engine.put(one, "x" if n % 2 else "y")]
    said += engine.merge("y", "x")
    alone = Engine()
    expected = deliver([m for one in copies(30) for m in alone.put(one, "x")])
    for seed in range(4):
        merged = deliver(said, seed, 0.2)
        assert merged.result()[0] == expected.result()[0]
        assert merged.stories[story_id("y")].redirect_to == story_id("x")
        assert merged.result()[1] == expected.result()[1]


def test_nothing_is_published_of_what_left_the_window() -> None:
    engine = Engine()
    (one,) = copies(1)
    consumer = deliver([*engine.put(one, "x"), *engine.expire(one)])
    assert len(consumer.contents) == 2


def test_a_place_alone_is_published() -> None:
    engine = Engine()
    one, other = copies(2)
    said = [*engine.put(one, "x"), *engine.put(other, "x"), *engine.remove(other, START + timedelta(hours=3))]
    consumer = deliver(said)
    assert consumer.articles[other.id].place.removed == START + timedelta(hours=3)
    assert [bool(c.removed) for c in consumer.stories[story_id("x")].carriers] == [False, True]


def test_a_new_place_does_not_write_the_text_again() -> None:
    engine, rows = Engine(), StateStore()
    one, other = copies(2)
    revised = one.model_copy(update={"revision": 2, "text": f"{one.text} More."})
    written: list[set[str]] = []

    async def run(said: Sequence[Resolved]) -> None:
        stage = make_stage(rows)  # what is known is in the rows
        await stage.prepare(messages := incoming(said))
        for message in messages:
            stage.handle(message)
        list(stage.finish())
        written.append({c.key.decode().partition("/")[2] + "-" * (c.value is None) for c in rows.take_changes()})
        rows.commit()

    for said in (
        [*engine.put(one, "x"), *engine.put(other, "x")],
        engine.remove(one, START + timedelta(hours=3)),
        engine.put(revised, "x"),
        engine.remove(one, START + timedelta(hours=4)),
        engine.expire(one),
    ):
        asyncio.run(run(said))
    assert written[1] == {"", f"{one.id}/place"}
    assert {key for key in written[2] if key.startswith(one.id)} == {one.id, f"{one.id}/1", f"{one.id}/place-"}
    assert {key for key in written[3] if key.startswith(one.id)} == {f"{one.id}/place"}
    assert {key for key in written[4] if key.startswith(one.id)} == {f"{one.id}-", f"{one.id}/1-", f"{one.id}/place-"}
    assert {key.decode() for key, _ in rows.items(0) if one.id in key.decode()} == set()


def test_stories_that_nothing_is_heard_of_are_dropped_with_all_their_rows() -> None:
    engine, rows = Engine(), StateStore()
    old = [*live_blog(3), *copies(3)]
    new = [article(f"n{n}", text_of(9, ("Nandita Rao",)), minute=60 * 24 * 12 + n) for n in range(SETTLED_AFTER + 1)]
    said = [m for one in old for m in engine.put(one, "x")]
    later = [m for one in new for m in engine.put(one, "y")]
    messages = incoming([*said, *later])

    async def run() -> None:
        for message in messages[: len(said)]:
            await work(make_stage(rows), rows, [message])  # what is known of days is in the rows
        stage = make_stage(rows)
        for message in messages[len(said) :]:
            await work(stage, rows, [message])

    asyncio.run(run())
    assert {key.split(b"/")[0].decode() for key, _ in rows.items(0)} == {story_id("y")}


def test_a_story_stays_while_the_engine_goes_on_with_it_behind_news_of_weeks_later() -> None:
    """What follows from one batch of the engine comes in the order of stories, not of time: a sparse backfill."""
    engine, rows = Engine(), StateStore()
    first, second = copies(2)
    much_later = article("late", text_of(9, ("Nandita Rao",)), minute=60 * 24 * 40)
    ahead, follows = Engine().put(much_later, "a")[0], []
    said = engine.put(first, "x")
    engine.offset += 1
    follows = engine.put(second, "x")
    jumped = ahead.model_copy(update={"version": follows[0].version})
    consumer = Consumer()

    async def run() -> None:
        stage = make_stage(rows)
        for message in incoming([*said, jumped, *follows]):
            consumer.take(await work(stage, rows, [message]))

    asyncio.run(run())
    assert [c.article for c in consumer.stories[story_id("x")].carriers] == [first.id, second.id]


# ---- input -----------------------------------------------------------------------------------------------------


def test_a_paragraph_is_tagged_once() -> None:
    model, rows, engine = CapitalsModel(), StateStore(), Engine()
    said = [m for n in range(5) for m in engine.put(article(f"c{n}", "One paragraph.\nAnother by Asha Mehra."), "x")]
    asyncio.run(work(make_stage(rows, model), rows, incoming(said)))
    assert sorted(model.tagged) == ["Another by Asha Mehra.", "One paragraph."]


@pytest.mark.parametrize("spoil", [lambda _: b"{}", lambda said: _without_members(said).to_bytes()])
def test_a_message_that_cannot_be_read_is_refused_and_changes_nothing(
    spoil: Callable[[Resolved], bytes],
) -> None:
    (said,) = Engine().put(copies(1)[0], "x")
    rows = StateStore()
    stage = make_stage(rows)
    message = Incoming("resolved", 0, 0, b"", spoil(said))
    asyncio.run(stage.prepare([message]))
    with pytest.raises(RecordError):
        stage.handle(message)
    assert (list(stage.finish()), rows.take_changes()) == ([], [])


def _without_members(said: Resolved) -> Resolved:
    return said.model_copy(update={"members": ()})


def test_messages_that_come_while_others_are_handled_are_asked_about_at_once() -> None:
    said = [m for engine in [Engine()] for one in copies(4) for m in engine.put(one, "x")]
    rows, model = StateStore(), CapitalsModel()

    async def run() -> list[Outgoing]:
        stage, messages = make_stage(rows, model), incoming(said)
        sent: list[Outgoing] = []
        for batch, coming in ((messages[:2], messages[2:]), (messages[2:], ())):
            await stage.prepare(batch)
            stage.look_ahead(coming)
            for message in batch:
                stage.handle(message)
            sent += stage.finish()
            await asyncio.sleep(0)
            assert set(model.tagged) == {line for one in copies(4) for line in one.text.split("\n")}
            rows.commit()
        return sent

    consumer = Consumer()
    consumer.take(asyncio.run(run()))
    assert len(model.tagged) == len(set(model.tagged))
    assert consumer.result() == deliver(said).result()


def test_what_was_asked_ahead_is_asked_again_where_it_was_forgotten() -> None:
    said = incoming(m for one in [Engine()] for m in one.put(copies(1)[0], "x"))
    rows = StateStore()

    async def run() -> list[Outgoing]:
        stage = make_stage(rows)
        stage.look_ahead(said)
        stage.forget()
        return await work(stage, rows, said)

    assert asyncio.run(run())


def test_what_was_asked_ahead_is_dropped_where_its_message_was_passed_over() -> None:
    """The runtime does not try every message of what it has paused."""
    said = incoming(m for engine in [Engine()] for one in copies(3) for m in engine.put(one, "x"))
    rows = StateStore()

    async def run() -> int:
        stage = make_stage(rows)
        stage.look_ahead(said)
        await work(stage, rows, said[1:2])
        return len(stage._arrived)

    assert asyncio.run(run()) == 1, "of the one that is still to come"


def test_a_text_too_long_to_be_tagged_whole_says_how_much_of_it_was() -> None:
    sentence = "Asha Mehra told the assembly that the bridge would open in spring. "
    engine, model, rows = Engine(), CapitalsModel(), StateStore()
    long, short = article("long", sentence * 200), article("short", sentence)
    said = incoming([*engine.put(long, "x"), *engine.put(short, "y")])
    consumer = Consumer()
    consumer.take(asyncio.run(work(make_stage(rows, model), rows, said)))
    assert consumer.articles[short.id].tagged_chars is None
    assert consumer.articles[long.id].tagged_chars == 10_000
    assert max(map(len, model.tagged)) <= 10_000


def test_a_name_points_at_its_words() -> None:
    (one,) = copies(1)
    record = deliver(Engine().put(one, "x")).articles[one.id]
    mentions = [
        (one.text[m.start : m.end], m.text) for e in record.entities for m in e.occurrences() if m.field == "text"
    ]
    assert ("Varun Dalvi", "Varun Dalvi") in mentions
    assert all(found == said for found, said in mentions)
