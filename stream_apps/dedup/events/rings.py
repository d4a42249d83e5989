"""A partition of numbers into groups, in eight bytes a number."""

from __future__ import annotations

import numpy as np

from stream_apps.dedup.events.columns import Numbers, grown

_NONE = -1


class Rings:
    """Each number knows the first of its group and the next in it; the last knows the first as its next."""

    def __init__(self) -> None:
        self._first = np.empty(0, np.int32)
        self._next = np.empty(0, np.int32)

    @property
    def nbytes(self) -> int:
        return self._first.nbytes + self._next.nbytes

    def grow(self, count: int) -> None:
        self._first, self._next = grown(self._first, count, _NONE), grown(self._next, count, _NONE)

    def first(self, number: int) -> int:
        """The first of the group that a number is in; -1 where it is in none."""
        return int(self._first[number])

    def is_alone(self, number: int) -> bool:
        return int(self._next[number]) == number

    def group(self, number: int) -> list[int]:
        """The group of a number, in its order; empty where it is in none."""
        first = int(self._first[number])
        if first < 0:
            return []
        found, following = [first], int(self._next[first])
        while following != first:
            found.append(following)
            following = int(self._next[following])
        return found

    def firsts(self, numbers: Numbers) -> set[int]:
        """The first of each group that has some of the numbers."""
        return set(self._first[numbers].tolist()) - {_NONE}

    def is_group(self, numbers: Numbers) -> bool:
        """Whether these numbers, in this order, are one group."""
        return bool((self._first[numbers] == numbers[0]).all() and (self._next[numbers] == _turned(numbers)).all())

    def put(self, numbers: Numbers) -> None:
        """Make numbers that are in no group one, in this order."""
        self._first[numbers] = numbers[0]
        self._next[numbers] = _turned(numbers)

    def dissolve(self, number: int) -> list[int]:
        """Leave all numbers of a group without one. The group that it was."""
        group = self.group(number)
        self._first[group] = _NONE
        return group


def _turned(numbers: Numbers) -> Numbers:
    """Each one's next, the first after the last."""
    turned = np.empty_like(numbers)
    turned[:-1], turned[-1] = numbers[1:], numbers[0]
    return turned
