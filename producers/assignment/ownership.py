"""Events about the feeds that a producer owns, in one queue and in order.

The producer consumes them and knows nothing of consumers and groups; tests put events in by hand. ``sharing`` is the
side that talks to Kafka.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from producers.assignment.stale_writes import Written
from schemas.feed_records import Feed, HubEvent
from wirecopy.errors import WirecopyError


@dataclass(frozen=True)
class TakenOver:
    """A partition of ``feeds`` is ours from now on, with the feeds and states in it.

    ``term`` distinguishes this ownership from an earlier one of the same partition; later events carry it.
    """

    partition: int
    term: int
    feeds: Mapping[str, Feed]
    states: Mapping[str, Written]


@dataclass(frozen=True)
class GivenUp:
    """These partitions are to go to another producer: begin nothing new for their feeds, finish what is under way,
    then call ``done``, for the other one waits for it.

    Without ``done`` they are lost already: drop everything at once.
    """

    partitions: frozenset[int]
    done: Callable[[], None] | None


@dataclass(frozen=True)
class FeedPut:
    """A feed was added or written again."""

    partition: int
    term: int
    feed: Feed


@dataclass(frozen=True)
class FeedRemoved:
    """A feed was removed from this partition."""

    partition: int
    term: int
    feed: str


@dataclass(frozen=True)
class StaleState:
    """Another process has written a state of one of our feeds: a producer that had lost it, or a command."""

    partition: int
    term: int
    stale: Written


@dataclass(frozen=True)
class Pushed:
    """A hub's push; None where it cannot be read. Report it with ``handled`` once acted upon."""

    partition: int
    term: int
    offset: int
    push: HubEvent | None


@dataclass(frozen=True)
class Shared:
    """A rebalance has ended: so many partitions are ours, of so many that there are."""

    own: int
    total: int


@dataclass(frozen=True)
class Broken:
    """No more events will come, for this reason."""

    error: WirecopyError


Event = TakenOver | GivenUp | FeedPut | FeedRemoved | StaleState | Pushed | Shared | Broken


class Ownership(Protocol):
    """The source of events about owned feeds."""

    writer: str

    async def next_event(self) -> Event: ...

    def lease_valid(self) -> bool:
        """Whether our ownership is still certain: nobody else can own our feeds yet."""
        ...

    def handled(self, push: Pushed) -> None:
        """Mark a push as handled."""
        ...

    async def close(self) -> None:
        """Give everything up. Events go on until it has returned."""
        ...
