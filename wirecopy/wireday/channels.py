"""What stands in a feed at a moment of the release."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from wirecopy.wireday.day import WireDay
from wirecopy.wireday.feeds import Entry
from wirecopy.wireday.items import Item
from wirecopy.wireday.outlets import Outlet

WINDOW = 50
"""Entries that a feed holds at least, if that many are out: an outlet prints about 25 a day at scale 1."""


@dataclass(frozen=True)
class Channel:
    """One feed's releases in their order; ``offsets`` are seconds from the start of the release."""

    outlet: Outlet
    offsets: tuple[float, ...]
    entries: tuple[Entry, ...]

    def out(self, elapsed: float, hold: float) -> range:
        """The releases that are in the feed ``elapsed`` seconds after the start, as indices.

        They are the last ``WINDOW``, and all of the last ``hold`` seconds.
        """
        end = bisect_right(self.offsets, elapsed)
        return range(min(bisect_left(self.offsets, elapsed - hold), max(0, end - WINDOW)), end)

    def visible(self, releases: range) -> tuple[Entry, ...]:
        """The newest version of each entry released in a range, the latest release first."""
        newest: dict[str, Entry] = {}
        for index in reversed(releases):
            entry = self.entries[index]
            newest.setdefault(entry[0].id, entry)
        return tuple(newest.values())


def channels(day: WireDay) -> dict[str, Channel]:
    """Every feed of the day, by host. Holds all entries in memory: a few kilobytes each."""
    grouped: dict[str, list[Item]] = defaultdict(list)
    for item in day.items():
        grouped[item.outlet.host].append(item)
    return {outlet.host: _channel(day, outlet, grouped[outlet.host]) for outlet in day.outlets}


def _channel(day: WireDay, outlet: Outlet, items: Iterable[Item]) -> Channel:
    entries = sorted(((item, version) for item in items for version in item.versions), key=lambda e: (e[1].at, e[0].id))
    return Channel(outlet, tuple(day.offset(version.at) for _, version in entries), tuple(entries))
