"""Periodic reports: how a market closed, what fuel costs, how hot it was, how many are ill.

One template is told anew each day, with other numbers and nearly the same words, which no similarity of words tells
apart. What such a report is about is its kind and its day: of another day it is of another event.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stream_apps.text.terms import Terms

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DAY = 86400.0
"""Days are those of UTC, whose midnight is before the markets of Asia open and after those of America close."""
SAME_DAY = 6 * 3600.0
"""Seconds within which two reports are of one day though midnight lies between them."""


class Kind(NamedTuple):
    """Words of which so many at least are among the terms of a report of this kind."""

    least: int
    words: tuple[str, ...]


KINDS: dict[str, Kind] = {
    "currency": Kind(3, ("rupee", "paise", "greenback", "interbank", "forex", "currencies")),
    "shares": Kind(
        3, ("sensex", "nifty", "gainers", "laggards", "midcap", "smallcap", "bourses", "equities", "nasdaq", "nikkei",
            "kospi", "ftse", "indices")
    ),
    "bullion": Kind(3, ("silver", "bullion", "ounce", "comex", "jewellers", "stockists", "spot")),
    "fuel": Kind(3, ("petrol", "diesel", "litre", "litres", "retailers", "cng")),
    "crude": Kind(3, ("brent", "crude", "barrel", "wti", "intermediate")),
    "temperature": Kind(3, ("celsius", "humidity", "maximum", "minimum", "notches", "aqi", "meteorological")),
    "tally": Kind(3, ("caseload", "positivity", "recoveries", "tally", "discharged")),
}  # fmt: skip
"""By name; each has a bit of its own. Words of other news are among them, which is why one or two say nothing."""

_BITS = tuple(
    (1 << number, kind.least, np.array(sorted(zlib.crc32(word.encode()) for word in kind.words), np.uint32))
    for number, kind in enumerate(KINDS.values())
)


def kinds(packed: bytes) -> int:
    """The kinds that a report is of, a bit each. ``packed``: its terms, see ``terms.pack``."""
    hashes = Terms.unpack(packed).hashes
    return sum(bit for bit, least, words in _BITS if np.isin(words, hashes, assume_unique=True).sum() >= least)


def of_other_days(kind: int, published: float, kinds_of: Numbers, times: npt.NDArray[np.float64]) -> Flags:
    """Which of others are reports of one of these kinds and of another day."""
    other_day = np.floor(times / DAY) != np.floor(published / DAY)
    found: Flags = ((kinds_of & kind) > 0) & other_day & (np.abs(times - published) > SAME_DAY)
    return found
