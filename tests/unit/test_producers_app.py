"""The producer with the network and Kafka taken away: what is asked, sent and remembered, and in which order."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from producers.assignment.feed_scheduler import FeedScheduler
from producers.assignment.ownership import (
    Broken,
    Event,
    FeedPut,
    FeedRemoved,
    GivenUp,
    Pushed,
    Shared,
    StaleState,
    TakenOver,
)  # fmt: skip
from producers.assignment.stale_writes import Written
from producers.errors import FetchError
from producers.formats.parse import parse_feed
from producers.messages import DeadLetter, Message, Stamp
from producers.poller import Asked, Ports
from producers.polling.entries import initial_state
from producers.polling.memory import Memory
from producers.polling.polling import Answer, Circumstances, Failed, News, Same, decide
from producers.producer import Producer
from producers.publish import partition_of
from producers.web.fetch import Fetched, Validators, body_hash
from schemas.feed_records import Feed, FeedState, HubEvent, RawEntry
from wirecopy.errors import ServerError
from wirecopy.settings import KafkaSettings, ProducerSettings, Settings

FEED = Feed(id="top", url="https://a.example/f", outlet="a.example")
SPORT = Feed(id="sport", url="https://a.example/s", outlet="a.example")
OTHER = Feed(id="other", url="https://b.example/s", outlet="b.example")
SAME = Same(Validators(), modified=False)


def news(*guids: str, text: str = "T") -> News:
    items = "".join(f"<item><guid>{guid}</guid><title>{text} of {guid}</title></item>" for guid in guids)
    body = f"<rss version='2.0'><channel><ttl>20</ttl>{items}</channel></rss>".encode()
    fetched = Fetched(body, body_hash(body), 200, FEED.url, None, Validators('"1"'))
    return News(fetched, parse_feed(body, FEED.url))


class Kafka:
    """Takes messages, until told not to; ``refuses`` are keys that are too large."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.refuses: set[bytes] = set()
        self.gone_after: int | None = None

    async def publish(self, messages: list[Message]) -> list[Message]:
        await asyncio.sleep(0)
        if self.gone_after is not None and self.gone_after <= len(self.messages):
            raise ServerError("Kafka is away")
        refused = [m for m in messages if m.key in self.refuses and ".raw." in m.topic]
        self.messages += [message for message in messages if message not in refused]
        return refused

    def of(self, topic: str) -> list[Message]:
        return [message for message in self.messages if message.topic == f"p.{topic}.v1"]

    def records(self) -> list[tuple[str, int]]:
        found = [RawEntry.from_bytes(message.value or b"") for message in self.of("raw")]
        return [(record.guid or "", record.revision) for record in found]

    def states(self) -> dict[str, Written]:
        found = {}
        for message in self.of("feed-state"):
            stamp = Stamp.of(message.headers)
            assert stamp is not None
            assert message.partitioned_by is not None
            found[message.key.decode()] = Written(FeedState.from_bytes(message.value or b""), stamp.number)
        return found


class Owned:
    """Tells what a test puts in. Everything is one partition, number 0."""

    writer = "me"

    def __init__(self, *feeds: Feed, states: dict[str, Written] | None = None) -> None:
        self.queue: asyncio.Queue[Event] = asyncio.Queue()
        self.certain = True
        self.looks = 0
        self.done: list[Pushed] = []
        self.tell(Shared(1, 1))
        self.tell(TakenOver(0, 1, {feed.id: feed for feed in feeds}, states or {}))

    def tell(self, event: Event) -> None:
        self.queue.put_nowait(event)

    async def next_event(self) -> Event:
        return await self.queue.get()

    def lease_valid(self) -> bool:
        self.looks += 1
        return self.certain

    def handled(self, push: Pushed) -> None:
        self.done.append(push)

    async def close(self) -> None:
        await self.asked_for()

    async def asked_for(self) -> None:
        """As the group does: the partition is to go, and this returns when it has."""
        finished = asyncio.Event()
        self.tell(GivenUp(frozenset({0}), finished.set))
        await finished.wait()


