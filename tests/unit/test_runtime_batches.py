"""A batch is handled, sent, stored and only then acknowledged; what fails goes to the dead letters, alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from schemas.dead_letters import PAUSED_HEADER
from schemas.topics import CLEAN, DEAD_LETTERS, MAX_MESSAGE_BYTES, OUTLET_STATE, RAW, STORIES
from stream_apps.runtime.batch_runner import PIECE, BatchRunner, Broker, GapError
from stream_apps.runtime.stage_interface import LARGEST, Incoming, Outgoing, Stage
from stream_apps.runtime.state_store import BadRow, Changelog, RowChange, StateStore, StoredRow
from wirecopy.errors import BadInput, ServerError, StageFailing

FORMAT = 3
"""Of the rows of ``Counting``."""


class Diary(Broker):
    """A broker that writes down what happened, in order. ``stored`` is the changelog, formats included."""

    def __init__(self, stored: dict[bytes, bytes] | None = None) -> None:
        self.stored = stored if stored is not None else {}
        self.happened: list[str] = []
        self.sent: list[Outgoing] = []
        self.committed = 0
        self.end = len(self.stored)

    @property
    def counts(self) -> dict[bytes, bytes]:
        """The rows without their format."""
        assert {value[0] for value in self.stored.values()} <= {FORMAT}
        return {key: value[1:] for key, value in self.stored.items()}

    @property
    def reasons(self) -> list[str]:
        """Of the dead letters."""
        return [dict(m.headers)["x-dlq-reason"].decode() for m in self.sent if m.topic is DEAD_LETTERS]

    async def send(self, messages: Sequence[Outgoing]) -> None:
        if messages:
            self.happened.append(f"sent {len(messages)}")
        self.sent += messages

    async def store(self, changes: Sequence[RowChange]) -> Mapping[int, int]:
        self.happened.append(f"stored {len(changes)}")
        for change in changes:
            self.end += 1
            if change.value is None:
                self.stored.pop(change.key, None)
            else:
                self.stored[change.key] = change.value
        return {change.partition: self.end for change in changes}

    async def changelog(self, partition: int) -> Changelog:
        return Changelog("diary", 0, self.end)

    async def restore(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[StoredRow]]:
        self.happened.append("restored")
        yield [StoredRow(key, value, number) for number, (key, value) in enumerate(self.stored.items())]

    async def next_offset(self, topic: str, partition: int) -> int:
        return self.committed


class Counting(Stage):
    """Keeps how often each key was seen and passes messages on; chokes on some, in each of its steps."""

    name = "counting"

    def __init__(self, rows: StateStore) -> None:
        self.rows = rows
        self.forgotten: list[set[int]] = []
        self.shown: list[int] = []
        self.prepared: list[int] = []
        self.batch: list[bytes] = []

    def look_ahead(self, messages: Sequence[Incoming]) -> None:
        self.shown += [message.offset for message in messages]
        if any(message.value == b"unlookable" for message in messages):
            raise ZeroDivisionError("nobody expected this")

    async def prepare(self, messages: Sequence[Incoming]) -> None:
        self.prepared.append(len(messages))
        if any(message.value == b"unpreparable" for message in messages):
            raise ZeroDivisionError("nobody expected this")

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        if message.value == b"refused":
            raise BadInput("no_good", "it says so itself")
        stored = self.rows.get(message.partition, message.key) or b"0"
        if not stored.isdigit():
            raise BadRow(message.partition, message.key, "not a number")
        self.rows.put(message.partition, message.key, b"%d" % (int(stored) + 1))
        if message.value == b"bug":
            raise ZeroDivisionError("nobody expected this")
        self.batch.append(message.value)
        if message.value == b"long":
            return [Outgoing(CLEAN, message.key, bytes(LARGEST))]
        return [Outgoing(CLEAN, message.key, message.value)]

    def finish(self) -> Iterable[Outgoing]:
        batch, self.batch = self.batch, []
        if b"unfinishable" in batch:
            raise BadInput("no_end", "the batch as a whole does not go")
        return ()

    def origin(self, message: Incoming) -> str:
        return message.key.decode().partition("/")[0]

    def forget(self) -> None:
        raise AssertionError("it can forget single partitions")

    def forget_partitions(self, partitions: Collection[int]) -> bool:
        self.batch = []
        self.forgotten.append(set(partitions))
        return True


class Bench:
    """A runner over a diary, with messages numbered as they come."""

    def __init__(
        self,
        broker: Diary | None = None,
        size: int = 100,
        *,
        may_have_gaps: bool = False,
        stage: type[Counting] = Counting,
    ) -> None:
        self.broker = broker or Diary()
        rows = StateStore()
        self.stage = stage(rows)
        self.runner = BatchRunner(
            self.stage,
            rows,
            self.broker,
            size,
            may_have_gaps=may_have_gaps,
            changelog=OUTLET_STATE,
            row_format=FORMAT,
        )
        self.offset = self.broker.committed
        self.acked: list[int] = []

    async def add(self, key: str, value: bytes = b"fine", *, last: bool = True, partition: int = 0) -> None:
        await self.deliver([Incoming(RAW.name, partition, self.offset, key.encode(), value)])
        if last:
            await self.runner.process()

    async def until_acked(self, offset: int) -> None:
        async with asyncio.timeout(10):
            while offset not in self.acked:  # noqa: ASYNC110  # of the runner's task, which tells nobody
                await asyncio.sleep(0)

    async def deliver(self, messages: Sequence[Incoming]) -> None:
        """Add messages that are acknowledged together."""
        offset = messages[-1].offset
        self.offset = offset + 1

        def ack() -> None:
            self.broker.happened.append(f"acked {offset}")
            self.acked.append(offset)

        await self.runner.add(messages, ack)


async def test_nothing_is_acknowledged_before_everything_is_sent_and_stored() -> None:
    bench = Bench()
    await bench.add("a", last=False)
    await bench.add("b")
    assert bench.broker.happened == ["restored", "sent 2", "stored 2", "acked 0", "acked 1"]


class Prolific(Counting):
    """Finishes a batch with many messages, some for each of its own."""

    made = 0

    def finish(self) -> Iterator[Outgoing]:
        batch, self.batch = self.batch, []
        for value in batch:
            for _ in range(2 * PIECE):
                self.made += 1
                yield Outgoing(STORIES, b"story", value)
            if value == b"unfinishable":
                raise ZeroDivisionError("nobody expected this")


async def test_what_a_stage_finishes_with_is_sent_while_it_goes_on() -> None:
    bench = Bench(stage=Prolific)
    made: list[int] = []
    send = bench.broker.send

    async def noting(messages: Sequence[Outgoing]) -> None:
        if messages:
            made.append(bench.stage.made)  # type: ignore[attr-defined]  # that of a prolific stage
        await send(messages)

    bench.broker.send = noting  # type: ignore[method-assign]  # to see when
    await bench.add("a")
    assert made == [PIECE - 1, 2 * PIECE - 1, 2 * PIECE], "the stage had not made more by then"
    assert bench.broker.happened == ["restored", f"sent {PIECE}", f"sent {PIECE}", "sent 1", "stored 1", "acked 0"]


async def test_an_error_after_a_part_was_sent_finds_its_message_and_stores_what_the_others_say() -> None:
    bench = Bench(stage=Prolific)
    await bench.add("a", last=False)
    await bench.add("b", b"unfinishable", last=False)
    await bench.add("c")
    assert bench.broker.reasons == ["unexpected"]
    assert bench.broker.counts == {b"a": b"1", b"c": b"1"}
    assert bench.acked == [0, 1, 2]
    told = [message.value for message in bench.broker.sent if message.topic is CLEAN]
    assert told.count(b"fine") >= 2


@asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[Bench]:
    """The bench, while its runner works through what it is given."""
    task = asyncio.create_task(bench.runner.run())
    try:
        yield bench
    finally:
        task.cancel()


def delivery(first: int, count: int, partition: int = 0) -> list[Incoming]:
    return [Incoming(RAW.name, partition, first + number, b"a", b"fine") for number in range(count)]


async def test_a_batch_has_no_more_messages_than_it_may_have() -> None:
    async with running(Bench(size=5)) as bench:
        for first, count in ((0, 3), (3, 2), (5, 1), (6, 5), (11, 7)):
            await bench.deliver(delivery(first, count))
        await bench.until_acked(17)
    assert (bench.acked, bench.stage.prepared) == ([2, 4, 5, 10, 17], [5, 1, 5, 7]), "one that is too large is alone"


async def test_what_comes_while_a_batch_is_processed_is_shown_to_the_stage_at_once_and_is_the_next_batch() -> None:
    class Slow(Diary):
        async def send(self, messages: Sequence[Outgoing]) -> None:
            if not self.sent:
                await bench.deliver(delivery(1, 1))
                await bench.deliver(delivery(2, 1))
                assert bench.stage.shown == [0, 1, 2]
            await super().send(messages)

    async with running(Bench(Slow())) as bench:
        await bench.deliver(delivery(0, 1))
        await bench.until_acked(2)
    assert bench.stage.prepared == [1, 2]


async def test_a_stage_that_cannot_look_at_what_comes_meets_it_in_its_batch() -> None:
    bench = Bench()
    await bench.add("a", b"unlookable", last=False)
    await bench.add("b")
    assert (bench.acked, len(bench.broker.sent)) == ([0, 1], 2)


async def test_a_lingering_stage_waits_for_more_but_not_where_they_do_not_fit() -> None:
    class Patient(Counting):
        def linger(self, waiting: int) -> float:
            return 0.0 if waiting >= 4 else 60.0

    async with running(Bench(size=4, stage=Patient)) as bench:
        await bench.deliver(delivery(0, 1))
        await bench.deliver(delivery(1, 1))
        await asyncio.sleep(0)
        assert bench.acked == []
        await bench.deliver(delivery(2, 2))
        await bench.until_acked(3)
        await bench.deliver(delivery(4, 3))
        await bench.deliver(delivery(7, 2))
        await bench.until_acked(6)
    assert bench.stage.prepared == [4, 3]


async def test_a_lingering_stage_waits_no_longer_than_it_says_and_for_nothing_without_messages() -> None:
    asked: list[int] = []

    class Patient(Counting):
        def linger(self, waiting: int) -> float:
            asked.append(waiting)
            return 0.02

    async with running(Bench(stage=Patient)) as bench:
        await asyncio.sleep(0)
        assert asked == []
        await bench.deliver(delivery(0, 1))
        await bench.until_acked(0)
    assert (asked, bench.stage.prepared) == ([1], [1])


async def test_one_that_waits_for_room_is_dropped_when_partitions_go() -> None:
    bench = Bench(size=2)
    await bench.deliver(delivery(0, 2))
    waits = asyncio.create_task(bench.deliver(delivery(2, 1)))
    await asyncio.sleep(0)
    await bench.runner.pause()
    await waits
    await bench.runner.process()
    assert bench.acked == []


async def test_messages_that_came_together_are_acknowledged_together() -> None:
    bench = Bench()
    await bench.deliver(delivery(0, 3))
    await bench.runner.process()
    assert bench.broker.happened == ["restored", "sent 3", "stored 1", "acked 2"]


async def test_a_gap_among_messages_that_came_together_stops_the_worker() -> None:
    bench = Bench()
    with pytest.raises(GapError, match="expected offset 2, got 3"):
        await bench.deliver([*delivery(0, 2), *delivery(3, 1)])
    await bench.runner.process()
    assert bench.acked == []


async def test_without_messages_nothing_is_processed() -> None:
    bench = Bench()
    await bench.runner.process()
    assert bench.broker.happened == []


async def test_messages_that_partitions_went_under_are_dropped() -> None:
    """While the batch before them was processed, or while Kafka was asked from where the group reads on."""

    class Asked(Diary):
        async def next_offset(self, topic: str, partition: int) -> int:
            await bench.runner.pause()
            return self.committed

    bench = Bench(Asked())
    await bench.deliver(delivery(7, 1))
    await bench.runner.process()
    assert bench.acked == []


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
    assert bench.broker.counts == {b"a": b"2"}, "counted once each, although the batch was begun twice"
    assert bench.acked == [0, 1, 2]


async def test_state_comes_back_from_the_changelog() -> None:
    first = Bench()
    await first.add("a")
    second = Bench(Diary(first.broker.stored))
    await second.add("a")
    assert second.broker.counts == {b"a": b"2"}


async def test_a_partition_that_another_worker_had_meanwhile_is_read_again() -> None:
    bench = Bench()
    await bench.add("a")
    await bench.runner.pause()
    await bench.broker.store([RowChange(0, b"a", bytes([FORMAT]) + b"7")])  # by the other worker
    bench.broker.committed = 1
    await bench.runner.resume({0})
    await bench.add("a")
    assert bench.broker.counts == {b"a": b"8"}
    assert bench.stage.forgotten == [{0}]


async def test_a_partition_that_stays_through_a_rebalance_is_not_read_again() -> None:
    bench = Bench(may_have_gaps=True)
    await bench.add("a", partition=0)
    await bench.add("b", partition=1)
    bench.broker.happened.clear()
    await bench.runner.pause()
    await bench.runner.resume({1, 2})
    assert bench.stage.forgotten == [{0}]
    await bench.add("b", partition=1)
    assert bench.broker.happened == ["sent 1", "stored 1", "acked 2"]


async def test_messages_not_begun_are_forgotten_when_partitions_go() -> None:
    bench = Bench()
    await bench.add("a", last=False)
    await bench.runner.pause()
    bench.offset = 0
    await bench.add("a")
    assert bench.acked == [0]
    assert bench.broker.counts == {b"a": b"1"}


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


async def test_a_row_of_another_format_stops_the_worker_and_blames_no_message() -> None:
    bench = Bench(Diary({b"a": bytes([FORMAT]) + b"1", b"b": bytes([FORMAT + 1]) + b"1"}))
    await bench.add("a", last=False)
    with pytest.raises(
        BadRow, match=r"outlet-state, partition 0, key b: its format is 4, this version reads 3.*repair"
    ):
        await bench.add("c")
    assert (bench.acked, bench.broker.sent) == ([], [])


async def test_a_bad_row_that_was_overwritten_or_deleted_since_is_none() -> None:
    class Long(Diary):
        async def restore(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[StoredRow]]:
            yield [StoredRow(b"a", b"", 0), StoredRow(b"b", b"\x09", 1)]
            yield [StoredRow(b"a", bytes([FORMAT]) + b"4", 2), StoredRow(b"b", None, 3)]

    bench = Bench(Long())
    await bench.add("a", last=False)
    await bench.add("b")
    assert bench.broker.counts == {b"a": b"5", b"b": b"1"}


async def test_a_row_that_the_stage_cannot_read_stops_the_worker_and_blames_no_message() -> None:
    bench = Bench(Diary({b"a": bytes([FORMAT]) + b"one"}))
    await bench.add("b", last=False)
    with pytest.raises(BadRow, match=r"outlet-state, partition 0, key a: not a number.*wirecopy state rebuild"):
        await bench.add("a")
    assert (bench.acked, bench.broker.sent) == ([], [])


@pytest.mark.parametrize(
    ("value", "reason"),
    [(b"unpreparable", "unexpected"), (b"bug", "unexpected"), (b"unfinishable", "no_end"), (b"long", "too_large")],
)
async def test_an_error_anywhere_finds_its_message(value: bytes, reason: str) -> None:
    bench = Bench()
    for number in range(31):
        await bench.add(f"outlet/{number}", last=False)
    await bench.add("outlet/bad", value, last=False)
    await bench.add("outlet/31")
    passed = [message.key for message in bench.broker.sent if message.topic is CLEAN]
    assert passed == [b"outlet/%d" % number for number in range(32)], "each once and in order"
    assert bench.broker.reasons == [reason]
    assert len(bench.broker.counts) == 32
    assert bench.acked == list(range(33))
    assert len(bench.stage.prepared) <= 14, "by halving, not one by one"


async def test_an_error_that_is_no_messages_fault_ends_the_worker() -> None:
    class Away(Counting):
        async def prepare(self, messages: Sequence[Incoming]) -> None:
            raise ServerError("the index is not there")

    bench = Bench()
    bench.runner.stage = Away(StateStore())
    with pytest.raises(ServerError):
        await bench.add("a")
    assert (bench.acked, bench.broker.sent) == ([], [])


async def test_a_dead_letter_fits_into_kafka() -> None:
    bench = Bench()
    bench.broker.committed = 0

    class Refusing(Counting):
        def handle(self, message: Incoming) -> Sequence[Outgoing]:
            raise BadInput("no_good", "x" * 10_000)

    bench.runner.stage = Refusing(StateStore())
    await bench.add("a", bytes(MAX_MESSAGE_BYTES - 100))
    (letter,) = bench.broker.sent
    assert dict(letter.headers)["x-dlq-cut"] == b"%d" % (MAX_MESSAGE_BYTES - 100)
    assert len(letter.value) + sum(len(n) + len(v) for n, v in letter.headers) <= LARGEST


@pytest.mark.parametrize("value", [b"bug", b"refused"])
async def test_a_stage_that_fails_on_everything_stops_and_has_sent_nothing_to_the_dead_letters(value: bytes) -> None:
    bench = Bench()
    for number in range(60):
        await bench.add(f"outlet{number % 3}/{number}", value, last=False)
    with pytest.raises(StageFailing, match="20 messages in a row, of 3 outlets"):
        await bench.add("outlet0/60", value)
    assert (bench.acked, bench.broker.sent) == ([], [])


async def test_a_flood_of_one_outlet_does_not_stop_the_others() -> None:
    async with running(Bench(size=10)) as bench:
        for number in range(400):
            await bench.add(f"flood/{number}", b"bug", last=False)
            if number % 10 == 0:
                await bench.add(f"good/{number}", last=False)
        await bench.add("good/last", last=False)
        await bench.until_acked(bench.offset - 1)
    assert sum(message.topic is CLEAN for message in bench.broker.sent) == 41
    assert len(bench.acked) == 441
    reasons = bench.broker.reasons
    assert (len(reasons), reasons.count("unexpected") < 70) == (400, True), "most of it is not even tried"


async def test_a_paused_outlet_goes_on_with_its_first_good_message() -> None:
    bench = Bench()
    for number in range(20):
        await bench.add(f"flood/{number}", b"bug")
    for number in range(10):
        await bench.add(f"flood/{number}")
    assert bench.broker.reasons.count("outlet_paused") == 9
    letters = [dict(message.headers) for message in bench.broker.sent if message.topic is DEAD_LETTERS]
    assert [letter.get(PAUSED_HEADER) for letter in letters] == [None] * 19 + [b"flood"] * 10
    await bench.add("flood/now", b"fine")
    assert bench.broker.sent[-1].topic is CLEAN
