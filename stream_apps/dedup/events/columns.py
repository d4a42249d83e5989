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


def ranges(starts: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """The places of many parts of an array, one part after the other, and which part each is of."""
    ends = counts.cumsum()
    parts = np.repeat(np.arange(len(counts)), counts)
    return np.arange(len(parts)) + (starts - ends + counts)[parts], parts


def sums(values: Numbers, parts: Numbers, count: int) -> Numbers:
    """The sum of the values of each part: whole numbers far below 2^53, which floats add up exactly."""
    return np.bincount(parts, values, count).astype(np.int64)
