"""The agenda of polls.

Which feed is polled next. Pure: moments are seconds of one clock that is never set back, given by the caller.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field


@dataclass
class _Entry:
    """One feed. ``at``: when it is wanted; of a running one, after it has ended, and none if nothing was asked.

    ``line`` is where it stands, ``next_line`` where it is to stand after it has ended.
    """

    line: str
    next_line: str
    at: float | None = None
    running: bool = False
    dropped: bool = False


@dataclass
class _Line:
    """The feeds of one host: those that wait, by their moment, and how many are running."""

    limit: int
    waiting: list[tuple[float, str]] = field(default_factory=list)
    running: int = 0
    closed_until: float = 0.0
    offered: float | None = None


class Agenda:
    """The due times of feeds, and the feeds that are being polled.

    A feed is here once and in one place: it waits for its moment, or it is running. ``take`` hands out a waiting one
    and makes it running; only ``done`` ends that. What is asked of a running one (``put``, ``discard``) is remembered
    until then. So a feed can neither be polled twice at once nor be forgotten, whatever comes in between.

    At most ``per_host`` feeds of one host are running. Its others wait and take nobody's place.
    """

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._feeds: dict[str, _Entry] = {}
        self._lines: dict[str, _Line] = {}
        self._offers: list[tuple[float, str]] = []
        self._now = 0.0
        self.running = 0

    def __len__(self) -> int:
        """Count the feeds that wait or run."""
        return len(self._feeds)

    def put(self, feed: str, at: float, host: str | None = None) -> None:
        """Schedule a feed; the latest call counts. Without a host no limit per host applies."""
        line = f"host {host}" if host is not None else f"feed {feed}"
        entry = self._feeds.setdefault(feed, _Entry(line, line))
        entry.next_line, entry.at, entry.dropped = line, at, False
        if not entry.running:
            self._wait(feed, entry, at)

    def hasten(self, feed: str, at: float) -> bool:
        """Schedule a feed no later than that, if it is here at all. Returns whether it is."""
        entry = self._feeds.get(feed)
        if entry is None or entry.dropped:
            return False
        if entry.at is None or entry.at > at:
            entry.at = at
            if not entry.running:
                self._wait(feed, entry, at)
        return True

    def discard(self, feed: str) -> None:
        """Drop a feed; a running one ends on its own."""
        entry = self._feeds.get(feed)
        if entry is None:
            return
        entry.at, entry.dropped = None, True
        if not entry.running:
            del self._feeds[feed]
            self._offer(entry.line)

    def take(self, now: float) -> str | None:
        """Return the feed that has been due the longest and may be polled, and mark it as running."""
        self._now = now
        offered = self.next_at()
        if offered is None or offered > now:
            return None
        _, name = heapq.heappop(self._offers)
        line = self._lines[name]
        line.offered = None
        _, feed = heapq.heappop(line.waiting)
        entry = self._feeds[feed]
        entry.running, entry.at = True, None
        line.running += 1
        self.running += 1
        self._offer(name)
        return feed

    def done(self, feed: str, at: float | None) -> None:
        """End a poll and schedule the feed at ``at``, or sooner if that was asked meanwhile.

        Without ``at``, and with nothing asked meanwhile, the feed is dropped.
        """
        entry = self._feeds[feed]
        assert entry.running, feed
        entry.running = False
        self.running -= 1
        self._lines[entry.line].running -= 1
        asked = [moment for moment in (entry.at, at) if moment is not None]
        if entry.dropped or not asked:
            del self._feeds[feed]
            self._offer(entry.line)
        else:
            entry.at = min(asked)
            self._wait(feed, entry, entry.at)

    def close_host(self, host: str, until: float) -> None:
        """Close a host: none of its feeds is taken before that moment."""
        line = self._line(f"host {host}")
        line.closed_until = max(line.closed_until, until)
        self._offer(f"host {host}")

    def next_at(self) -> float | None:
        """Return when the next feed may be taken; None where none waits, or all are behind running ones."""
        while self._offers:
            at, name = self._offers[0]
            line = self._lines.get(name)
            if line is not None and line.offered == at:
                return at
            heapq.heappop(self._offers)
        return None

    def overdue(self, now: float) -> float:
        """Return the seconds by which the longest-due feed is overdue."""
        waiting = (entry.at for entry in self._feeds.values() if not entry.running and entry.at is not None)
        return max(0.0, now - min(waiting, default=now))

    def _line(self, name: str) -> _Line:
        limit = self._per_host if name.startswith("host ") else 1
        return self._lines.setdefault(name, _Line(limit))

    def _wait(self, feed: str, entry: _Entry, at: float) -> None:
        left, entry.line = entry.line, entry.next_line
        heapq.heappush(self._line(entry.line).waiting, (at, feed))
        self._offer(entry.line)
        if left != entry.line:
            self._offer(left)

    def _offer(self, name: str) -> None:
        """Offer the first feed of a line, if the host may have one more running. Call after every change of a line."""
        line = self._lines.get(name)
        if line is None:
            return
        while line.waiting and not self._holds(name, *line.waiting[0]):
            heapq.heappop(line.waiting)
        if not line.waiting or line.running >= line.limit:
            line.offered = None
            if not line.waiting and not line.running and line.closed_until <= self._now:
                del self._lines[name]
            return
        at = max(line.waiting[0][0], line.closed_until)
        if at != line.offered:
            line.offered = at
            heapq.heappush(self._offers, (at, name))

    def _holds(self, name: str, at: float, feed: str) -> bool:
        entry = self._feeds.get(feed)
        return entry is not None and not entry.running and entry.line == name and entry.at == at
