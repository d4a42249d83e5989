"""Whether two texts disagree on facts: this tells two rounds of one template apart.

Two reports of two earthquakes share most of their words, but not the magnitude, the depth and the
place. An abridged copy keeps some of the facts, so the share of facts that must agree depends on the share of the text.

A report that is told anew each day, how a market closed or how hot it was, tells yesterday's numbers beside today's and
the constants of its template: half of its numbers or more agree with the report of the day before. A copy that is
printed a day late keeps those of its own text.
"""

from __future__ import annotations

import struct
from functools import lru_cache

FEW = 4
"""Fewest numbers on both sides that say anything of a longer text."""
OTHER = 0.5
"""Numbers that agree by less than this part of the share of text that is the same are of another story …"""
DOUBTFUL = 0.8
"""… and by less than this, if the names do too."""
OTHER_DAY = 0.7
"""Numbers of two texts of other days that must agree …"""
TEMPLATE = 0.5
"""… where so much of one text is in the other: a template is most of its text."""
SHORT = 0.6
"""Share of the numbers, and of the names, that must agree in a short text."""

_REMEMBERED = 4096
"""Texts whose facts are kept apart: each is compared several times."""

Hashes = frozenset[int]


def disagree(a: bytes, b: bytes, share: float, *, short: bool, other_day: bool = False) -> bool:
    """Whether two texts that have ``share`` in common state other facts. Symmetric in a and b.

    ``a`` and ``b`` are packed by ``stream_apps.text.specifics``. ``other_day``: they were published on two days.
    """
    (numbers_a, names_a), (numbers_b, names_b) = _split(a), _split(b)
    if short:
        return min(_agreement(numbers_a, numbers_b), _agreement(names_a, names_b)) < SHORT
    if min(len(numbers_a), len(numbers_b)) < FEW:
        return False
    agreement = _agreement(numbers_a, numbers_b)
    if other_day and share >= TEMPLATE and agreement < OTHER_DAY:
        return True
    numbers = agreement / share
    return numbers < OTHER or (numbers < DOUBTFUL and _agreement(names_a, names_b) < DOUBTFUL * share)


@lru_cache(_REMEMBERED)
def _split(packed: bytes) -> tuple[Hashes, Hashes]:
    values = struct.unpack(f"<{len(packed) // 2}H", packed)
    odd = frozenset(value for value in values if value & 1)
    return odd, frozenset(values) - odd


def _agreement(a: Hashes, b: Hashes) -> float:
    """Return the share of the smaller set that the other has; 1 where one side has none."""
    fewer = min(len(a), len(b))
    return len(a & b) / fewer if fewer else 1.0