class Web:
    """Answers feeds; keeps to what a test says."""

    def __init__(self, answers: dict[str, list[Answer]] | None = None) -> None:
        self.answers = answers or {}
        self.asked: Counter[str] = Counter()
        self.running = 0
        self.most = 0
        self.let_go = asyncio.Event()
        self.let_go.set()
        self.changed = asyncio.Event()

    async def __call__(self, feed: Feed, state: FeedState) -> Asked:
        self.asked[feed.id] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        self.changed.set()
        try:
            await asyncio.sleep(0)
            await self.let_go.wait()
        finally:
            self.running -= 1
        given = self.answers.get(feed.id)
        return Asked(SAME if given is None else given.pop(0))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.01)


async def as_they_are(feed: Feed, records: tuple[RawEntry, ...]) -> tuple[RawEntry, ...]:
    return records


def settings(**producer: object) -> Settings:
    return Settings(kafka=KafkaSettings(topic_prefix="p"), producer=ProducerSettings.model_validate(producer))


def producer(owned: Owned, web: Web, kafka: Kafka, *, own: bool = True, **chosen: object) -> Producer:
    ports = Ports(web, as_they_are, kafka, lambda _: own)
    return Producer(settings(**chosen), ports, owned)


@contextlib.asynccontextmanager
async def running(made: Producer) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(made.run())
    try:
        yield task
    finally:
        made.stop()
        await task


async def once(answers: dict[str, list[Answer]], kafka: Kafka, *feeds: Feed, states: dict[str, Written]) -> None:
    await producer(Owned(*feeds, states=states), Web(answers), kafka).run(once=True)


def frequent(*names: str, outlet: str | None = None) -> list[Feed]:
    """Feeds that are polled five times a second, for their host is our own."""
    return [
        Feed(id=name, url=f"https://{name}.example/", outlet=outlet or f"{name}.example", interval=0.2)
        for name in names
    ]


# ---- one turn ---------------------------------------------------------------------------------------------------


async def test_records_are_sent_before_the_state_that_accounts_for_them() -> None:
    kafka = Kafka()
    await once({"top": [news("a", "b")]}, kafka, FEED, states={})
    assert [message.topic for message in kafka.messages] == ["p.raw.v1", "p.raw.v1", "p.feed-state.v1"]
    state = kafka.states()["top"]
    assert [message.key.decode() for message in kafka.of("raw")] == sorted(Memory.of(state.state).articles())
    assert (state.number, kafka.of("feed-state")[0].partitioned_by) == (1, b"a.example")


async def test_a_restart_publishes_nothing_again_and_an_edit_once() -> None:
    first, second = Kafka(), Kafka()
    await once({"top": [news("a", "b")]}, first, FEED, states={})
    await once({"top": [news("a", "b")]}, second, FEED, states=first.states())
    assert second.records() == []
    await once({"top": [news("a", text="Edited")]}, second, FEED, states=first.states())
    assert ("a", 2) in second.records()
    assert second.states()["top"].number == 2


@pytest.mark.parametrize("gone_after", [0, 2])
async def test_without_the_acknowledgement_the_next_start_publishes_the_same_again(gone_after: int) -> None:
    kafka, again = Kafka(), Kafka()
    kafka.gone_after = gone_after
    await once({"top": [news("a", "b")]}, kafka, FEED, states={})
    assert kafka.states() == {}
    await once({"top": [news("a", "b")]}, again, FEED, states=kafka.states())
    assert sorted(again.records()) == [("a", 1), ("b", 1)]
    assert {message.key for message in kafka.of("raw")} <= {message.key for message in again.of("raw")}


