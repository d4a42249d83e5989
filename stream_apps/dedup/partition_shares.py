"""Which engine decides for a partition of ``clean``: the one that does already, else one that follows it, else any.

An engine that starts has to work its state out first, for a full window in half a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

_COLD = -1


class Known(NamedTuple):
    """What an engine knows of a partition."""

    is_active: bool
    """It decides for it."""
    position: int
    """Offset up to which it has worked its state out."""


Knowledge = Mapping[int, Known]
"""What an engine knows, by partition."""


class _Loss(IntEnum):
    """What is lost where an engine is given a partition."""

    NOTHING = 0
    MOMENTS = 1
    """It stands by."""
    STATE = 2
    """It has to work it out."""


def assigned(partitions: Iterable[int], members: Mapping[str, Knowledge]) -> dict[str, list[int]]:
    """Share the partitions out, in numbers that differ by one at most.

    Of engines that know as much of a partition as others, the one with fewer gets it, then the first by name.

    >>> assigned([0], {"new": {}, "old": {0: Known(True, 70)}})
    {'new': [], 'old': [0]}
    """
    waiting = sorted(partitions)
    least, larger_shares = divmod(len(waiting), len(members))
    shares: dict[str, list[int]] = {name: [] for name in members}

    def has_room(name: str) -> bool:
        larger = sum(len(share) > least for share in shares.values())
        return len(shares[name]) < least or (len(shares[name]) == least and larger < larger_shares)

    for loss in _Loss:
        for partition in list(waiting):
            able = [name for name, known in members.items() if _loss(known.get(partition)) <= loss and has_room(name)]
            if able:
                best = min(able, key=lambda name: (-_position(members[name].get(partition)), len(shares[name]), name))
                shares[best].append(partition)
                waiting.remove(partition)
    return {name: sorted(share) for name, share in shares.items()}


def _loss(known: Known | None) -> _Loss:
    if known is None:
        return _Loss.STATE
    return _Loss.NOTHING if known.is_active else _Loss.MOMENTS


def _position(known: Known | None) -> int:
    return _COLD if known is None else known.position
