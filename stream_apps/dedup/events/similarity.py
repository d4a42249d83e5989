"""How alike two stories are as reports of an event: by what they are about, and by the names alone.

Two machines must agree bit for bit. So the dot products are sums of whole numbers, what follows is one formula of
operations that IEEE 754 rounds correctly, and exponentials come from a table computed in decimals: the ``exp`` of two
processors may differ in the last bit.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal

import numpy as np
import numpy.typing as npt

from stream_apps.text.terms import Terms

DAYS = 3.0
"""Days in which similarity fades to a third: what is told of a week later in the same words has happened again."""
SAME_TIME = 0.5
"""Days within which it does not fade."""
SCALE = 65535
"""The similarity 1 in the whole numbers that are kept and compared."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_SECONDS = 86400
_STEP = 1024
"""Seconds apart are looked up in steps of so many, and within one step."""
_STEPS = 2048
"""Some 24 days: beyond, less is left of any similarity than counts."""


def _faded(seconds: int) -> float:
    exponent = Decimal(-seconds) / (Decimal(DAYS) * _SECONDS)
    return float(exponent.exp(Context(prec=30)))


_COARSE = np.array([_faded(_STEP * step) for step in range(_STEPS)] + [0.0])
_FINE = np.array([_faded(second) for second in range(_STEP)])


def fade(apart: Floats) -> Floats:
    """The share of a similarity that is left between stories published so many seconds ``apart``."""
    seconds = np.rint(np.minimum(np.maximum(np.abs(apart) - SAME_TIME * _SECONDS, 0.0), float(_STEP * _STEPS)))
    steps, rest = np.divmod(seconds.astype(np.int64), _STEP)
    faded: Floats = _COARSE[steps] * _FINE[rest]
    return faded


def combined(whole: Integers, names: Integers, of_whole: Integers, of_names: Integers) -> Floats:
    """The mean of the cosines of all terms and of the names: dot products, and the products of the squared lengths."""
    return (_cosine(whole, of_whole) + _cosine(names, of_names)) / 2


def _cosine(dots: Integers, squares: Integers) -> Floats:
    cosine: Floats = dots / np.sqrt(np.maximum(squares, 1))
    return cosine


def quantised(alike: Floats) -> Integers:
    """Similarities as whole numbers up to ``SCALE``."""
    whole: Integers = np.rint(np.minimum(alike, 1.0) * SCALE).astype(np.int64)
    return whole


def least_quantised(threshold: float) -> int:
    """The least whole number that stands for a similarity of ``threshold`` or more."""
    return math.ceil(threshold * SCALE)


def similarity(a: Terms, b: Terms, apart: float) -> float:
    """0 to 1, the same in both directions. ``apart``: seconds between the first publications."""
    _, in_a, in_b = np.intersect1d(a.hashes, b.hashes, assume_unique=True, return_indices=True)
    dots = (a.weights[in_a] @ b.weights[in_b], a.of_names[in_a] @ b.of_names[in_b])
    squares = ((a.weights @ a.weights) * (b.weights @ b.weights), (a.of_names @ a.of_names) * (b.of_names @ b.of_names))
    alike = combined(*(np.array([number]) for number in (*dots, *squares)))
    return float((alike * fade(np.array([apart])))[0])
