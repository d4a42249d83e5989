"""Removals: entries taken out of a feed, as opposed to those that fell off its end. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from producers.polling.memory import MISSING, REMOVED, WINDOW, Memory, Seen

_OLDER_THAT_REMAIN = 3
"""Of a large feed so many older entries have to be there still; of a small one, a tenth of it."""
_STRAGGLER_GAPS = 10
_STRAGGLER_AFTER = 86400


@dataclass(frozen=True)
class Judge:
    """Distinguishes an entry that was taken out from one that fell off the end of the feed.

    It can where the feed was in order of time before and is now: what is older than the missing one and still there
    shows that the end has not been reached. ``older`` are their dates, sorted, without stragglers.
    """

    older: tuple[int, ...]
    newest: int
    needed: int

    @classmethod
    def of(cls, before: Memory, present: Mapping[bytes, Seen]) -> Judge | None:
        """From what was remembered and what is there now; none where more than half went at once: that is an outage
        or a relaunch.
        """
        window = [seen for seen in before if seen.has(WINDOW)]
        stayed = [seen for seen in window if seen.article in present]
        if 2 * len(stayed) < len(window):
            return None
        older = [max(seen.published, present[seen.article].published) for seen in stayed]
        fallen = [
            seen.published
            for seen in before
            if seen.article not in present and not seen.flags & (WINDOW | MISSING | REMOVED)
        ]
        # One that stays while newer ones fall off the end is pinned there, and so shows nothing.
        last_fallen = max(fallen, default=0)
        moving = sorted(stamp for stamp in older if stamp >= last_fallen)
        needed = min(_OLDER_THAT_REMAIN, max(1, len(window) // 10))
        newest = max((seen.published for seen in present.values()), default=0)
        return cls(tuple(_without_stragglers(moving, window)), newest, needed)

    def missing(self, seen: Seen) -> bool:
        return bisect_left(self.older, seen.published) >= self.needed


def _without_stragglers(stamps: list[int], window: Iterable[Seen]) -> list[int]:
    """Leave out entries so much older than the rest that they must be pinned to the end of the feed."""
    times = sorted(seen.published for seen in window)
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    if not gaps:
        return stamps
    far = max(_STRAGGLER_GAPS * gaps[len(gaps) // 2], _STRAGGLER_AFTER)
    few = max(1, len(times) // 10)
    pinned = [number for number in range(1, few + 1) if number < len(times) and times[number] - times[number - 1] > far]
    return [stamp for stamp in stamps if stamp >= times[pinned[-1]]] if pinned else stamps
