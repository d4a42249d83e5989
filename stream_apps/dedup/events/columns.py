"""Arrays that grow, and parts of them of different lengths."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Kind = TypeVar("Kind", bound=np.generic)
Numbers = npt.NDArray[np.int64]


def grown(column: npt.NDArray[Kind], count: int, fill: Any = 0) -> npt.NDArray[Kind]:
    """A column with room for ``count``, the new places filled. Zeros take no memory before they are written over."""
    longer = np.zeros(count, column.dtype)
    longer[: len(column)] = column
    if fill:
        longer[len(column) :] = fill
    return longer


def ranges(starts: Numbers, counts: Numbers) -> Numbers:
    """The places of many parts of an array, one part after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))


def sums(values: Numbers, places: Numbers, counts: Numbers) -> Numbers:
    """The sum of each part that ``ranges`` gave, of which only some ``places`` have a value: exact, unlike bincount."""
    ends = np.cumsum(counts)
    upto = np.concatenate(([0], np.cumsum(values)))[np.searchsorted(places, ends)]
    return np.diff(upto, prepend=0)
