"""Messages in small batches: handle, send, store, acknowledge, in this order.

A batch is what has arrived by the time the last one was done, so an idle stage answers at once and a busy one awaits
the brokers once for many messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from schemas import dead_letters
from schemas.records import RecordError
from schemas.topics import DEAD_LETTERS
from stream_apps.runtime import metrics
from stream_apps.runtime.messages import Incoming, Outgoing, Stage
from stream_apps.runtime.rows import Change, Rows
from wirecopy import telemetry
from wirecopy.errors import BadInput

log = telemetry.logger("runtime")


class Broker(Protocol):
    """The way out, and back. ``send`` and ``store`` return once the brokers have acknowledged everything, or raise."""

    async def send(self, messages: Sequence[Outgoing]) -> None: ...

    async def store(self, changes: Sequence[Change]) -> None: ...

    async def restore(self, partition: int) -> dict[bytes, bytes]:
        """The rows of a partition as the changelog has them; none where the stage has no state."""

    async def next_offset(self, topic: str, partition: int) -> int:
        """Where the group has to go on reading: at what it has committed, or else at the beginning."""


class GapError(Exception):
    """Messages were passed over. Processing what follows would let the group commit past them."""


class BatchRunner:
    """Feeds one stage. ``add`` takes a message and, with the last one that is there, processes the batch."""

    def __init__(self, stage: Stage, rows: Rows, broker: Broker, size: int, *, may_have_gaps: bool = False) -> None:
        self.stage = stage
        self._rows = rows
        self._broker = broker
        self._size = size
        self._may_have_gaps = may_have_gaps
        self._waiting: list[tuple[Incoming, Callable[[], object]]] = []
        self._expected: dict[tuple[str, int], int] = {}
        self._busy = asyncio.Lock()

    async def add(self, message: Incoming, ack: Callable[[], object], *, last: bool) -> None:
        await self._check_order(message)
        self._waiting.append((message, ack))
        if last or len(self._waiting) >= self._size:
            async with self._busy:
                await self._process()

    def patience(self) -> float:
        """Seconds to wait for another message before the one that was just taken is added as the last of its batch."""
        count = len(self._waiting) + 1
        return self.stage.linger(count) if count < self._size else 0.0

    async def pause(self) -> None:
        """Wait for the batch under way, and forget those not begun: their partitions may be another's now."""
        async with self._busy:
            self._give_up()

    def resume(self) -> None:
        """Partitions were assigned: whatever is known in memory may be old."""
        self._give_up()

    def _give_up(self) -> None:
        self._waiting.clear()
        self._expected.clear()
        self._rows.drop()
        self.stage.forget()

    async def _check_order(self, message: Incoming) -> None:
        """Every message of a topic that is not compacted comes after the one before; repeated ones may come again."""
        place = (message.topic, message.partition)
        expected = self._expected.get(place)
        if expected is None:
            expected = await self._broker.next_offset(*place)
        if message.offset > expected and not self._may_have_gaps:
            raise GapError(f"{message.topic}-{message.partition}: expected offset {expected}, got {message.offset}")
        self._expected[place] = max(expected, message.offset + 1)

    async def _process(self) -> None:
        batch, self._waiting = self._waiting, []
        messages = [message for message, _ in batch]
        with metrics.batch_seconds.labels(self.stage.name).time():
            try:
                await self._together(messages)
            except _UnexpectedError:
                for message in messages:
                    await self._alone(message)
        for _, ack in batch:
            ack()
        metrics.messages.labels(self.stage.name).inc(len(batch))
        metrics.last_progress.labels(self.stage.name).set_to_current_time()

    async def _together(self, messages: Sequence[Incoming]) -> None:
        for partition in {message.partition for message in messages}:
            if not self._rows.is_loaded(partition):
                self._rows.load(partition, await self._broker.restore(partition))
        await self.stage.prepare(messages)
        outgoing: list[Outgoing] = []
        for message in messages:
            outgoing += self._handle(message)
        outgoing += self._guarded(self.stage.finish)
        await self._finish(outgoing)

    async def _alone(self, message: Incoming) -> None:
        """One message by itself, after a batch met an error that nobody expected: to the dead letters with it."""
        try:
            await self._together([message])
        except _UnexpectedError as error:
            detail = f"{type(error.cause).__name__}: {error.cause}"
            log.exception("message failed", stage=self.stage.name, reason="unexpected", detail=detail)
            await self._finish([_dead_letter(self.stage.name, message, "unexpected", detail)])

    async def _finish(self, outgoing: Sequence[Outgoing]) -> None:
        await self._broker.send(outgoing)
        changes = self._rows.take_changes()
        if changes:
            await self._broker.store(changes)
            self._rows.commit()

    def _handle(self, message: Incoming) -> Sequence[Outgoing]:
        try:
            return self._guarded(lambda: self.stage.handle(message))
        except (BadInput, RecordError) as error:
            reason = error.reason if isinstance(error, BadInput) else "schema"
            log.warning("message refused", stage=self.stage.name, reason=reason, detail=str(error))
            return [_dead_letter(self.stage.name, message, reason, str(error))]

    def _guarded(self, work: Callable[[], Sequence[Outgoing]]) -> Sequence[Outgoing]:
        """Do some of the stage's work; after an error that it does not know, nothing of the batch has happened."""
        try:
            return work()
        except (BadInput, RecordError):
            raise
        except Exception as error:
            self._rows.roll_back()
            self.stage.forget()
            raise _UnexpectedError(error) from error


class _UnexpectedError(Exception):
    """A stage failed in a way that it does not know; its changes were rolled back."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _dead_letter(stage: str, message: Incoming, reason: str, detail: str) -> Outgoing:
    metrics.dead_letters.labels(stage, reason).inc()
    return Outgoing(
        DEAD_LETTERS,
        message.key,
        message.value,
        headers=dead_letters.headers(stage, reason, detail, message.topic),
    )
