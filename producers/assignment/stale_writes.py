"""Stale writes: states of one feed that were not written one after the other. Which counts, and what is kept of the
other.

A producer that has lost a feed without knowing it yet can still write a state that it decided on before. It can do so
after its successor has read the feed's states, and after the successor has written some of its own, and in a compacted
topic the last word would hold. So every state carries a stamp: who wrote it, and a number that goes on from the state
it followed.

- A number above the one before it: the state simply follows.
- Any other number is a stale write. It is not thrown away, for its entries have been published, and it does not hold,
  for there is a newer state: its memory is *joined* to that of the state that holds. The union of two memories does
  not depend on their order, and joining twice changes nothing.
- Where both have published the same article with the same revision and different texts, nobody can tell which of the
  two is what readers have. The join then knows no text for it, so that the next poll publishes what the feed says as
  the next revision: both sides of the argument are overtaken.

The owner of a feed follows ``feed-state`` and writes its own state again, with a higher number, when it sees a stale
one; a stale write stays the last one only until then. If the owner dies before, both words are still in the topic
(compaction leaves the last minute alone) and whoever takes over joins them.
"""

from __future__ import annotations

from dataclasses import dataclass

from producers.messages import Stamp
from producers.polling.memory import NO_CONTENT, WINDOW, Memory, Seen
from schemas.feed_records import FeedState
from schemas.record import RecordError


@dataclass(frozen=True)
class Written:
    """A state as it stands in the topic, and its number."""

    state: FeedState
    number: int = 0


@dataclass(frozen=True)
class Raw:
    """The message of a state, not parsed yet: of most, only the last one of a feed is ever looked at."""

    value: bytes
    stamp: Stamp | None

    def written(self) -> Written:
        """Raises ``RecordError``."""
        return Written(FeedState.from_bytes(self.value), self.stamp.number if self.stamp else 0)


def newest(known: Raw | Written | None, next_one: Raw) -> Raw | Written:
    """What holds after one more message about a feed, in the order of the topic. Raises ``RecordError``.

    A state without a stamp is one that a command line has changed: it holds, and remembers what was known besides.
    """
    if known is None:
        return next_one
    number = known.number if isinstance(known, Written) else known.stamp.number if known.stamp else 0
    if next_one.stamp is not None and next_one.stamp.number > number:
        return next_one
    before, stale = known if isinstance(known, Written) else _readable(known), next_one.written()
    if before is None:
        return stale
    if next_one.stamp is None:
        return Written(joined(stale.state, before.state), number)
    return Written(joined(before.state, stale.state), number)


def _readable(raw: Raw) -> Written | None:
    try:
        return raw.written()
    except RecordError:
        return None


def joined(mine: FeedState, theirs: FeedState) -> FeedState:
    """``mine``, remembering also what ``theirs`` has published.

    The feed is then read without conditions the next time: what it says has to be held against the new memory.
    """
    if mine.outlet and theirs.outlet and mine.outlet != theirs.outlet:
        return mine
    ours, others = Memory.of(mine), Memory.of(theirs)
    both = {seen.article: seen for seen in ours}
    found = {seen.article: _joined(both.get(seen.article), seen) for seen in others}
    gone = [seen for article, seen in found.items() if article not in both]
    memory = Memory([*gone, *(found.get(article, seen) for article, seen in both.items())]).pack()
    if memory == mine.memory:
        return mine
    return mine.model_copy(update={"memory": memory, "body_hash": None, "etag": None, "last_modified": None})


def _joined(mine: Seen | None, theirs: Seen) -> Seen:
    if mine is None:
        return theirs.cleared(WINDOW)
    first_seen = min(mine.first_seen, theirs.first_seen)
    if theirs.revision > mine.revision:
        flags = (theirs.flags & ~WINDOW) | (mine.flags & WINDOW)
        return theirs._replace(first_seen=first_seen, flags=flags)
    if theirs.revision == mine.revision and theirs.revision and theirs.content != mine.content:
        return mine._replace(first_seen=first_seen, content=NO_CONTENT)
    return mine._replace(first_seen=first_seen)
