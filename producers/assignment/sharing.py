"""Ownership of feeds by Kafka: membership and topic changes, brought into the producer's event loop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from producers.assignment.changelog_reader import ChangelogReader
from producers.assignment.membership import Membership
from producers.assignment.ownership import Broken, Event, GivenUp, Pushed, Shared
from wirecopy.errors import WirecopyError
from wirecopy.settings import Settings


class Offsets:
    """Offsets of the pushes of one partition that are being handled. Pure."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._next = 0

    def begun(self, offset: int) -> None:
        self._open.add(offset)
        self._next = max(self._next, offset + 1)

    def ended(self, offset: int) -> int:
        """Return the offset before which every push is handled."""
        self._open.discard(offset)
        return min(self._open, default=self._next)


class SharedFeeds:
    """``Ownership`` in Kafka. Create it in the loop that awaits its events, ``start`` it once."""

    def __init__(self, settings: Settings) -> None:
        self.writer = secrets.token_hex(8)
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._terms: dict[int, int] = {}
        self._term = 0
        self._offsets: dict[int, Offsets] = {}
        self._reader = ChangelogReader(settings.kafka, self.writer, self._emit, self._end)
        self._membership = Membership(
            settings,
            assigned=self._assigned,
            asked=self._asked,
            lost=self._lost,
            shared=lambda own, total: self._emit(Shared(own, total)),
            broken=self._end,
        )

    def start(self) -> None:
        self._reader.start()
        self._membership.start()

    async def next_event(self) -> Event:
        while True:
            event = await self._queue.get()
            if isinstance(event, GivenUp | Shared | Broken):
                return event
            # What is told of a partition that has gone meanwhile, or is ours for a second time, does not hold.
            if self._terms.get(event.partition) == event.term:
                if isinstance(event, Pushed):
                    self._offsets.setdefault(event.partition, Offsets()).begun(event.offset)
                return event

    def lease_valid(self) -> bool:
        return self._membership.lease_valid()

    def handled(self, push: Pushed) -> None:
        if push.term == self._terms.get(push.partition) and push.partition in self._offsets:
            self._membership.commit({push.partition: self._offsets[push.partition].ended(push.offset)})
            self._reader.handled(push.partition, push.term)

    async def close(self) -> None:
        await asyncio.to_thread(self._membership.stop)
        await asyncio.to_thread(self._reader.stop)

    # ---- in other threads -------------------------------------------------------------------------------------

    def _emit(self, event: Event) -> None:
        self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    def _end(self, error: WirecopyError) -> None:
        self._emit(Broken(error))

    def _assigned(self, partitions: frozenset[int]) -> None:
        for partition in sorted(partitions):
            self._term += 1
            self._terms[partition] = self._term
            self._offsets.pop(partition, None)
            self._reader.follow(partition, self._term)

    def _asked(self, partitions: frozenset[int], finished: Callable[[], None]) -> None:
        def done() -> None:
            self._leave(partitions)
            finished()

        self._emit(GivenUp(partitions, done))

    def _lost(self, partitions: frozenset[int]) -> None:
        self._leave(partitions)
        self._emit(GivenUp(partitions, None))

    def _leave(self, partitions: frozenset[int]) -> None:
        for partition in partitions:
            self._terms.pop(partition, None)
            self._reader.leave(partition)
