"""What tells two rounds of one template apart: the numbers and the names in them.

Two reports of two earthquakes share most of their words; the magnitude, the depth and the place they do not share. A
copy that was cut keeps some of them in what it keeps, so how many must agree goes by how much of the text does.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
import zlib

import numpy as np
import numpy.typing as npt

from schemas.records import Fingerprint

FEW = 4
"""Fewest numbers on both sides that say anything of a longer text."""
OTHER = 0.5
"""Numbers that agree by less than this part of the share of text that is the same are of another story …"""
DOUBTFUL = 0.8
"""… and by less than this, if the names do too."""
SHORT = 0.6
"""Share of the numbers, and of the names, that must agree in a short text."""

_DIGIT_COMMA = re.compile(r",(?<=\d,)(?=\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WITHIN = re.compile(r" (?<=[\w,;)\u2019'-] )(?![a-z])([^\W\d_]+)")
"""A word that does not begin with a small letter, and stands within a sentence."""
_DATES = frozenset(name.casefold() for name in (*calendar.day_name, *calendar.month_name))
_ODD = 0x7FFF

Hashes = npt.NDArray[np.uint16]


def specifics(text: str) -> bytes:
    """16-bit hashes of the distinct numbers of a text (odd) and of its names (even), sorted, little-endian.

    A number is its significant digits, so that 142 crore is 1.42 billion. A name is any word with a capital that does
    not begin a sentence, days and months apart.
    """
    folded = _DIGIT_COMMA.sub("", unicodedata.normalize("NFKC", text))
    digits = {number.replace(".", "").strip("0") for number in _NUMBER.findall(folded)}
    odd = {zlib.crc32(number.encode()) & _ODD << 1 | 1 for number in digits}
    names = {word.casefold() for word in _WITHIN.findall(folded) if word[0].isupper()} - _DATES
    even = {zlib.crc32(name.encode()) & _ODD << 1 for name in names}
    return np.array(sorted(odd | even), "<u2").tobytes()


def disagree(a: Fingerprint, b: Fingerprint, share: float, *, short: bool) -> bool:
    """Whether the facts of two texts, of which ``share`` is the same, are others. Symmetric in a and b."""
    (numbers_a, names_a), (numbers_b, names_b) = _split(a.specifics), _split(b.specifics)
    if short:
        return min(_agreement(numbers_a, numbers_b), _agreement(names_a, names_b)) < SHORT
    if min(len(numbers_a), len(numbers_b)) < FEW:
        return False
    numbers = _agreement(numbers_a, numbers_b) / share
    return numbers < OTHER or (numbers < DOUBTFUL and _agreement(names_a, names_b) < DOUBTFUL * share)


def _split(packed: bytes) -> tuple[Hashes, Hashes]:
    values: Hashes = np.frombuffer(packed, np.dtype("<u2"))
    odd = (values & 1).astype(bool)
    return values[odd], values[~odd]


def _agreement(a: Hashes, b: Hashes) -> float:
    """Share of the fewer that the other has; all of it where one side has none."""
    fewer = min(len(a), len(b))
    return len(np.intersect1d(a, b, assume_unique=True)) / fewer if fewer else 1.0
