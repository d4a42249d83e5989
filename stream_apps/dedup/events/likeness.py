"""How alike two families are as reports of an event: by what they are about, and by the names alone."""

from __future__ import annotations

import math

import numpy as np

from stream_apps.text.terms import Terms

DAYS = 3.0
"""Days in which likeness fades to a third: what is told of a week later in the same words has happened again."""
SAME_TIME = 0.5
"""Days within which it does not fade."""


def likeness(a: Terms, b: Terms, apart: float) -> float:
    """0 to 1, the same in both directions. ``apart``: seconds between the first publications."""
    _, in_a, in_b = np.intersect1d(a.hashes, b.hashes, assume_unique=True, return_indices=True)
    if not len(in_a):
        return 0.0
    whole = float(a.whole[in_a] @ b.whole[in_b])
    names = float(a.of_names[in_a] @ b.of_names[in_b])
    return (whole + names) / 2 * math.exp(-max(0.0, abs(apart) / 86400 - SAME_TIME) / DAYS)
