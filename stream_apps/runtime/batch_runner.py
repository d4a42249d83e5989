"""Messages in small batches: handle, send, store, acknowledge, in this order, or stop before it.

What follows from a batch is sent in pieces, so that the next stage has work while this one finishes the batch.

A batch has the messages that arrived while the last one was processed: an idle stage answers at once, a busy one awaits
the brokers once for many messages. What arrives is shown to the stage at once, so that slow work for it runs meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from itertools import chain, islice
from typing import Final, Protocol

from schemas.record import RecordError
from schemas.topics import Topic
from stream_apps.runtime import metrics
from stream_apps.runtime.dead_lettering import DeadLettering
from stream_apps.runtime.stage_interface import LARGEST, Incoming, Outgoing, Stage
from stream_apps.runtime.state_store import BadRow, Changelog, RowChange, StateStore, StoredRow, seal, unseal
from wirecopy import tracing
from wirecopy.errors import BadInput, WirecopyError
from wirecopy.monitoring.heartbeat import Heartbeat
from wirecopy.monitoring.process_metrics import LAST_PROGRESS

PIECE: Final = 200
"""Messages that are sent at once."""


class Broker(Protocol):
    """Access to Kafka. ``send`` and ``store`` return once the brokers have acknowledged everything, or raise."""

    async def send(self, messages: Sequence[Outgoing]) -> None: ...

    async def store(self, changes: Sequence[RowChange]) -> Mapping[int, int]:
        """Write rows. Returns for each of their partitions the next offset of its changelog."""

    async def changelog(self, partition: int) -> Changelog:
        """Return the changelog of a partition as it is now; an empty one where the stage has no state."""

    def restore(self, partition: int, start: int, end: int) -> AsyncIterator[Sequence[StoredRow]]:
        """Yield the rows of a partition from one offset to another, in the order of writing."""

    async def next_offset(self, topic: str, partition: int) -> int:
        """Return the offset from which the group reads on: the committed one, or the beginning."""


class GapError(Exception):
    """Messages were skipped. Processing the next ones would let the group commit past them."""


class BatchRunner:
    """Runs one stage. ``add`` takes messages; ``run`` works through those that it was given, in a task of its own."""

    def __init__(
        self,
        stage: Stage,
        rows: StateStore,
        broker: Broker,
        size: int,
        *,
        may_have_gaps: bool = False,
        changelog: Topic | None = None,
        row_format: int = 1,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self.stage = stage
        self.heartbeat = heartbeat or Heartbeat()
        stage.alive = self.heartbeat.beat
        self._rows = rows
        self._broker = broker
        self._size = size
        self._may_have_gaps = may_have_gaps
        self._changelog = changelog.name if changelog else "state"
        self._format = row_format
        self._dead_lettering = DeadLettering(stage)
        self._waiting: list[tuple[Sequence[Incoming], Callable[[], object]]] = []
        """Messages, and what acknowledges them."""
        self._added = asyncio.Event()
        self._taken = asyncio.Event()
        self._full = False
        """Whether messages wait for room: the next batch waits for no more."""
        self._expected: dict[tuple[str, int], int] = {}
        self._held: Callable[[], object] | None = None
        """Acknowledges the last message, after which the stage has more to do."""
        self._busy = asyncio.Lock()
        self.restoring: set[int] = set()
        """Partitions whose rows are being read."""
        self._generation = 0
        self._spans = tracing.NONE
        """Of the batch under way."""

    async def add(self, messages: Sequence[Incoming], ack: Callable[[], object]) -> None:
        """Take messages that follow one another in a partition; ``ack`` acknowledges all of them.

        Waits while as many wait as fit into a batch.
        """
        generation = self._generation
        while self._waiting and self._count() + len(messages) > self._size:
            self._full = True
            self._added.set()
            self._taken.clear()
            await self._taken.wait()
        expected = await self._expected_offset(messages[0]) if generation == self._generation else 0
        if generation != self._generation:
            return  # partitions went meanwhile: whoever has this one now gets the messages again
        self._check_order(messages, expected)
        self._waiting.append((messages, ack))
        with suppress(Exception):  # `prepare` meets it too, and finds the message that causes it
            self.stage.look_ahead(messages)
        self._added.set()

    async def run(self) -> None:
        """Process what is added, batch after batch, until cancelled."""
        while True:
            await self._gather()
            await self.process()

    async def _gather(self) -> None:
        """Wait for messages, then for further ones as long as the stage lingers."""
        while not self._waiting:
            self._added.clear()
            await self._added.wait()
        while (seconds := self._patience()) > 0:
            self._added.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._added.wait()
            except TimeoutError:
                return

    async def process(self) -> None:
        """Process all that waits, as one batch."""
        async with self._busy:
            waiting = self._take()
            if waiting:
                await self._process(waiting)

    async def go_on(self) -> None:
        """Do some of the stage's deferred work. Call it repeatedly while no message comes."""
        if self._held is None or self._busy.locked():
            return
        async with self._busy:
            with self.heartbeat.batch():
                await self._finish(self._results())
            self._acknowledge([])

    def _acknowledge(self, acks: Sequence[Callable[[], object]]) -> None:
        """Acknowledge in order; the last one only when the stage has nothing left to do."""
        waiting = [*([self._held] if self._held else []), *acks]
        self._held = waiting.pop() if waiting and self.stage.unfinished else None
        for ack in waiting:
            ack()

    def _patience(self) -> float:
        """Return the seconds to wait for further messages before those that wait are processed."""
        count = self._count()
        return self.stage.linger(count) if 0 < count < self._size and not self._full else 0.0

    def _take(self) -> list[tuple[Sequence[Incoming], Callable[[], object]]]:
        waiting, self._waiting = self._waiting, []
        self._full = False
        self._taken.set()
        return waiting

    def _count(self) -> int:
        return sum(len(messages) for messages, _ in self._waiting)

    async def pause(self) -> None:
        """Wait for the current batch and drop those not begun: other workers may own their partitions now."""
        async with self._busy:
            self._generation += 1
            self._held = None
            self._take()
            self._expected.clear()

    async def resume(self, partitions: Collection[int]) -> None:
        """Continue with these partitions. Keeps rows that it had before and that nobody has written to since."""
        async with self._busy:
            lost = {p for p in self._rows.partitions if p not in partitions or not await self._is_current(p)}
            if lost:
                self._rows.drop(lost)
                self._forget(lost)

    async def _is_current(self, partition: int) -> bool:
        return self._rows.position(partition) == (await self._broker.changelog(partition)).end

    async def _expected_offset(self, first: Incoming) -> int:
        """Return the next offset of a message's partition; at first the one from which the group reads on."""
        expected = self._expected.get((first.topic, first.partition))
        return await self._broker.next_offset(first.topic, first.partition) if expected is None else expected

    def _check_order(self, messages: Sequence[Incoming], expected: int) -> None:
        """Check that no message of a topic that is not compacted was skipped; repeated ones are allowed."""
        for message in messages:
            if message.offset > expected and not self._may_have_gaps:
                raise GapError(f"{message.topic}-{message.partition}: expected offset {expected}, got {message.offset}")
            expected = max(expected, message.offset + 1)
        self._expected[messages[0].topic, messages[0].partition] = expected

    async def _process(self, waiting: Sequence[tuple[Sequence[Incoming], Callable[[], object]]]) -> None:
        batch = [message for messages, _ in waiting for message in messages]
        with metrics.BATCH_SECONDS.labels(self.stage.name).time(), self.heartbeat.batch():
            await self._process_messages(batch)
        self._acknowledge([ack for _, ack in waiting])
        metrics.MESSAGES.labels(self.stage.name).inc(len(batch))
        for topic, partition in {(messages[0].topic, messages[0].partition) for messages, _ in waiting}:
            LAST_PROGRESS.labels(self.stage.name, topic, partition).set_to_current_time()

    async def _process_messages(self, messages: Sequence[Incoming]) -> None:
        places = ((message.topic, message.partition, message.offset, message.headers) for message in messages)
        with tracing.go_on(self.stage.name, places) as self._spans:
            letters = await self._work_through(messages)
            self._dead_lettering.stop_if_failing()
            await self._broker.send(letters)
        self._spans = tracing.NONE

    async def _work_through(self, messages: Sequence[Incoming]) -> list[Outgoing]:
        """Process the messages of outlets that are not paused. Returns all dead letters, unsent."""
        letters = []
        tried = []
        for message in messages:
            if self._dead_lettering.skips(message):
                letters.append(self._dead_lettering.skipped(message))
            else:
                tried.append(message)
        return letters + (await self._work(tried) if tried else [])

    async def _work(self, messages: Sequence[Incoming]) -> list[Outgoing]:
        """Process messages together.

        Where that fails, each half by itself, down to the message that causes the error.
        """
        failed = None
        try:
            return await self._together(messages)
        except _FailedError as failure:
            failed = failure.cause
        # Outside of the block above, or each error would carry all those of the larger halves.
        self._undo(messages)
        if len(messages) == 1:
            return [self._dead_lettering.refused(messages[0], failed)]
        half = len(messages) // 2
        return await self._work(messages[:half]) + await self._work(messages[half:])

    async def _together(self, messages: Sequence[Incoming]) -> list[Outgoing]:
        await self._load({message.partition for message in messages})
        try:
            await self.stage.prepare(messages)
        except Exception as error:
            raise self._ends_process_or_fails_message(error) from error
        outgoing: list[Outgoing] = []
        refused: list[tuple[Incoming, Exception]] = []
        for message in messages:
            try:
                outgoing += self.stage.handle(message)
            except (BadInput, RecordError) as error:
                refused.append((message, error))
            except Exception as error:
                raise self._ends_process_or_fails_message(error) from error
        await self._finish(chain(outgoing, self._results()))
        self._dead_lettering.count_good(messages, [message for message, _ in refused])
        return [self._dead_lettering.refused(message, error) for message, error in refused]

    async def _load(self, partitions: Collection[int]) -> None:
        for partition in partitions:
            if self._rows.is_loaded(partition):
                continue
            self.restoring.add(partition)
            try:
                with metrics.RESTORE_SECONDS.labels(self.stage.name).time():
                    await self._restore(partition)
            finally:
                self.restoring.discard(partition)

    async def _restore(self, partition: int) -> None:
        changelog = await self._broker.changelog(partition)
        start = self._rows.begin(partition, changelog)
        bad: dict[bytes, BadRow] = {}
        stored_rows = self._broker.restore(partition, start, changelog.end)
        async with aclosing(stored_rows) as batches:  # type: ignore[type-var]
            async for stored in batches:
                self.heartbeat.beat()
                rows = [self._unsealed(partition, row, bad) for row in stored]
                self._rows.take_in(partition, rows, whole=not bad)
        for error in bad.values():
            raise error
        self._rows.ready(partition, changelog.end)

    def _unsealed(self, partition: int, row: StoredRow, bad: dict[bytes, BadRow]) -> StoredRow:
        """Return the row without its format byte. A bad row is noted until a later one overwrites it."""
        bad.pop(row.key, None)
        try:
            return unseal(self._format, partition, row, self._changelog)
        except BadRow as error:
            bad[row.key] = error
            return row._replace(value=None)

    def _results(self) -> Iterator[Outgoing]:
        """Yield what the stage finishes a batch with. Raises ``_FailedError``, or an error that ends the process."""
        try:
            yield from self.stage.finish()
        except Exception as error:
            raise self._ends_process_or_fails_message(error) from error

    async def _finish(self, outgoing: Iterable[Outgoing]) -> None:
        waiting = iter(outgoing)
        while piece := list(islice(waiting, PIECE)):
            _refuse_too_large_messages(piece)
            await self._broker.send(self._spans.carried(piece))
        changes = self._rows.take_changes()
        _refuse_too_large_rows(changes)
        if changes:
            sealed = [RowChange(c.partition, c.key, seal(self._format, c.value)) for c in changes]
            self._rows.commit(await self._broker.store(sealed))

    def _ends_process_or_fails_message(self, error: Exception) -> Exception:
        """Classify an error of the stage.

        It ends the process where no message can be its cause, else it fails the message.
        """
        if isinstance(error, BadRow):
            return BadRow(error.partition, error.key, error.detail, self._changelog)
        if isinstance(error, (WirecopyError, MemoryError)) and not isinstance(error, BadInput):
            return error
        return _FailedError(error)

    def _undo(self, messages: Sequence[Incoming]) -> None:
        """Undo the batch: roll back its rows and drop what the stage derived from them."""
        self._forget({message.partition for message in messages})

    def _forget(self, partitions: Collection[int]) -> None:
        alone = self.stage.forget_partitions(partitions)
        self._rows.roll_back(partitions if alone else None)


class _FailedError(Exception):
    """A stage failed on a batch: some message of it causes the error."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _refuse_too_large_messages(messages: Iterable[Outgoing]) -> None:
    """Raise ``_FailedError`` for a message that is too large for Kafka, so that its cause is searched for."""
    for message in messages:
        size = len(message.key) + len(message.value) + sum(len(n) + len(v) for n, v in message.headers)
        if size > LARGEST:
            detail = f"a message to {message.topic.name} would have {size} bytes, Kafka takes {LARGEST}"
            raise _FailedError(BadInput("too_large", detail))


def _refuse_too_large_rows(changes: Iterable[RowChange]) -> None:
    """Raise ``_FailedError`` likewise for a row."""
    for change in changes:
        size = len(change.key) + len(change.value or b"")
        if size > LARGEST:
            raise _FailedError(BadInput("too_large", f"a row would have {size} bytes, Kafka takes {LARGEST}"))
