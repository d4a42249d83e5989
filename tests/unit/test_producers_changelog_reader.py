"""What the topics say about a partition, read to their end and then as they change; no Kafka."""

from __future__ import annotations

from datetime import UTC, datetime

from producers.assignment.changelog_reader import PartitionHistory
from producers.assignment.ownership import FeedPut, FeedRemoved, StaleState
from producers.assignment.sharing import Offsets
from producers.messages import Stamp
from schemas.feed_records import Feed, FeedState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ONE = Feed(id="one", url="https://a.example/1", outlet="a.example")
STATE = FeedState(feed="one", url=ONE.url, outlet="a.example", interval=300, next_poll=NOW)


def reading() -> PartitionHistory:
    return PartitionHistory(partition=3, term=5, writer="me")


def test_the_history_of_a_partition_is_its_latest_records() -> None:
    read = reading()
    two = ONE.model_copy(update={"id": "two"})
    for key, value in (("one", ONE), ("two", two), ("two", None), ("one", ONE.model_copy(update={"paused": True}))):
        assert read.feed(key, None if value is None else value.to_bytes()) is None
    assert read.feed("three", b"{") is None
    assert read.feed("four", ONE.to_bytes()) is None
    for number in (1, 2):
        state = STATE.model_copy(update={"failures": number})
        assert read.state("one", state.to_bytes(), Stamp("other", number)) is None
    read.state("bad", b"{", Stamp("other", 1))
    read.state("gone", STATE.to_bytes(), None)
    read.state("gone", None, None)
    taken = read.finished()
    assert (taken.partition, taken.term, list(taken.feeds)) == (3, 5, ["one"])
    assert taken.feeds["one"].paused
    assert {name: (w.state.failures, w.number) for name, w in taken.states.items()} == {"one": (2, 2)}


def test_changes_of_other_producers_are_emitted_but_not_our_own() -> None:
    read = reading()
    read.finished()
    assert read.feed("one", ONE.to_bytes()) == FeedPut(3, 5, ONE)
    assert read.feed("one", None) == FeedRemoved(3, 5, "one")
    assert read.feed("one", b"{") is None
    assert read.state("one", STATE.to_bytes(), Stamp("me", 9)) is None
    assert read.state("one", None, None) is None
    assert read.state("one", b"{", Stamp("z", 1)) is None
    for stamp in (Stamp("zombie", 4), None):
        told = read.state("one", STATE.to_bytes(), stamp)
        assert isinstance(told, StaleState)
        assert (told.stale.state, told.stale.number) == (STATE, stamp.number if stamp else 0)


def test_an_offset_counts_when_all_before_it_are_handled() -> None:
    offsets = Offsets()
    for offset in (10, 11, 12):
        offsets.begun(offset)
    assert offsets.ended(11) == 10
    assert offsets.ended(10) == 12
    assert offsets.ended(12) == 13
    offsets.begun(20)
    assert offsets.ended(20) == 21
