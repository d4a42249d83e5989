"""Feeds that the desk's editors add without a check: still only what a producer may ask for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from producers.compacted import Contents
from producers.messages import Message
from producers.registry import editor, edits
from schemas.feed_records import Feed
from wirecopy.errors import SettingsError
from wirecopy.feed_edits import FeedEdit, FeedWish, NotAdded, installed
from wirecopy.settings import KafkaSettings, Settings

KNOWN = Feed(id="a", url="https://www.coast.example/rss", outlet="coast.example", paused=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """What is published, where one feed is known."""
    messages: list[Message] = []

    async def send(_: KafkaSettings, given: Sequence[Message]) -> None:
        messages.extend(given)

    monkeypatch.setattr(edits, "send", send)
    monkeypatch.setattr(editor, "read_registry", lambda _: Contents({KNOWN.id: KNOWN}, []))
    return messages


def add(address: str, outlet: str | None = None) -> FeedEdit | NotAdded:
    return installed(Settings()).add(FeedWish(address, outlet, unchecked=True))


def test_a_feed_is_put_there_by_hand_with_an_id_of_its_own(sent: list[Message]) -> None:
    answer = add("https://coast.example/a", "coast.example")
    assert answer == FeedEdit("added", "coast-example-a", "https://coast.example/a", "coast.example")
    (message,) = sent
    assert message.value is not None
    assert Feed.from_bytes(message.value).origin is None


def test_a_feed_that_is_there_already_is_told(sent: list[Message]) -> None:
    answer = add("http://coast.example/rss/")
    assert isinstance(answer, NotAdded)
    assert answer.why == "http://coast.example/rss/ is polled already, as a, and is paused"
    assert sent == []


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/rss",
        "http://10.0.0.1/",
        "http://[::1]/",
        "https://coast.example:8443/rss",
        "http://2130706433/",
    ],
)
def test_an_address_of_ours_is_not_added(sent: list[Message], address: str) -> None:
    answer = add(address)
    assert isinstance(answer, NotAdded)
    assert not answer.unchecked
    assert sent == []


@pytest.mark.parametrize("address", ["file:///etc", "ftp://coast.example/", "https://u:p@coast.example/", "rss"])
def test_what_is_no_web_address_is_refused(sent: list[Message], address: str) -> None:
    with pytest.raises(SettingsError):
        add(address)
    assert sent == []
