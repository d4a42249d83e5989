"""A batch is handled, sent, stored and only then acknowledged; what fails goes to the dead letters, alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from schemas.topics import CLEAN, DEAD_LETTERS, RAW, STORIES
from stream_apps.runtime.batches import BatchRunner, Broker, GapError
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Change, Rows
from wirecopy.errors import BadInput


class Diary(Broker):
    """A broker that writes down what happened, in order. ``stored`` is the changelog."""

    def __init__(self, stored: dict[bytes, bytes] | None = None) -> None:
        self.stored = stored if stored is not None else {}
        self.happened: list[str] = []
        self.sent: list[Outgoing] = []
        self.committed = 0

    async def send(self, messages: Sequence[Outgoing]) -> None:
        self.happened.append(f"sent {len(messages)}")
        self.sent += messages

    async def store(self, changes: Sequence[Change]) -> None:
        self.happened.append(f"stored {len(changes)}")
        for change in changes:
            if change.value is None:
                self.stored.pop(change.key, None)
            else:
                self.stored[change.key] = change.value

    async def restore(self, partition: int) -> dict[bytes, bytes]:
        self.happened.append("restored")
        return dict(self.stored)

    async def next_offset(self, topic: str, partition: int) -> int:
        return self.committed


class Counting(Stage):
    """Keeps how often each key was seen and passes messages on; chokes on some."""

    name = "counting"

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.forgotten = 0

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        count = int(self.rows.get(message.partition, message.key) or b"0") + 1
        self.rows.put(message.partition, message.key, b"%d" % count)
        if message.value == b"refused":
            self.rows.roll_back()
            raise BadInput("no_good", "it says so itself")
        if message.value == b"bug":
            raise ZeroDivisionError("nobody expected this")
        return [Outgoing(CLEAN, message.key, message.value)]

    def forget(self) -> None:
        self.forgotten += 1


class Bench:
    """A runner over a diary, with messages numbered as they come."""

    def __init__(self, broker: Diary | None = None, size: int = 100, *, may_have_gaps: bool = False) -> None:
        self.broker = broker or Diary()
        rows = Rows()
        self.stage = Counting(rows)
        self.runner = BatchRunner(self.stage, rows, self.broker, size, may_have_gaps=may_have_gaps)
        self.offset = self.broker.committed
        self.acked: list[int] = []

    async def add(self, key: str, value: bytes = b"fine", *, last: bool = True) -> None:
        offset, self.offset = self.offset, self.offset + 1
        message = Incoming(RAW.name, 0, offset, key.encode(), value)

        def ack() -> None:
            self.broker.happened.append(f"acked {offset}")
            self.acked.append(offset)

        await self.runner.add(message, ack, last=last)


async def test_nothing_is_acknowledged_before_everything_is_sent_and_stored() -> None:
    bench = Bench()
    await bench.add("a", last=False)
    await bench.add("b")
    assert bench.broker.happened == ["restored", "sent 2", "stored 2", "acked 0", "acked 1"]


async def test_a_full_batch_does_not_wait_for_more() -> None:
    bench = Bench(size=2)
    await bench.add("a", last=False)
    assert bench.acked == []
    await bench.add("b", last=False)
    assert bench.acked == [0, 1]


async def test_a_failed_send_leaves_neither_state_nor_acknowledgement() -> None:
    class Away(Diary):
        async def send(self, messages: Sequence[Outgoing]) -> None:
            raise ConnectionError("the brokers are away")

    bench = Bench(Away())
    with pytest.raises(ConnectionError):
        await bench.add("a")
    assert (bench.broker.stored, bench.acked) == ({}, [])


async def test_a_refused_message_goes_to_the_dead_letters_with_its_reason() -> None:
    bench = Bench()
    await bench.add("a", last=False)
    await bench.add("b", b"refused")
    letter = next(message for message in bench.broker.sent if message.topic is DEAD_LETTERS)
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (b"b", b"refused")
    assert (headers["x-dlq-stage"], headers["x-dlq-reason"], headers["x-dlq-topic"]) == (
        b"counting", b"no_good", b"raw",
    )  # fmt: skip
    assert bench.acked == [0, 1]


async def test_a_bug_takes_only_its_own_message() -> None:
    bench = Bench()
    await bench.add("a", last=False)
    await bench.add("b", b"bug", last=False)
    await bench.add("a")
    assert [message.key for message in bench.broker.sent if message.topic is CLEAN] == [b"a", b"a"]
    letters = [dict(m.headers)["x-dlq-reason"] for m in bench.broker.sent if m.topic is DEAD_LETTERS]
    assert letters == [b"unexpected"]
    assert bench.broker.stored == {b"a": b"2"}, "counted once each, although the batch was begun twice"
    assert bench.acked == [0, 1, 2]


async def test_state_comes_back_from_the_changelog() -> None:
    first = Bench()
    await first.add("a")
    second = Bench(Diary(first.broker.stored))
    await second.add("a")
    assert second.broker.stored == {b"a": b"2"}


async def test_after_an_assignment_state_is_read_again() -> None:
    bench = Bench()
    await bench.add("a")
    await bench.runner.pause()
    bench.broker.stored[b"a"] = b"7"  # another worker had the partition meanwhile
    bench.broker.committed = 1
    bench.runner.resume()
    await bench.add("a")
    assert bench.broker.stored == {b"a": b"8"}
    assert bench.stage.forgotten == 2


async def test_messages_not_begun_are_forgotten_when_partitions_go() -> None:
    bench = Bench()
    await bench.add("a", last=False)
    await bench.runner.pause()
    bench.offset = 0
    await bench.add("a")
    assert bench.acked == [0]
    assert bench.broker.stored == {b"a": b"1"}


async def test_a_gap_stops_the_worker_before_it_can_commit_past_it() -> None:
    bench = Bench()
    await bench.add("a")
    bench.offset += 1
    with pytest.raises(GapError, match="expected offset 1, got 2"):
        await bench.add("b")
    assert bench.acked == [0]


async def test_a_gap_after_a_restart_is_seen_from_what_was_committed() -> None:
    bench = Bench()
    bench.offset = 21
    with pytest.raises(GapError, match="expected offset 0, got 21"):
        await bench.add("a")


async def test_repeated_messages_are_no_gap_and_compacted_topics_may_have_them() -> None:
    bench = Bench()
    await bench.add("a")
    bench.offset = 0
    await bench.add("a")
    compacted = Bench(may_have_gaps=True)
    compacted.offset = 5
    await compacted.add("a")
    assert (bench.acked, compacted.acked) == ([0, 0], [5])
    assert STORIES.compacted
