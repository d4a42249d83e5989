"""Whether two articles were published on two days: a report that is told anew each day is another one then."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import numpy.typing as npt

DAY = 86400.0
"""Days are those of UTC, whose midnight is before the markets of Asia open and after those of America close."""
SAME_DAY = 6 * 3600.0
"""Seconds within which two reports are of one day though midnight lies between them."""


@overload
def on_other_day(one: float, other: float) -> bool: ...
@overload
def on_other_day(one: float, other: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]: ...
def on_other_day(one: float, other: Any) -> Any:
    """Whether two moments, in seconds since 1970, are of two days; for many others, each of them."""
    return (one // DAY != other // DAY) & (abs(one - other) > SAME_DAY)
