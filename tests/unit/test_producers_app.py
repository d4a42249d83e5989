"""The producer with the network and Kafka taken away: what is asked, sent and remembered, and in which order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from producers.app import Producer
from producers.entries import initial_state
from producers.errors import FetchError
from producers.fetch import Fetched, Fetcher, Validators, body_hash
from producers.messages import Message
from producers.parse import parse_feed
from producers.polling import BAD, Answer, Circumstances, Failed, News, Same, Unreadable, decide
from producers.source import FeedListSource
from producers.state import worth_writing
from producers.tracking import Tracking
from schemas.records import Feed, FeedState, RawEntry
from wirecopy.errors import BadInput, ServerError, SettingsError
from wirecopy.settings import KafkaSettings, ProducerSettings, Settings

FEED = Feed(id="top", url="https://a.example/f", outlet="a.example")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AT = Circumstances(ProducerSettings(), NOW)
STATE = initial_state(FEED, NOW, 300)


def fetched(body: bytes, etag: str | None = '"1"') -> Fetched:
    return Fetched(body, body_hash(body), 200, FEED.url, None, Validators(etag))


def news(*guids: str, text: str = "T", limit: int = 2000) -> News:
    items = "".join(f"<item><guid>{guid}</guid><title>{text}</title></item>" for guid in guids)
    body = f"<rss version='2.0'><channel><ttl>20</ttl>{items}</channel></rss>".encode()
    return News(fetched(body), parse_feed(body, FEED.url, max_entries=limit))


# ---- decide -----------------------------------------------------------------------------------------------------


def test_news_move_the_state_on() -> None:
    poll = decide(FEED, STATE, news("a", "b"), AT)
    assert (poll.outcome, len(poll.records), poll.dead_letters) == ("new", 2, ())
    assert (poll.state.etag, poll.state.interval, poll.state.last_success) == ('"1"', 1200, NOW)
    assert poll.state.next_poll >= NOW + timedelta(seconds=1200)


def test_a_failure_keeps_everything_but_the_appointment() -> None:
    before = decide(FEED, STATE, news("a"), AT).state
    error = FetchError("http_status", "429", status=429, retry_after=5000)
    poll = decide(FEED, before, Failed(error), AT)
    assert (poll.outcome, poll.state.failures, poll.state.last_error) == ("http_status", 1, "http_status: 429")
    assert (poll.state.entries, poll.state.etag, poll.state.body_hash) == (before.entries, '"1"', before.body_hash)
    assert poll.state.next_poll >= NOW + timedelta(seconds=5000)
    again = decide(FEED, poll.state, Same(Validators(), modified=False), AT)
    assert (again.outcome, again.state.failures, again.state.last_error) == ("not_modified", 0, None)
    assert again.state.etag == '"1"'


def test_what_cannot_be_read_is_one_dead_letter_however_often_it_is_polled() -> None:
    bad = Unreadable(fetched(b"<html>"), BadInput("not_a_feed", "a web page"))
    poll = decide(FEED, STATE, bad, AT)
    (letter,) = poll.dead_letters
    assert (letter.key, letter.original, letter.reason, letter.source) == ("top", b"<html>", "not_a_feed", FEED.url)
    assert (poll.state.body_hash, poll.state.etag) == (BAD + body_hash(b"<html>"), None)
    again = decide(FEED, poll.state, bad, AT)
    assert (again.dead_letters, again.state.failures) == ((), 2)
    assert len(decide(FEED, poll.state, news("a"), AT).records) == 1


def test_entries_beyond_the_limit_are_in_the_dead_letters() -> None:
    answer = news("a", "b", "c", limit=2)
    (letter,) = decide(FEED, STATE, answer, AT).dead_letters
    assert (letter.reason, letter.original) == ("too_many_entries", answer.fetched.body)


def test_times_alone_are_not_worth_writing_until_they_are_far_off() -> None:
    before = decide(FEED, STATE, news("a"), AT).state
    assert worth_writing(None, before)
    soon = before.model_copy(update={"next_poll": before.next_poll + timedelta(minutes=1), "last_success": None})
    assert not worth_writing(before, soon)
    assert worth_writing(before, before.model_copy(update={"next_poll": before.next_poll + timedelta(hours=1)}))
    assert worth_writing(before, before.model_copy(update={"failures": 1}))


# ---- the loop ---------------------------------------------------------------------------------------------------


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
        found = [RawEntry.model_validate_json(message.value or b"") for message in self.of("raw")]
        return [(record.guid or "", record.revision) for record in found]

    def states(self) -> dict[str, FeedState]:
        return {m.key.decode(): FeedState.model_validate_json(m.value or b"") for m in self.of("feed-state")}


def settings(**producer: object) -> Settings:
    return Settings(kafka=KafkaSettings(topic_prefix="p"), producer=ProducerSettings.model_validate(producer))


def producer(answers: dict[str, list[Answer]], kafka: Kafka, states: dict[str, FeedState] | None = None) -> Producer:
    async def ask(feed: Feed, state: FeedState) -> Answer:
        await asyncio.sleep(0)
        return answers[feed.id].pop(0)

    return Producer(settings(), ask, kafka, states or {}, lambda address: False)


async def once(made: Producer, tmp_path: Path, *feeds: Feed) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("".join(f"- {{id: {feed.id}, url: '{feed.url}', outlet: {feed.outlet}}}\n" for feed in feeds))
    chosen = ProducerSettings(feeds=str(path))
    await made.run(FeedListSource(chosen, Fetcher(chosen)), once=True)


async def test_records_are_sent_before_the_state_that_accounts_for_them(tmp_path: Path) -> None:
    kafka = Kafka()
    await once(producer({"top": [news("a", "b")]}, kafka), tmp_path, FEED)
    assert [message.topic for message in kafka.messages] == ["p.raw.v1", "p.raw.v1", "p.feed-state.v1"]
    assert [message.key.decode() for message in kafka.of("raw")] == sorted(kafka.states()["top"].entries)


async def test_a_restart_publishes_nothing_again_and_an_edit_once(tmp_path: Path) -> None:
    first, second = Kafka(), Kafka()
    await once(producer({"top": [news("a", "b")]}, first), tmp_path, FEED)
    await once(producer({"top": [news("a", "b")]}, second, first.states()), tmp_path, FEED)
    assert second.records() == []
    await once(producer({"top": [news("a", text="Edited")]}, second, first.states()), tmp_path, FEED)
    assert second.records() == [("a", 2)]


@pytest.mark.parametrize("gone_after", [0, 2])
async def test_without_the_acknowledgement_the_next_start_publishes_the_same_again(
    tmp_path: Path, gone_after: int
) -> None:
    kafka = Kafka()
    kafka.gone_after = gone_after
    await once(producer({"top": [news("a", "b")]}, kafka), tmp_path, FEED)
    assert kafka.states() == {}
    again = Kafka()
    await once(producer({"top": [news("a", "b")]}, again, kafka.states()), tmp_path, FEED)
    assert sorted(again.records()) == [("a", 1), ("b", 1)]
    assert {message.key for message in kafka.of("raw")} <= {message.key for message in again.of("raw")}


async def test_an_entry_too_large_for_kafka_is_a_dead_letter_and_holds_nothing_up(tmp_path: Path) -> None:
    kafka = Kafka()
    answer = news("a", "b")
    kafka.refuses = {decide(FEED, STATE, answer, AT).records[0].article.encode()}
    await once(producer({"top": [answer]}, kafka), tmp_path, FEED)
    (letter,) = kafka.of("dead-letters")
    headers = dict(letter.headers)
    assert (headers["x-dlq-reason"], headers["x-dlq-topic"]) == (b"too_large", b"p.raw.v1")
    assert letter.key in kafka.refuses
    assert len(kafka.of("raw")) == 1
    assert len(kafka.states()["top"].entries) == 2


async def test_one_article_in_two_feeds_of_one_outlet_is_published_once(tmp_path: Path) -> None:
    kafka, sport = Kafka(), Feed(id="sport", url="https://a.example/s", outlet="a.example")
    other = Feed(id="other", url="https://b.example/s", outlet="b.example")
    answers: dict[str, list[Answer]] = {"top": [news("a", "b")], "sport": [news("b", "c")], "other": [news("b")]}
    await once(producer(answers, kafka), tmp_path, FEED, sport, other)
    assert sorted(guid for guid, _ in kafka.records()) == ["a", "b", "b", "c"]
    assert len({message.key for message in kafka.of("raw")}) == 4


async def test_feeds_whose_polls_outlast_their_interval_and_end_in_a_row_are_all_polled_again(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(20)]
    listed = tmp_path / "feeds.yaml"
    listed.write_text("".join(f"- {{id: {name}, url: 'https://{name}.example/', interval: 0.2}}\n" for name in names))
    chosen = settings(feeds=str(listed), concurrency=100)
    polls: Counter[str] = Counter()

    async def slow(feed: Feed, state: FeedState) -> Answer:
        polls[feed.id] += 1
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.3 - loop.time() % 0.3)
        for _ in range(names.index(feed.id)):  # each ends one turn of the loop after the one before it
            await asyncio.sleep(0)
        return Same(Validators(), modified=False)

    tested = Producer(chosen, slow, Kafka(), {}, lambda _: True)
    running = asyncio.create_task(tested.run(FeedListSource(chosen.producer, Fetcher(chosen.producer))))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            while min(polls[name] for name in names) < 8:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    tested.stop()
    await running
    assert min(polls[name] for name in names) >= 8


async def test_a_bug_met_by_one_feed_does_not_stop_the_others(tmp_path: Path) -> None:
    kafka, sport = Kafka(), Feed(id="sport", url="https://b.example/s", outlet="b.example")
    await once(producer({"top": [], "sport": [news("c")]}, kafka), tmp_path, FEED, sport)
    assert kafka.records() == [("c", 1)]


def test_ownership_moves_with_the_list() -> None:
    sport = Feed(id="sport", url="https://a.example/s", outlet="a.example")
    state = decide(FEED, STATE, news("a"), AT).state
    (article,) = state.entries
    tracking = Tracking({"top": state})
    tracking.replace_list([FEED, sport])
    assert article in tracking.elsewhere(sport)
    assert article not in tracking.elsewhere(FEED)
    assert tracking.inherited == {}
    changed, gone = tracking.replace_list([sport])
    assert (changed, gone) == ([], ["top"])
    assert article not in tracking.elsewhere(sport)
    assert tracking.inherited == state.entries


# ---- the list ---------------------------------------------------------------------------------------------------


async def test_a_list_file_is_read_again_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.source._LOOK_AT_FILE", 0.0)
    path = tmp_path / "feeds.yaml"
    path.write_text("- url: https://a.example/1\n")
    chosen = ProducerSettings(feeds=str(path))
    source = FeedListSource(chosen, Fetcher(chosen))
    assert [feed.url for feed in await source.read() or ()] == ["https://a.example/1"]
    assert await source.read() is None
    path.write_text("- url: https://a.example/1\n- url: https://a.example/2\n")
    assert len(await source.read() or ()) == 2
    path.write_text("- url: nonsense\n")
    with pytest.raises(SettingsError, match="entry 1"):
        await source.read()


async def test_no_list_no_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"producer\.feeds is not set"):
        FeedListSource(ProducerSettings(), Fetcher(ProducerSettings()))
    missing = ProducerSettings(feeds=str(tmp_path / "missing.opml"))
    with pytest.raises(SettingsError, match=r"cannot read the feed list .*missing\.opml"):
        await FeedListSource(missing, Fetcher(missing)).read()