async def test_an_entry_too_large_for_kafka_is_a_dead_letter_and_holds_nothing_up() -> None:
    kafka, answer = Kafka(), news("a", "b")
    now = datetime.now(UTC)
    poll = decide(FEED, initial_state(FEED, now, 300), answer, Circumstances(ProducerSettings(), now))
    kafka.refuses = {poll.records[0].article.encode()}
    await once({"top": [answer]}, kafka, FEED, states={})
    (letter,) = kafka.of("dead-letters")
    headers = dict(letter.headers)
    assert (headers["x-dlq-reason"], headers["x-dlq-topic"]) == (b"too_large", b"p.raw.v1")
    assert letter.key in kafka.refuses
    assert len(kafka.of("raw")) == 1
    assert len(Memory.of(kafka.states()["top"].state)) == 2


async def test_one_article_in_two_feeds_of_one_outlet_is_published_once() -> None:
    kafka = Kafka()
    answers: dict[str, list[Answer]] = {"top": [news("a", "b")], "sport": [news("b", "c")], "other": [news("b")]}
    await once(answers, kafka, FEED, SPORT, OTHER, states={})
    assert sorted(guid for guid, _ in kafka.records()) == ["a", "b", "b", "c"]
    assert len({message.key for message in kafka.of("raw")}) == 4


async def test_full_text_is_read_between_decision_and_publication() -> None:
    kafka = Kafka()

    async def complete(feed: Feed, records: tuple[RawEntry, ...]) -> tuple[RawEntry, ...]:
        return tuple(record.model_copy(update={"content": "whole", "full_text": True}) for record in records)

    teasing = FEED.model_copy(update={"full_text": True})
    for feed, expected in ((teasing, "whole"), (FEED, None)):
        ports = Ports(Web({"top": [news("a")]}), complete, kafka, lambda _: True)
        await Producer(settings(), ports, Owned(feed)).run(once=True)
        assert RawEntry.from_bytes(kafka.of("raw")[-1].value or b"").content == expected


async def test_an_outlet_is_not_held_while_pages_are_read_and_nothing_is_published_twice() -> None:
    kafka, reading, read = Kafka(), asyncio.Event(), asyncio.Event()

    async def complete(feed: Feed, records: tuple[RawEntry, ...]) -> tuple[RawEntry, ...]:
        reading.set()
        await read.wait()
        return tuple(record.model_copy(update={"content": "whole", "full_text": True}) for record in records)

    teasing = FEED.model_copy(update={"full_text": True})
    web = Web({"top": [news("a", "b")], "sport": [news("b", "c")]})
    owned = Owned(teasing)
    async with running(Producer(settings(), Ports(web, complete, kafka, lambda _: True), owned)):
        await asyncio.wait_for(reading.wait(), 20)
        owned.tell(FeedPut(0, 1, SPORT))
        await web.until(lambda: "sport" in kafka.states())
        assert "top" not in kafka.states()
        read.set()
        await web.until(lambda: "top" in kafka.states())
    assert sorted(guid for guid, _ in kafka.records()) == ["a", "b", "c"]
    whole = {
        record.guid for message in kafka.of("raw") if (record := RawEntry.from_bytes(message.value or b"")).full_text
    }
    assert whole == {"a"}


async def test_files_are_put_away_once_all_is_acknowledged_and_the_next_are_looked_for_at_once() -> None:
    kafka, put_away, looks = Kafka(), [], 0
    letter = DeadLetter("top", b"bad", "not_a_feed", "why", "file")

    async def look(feed: Feed, state: FeedState) -> Asked:
        nonlocal looks
        looks += 1

        async def away() -> None:
            put_away.append(len(kafka.messages))
            raise FetchError("connect", "the disk is full")

        return Asked(news(f"{looks}"), (letter,), more=looks < 3, put_away=away)

    async with running(Producer(settings(), Ports(look, as_they_are, kafka, lambda _: False), Owned(FEED))):
        await Web().until(lambda: len(put_away) == 3)
    assert put_away == [3, 6, 9]
    assert len(kafka.of("dead-letters")) == 3


