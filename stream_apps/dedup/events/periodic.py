"""Reports in set words: how a market closed, what fuel costs, how hot it was, where the earth shook.

One template is told anew each day, or of each place, with other numbers and nearly the same words, which no similarity
of words tells apart. What such a report is about is its kind, and its day or its place: of another day or another place
it is of another event.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stream_apps.dedup.days import on_other_day
from stream_apps.text.terms import Terms

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Kind(NamedTuple):
    """Words of which so many at least are among the terms of a report of this kind, and what tells two apart."""

    least: int
    words: tuple[str, ...]
    by_day: bool = True
    by_place: bool = False


KINDS: dict[str, Kind] = {
    "currency": Kind(3, ("rupee", "paise", "greenback", "interbank", "forex", "currencies")),
    "shares": Kind(
        3, ("sensex", "nifty", "gainers", "laggards", "midcap", "smallcap", "bourses", "equities", "nasdaq", "nikkei",
            "kospi", "ftse", "indices")
    ),
    "bullion": Kind(3, ("silver", "bullion", "ounce", "comex", "jewellers", "stockists", "spot")),
    "fuel": Kind(3, ("petrol", "diesel", "litre", "litres", "retailers", "cng")),
    "crude": Kind(3, ("brent", "crude", "barrel", "wti", "intermediate")),
    "produce": Kind(
        3, ("quintal", "arrivals", "mandi", "mandis", "wholesale", "tonnes", "traders", "lots"), by_place=True
    ),
    "temperature": Kind(3, ("celsius", "humidity", "maximum", "minimum", "notches", "aqi", "meteorological")),
    "tally": Kind(3, ("caseload", "positivity", "recoveries", "tally", "discharged")),
    "earthquake": Kind(
        2, ("earthquake", "quake", "tremor", "tremors", "magnitude", "epicentre", "epicenter", "richter", "seismology",
            "aftershocks"), by_day=False, by_place=True
    ),
    "harvest": Kind(
        2, ("hail", "hailstorm", "frost", "orchard", "orchards", "growers", "crops", "harvest", "blossom"),
        by_day=False, by_place=True
    ),
}  # fmt: skip
"""By name; each has a bit of its own. Words of other news are among them, which is why one or two say nothing."""
PLACES = 0.1
"""Least cosine of the names of two reports by place that are of one."""

_HASHES = tuple(frozenset(zlib.crc32(word.encode()) for word in kind.words) for kind in KINDS.values())
_WORDS = frozenset[int]().union(*_HASHES)
_RULES = tuple((1 << number, kind.least, _HASHES[number]) for number, kind in enumerate(KINDS.values()))
BY_DAY = sum(1 << number for number, kind in enumerate(KINDS.values()) if kind.by_day)
BY_PLACE = sum(1 << number for number, kind in enumerate(KINDS.values()) if kind.by_place)


def kinds(packed: bytes) -> int:
    """The kinds that a report is of, a bit each. ``packed``: its terms, see ``terms.pack``."""
    known = _WORDS.intersection(Terms.unpack(packed).hashes.tolist())  # hardly ever more than a few
    return sum(bit for bit, least, words in _RULES if len(known & words) >= least) if known else 0


def of_other_places(kind: int, kinds_of: Numbers, names: Numbers, of_names: Numbers) -> Flags:
    """Which of others are reports of one of these kinds, and of another place: their names have hardly one in common.

    ``names`` and ``of_names``: dot products of the names, and the products of their squared lengths. Where one side has
    no names, nothing is known.
    """
    strangers = (of_names > 0) & (names <= PLACES * np.sqrt(of_names))
    found: Flags = ((kinds_of & (kind & BY_PLACE)) > 0) & strangers
    return found


def of_other_days(kind: int, published: float, kinds_of: Numbers, times: npt.NDArray[np.float64]) -> Flags:
    """Which of others are reports of one of these kinds and of another day, as ``days.on_other_day`` has it."""
    found: Flags = ((kinds_of & (kind & BY_DAY)) > 0) & on_other_day(published, times)
    return found
