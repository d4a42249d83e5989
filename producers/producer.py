"""The producer's loop: polls each of its feeds when due, and gives feeds up when asked.

``Producer`` is given everything it uses, so that tests run it without a network. Which feeds are its own it is told by
``Ownership``; ``membership`` says how several processes share them. Inside the process moments are those of a clock
that is never set back; dates stand in states only.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from producers import metrics
from producers.assignment.feed_scheduler import FeedScheduler
from producers.assignment.membership import handover
from producers.assignment.ownership import (
    Broken,
    Event,
    FeedPut,
    FeedRemoved,
    GivenUp,
    Ownership,
    Pushed,
    Shared,
    StaleState,
    TakenOver,
)  # fmt: skip
from producers.assignment.tracking import Tracked
from producers.messages import STAGE
from producers.poller import Poller, Ports
from wirecopy.errors import ServerError, WirecopyError
from wirecopy.monitoring.health import Check
from wirecopy.monitoring.heartbeat import Heartbeat
from wirecopy.monitoring.process_metrics import LAST_PROGRESS, PARTITIONS
from wirecopy.settings import Settings
from wirecopy.telemetry import logger

_TICK = 1.0
"""Seconds at most until the loop looks around."""
_LEASE_CHECK = 0.1
"""Seconds between two looks whether our feeds are still ours, while polls are due and that is in doubt."""
_STALLED = 60.0
"""Seconds without a round of the loop after which the process counts as hanging."""
_FINISH = 30.0
"""Seconds that polls under way are given when the process is asked to end."""
_JOINING = 5.0
"""Seconds beyond the session timeout that ``once`` waits for partitions which others have had."""


@dataclass
class LeaseLoss:
    """When it was last certain that our feeds are ours, on the producer's clock, and whether we have said that it is
    not any more.
    """

    certain_at: float
    said: bool = False

    def lasts(self, now: float) -> float:
        return round(now - self.certain_at, 1)


class Producer:
    """Polls its own feeds. ``run`` ends with ``stop`` or, with ``once``, when each was polled once.

    Every feed that is ours is in the agenda: its turn is taken from there and given back there, in one place each.
    """

    def __init__(
        self,
        settings: Settings,
        ports: Ports,
        ownership: Ownership,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause_host: Callable[[str, float], None] = lambda _host, _seconds: None,
    ) -> None:
        self._settings = settings.producer
        self._ownership = ownership
        self._clock = clock
        self._pause_host = pause_host
        self.scheduler = FeedScheduler(settings.producer, ports, clock)
        self._agenda = self.scheduler.agenda
        self._poller = Poller(settings, ports, self.scheduler.tracking, ownership)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._handovers: set[asyncio.Task[None]] = set()
        self._leaving: set[int] = set()
        self._patient_until: float | None = None
        self._measured = clock() - _TICK
        self._lease_loss = LeaseLoss(clock())
        self._error: WirecopyError | None = None
        self._heartbeat = Heartbeat(clock)
        self._stopped = asyncio.Event()
        self._wake = asyncio.Event()
        self._log = logger("producer")

    def stop(self) -> None:
        """Begin no more polls."""
        self._stopped.set()
        self._wake.set()

    async def run(self, *, once: bool = False) -> None:
        """Poll until stopped. Raises the error that ended the ownership of the feeds, if any."""
        self.scheduler.at_once = once
        listening = asyncio.create_task(self._listen(), name="ownership")
        try:
            while not self._stopped.is_set() and not (once and self._everything_polled()):
                self.scheduler.log_taken_over()
                self._start_due()
                self._measure()
                await self._rest()
            await self._finish()
            await self._ownership.close()
        finally:
            tasks = [listening, *self._handovers, *self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if self._error is not None:
            raise self._error

    # ---- what others are told -----------------------------------------------------------------------------------

    def alive(self) -> list[Check]:
        """Whether the loop makes progress. It waits neither for feeds nor for Kafka, so only a fault can stop it."""
        silent = self._heartbeat.silent_for()
        return [Check("progress", silent < _STALLED, f"the loop went round {silent:.0f} s ago")]

    def ready(self) -> list[Check]:
        """Whether the group has assigned us our share, and its states are read."""
        shared, read = self.scheduler.shared, sorted(self.scheduler.tracking.partitions)
        own = 0 if shared is None else shared.own
        ours = shared is not None and self._ownership.lease_valid()
        said = f"{', '.join(map(str, read)) or 'none'} of feeds" if ours else "not confirmed by the group"
        return [
            Check("state", len(read) >= own, f"feeds and states of {len(read)} of {own} partitions are read"),
            Check("partitions", ours, said),
        ]

    # ---- polling ----------------------------------------------------------------------------------------------

    def _start_due(self) -> None:
        """Start as many due polls as there is room for; none while our ownership is uncertain."""
        while self._has_place() and self._ownership.lease_valid():
            name = self._agenda.take(self._clock())
            if name is None:
                return
            tracked = self.scheduler.tracking.get(name)
            assert tracked is not None, "what is no longer ours is discarded first"
            self._running[name] = asyncio.create_task(self._turn(tracked), name=name)

    def _has_place(self) -> bool:
        return self._agenda.running < self._settings.concurrency

    async def _turn(self, tracked: Tracked) -> None:
        """Run a turn of a feed, and schedule its next one."""
        feed, started = tracked.feed.id, self._clock()
        again_at: float | None = None
        try:
            turn = await self._poller.turn(tracked)
            if turn is not None:
                again_at = self.scheduler.next_poll(tracked, turn, started)
                self._spare(tracked, turn.host_pause)
        except ServerError as error:
            self._log.warning("not published before the end; it will be polled again", feed=feed, why=str(error))
            again_at = self._much_later(started)
        except Exception:  # noqa: BLE001
            # A bug of ours met one feed: it must not take the others with it. The state has not moved.
            self._log.exception("polling failed", feed=feed)
            again_at = self._much_later(started)
        finally:
            del self._running[feed]
            self._agenda.done(feed, again_at)
            self._wake.set()

    def _much_later(self, started: float) -> float | None:
        return None if self.scheduler.at_once else started + self._settings.max_interval

    def _spare(self, tracked: Tracked, seconds: float | None) -> None:
        """Pause all feeds of the feed's host for so long."""
        host = None if seconds is None else self.scheduler.host(tracked)
        if seconds is not None and host is not None:
            self._pause_host(host, seconds)
            self._agenda.close_host(host, self._clock() + seconds)

    def _everything_polled(self) -> bool:
        shared = self.scheduler.shared
        if shared is None or self._patient_until is None or len(self.scheduler.tracking.partitions) < shared.own:
            return False
        settled = self.scheduler.are_complete() or self._clock() > self._patient_until
        return settled and not len(self._agenda)

    async def _rest(self) -> None:
        """Sleep until the next feed is due, a turn ends, an event comes, or a tick has passed."""
        seconds, next_at = _TICK, self._agenda.next_at()
        if next_at is not None and self._has_place():
            soonest = 0.0 if self._ownership.lease_valid() else _LEASE_CHECK
            seconds = min(max(next_at - self._clock(), soonest), _TICK)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    def _measure(self) -> None:
        if self._clock() - self._measured >= _TICK:
            self._measured = self._clock()
            self._heartbeat.beat()
            LAST_PROGRESS.labels(STAGE, "", "").set_to_current_time()
            self.scheduler.measure()
            self._report_lease_loss()

    def _report_lease_loss(self) -> None:
        """Log a lasting loss of the lease, which stops polling: once, and its end."""
        certain = self._ownership.lease_valid() or not self.scheduler.tracking.partitions
        if certain and self._lease_loss.said:
            self._log.info("it is certain again that our feeds are ours", seconds=self._lease_loss.lasts(self._clock()))
        if certain:
            self._lease_loss = LeaseLoss(self._clock())
        elif not self._lease_loss.said and self._lease_loss.lasts(self._clock()) > self._settings.session_timeout:
            self._lease_loss.said = True
            self._log.warning("nothing is polled: Kafka does not confirm that our feeds are still ours")

    async def _finish(self) -> None:
        running = list(self._running.values())
        if not running:
            return
        self._log.info("stopping; finishing what is under way", polls=len(running))
        _, pending = await asyncio.wait(running, timeout=_FINISH)
        for task in pending:
            task.cancel()

    # ---- ownership --------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            event = await self._ownership.next_event()
            try:
                self._heed(event)
            except Exception as error:  # noqa: BLE001  # a producer that does not know its feeds must not go on
                self._log.exception("what was told of our feeds cannot be heeded")
                self._end(ServerError(f"what was told of our feeds cannot be heeded: {type(error).__name__}: {error}"))
            self._wake.set()

    def _end(self, error: WirecopyError) -> None:
        self._error = self._error or error
        self.stop()

    def _heed(self, event: Event) -> None:
        match event:
            case GivenUp():
                self._begin_to_leave(event)
            case Shared():
                self._share(event)
            case Broken():
                self._end(event.error)
            case _ if event.partition in self._leaving:
                pass  # the next owner reads it in the topics, where a push stays until it is committed
            case TakenOver():
                self.scheduler.take_over(event)
            case FeedPut() | FeedRemoved() | StaleState():
                self.scheduler.change(event)
            case Pushed():
                if self.scheduler.hear(event):
                    self._ownership.handled(event)

    def _begin_to_leave(self, event: GivenUp) -> None:
        """Start no new poll for these partitions from now on, not only once the task runs."""
        self._leaving |= event.partitions
        names = self.scheduler.tracking.names(event.partitions)
        for name in names:
            self._agenda.discard(name)
        task = asyncio.create_task(self._give_up(event, names), name="handover")
        self._handovers.add(task)
        task.add_done_callback(self._handovers.discard)

    def _share(self, shared: Shared) -> None:
        if self._patient_until is None:
            self._patient_until = self._clock() + self._settings.session_timeout + _JOINING
        self.scheduler.shared = shared
        PARTITIONS.labels(STAGE).set(shared.total)
        if not shared.own:
            self._log.info("none of the feeds is ours: there are producers enough", partitions=shared.total)

    async def _give_up(self, event: GivenUp, names: list[str]) -> None:
        """Finish polls under way while the others can wait; drop lost partitions at once."""
        tasks = [self._running[name] for name in names if name in self._running]
        if tasks and event.done is not None:
            await asyncio.wait(tasks, timeout=handover(self._settings.session_timeout))
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.scheduler.give_up(event.partitions, names)
        self._leaving -= event.partitions
        text, kind = ("feeds lost", "lost") if event.done is None else ("feeds given up", "given_up")
        metrics.REBALANCES.labels(kind).inc(len(event.partitions))
        self._log.info(text, partitions=sorted(event.partitions), feeds=len(names))
        if event.done is not None:
            event.done()
        self._wake.set()
