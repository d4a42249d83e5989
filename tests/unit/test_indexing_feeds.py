"""Documents of feeds and of dead letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from schemas import dead_letters
from schemas import elasticsearch as templates
from schemas.feed_records import Feed, FeedState
from schemas.record import RecordError
from schemas.topics import DEAD_LETTERS, FEED_STATE, FEEDS
from stream_apps.indexing.dead_letter_documents import dead_letter_document, is_note, letter_id, noted
from stream_apps.indexing.feed_documents import with_message, written_at
from stream_apps.runtime.stage_interface import Incoming
from tests.unit.test_indexing_documents import leaves

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEED = Feed(
    id="harbour-live", url="https://harbour.example/feed", outlet="harbour.example", language="en-IN", tags=("coast",),
    origin="list.yml", title="Harbour",
)  # fmt: skip
STATE = FeedState(
    feed="harbour-live", url=FEED.url, outlet=FEED.outlet, interval=300, next_poll=NOON, last_poll=NOON,
    last_success=NOON, newest_entry=NOON, typical_gap=600, longest_silence=9000, window=20, memory=b"packed",
    hub="https://hub.example", last_error="503", parked=NOON, retired=NOON, quiet_since=NOON, failures=2,
)  # fmt: skip


def listed(at: int, **changes: Any) -> Incoming:
    feed = FEED.model_copy(update=changes)
    return Incoming(FEEDS.name, 0, at, feed.id.encode(), feed.to_bytes(), at)


def unlisted(at: int) -> Incoming:
    return Incoming(FEEDS.name, 0, at, FEED.id.encode(), b"", at)


def polled(at: int, **changes: Any) -> Incoming:
    return Incoming(FEED_STATE.name, 0, at, FEED.id.encode(), STATE.model_copy(update=changes).to_bytes(), at)


def after(*messages: Incoming) -> dict[str, Any]:
    document: dict[str, Any] | None = None
    for message in messages:
        document = with_message(document, message)
    assert document is not None
    return document


def test_a_document_has_every_field_of_its_mapping_and_no_other() -> None:
    mapped = templates.fields("feeds")
    found = set(leaves(after(listed(1), polled(2)), mapped))
    assert set(mapped) - found == {"indexed", "outlet.folded"}
    assert found <= set(mapped)


def test_what_was_seen_of_entries_is_not_stored() -> None:
    assert "memory" not in after(polled(1))["polling"]["record"]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_any_order_of_the_messages_gives_the_same_document(order: tuple[int, ...]) -> None:
    messages = (listed(10), polled(20, failures=0, parked=None, retired=None), listed(30, paused=True), polled(40))
    document = after(*(messages[number] for number in order))
    assert document == after(*messages)
    assert (document["condition"], written_at(document)) == ("paused", 40)
    assert after(*messages, *messages) == document


@pytest.mark.parametrize(
    ("messages", "listed_now", "condition"),
    [
        ([listed(1)], True, "new"),
        ([polled(1)], False, "parked"),
        ([listed(1), polled(2, parked=None, retired=None, failures=0)], True, "quiet"),
        ([listed(1), polled(2), unlisted(3)], False, "parked"),
        ([listed(1), polled(2), unlisted(3), listed(4)], True, "parked"),
        ([unlisted(3), listed(1)], False, "new"),
        ([listed(3), unlisted(3)], True, "new"),
        ([polled(1), listed(2, url="https://harbour.example/new")], True, "new"),
    ],
)
def test_how_a_feed_fares(messages: list[Incoming], listed_now: bool, condition: str) -> None:
    document = after(*messages)
    assert (document["listed"], document["condition"]) == (listed_now, condition)


def test_a_message_that_is_no_feed_is_refused() -> None:
    with pytest.raises(RecordError):
        with_message(None, Incoming(FEEDS.name, 0, 1, b"x", b"{}", 1))


def letter(**changes: Any) -> Incoming:
    headers = dead_letters.headers("tagging", "schema", "no headline", "resolved", paused="harbour.example")
    place: dict[str, Any] = {"topic": DEAD_LETTERS.name, "partition": 3, "offset": 17, "timestamp": 1_795_176_000_000}
    return Incoming(**{**place, "key": b"0a1b", "value": b"body", "headers": headers, **changes})


def note(of: str = "3:17", **changes: Any) -> Incoming:
    headers = [*dead_letters.headers("operator", "sent_again", "", "resolved"), ("x-dlq-letter", of.encode())]
    return letter(**{"headers": headers, "value": b"", "offset": 40, "timestamp": 1_795_176_000_001, **changes})


def test_a_dead_letter_has_every_field_of_its_mapping_and_nothing_of_its_body() -> None:
    mapped = templates.fields("dead-letters")
    document = dead_letter_document(letter())
    assert set(mapped) - set(document) == {"indexed", "done"}
    assert (document["id"], document["open"], document["attempt"]) == ("3:17", True, 1)
    assert (document["stage"], document["reason"], document["topic"]) == ("tagging", "schema", "resolved")
    assert (document["bytes"], document["cut"]) == (4, False)
    assert "body" not in document.values()
    now = datetime.now(UTC)
    assert timedelta() <= now - datetime.fromisoformat(document["time"]) < timedelta(minutes=1)


def test_a_dead_letter_of_somebody_else_is_stored_as_far_as_it_goes() -> None:
    headers = [("x-dlq-time", b"lately"), ("x-dlq-reason", b"\xff"), ("x-dlq-cut", b"9")]
    document = dead_letter_document(letter(headers=headers, key=b"\xff" * 999))
    assert document["time"] == "2026-11-20T12:00:00.000Z"
    assert document["cut"]
    assert "stage" not in document
    for time, sent in ((b"0001-01-01T00:00:00+05:00", 2**60), (b"", -(2**60))):
        assert "time" not in dead_letter_document(letter(headers=[("x-dlq-time", time)], timestamp=sent))


def test_a_note_closes_the_letter_that_it_names() -> None:
    assert (is_note(note()), is_note(letter())) == (True, False)
    assert letter_id(note()) == letter_id(letter()) == "3:17"
    closed = noted(dead_letter_document(letter()), note())
    assert (closed["open"], closed["done"], closed["id"]) == (False, "sent_again", "3:17")


@pytest.mark.parametrize("named", ["", "17", "../x", "1" * 40 + ":2"])
def test_a_note_that_names_no_letter_is_about_nothing(named: str) -> None:
    assert letter_id(note(of=named)) == "3:40"
