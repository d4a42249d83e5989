"""Schedules the polls of this process's own feeds, by the events about them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from producers import metrics
from producers.assignment.agenda import Agenda
from producers.assignment.ownership import FeedPut, FeedRemoved, Pushed, Shared, StaleState, TakenOver
from producers.assignment.tracking import CONDITIONS, Tracked, Tracking
from producers.messages import STAGE
from producers.poller import Ports, Turn
from producers.polling.politeness import address, first_poll
from producers.polling.rhythm import JITTER
from producers.publish import partition_of
from producers.web.addresses import host_of
from wirecopy.monitoring.process_metrics import PARTITIONS_HELD
from wirecopy.settings import ProducerSettings
from wirecopy.telemetry import logger

_SPREAD = 60.0
"""Seconds at most over which feeds that are overdue are spread when they come to a process."""
_SOON = 60.0
"""Seconds within which a poll that a hub asked for is waited for, before the hub's word counts as handled."""


@dataclass
class FeedScheduler:
    """``clock`` gives the seconds of the agenda; ``at_once``: every feed is polled when it comes, and once."""

    settings: ProducerSettings
    ports: Ports
    clock: Callable[[], float]
    at_once: bool = False
    tracking: Tracking = field(default_factory=Tracking)
    shared: Shared | None = None

    def __post_init__(self) -> None:
        self.agenda = Agenda(self.settings.per_host)
        self._new: dict[int, int] = {}
        self._chance = random.Random()  # noqa: S311  # jitter, not a secret
        self._log = logger("producer")

    # ---- what is told -----------------------------------------------------------------------------------------

    def take_over(self, taken: TakenOver) -> None:
        for tracked in self.tracking.take_over(taken.partition, taken.feeds, taken.states):
            self._appoint(tracked, spread=True)
        metrics.REBALANCES.labels("taken_over").inc()
        self._new[taken.partition] = len(taken.feeds)

    def log_taken_over(self) -> None:
        """Log in one line what has been taken over since the last call."""
        if not self._new:
            return
        self._log.info("feeds taken over", partitions=sorted(self._new), feeds=sum(self._new.values()))
        self._new.clear()
        if self.are_complete() and not len(self.tracking):
            self._log.warning("there are no feeds: add one with `wirecopy feeds add`, or name a list in producer.feeds")

    def give_up(self, partitions: frozenset[int], names: Iterable[str]) -> None:
        """Forget these partitions; ``names`` are their feeds."""
        self.tracking.give_up(partitions)
        if self.ports.hubs is not None:
            for name in names:
                self.ports.hubs.release(name)

    def change(self, event: FeedPut | FeedRemoved | StaleState) -> None:
        """Apply an event about one feed."""
        match event:
            case FeedPut():
                self._put(event)
            case FeedRemoved():
                if self.tracking.remove(event.partition, event.feed) is not None:
                    self._leave(event.feed)
                    self._log.info("the feed is removed", feed=event.feed)
            case StaleState():
                metrics.LATE_STATES.inc()
                tracked = self.tracking.take_stale(event.partition, event.stale)
                if tracked is not None:
                    self._wanted_now(tracked)

    def _put(self, event: FeedPut) -> None:
        tracked, before = self.tracking.put(event.partition, event.feed)
        feed = tracked.feed
        if feed.paused:
            self._leave(feed.id)
            self._log.info("the feed is paused", feed=feed.id)
        elif before is not None and (before == feed or before.paused):
            # Written again as it was, or not paused any more: it is wanted now, whatever its state says.
            tracked.inbox.resume = True
            self._wanted_now(tracked)
            self._log.info("the feed is resumed", feed=feed.id)
        else:
            self._appoint(tracked)
            self._log.info("the feed is new" if before is None else "the feed has changed", feed=feed.id)

    def hear(self, pushed: Pushed) -> bool:
        """Act on a hub's push. Returns true if that is done, false if the feed's next poll does it."""
        metrics.PUSHES.inc()
        hubs, push = self.ports.hubs, pushed.push
        tracked = self.tracking.get(push.feed) if push is not None else None
        if hubs is None or push is None or tracked is None:
            return True
        again_at = hubs.heard(push)
        if again_at is None:
            return True
        at = self._moment(again_at)
        if not self.agenda.hasten(tracked.feed.id, at) or at > self.clock() + _SOON:
            return True
        tracked.inbox.pushes.append(pushed)
        return False

    # ---- what follows -----------------------------------------------------------------------------------------

    def are_complete(self) -> bool:
        """Whether we own all partitions."""
        return self.shared is not None and len(self.tracking.partitions) == self.shared.total

    def listed(self, feed: str, outlet: str) -> bool | None:
        """Whether we poll this feed; None where its outlet belongs to another producer, or to nobody yet."""
        tracked = self.tracking.get(feed)
        if tracked is not None and tracked.feed.outlet == outlet:
            return not tracked.feed.paused
        total = self.shared.total if self.shared is not None else 0
        ours = total and partition_of(outlet.encode(), total) in self.tracking.partitions
        return False if ours else None

    def next_poll(self, tracked: Tracked, turn: Turn, started: float) -> float | None:
        """Return when to poll the feed after this poll; None: not before an event about it."""
        if self.at_once:
            return None
        if turn.more:
            return self.clock()
        if turn.state.retired is not None or tracked.feed.paused:
            return None
        at = started + (turn.state.next_poll - turn.started).total_seconds()
        return at if turn.again_at is None else min(at, self._moment(turn.again_at))

    def host(self, tracked: Tracked) -> str | None:
        """Return the host to spare; None where it is our own, or there is none."""
        where = tracked.feed.url if tracked.state is None else address(tracked.feed, tracked.state)
        own = self.ports.is_own(tracked.feed.url) and self.ports.is_own(where)
        return None if own else host_of(where)

    def measure(self) -> None:
        metrics.OVERDUE.set(self.agenda.overdue(self.clock()))
        metrics.POLLING.set(self.agenda.running)
        metrics.FEEDS.set(len(self.tracking))
        PARTITIONS_HELD.labels(STAGE).set(len(self.tracking.partitions))
        for condition in CONDITIONS:
            metrics.CONDITIONS.labels(condition).set(self.tracking.counts[condition])

    def _appoint(self, tracked: Tracked, *, spread: bool = False) -> None:
        """Schedule the first poll of a feed that is new here or has changed.

        Overdue feeds that arrive together are spread by a share of their intervals. A feed that was never polled is due
        at once.
        """
        feed, state, now = tracked.feed, tracked.state, self.ports.now()
        at = first_poll(feed, state, self.settings, now, own=self.ports.is_own(feed.url))
        if at is None:
            self.agenda.discard(feed.id)
            return
        delay = 0.0 if self.at_once else max(0.0, (at - now).total_seconds())
        if spread and not delay and state is not None and not self.at_once:
            delay = self._chance.uniform(0.0, min(state.interval * JITTER, _SPREAD))
        self.agenda.put(feed.id, self.clock() + delay, self.host(tracked))

    def _wanted_now(self, tracked: Tracked) -> None:
        self.agenda.put(tracked.feed.id, self.clock(), self.host(tracked))

    def _leave(self, feed: str) -> None:
        self.agenda.discard(feed)
        if self.ports.hubs is not None:
            self.ports.hubs.drop(feed)

    def _moment(self, at: datetime) -> float:
        """Convert to the clock of this process, not before now."""
        return self.clock() + max(0.0, (at - self.ports.now()).total_seconds())
