"""A queue of due times."""

from __future__ import annotations

import heapq
from datetime import datetime


class DueQueue:
    """Feed ids by the moment of their next poll; each at most once, the latest word counts."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._times: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._times)

    def put(self, feed: str, at: datetime) -> None:
        self._times[feed] = at
        heapq.heappush(self._heap, (at, feed))

    def discard(self, feed: str) -> None:
        self._times.pop(feed, None)

    def take(self, now: datetime) -> list[str]:
        """Remove and return those that are due, the longest waiting first."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            at, feed = heapq.heappop(self._heap)
            if self._times.get(feed) == at:
                del self._times[feed]
                due.append(feed)
        return due

    def next_at(self) -> datetime | None:
        """When the next feed is due; none where none is waiting."""
        while self._heap and self._times.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