# ---- the loop ---------------------------------------------------------------------------------------------------


async def test_feeds_whose_polls_outlast_their_interval_and_end_in_a_row_are_all_polled_again() -> None:
    names = [f"f{number}" for number in range(20)]
    polls: Counter[str] = Counter()
    now, together = 0.0, asyncio.Barrier(len(names))

    async def slow(feed: Feed, state: FeedState) -> Asked:
        nonlocal now
        polls[feed.id] += 1
        if await together.wait() == 0:
            now += 0.3
        for _ in range(names.index(feed.id)):  # each ends one turn of the loop after the one before it
            await asyncio.sleep(0)
        return Asked(SAME)

    ports = Ports(slow, as_they_are, Kafka(), lambda _: True)
    owned = Owned(*frequent(*names))
    made = Producer(settings(concurrency=100), ports, owned, clock=lambda: now)
    task = asyncio.create_task(made.run())
    await Web().until(lambda: min(polls[name] for name in names) >= 8)
    await together.abort()
    made.stop()
    await task


async def test_a_clock_on_the_wall_that_is_set_back_does_not_stop_polling() -> None:
    web, hours = Web(), iter(range(10_000))
    start = datetime.now(UTC)
    ports = Ports(web, as_they_are, Kafka(), lambda _: True, now=lambda: start - timedelta(hours=next(hours)))
    async with running(Producer(settings(), ports, Owned(*frequent("a")))):
        await web.until(lambda: web.asked["a"] >= 4)


async def test_a_thousand_feeds_take_the_places_there_are_and_no_more_tasks() -> None:
    web, tasks = Web(), 0
    feeds = frequent(*(f"f{number}" for number in range(1000)))
    made = producer(Owned(*feeds), web, Kafka(), concurrency=7)
    async with running(made):
        while len(web.asked) < 1000:
            tasks = max(tasks, len(asyncio.all_tasks()))
            await asyncio.sleep(0)
    assert web.most == 7
    assert tasks < 20


async def test_one_host_does_not_take_the_places_of_the_others() -> None:
    web = Web()
    many = [
        Feed(id=f"m{number}", url=f"https://m.example/{number}", outlet=f"m{number}.example") for number in range(9)
    ]
    async with running(producer(Owned(*many, OTHER), web, Kafka(), own=False, per_host=2)):
        web.let_go.clear()
        await web.until(lambda: "other" in web.asked)
        assert sum(count for name, count in web.asked.items() if name != "other") <= 2
        web.let_go.set()
        await web.until(lambda: len(web.asked) == 10)


async def test_a_host_that_wants_to_be_left_alone_is() -> None:
    paused: list[tuple[str, float]] = []
    busy = Failed(FetchError("http_status", "429", status=429, retry_after=3600))
    web = Web({"top": [busy], "sport": [busy]})
    ports = Ports(web, as_they_are, Kafka(), lambda _: False)
    owned = Owned(FEED, SPORT, OTHER)
    made = Producer(settings(per_host=1), ports, owned, pause_host=lambda *given: paused.append(given))
    async with running(made):
        await web.until(lambda: bool(paused) and "other" in web.asked)
        owned.tell(FeedPut(0, 1, OTHER.model_copy(update={"url": "https://b.example/new"})))
        await web.until(lambda: web.asked["other"] == 2)
    assert paused == [("a.example", 3600)]
    assert web.asked["top"] + web.asked["sport"] == 1


async def test_a_bug_met_by_one_feed_does_not_stop_the_others() -> None:
    kafka = Kafka()
    await once({"top": [], "other": [news("c")]}, kafka, FEED, OTHER, states={})
    assert kafka.records() == [("c", 1)]


