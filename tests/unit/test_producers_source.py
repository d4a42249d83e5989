"""The feed list: read when it changes, brought into the topic once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import structlog

from producers.compacted import Contents
from producers.messages import Message
from producers.registry.feeds_topic import feed_message, removal_message
from producers.registry.source import FeedListSource, ListKeeper, read_once
from producers.web.fetch import Fetcher
from schemas.feed_records import Feed
from wirecopy.errors import ServerError, SettingsError
from wirecopy.settings import KafkaSettings, ProducerSettings

KAFKA = KafkaSettings(topic_prefix="p")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.registry.source._LOOK_AT_FILE", 0.0)
    monkeypatch.setattr("producers.registry.source._RETRY", 0.0)


def source(path: Path) -> FeedListSource:
    chosen = ProducerSettings(feeds=str(path))
    return FeedListSource(chosen, Fetcher(chosen))


class Topic:
    """Stands in for the topic ``feeds``; ``away`` counts how often it cannot be reached yet."""

    def __init__(self, *feeds: Feed, away: int = 0, copies: tuple[Feed, ...] = ()) -> None:
        self.feeds = {feed.id: feed for feed in feeds}
        self.copies = list(copies)
        self.away = away
        self.messages: list[Message] = []
        self.written = asyncio.Event()

    def read(self, kafka: KafkaSettings) -> Contents[Feed]:
        if self.away:
            self.away -= 1
            raise ServerError("Kafka is away")
        return Contents(dict(self.feeds), list(self.copies))

    async def publish(self, messages: list[Message]) -> list[Message]:
        self.messages += messages
        for message in messages:
            key = message.key.decode()
            if message.value is not None:
                self.feeds[key] = Feed.from_bytes(message.value)
            elif self.feeds[key].outlet.encode() == message.partitioned_by:
                del self.feeds[key]
        self.copies.clear()
        self.written.set()
        return []


async def test_a_list_file_is_read_again_when_it_changes(tmp_path: Path, impatient: None) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("- url: https://a.example/1\n")
    tested = source(path)
    assert await tested.read() == b"- url: https://a.example/1\n"
    assert await tested.read() is None
    path.write_text("- url: https://a.example/1\n- url: https://a.example/2\n")
    content = await tested.read()
    assert content is not None
    assert len(tested.feeds(content)) == 2
    path.write_text("- url: nonsense\n")
    with pytest.raises(SettingsError, match="entry 1"):
        await tested.read()
    assert await tested.read() is None


async def test_no_list_no_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"producer\.feeds is not set"):
        FeedListSource(ProducerSettings(), Fetcher(ProducerSettings()))
    with pytest.raises(SettingsError, match=r"cannot read the feed list .*missing\.opml"):
        await ListKeeper(source(tmp_path / "missing.opml"), KAFKA, Topic().publish).begin()
    with pytest.raises(SettingsError, match=r"producer\.feeds is not set"):
        await read_once(ProducerSettings())


async def test_the_topic_says_what_the_list_says_and_is_not_told_twice(tmp_path: Path, impatient: None) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("- {id: one, url: 'https://a.example/1'}\n- {id: two, url: 'https://b.example/2'}\n")
    by_hand = Feed(id="hand", url="https://c.example/", outlet="c.example")
    stale = Feed(id="hand", url="https://c.example/", outlet="old.example")
    topic = Topic(by_hand, away=2, copies=(stale,))
    keeper = ListKeeper(source(path), KAFKA, topic.publish, topic.read)
    await keeper.begin()
    await keeper.bring()
    origins = {feed.id: feed.origin for feed in topic.feeds.values()}
    assert origins == {"one": str(path), "two": str(path), "hand": None}
    assert removal_message(stale, "p") in topic.messages
    sent = len(topic.messages)
    again = ListKeeper(source(path), KAFKA, topic.publish, topic.read)
    await again.begin()
    await again.bring()
    assert len(topic.messages) == sent


async def test_a_changed_list_is_followed_and_a_bad_one_is_told(tmp_path: Path, impatient: None) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("- {id: one, url: 'https://a.example/1'}\n")
    topic = Topic()
    keeper = ListKeeper(source(path), KAFKA, topic.publish, topic.read)
    await keeper.begin()
    await keeper.bring()
    assert topic.messages == [feed_message(topic.feeds["one"], "p")]
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(keeper.run())
        path.write_text("- nonsense\n")
        async with asyncio.timeout(10):
            while not any("cannot be used" in line["event"] for line in logs):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert topic.feeds.keys() == {"one"}
        topic.written.clear()
        path.write_text("- {id: two, url: 'https://a.example/2'}\n")
        async with asyncio.timeout(10):
            await topic.written.wait()
        keeper.stop()
        await running
    assert topic.feeds.keys() == {"two"}
