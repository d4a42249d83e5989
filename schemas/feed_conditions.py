"""The conditions of a feed (failing, parked, quiet …), derived from its listing and the state of its polling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from schemas.feed_records import Feed, FeedState

FeedCondition = Literal["parked", "retired", "failing", "quiet", "moved", "new", "ok", "paused"]
ORDER: Final[tuple[FeedCondition, ...]] = ("parked", "retired", "failing", "quiet", "moved", "new", "ok", "paused")
"""Trouble first. The first that holds is shown; ``paused`` overrides all others, since nobody polls the feed."""


def conditions(paused: bool, polled: FeedState | None) -> frozenset[FeedCondition]:
    """Return the conditions that hold for a feed. ``polled``: the state of polling its present address."""
    return frozenset(_conditions(paused, polled))


def foremost(paused: bool, holds: frozenset[FeedCondition]) -> FeedCondition:
    """Return the condition that is shown first."""
    return "paused" if paused else next(name for name in ORDER if name in holds)


def of_this_address(feed: Feed | None, polled: FeedState | None) -> FeedState | None:
    """Return the state of polling, or None where it is of an address that the feed had before."""
    return None if feed is not None and polled is not None and polled.url != feed.url else polled


def _conditions(paused: bool, polled: FeedState | None) -> Iterator[FeedCondition]:
    if paused:
        yield "paused"
    if polled is None or not (polled.last_success or polled.failures):
        yield "new"
        return
    troubles: tuple[tuple[FeedCondition, object], ...] = (
        ("parked", polled.parked), ("retired", polled.retired), ("failing", polled.failures),
        ("quiet", polled.quiet_since), ("moved", polled.address),
    )  # fmt: skip
    names = [name for name, it_is in troubles if it_is]
    yield from names
    if not set(names) - {"moved"}:
        yield "ok"