async def test_a_topic_without_feeds_is_said_once_and_waited_on() -> None:
    owned, web = Owned(), Web()
    with structlog.testing.capture_logs() as logs:
        async with running(producer(owned, web, Kafka())):
            await web.until(lambda: any("there are no feeds" in line["event"] for line in logs))
            owned.tell(FeedPut(0, 1, FEED))
            await web.until(lambda: web.asked["top"] == 1)
    assert sum("there are no feeds" in line["event"] for line in logs) == 1


# ---- changes ----------------------------------------------------------------------------------------------------


async def test_feeds_that_are_added_changed_paused_resumed_and_removed() -> None:
    owned, web = Owned(), Web()
    feed, other = frequent("a", "b")

    async def polled_no_more() -> None:
        """The other feed, which is polled as often, goes on."""
        await settled(owned, web)
        asked = web.asked.copy()
        await web.until(lambda: web.asked["b"] >= asked["b"] + 3)
        assert web.asked["a"] == asked["a"]

    async with running(producer(owned, web, Kafka())):
        owned.tell(FeedPut(0, 1, other))
        owned.tell(FeedPut(0, 1, feed))
        await web.until(lambda: web.asked["a"] >= 2)
        owned.tell(FeedPut(0, 1, feed.model_copy(update={"paused": True})))
        await polled_no_more()
        asked = web.asked["a"]
        owned.tell(FeedPut(0, 1, feed))
        await web.until(lambda: web.asked["a"] >= asked + 2)
        owned.tell(FeedRemoved(0, 1, "a"))
        await polled_no_more()


async def settled(owned: Owned, web: Web) -> None:
    await web.until(owned.queue.empty)
    await web.until(lambda: web.running == 0)


async def test_a_retired_feed_is_polled_again_when_it_is_written_again() -> None:
    now = datetime.now(UTC)
    gone = initial_state(FEED, now, 300).model_copy(update={"retired": now, "failures": 1, "outlet": "a.example"})
    kafka, web = Kafka(), Web({"top": [news("a")]})
    owned = Owned(FEED, OTHER, states={"top": Written(gone, 4)})
    async with running(producer(owned, web, kafka)):
        await web.until(lambda: "other" in web.asked)
        assert "top" not in web.asked
        owned.tell(FeedPut(0, 1, FEED))
        await web.until(lambda: "top" in kafka.states())
    assert (kafka.states()["top"].state.retired, kafka.states()["top"].number) == (None, 5)


async def test_a_retired_feed_is_polled_at_its_new_address() -> None:
    now = datetime.now(UTC)
    gone = initial_state(FEED, now, 300).model_copy(update={"retired": now, "failures": 1, "outlet": "a.example"})
    moved = FEED.model_copy(update={"url": "https://a.example/new"})
    kafka, web = Kafka(), Web({"top": [news("a")]})
    owned = Owned(FEED, OTHER, states={"top": Written(gone, 4)})
    async with running(producer(owned, web, kafka)):
        await web.until(lambda: "other" in web.asked)
        owned.tell(FeedPut(0, 1, moved))
        await web.until(lambda: "top" in kafka.states())
    assert kafka.states()["top"].state.retired is None


async def test_a_late_state_is_joined_and_the_feed_asked_without_conditions() -> None:
    first, kafka, web = Kafka(), Kafka(), Web({"top": [news("b", "late")]})
    await once({"top": [news("b")]}, first, FEED, states={})
    mine = first.states()["top"]
    await once({"top": [news("b", "late")]}, first, FEED, states={"top": mine})
    late = Written(first.states()["top"].state, mine.number + 1)
    owned = Owned(FEED, states={"top": mine})
    async with running(producer(owned, web, kafka)):
        owned.tell(StaleState(0, 1, late))
        await web.until(lambda: kafka.states().get("top", mine).number > late.number)
    assert kafka.records() == []
    assert len(Memory.of(kafka.states()["top"].state)) == 2


