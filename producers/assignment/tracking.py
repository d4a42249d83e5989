"""What this process knows of the feeds that are its own: the list, their states, and which belong to one outlet."""

from __future__ import annotations

import asyncio
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from producers.assignment.ownership import Pushed
from producers.assignment.stale_writes import Written, joined
from schemas.feed_records import Feed, FeedState

Condition = Literal["failing", "parked", "retired", "quiet"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)


@dataclass(slots=True)
class Inbox:
    """What has come for a feed from outside and is for its next turn."""

    stale: list[Written] = field(default_factory=list)
    pushes: list[Pushed] = field(default_factory=list)
    resume: bool = False


@dataclass(slots=True)
class Tracked:
    """One feed of ours. ``state`` holds now, ``written`` is what Kafka has, ``number`` how many it was given of it."""

    feed: Feed
    partition: int
    state: FeedState | None = None
    written: FeedState | None = None
    number: int = 0
    inbox: Inbox = field(default_factory=Inbox)


def conditions_of(feed: Feed, state: FeedState | None) -> Iterator[Condition]:
    """What a person should know of a feed in this state. Who has paused a feed knows."""
    if state is None or feed.paused:
        return
    if state.retired is not None:
        yield "retired"
    elif state.parked is not None:
        yield "parked"
    elif state.failures:
        yield "failing"
    if state.quiet_since is not None:
        yield "quiet"


class Tracking:
    """The feeds of the partitions that we own. A feed's memory stays packed: nothing is kept an entry.

    States of feeds that are no longer listed stay known as ``left``: what they published is inherited by the outlet's
    other feeds, so that a feed that got another id does not publish everything again.
    """

    def __init__(self) -> None:
        self.partitions: set[int] = set()
        self.counts: Counter[Condition] = Counter()
        self._feeds: dict[str, Tracked] = {}
        self._left: dict[tuple[int, str], Written] = {}
        self._outlets: defaultdict[str, set[str]] = defaultdict(set)
        self._left_of: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._feeds)

    def get(self, feed: str) -> Tracked | None:
        return self._feeds.get(feed)

    def lock(self, outlet: str) -> asyncio.Lock:
        """Held from a decision about a feed of the outlet until its state is acknowledged: no other feed of the
        outlet may decide on what a crash could still take back.
        """
        return self._locks.setdefault(outlet, asyncio.Lock())

    def take_over(self, partition: int, feeds: Mapping[str, Feed], states: Mapping[str, Written]) -> list[Tracked]:
        """The partition is ours, with these feeds and states; returns its feeds."""
        self.partitions.add(partition)
        for name, written in states.items():
            self._leave(partition, name, written)
        return [self.put(partition, feed)[0] for feed in feeds.values()]

    def names(self, partitions: frozenset[int]) -> list[str]:
        """The feeds of these partitions."""
        return [name for name, tracked in self._feeds.items() if tracked.partition in partitions]

    def give_up(self, partitions: frozenset[int]) -> None:
        """Forget these partitions."""
        self.partitions -= partitions
        for name in self.names(partitions):
            self._drop(name)
        for place in [place for place in self._left if place[0] in partitions]:
            self._pop_left(place)

    def put(self, partition: int, feed: Feed) -> tuple[Tracked, Feed | None]:
        """The feed is listed, as it says now; returns it with how it was listed before.

        One that was listed under another outlet, in another partition of ours, starts anew, for its articles are
        others; what it published stays with the outlet that it left.
        """
        before = self._feeds.get(feed.id)
        if before is not None and before.partition == partition and before.feed.outlet == feed.outlet:
            was = before.feed
            self.counts.subtract(conditions_of(was, before.state))
            before.feed = feed
            self.counts.update(conditions_of(feed, before.state))
            return before, was
        if before is not None:
            self._unlist(before)
        tracked = Tracked(feed, partition)
        left = self._pop_left((partition, feed.id))
        if left is not None:
            tracked.state = tracked.written = left.state
            tracked.number = left.number
        self._feeds[feed.id] = tracked
        self._outlets[feed.outlet].add(feed.id)
        self.counts.update(conditions_of(tracked.feed, tracked.state))
        return tracked, before.feed if before is not None else None

    def remove(self, partition: int, name: str) -> Feed | None:
        """The feed is no longer listed in this partition; returns it if it was."""
        tracked = self._feeds.get(name)
        if tracked is None or tracked.partition != partition:
            return None
        self._unlist(tracked)
        return tracked.feed

    def store(self, tracked: Tracked, state: FeedState) -> None:
        """Take the state that holds from now on."""
        if self._feeds.get(tracked.feed.id) is tracked:
            self.counts.subtract(conditions_of(tracked.feed, tracked.state))
            self.counts.update(conditions_of(tracked.feed, state))
        tracked.state = state

    def take_stale(self, partition: int, stale: Written) -> Tracked | None:
        """Somebody else has written a state: returns the feed that has it in its inbox now, if it is listed."""
        name = stale.state.feed
        tracked = self._feeds.get(name)
        if tracked is not None and tracked.partition == partition:
            tracked.inbox.stale.append(stale)
            return tracked
        left = self._pop_left((partition, name))
        if left is not None:
            stale = Written(joined(left.state, stale.state), max(left.number, stale.number))
        self._leave(partition, name, stale)
        return None

    def siblings(self, feed: Feed) -> tuple[tuple[FeedState, ...], frozenset[str]]:
        """The states of the outlet's other feeds, and the ids of those among them that nobody polls any more."""
        others = [self._feeds[name] for name in sorted(self._outlets.get(feed.outlet, ())) if name != feed.id]
        left = [self._left[place].state for place in sorted(self._left_of.get(feed.outlet, ())) if place[1] != feed.id]
        states = [tracked.state for tracked in others if tracked.state is not None]
        unlisted = {state.feed for state in left} | {tracked.feed.id for tracked in others if tracked.feed.paused}
        return (*states, *left), frozenset(unlisted)

    def _unlist(self, tracked: Tracked) -> None:
        self._drop(tracked.feed.id)
        if tracked.written is not None:
            self._leave(tracked.partition, tracked.feed.id, Written(tracked.written, tracked.number))

    def _drop(self, name: str) -> None:
        tracked = self._feeds.pop(name)
        self.counts.subtract(conditions_of(tracked.feed, tracked.state))
        names = self._outlets[tracked.feed.outlet]
        names.discard(name)
        if not names:
            del self._outlets[tracked.feed.outlet]

    def _leave(self, partition: int, name: str, written: Written) -> None:
        self._left[partition, name] = written
        self._left_of[written.state.outlet].add((partition, name))

    def _pop_left(self, place: tuple[int, str]) -> Written | None:
        written = self._left.pop(place, None)
        if written is not None:
            places = self._left_of[written.state.outlet]
            places.discard(place)
            if not places:
                del self._left_of[written.state.outlet]
        return written
