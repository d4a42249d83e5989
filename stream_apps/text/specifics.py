"""Short hashes of a text's numbers and names, which distinguish two texts of one template."""

from __future__ import annotations

import calendar
import re
import unicodedata
import zlib

import numpy as np

_DIGIT_COMMA = re.compile(r",(?<=\d,)(?=\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WITHIN = re.compile(r" (?<=[\w,;)\u2019'-] )(?![a-z])([^\W\d_]+)")
"""A word that does not begin with a small letter, and stands within a sentence."""
_DATES = frozenset(name.casefold() for name in (*calendar.day_name, *calendar.month_name))
_ODD = 0x7FFF


def specifics(text: str) -> bytes:
    """Return 16-bit hashes of the distinct numbers of a text (odd) and of its names (even), sorted, little-endian.

    A number counts by its significant digits, so that 142 crore is 1.42 billion. A name is any capitalised word that
    does not begin a sentence, except days and months.
    """
    folded = _DIGIT_COMMA.sub("", unicodedata.normalize("NFKC", text))
    digits = {number.replace(".", "").strip("0") for number in _NUMBER.findall(folded)}
    odd = {zlib.crc32(number.encode()) & _ODD << 1 | 1 for number in digits}
    names = {word.casefold() for word in _WITHIN.findall(folded) if word[0].isupper()} - _DATES
    even = {zlib.crc32(name.encode()) & _ODD << 1 for name in names}
    return np.array(sorted(odd | even), "<u2").tobytes()