async def test_a_late_state_of_a_feed_that_is_not_polled_is_overruled_too() -> None:
    now = datetime.now(UTC)
    state = initial_state(FEED, now, 300).model_copy(update={"outlet": "a.example"})
    kafka, paused = Kafka(), FEED.model_copy(update={"paused": True})
    owned, web = Owned(paused, states={"top": Written(state, 4)}), Web()
    async with running(producer(owned, web, kafka)):
        owned.tell(StaleState(0, 1, Written(state.model_copy(update={"failures": 9}), 6)))
        await web.until(lambda: "top" in kafka.states())
    assert (kafka.states()["top"].number, kafka.states()["top"].state.failures) == (7, 0)
    assert not web.asked


# ---- sharing ----------------------------------------------------------------------------------------------------


async def test_feeds_are_handed_over_when_what_is_under_way_is_acknowledged() -> None:
    owned, web, kafka = Owned(FEED, OTHER), Web({"top": [news("a")], "other": [news("b")]}), Kafka()
    async with running(producer(owned, web, kafka)):
        web.let_go.clear()
        await web.until(lambda: web.running == 2)
        handing_over = asyncio.create_task(owned.asked_for())
        await web.until(owned.queue.empty)
        assert not handing_over.done()
        web.let_go.set()
        await handing_over
        assert kafka.states().keys() == {"top", "other"}
        sent = len(kafka.messages)
        owned.tell(TakenOver(0, 2, {"sport": SPORT}, {}))
        await web.until(lambda: "sport" in web.asked)
        assert web.asked == {"top": 1, "other": 1, "sport": 1}
    assert len(kafka.messages) == sent + 1


async def test_the_others_do_not_wait_for_a_feed_that_does_not_answer() -> None:
    owned, web, kafka = Owned(FEED), Web({"top": [news("a")]}), Kafka()
    async with running(producer(owned, web, kafka, session_timeout=1)):
        web.let_go.clear()
        await web.until(lambda: web.running == 1)
        async with asyncio.timeout(5):
            await owned.asked_for()
        assert (web.running, kafka.messages) == (0, [])


async def test_what_is_lost_is_dropped_at_once() -> None:
    owned, web, kafka = Owned(FEED), Web({"top": [news("a")]}), Kafka()
    async with running(producer(owned, web, kafka)):
        web.let_go.clear()
        await web.until(lambda: web.running == 1)
        owned.tell(GivenUp(frozenset({0}), None))
        await web.until(lambda: web.running == 0)
        web.let_go.set()
        owned.tell(TakenOver(0, 2, {"other": OTHER}, {}))
        await web.until(lambda: "other" in web.asked)
    assert "top" not in kafka.states()
    assert kafka.records() == []


async def test_without_a_valid_lease_nothing_is_polled_or_published() -> None:
    owned, web, kafka = Owned(FEED), Web({"top": [news("a")]}), Kafka()
    async with running(producer(owned, web, kafka)):
        web.let_go.clear()
        await web.until(lambda: web.running == 1)
        owned.certain = False
        owned.tell(FeedPut(0, 1, OTHER))
        web.let_go.set()
        await settled(owned, web)
        looks = owned.looks
        await web.until(lambda: owned.looks >= looks + 5)
        assert (kafka.messages, web.asked) == ([], {"top": 1})
        owned.certain = True
        await web.until(lambda: "top" in kafka.states() and "other" in web.asked)


async def test_a_lasting_loss_of_the_lease_is_logged_once_and_so_is_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.producer._TICK", 0.01)
    owned, web = Owned(*frequent("a")), Web()

    def said(text: str) -> int:
        return sum(text in line["event"] for line in logs)

    with structlog.testing.capture_logs() as logs:
        async with running(producer(owned, web, Kafka(), session_timeout=1)):
            await web.until(lambda: web.asked["a"] > 0)
            owned.certain = False
            await web.until(lambda: said("nothing is polled") > 0)
            owned.certain = True
            asked = web.asked["a"]
            await web.until(lambda: said("certain again") > 0 and web.asked["a"] > asked)
    assert (said("nothing is polled"), said("certain again")) == (1, 1)


