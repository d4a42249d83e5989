"""Numbers as people write them, brought to one form: the value, and with it the currency or the per cent sign.

``Rs 1,250 crore``, ``₹1250 cr`` and ``12.5 billion rupees`` are all ``inr12500000000``. The same function runs over
what is indexed and over what is asked, so that both agree whatever it makes of a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import Final

from cachetools import LRUCache, cached

SCALES: Final = {
    "hundred": 10**2,
    **dict.fromkeys(("thousand", "k"), 10**3),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 10**5),
    **dict.fromkeys(("million", "mn", "mln", "m"), 10**6),
    **dict.fromkeys(("crore", "crores", "cr", "crs"), 10**7),
    **dict.fromkeys(("billion", "bn", "bln", "b"), 10**9),
    **dict.fromkeys(("trillion", "tn", "trn"), 10**12),
}
AFTER_MONEY: Final = frozenset({"k", "m", "b"})
"""Scales only where they are joined to an amount of money: `$5m`, where `5m` alone may be metres."""
CURRENCIES: Final = {
    **dict.fromkeys(("₹", "rs", "re", "inr", "rupee", "rupees"), "inr"),
    **dict.fromkeys(("$", "us$", "usd", "dollar", "dollars"), "usd"),
    **dict.fromkeys(("€", "eur", "euro", "euros"), "eur"),
    **dict.fromkeys(("£", "gbp"), "gbp"),
}
WORDS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
}  # fmt: skip
"""Numbers only before a scale: `two lakh`."""
MAX_DIGITS: Final = 30
"""A longer row of digits is no quantity."""

_NUMBER = r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?(?![\d,]\d)|\d+(?:\.\d+)?"
_SCALE = "|".join(sorted(SCALES.keys() - AFTER_MONEY, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"""
    (?: (?P<before> ₹ | US\$ | [$€£] | (?<!\w)(?:Rs|Re|INR|USD|EUR|GBP)\b\.?) \s* | (?<![^\W\d_]) (?<!\d) (?<!\d[.,]) )
    (?: (?P<low> {_NUMBER}) \s* (?:-|to\b) \s* )?
    (?: (?P<number> {_NUMBER}) | (?P<word> \b(?:{"|".join(WORDS)})\b (?=[\s-]+(?:{_SCALE})\b)) )
    (?P<scale> (?: [\s-]* (?:{_SCALE})\b )+ | (?:[kmb])\b )?
    (?: \s* (?P<percent> % | per[\s-]?cent\b | pc\b) | [\s-]* (?P<after> (?:US\s+)?(?:rupees?|dollars?|euros?)\b) )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f]")
_DASHES: Final = frozenset("\u2010\u2011\u2012\u2013\u2014\u2212")
REMEMBERED: Final = 8_192
"""Texts whose terms are remembered, a kilobyte each: an article is indexed again whenever its story changes."""


@dataclass(frozen=True)
class Quantity:
    """A number at ``text[start:end]``. ``bare`` is the number without its scale: 318 of 318 crore; none of a lakh."""

    start: int
    end: int
    value: Decimal
    bare: Decimal | None
    unit: str = ""
    """`inr`, `usd`, `eur`, `gbp`, `%` or nothing."""

    @property
    def term(self) -> str:
        """Its one form."""
        return _with_unit(self.value, self.unit)

    @property
    def terms(self) -> frozenset[str]:
        """Every form by which it may be asked for: with less than all that is said of it, too."""
        return frozenset({self.term, plain(self.value), *(() if self.bare is None else (plain(self.bare),))})


def quantities(text: str) -> Iterator[Quantity]:
    """The numbers of a text, in order. Both ends of a range (`10-12 lakh`) have its scale and its unit."""
    for found in _QUANTITY.finditer(_same_length(text)):
        if len(found[0]) <= 3 * MAX_DIGITS:
            yield from _read(found)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


@cached(LRUCache(REMEMBERED), key=_digest)
def quantity_terms(text: str) -> tuple[str, ...]:
    """What is indexed for the numbers of a text, sorted."""
    return tuple(sorted({term for quantity in quantities(text) for term in quantity.terms}))


def plain(value: Decimal) -> str:
    """`12500000000`, `0.5`: neither exponent nor zeros behind the point."""
    shown = f"{value:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _read(found: re.Match[str]) -> Iterator[Quantity]:
    money = found["before"] or found["after"]
    scale = _scale(found["scale"] or "")
    end = found.end()
    if (found["scale"] or "").lower() in AFTER_MONEY and not money:
        scale, end = Decimal(1), found.start("scale")
    unit = "%" if found["percent"] else _currency(money) if money else ""
    for name in ("low", "number", "word"):
        if found[name]:
            number = _number(found[name])
            yield Quantity(found.start(), end, number * scale, None if name == "word" else number, unit)


def _number(written: str) -> Decimal:
    return Decimal(WORDS.get(written.lower()) or written.replace(",", ""))


def _scale(written: str) -> Decimal:
    """`lakh crore` is a lakh times a crore."""
    product = Decimal(1)
    for word in re.findall(r"[a-z]+", written.lower()):
        product *= SCALES[word]
    return product


def _currency(written: str) -> str:
    return CURRENCIES[written.lower().rstrip(".").split()[-1]]


def _with_unit(value: Decimal, unit: str) -> str:
    return f"{plain(value)}%" if unit == "%" else f"{unit}{plain(value)}"


def _same_length(text: str) -> str:
    """Dashes, digits and spaces of every script as the ASCII ones, so that offsets hold."""
    return text if text.isascii() else _OUTSIDE_ASCII.sub(_as_ascii, text)


def _as_ascii(found: re.Match[str]) -> str:
    character = found[0]
    if character in _DASHES:
        return "-"
    if character.isdecimal():
        return str(unicodedata.digit(character))
    return " " if character.isspace() else character
