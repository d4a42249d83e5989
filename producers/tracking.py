"""What this process knows of the feeds it polls: list, states, and which feed carries which article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.records import Feed, FeedState, SeenEntry


@dataclass(frozen=True)
class Elsewhere:
    """The articles that belong to another feed than ``feed``."""

    feed: str
    owners: Mapping[str, str]

    def __contains__(self, article: object) -> bool:
        return self.owners.get(str(article), self.feed) != self.feed


class Tracking:
    """The feeds of the list and their states, in memory.

    An article that several feeds of one outlet carry belongs to the first that published it, so that it is published
    once. For that, all feeds of an outlet have to be polled by the same process: where several producers share a
    list, the outlet is the unit that they share out. What a feed that has left the list had published is known to
    the others (``inherited``), so that a feed that got another id does not publish everything again.
    """

    def __init__(self, states: Mapping[str, FeedState] | None = None) -> None:
        self.feeds: dict[str, Feed] = {}
        self.inherited: dict[str, SeenEntry] = {}
        self._states: dict[str, FeedState] = dict(states or {})
        self._shared: frozenset[str] = frozenset()
        self._owners: dict[str, str] = {}

    def replace_list(self, feeds: Iterable[Feed]) -> tuple[list[Feed], list[str]]:
        """Take a new list; returns the feeds that are new or changed, and the ids of those that are gone."""
        listed = {feed.id: feed for feed in feeds}
        changed = [feed for feed in listed.values() if self.feeds.get(feed.id) != feed]
        gone = [name for name in self.feeds if name not in listed]
        self.feeds = listed
        outlets = Counter(feed.outlet for feed in listed.values())
        self._shared = frozenset(outlet for outlet, count in outlets.items() if count > 1)
        self._owners = {}
        for name in sorted(listed.keys() & self._states.keys()):
            self.claim(listed[name], self._states[name])
        unlisted = [self._states[name] for name in sorted(self._states.keys() - listed.keys())]
        self.inherited = {article: seen for state in unlisted for article, seen in state.entries.items()}
        return changed, gone

    def state(self, feed: str) -> FeedState | None:
        return self._states.get(feed)

    def elsewhere(self, feed: Feed) -> Elsewhere:
        return Elsewhere(feed.id, self._owners)

    def claim(self, feed: Feed, state: FeedState) -> None:
        """The articles of this state belong to this feed, unless another one of the outlet has them."""
        if feed.outlet in self._shared:
            for article in state.entries:
                self._owners.setdefault(article, feed.id)

    def store(self, state: FeedState) -> None:
        """Take the state that holds after a poll."""
        self._states[state.feed] = state

    def failing(self) -> int:
        return sum(1 for name in self.feeds if (state := self._states.get(name)) and state.failures)
