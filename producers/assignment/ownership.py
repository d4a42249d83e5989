"""What a producer is told about the feeds that are its own: events in one queue, in the order in which they hold.

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
    """A partition of ``feeds`` is ours from now on, with all that its topics say.

    ``term`` tells this ownership from an earlier one of the same partition; what is told later carries it.
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
    """Somebody else has written a state of one of our feeds: a producer that has lost it, or a command line."""

    partition: int
    term: int
    stale: Written


@dataclass(frozen=True)
class Pushed:
    """What a hub has told; nothing where it cannot be read. To be given back once it has been acted upon."""

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
    """There will be no more events, and why."""

    error: WirecopyError


Event = TakenOver | GivenUp | FeedPut | FeedRemoved | StaleState | Pushed | Shared | Broken


class Ownership(Protocol):
    """Where a producer learns which feeds are its own."""

    writer: str

    async def next_event(self) -> Event: ...

    def lease_valid(self) -> bool:
        """Whether what we were told still holds for certain: nobody else can own our feeds yet."""
        ...

    def handled(self, push: Pushed) -> None:
        """What this push asked for has been done."""
        ...

    async def close(self) -> None:
        """Give everything up. Events go on until it has returned."""
        ...