@pytest.mark.parametrize(
    "told",
    [
        TakenOver(0, 1, {"other": OTHER}, {}),
        FeedPut(0, 1, OTHER),
        FeedPut(0, 1, FEED),
        StaleState(0, 1, Written(initial_state(FEED, datetime.now(UTC), 300), 9)),
    ],
)
async def test_what_comes_for_feeds_that_are_leaving_is_left_to_their_next_owner(told: Event) -> None:
    owned, web = Owned(FEED), Web()
    async with running(producer(owned, web, Kafka())):
        web.let_go.clear()
        await web.until(lambda: web.running == 1)
        finished = asyncio.Event()
        owned.tell(GivenUp(frozenset({0}), finished.set))
        await web.until(owned.queue.empty)
        owned.tell(told)
        await web.until(owned.queue.empty)
        web.let_go.set()
        await finished.wait()
        await settled(owned, web)
    assert web.asked == {"top": 1}


async def test_a_push_for_a_feed_that_is_leaving_is_not_handled_here() -> None:
    hub, web, owned = Hub(0.0), Web(), Owned(FEED)
    ports = Ports(web, as_they_are, Kafka(), lambda _: True, hub)
    async with running(Producer(settings(), ports, owned)):
        web.let_go.clear()
        await web.until(lambda: web.running == 1)
        finished = asyncio.Event()
        owned.tell(GivenUp(frozenset({0}), finished.set))
        await web.until(owned.queue.empty)
        owned.tell(push("top", 5))
        await web.until(owned.queue.empty)
        web.let_go.set()
        await finished.wait()
    assert (owned.done, web.asked) == ([], {"top": 1})


async def test_feeds_that_go_as_soon_as_they_have_come_are_not_asked() -> None:
    """Both are told at once: no poll may begin between the word and the task that hands the feeds over."""
    owned, web = Owned(), Web()
    async with running(producer(owned, web, Kafka())):
        await web.until(owned.queue.empty)
        finished = asyncio.Event()
        owned.tell(TakenOver(0, 1, {"other": OTHER}, {}))
        owned.tell(GivenUp(frozenset({0}), finished.set))
        await finished.wait()
    assert "other" not in web.asked


async def test_an_ownership_that_breaks_ends_the_producer() -> None:
    owned, web = Owned(FEED), Web()
    made = producer(owned, web, Kafka())
    task = asyncio.create_task(made.run())
    await web.until(lambda: web.asked["top"] == 1)
    owned.tell(Broken(ServerError("not authorised")))
    with pytest.raises(ServerError, match="not authorised"):
        await task


async def test_a_run_once_waits_a_while_for_feeds_that_other_producers_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.producer._TICK", 0.01)
    owned, web = Owned(FEED), Web()
    owned.queue = asyncio.Queue()
    made = producer(owned, web, Kafka())
    now, looks = 0.0, 0

    def clock() -> float:
        nonlocal looks
        looks += 1
        return now

    made._clock = made.scheduler.clock = clock
    owned.tell(Shared(1, 2))
    owned.tell(TakenOver(0, 1, {FEED.id: FEED}, {}))
    task = asyncio.create_task(made.run(once=True))
    await web.until(lambda: web.asked["top"] == 1 and not made._running)
    seen = looks
    await web.until(lambda: looks >= seen + 20)
    assert not task.done()
    now = 100.0
    await asyncio.wait_for(task, 10)
    assert web.asked == {"top": 1}


# ---- hubs -------------------------------------------------------------------------------------------------------


class Hub:
    """Stands in for WebSub; ``wants`` is when a word of a hub has its feed polled."""

    def __init__(self, wants: float | None) -> None:
        self.wants = wants
        self.told: list[str] = []

    def tend(self, feed: Feed, polled: FeedState) -> datetime | None:
        self.told.append(f"tend {feed.id}")
        return None

    def subscribed(self, feed_id: str) -> bool:
        return False

    def heard(self, told: HubEvent) -> datetime | None:
        self.told.append(f"heard {told.feed}")
        return None if self.wants is None else datetime.now(UTC) + timedelta(seconds=self.wants)

    def drop(self, feed_id: str) -> None:
        self.told.append(f"drop {feed_id}")

    def release(self, feed_id: str) -> None:
        self.told.append(f"release {feed_id}")


def push(feed: str, offset: int) -> Pushed:
    return Pushed(0, 1, offset, HubEvent(feed=feed, received=datetime.now(UTC)))


@pytest.mark.parametrize(("wants", "polls"), [(0.0, 2), (None, 1), (3600.0, 1)])
async def test_a_hub_has_a_feed_polled_and_its_word_is_given_back_when_that_is_done(
    wants: float | None, polls: int
) -> None:
    hub, web, owned = Hub(wants), Web(), Owned(FEED)
    ports = Ports(web, as_they_are, Kafka(), lambda _: True, hub)
    async with running(Producer(settings(), ports, owned)):
        await web.until(lambda: "tend top" in hub.told)
        owned.tell(push("top", 5))
        owned.tell(push("not-ours", 6))
        owned.tell(Pushed(0, 1, 7, None))
        await web.until(lambda: len(owned.done) == 3)
        assert web.asked["top"] == polls
        owned.tell(FeedPut(0, 1, FEED.model_copy(update={"paused": True})))
        await web.until(lambda: "drop top" in hub.told)
    assert {pushed.offset for pushed in owned.done} == {5, 6, 7}
    assert hub.told.count("heard top") == 1
    assert hub.told[-1] == "release top"


# ---- appointments -----------------------------------------------------------------------------------------------


def test_overdue_feeds_are_spread_when_they_come_and_new_ones_are_not() -> None:
    now = datetime.now(UTC)
    ports = Ports(Web(), as_they_are, Kafka(), lambda _: False, now=lambda: now)
    scheduler = FeedScheduler(ProducerSettings(), ports, lambda: 1000.0)
    scheduler._chance = random.Random(1)
    feeds = {f"f{number}": Feed(id=f"f{number}", url=f"https://{number}.example/", outlet=f"{number}.example")
             for number in range(300)}  # fmt: skip
    states = {
        feed.id: Written(initial_state(feed, now - timedelta(days=1), 300).model_copy(update={"outlet": feed.outlet}))
        for feed in list(feeds.values())[:200]
    }
    scheduler.take_over(TakenOver(0, 1, feeds, states))
    first = set(iter(lambda: scheduler.agenda.take(1000.0), None))
    assert feeds.keys() - states.keys() <= first
    assert len(first) < 110
    assert len(list(iter(lambda: scheduler.agenda.take(1015.0), None))) in range(60, 140)
    assert len(list(iter(lambda: scheduler.agenda.take(1030.0), None))) > 0
    assert scheduler.agenda.next_at() is None


def test_a_feed_counts_as_listed_by_the_partition_of_its_outlet() -> None:
    scheduler = FeedScheduler(ProducerSettings(), Ports(Web(), as_they_are, Kafka(), lambda _: False), lambda: 0.0)
    assert scheduler.listed("top", "a.example") is None
    scheduler.shared = Shared(1, 4)
    mine = partition_of(b"a.example", 4)
    paused = SPORT.model_copy(update={"paused": True})
    scheduler.take_over(TakenOver(mine, 1, {"top": FEED, "sport": paused}, {}))
    assert scheduler.listed("top", "a.example") is True
    assert scheduler.listed("sport", "a.example") is False
    assert scheduler.listed("unknown", "a.example") is False
    elsewhere = next(f"{n}.example" for n in range(99) if partition_of(f"{n}.example".encode(), 4) != mine)
    assert scheduler.listed("top", elsewhere) is None
