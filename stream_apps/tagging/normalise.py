"""One text, one spelling: for matching only, and never longer or shorter than what was published."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_SAME_LENGTH = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys(
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "
    ),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
}
_SPECIAL = re.compile(f"[{re.escape(''.join(_SAME_LENGTH))}]")  # seldom there: five times as fast as str.translate
# Initials in a row are one word, with dots or without: `U.S.`, `M. K.`, `R B`. Otherwise letters and digits; `&`.
_TOKEN = re.compile(r"(?<![^\W_])(?:[A-Z](?:\. ?[A-Z](?![^\W_]))+\.?|[A-Z](?: [A-Z](?![^\W_]))+)|[^\W_]+|&")
# Letters that do not fall apart into a base letter and a mark.
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "\u0131": "i"}
)


_BRITISH = {
    "organization": "organisation", "organizations": "organisations", "defense": "defence", "labor": "labour",
    "center": "centre", "centers": "centres", "program": "programme", "programs": "programmes", "theater": "theatre",
    "harbor": "harbour", "authorization": "authorisation", "standardization": "standardisation",
    "civilization": "civilisation", "modernization": "modernisation", "fertilizer": "fertiliser",
    "fertilizers": "fertilisers", "aluminum": "aluminium", "tire": "tyre", "tires": "tyres", "jewelry": "jewellery",
    "bazar": "bazaar",
}  # fmt: skip
"""Words of names that are spelled in two ways, so that both are one name."""


class Token(NamedTuple):
    """A word of a text: folded, in British spelling, and where it stands."""

    word: str
    start: int
    end: int


def plain(text: str) -> str:
    """Hyphens, spaces and quotation marks of any kind as the ASCII ones; the length stays, so offsets hold."""
    return _SPECIAL.sub(lambda found: _SAME_LENGTH[found[0]], text)


def fold(text: str) -> str:
    """Without diacritics and case."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()


def tokens(text: str) -> list[Token]:
    """The words of a text that ``plain`` has passed."""
    make = tuple.__new__  # a named tuple's own is written in Python, and was half of the work here
    return [make(Token, (_word(found[0]), *found.span())) for found in _TOKEN.finditer(text)]


@lru_cache(maxsize=50_000)
def words(name: str) -> tuple[str, ...]:
    """The folded words of a name, in British spelling; initials in a row count as one word.

    ``M.K. Stalin``, ``M. K. Stalin`` and ``MK Stalin`` are all ``("mk", "stalin")``; ``U.S.`` is ``("us",)``.
    """
    return tuple(_word(found) for found in _TOKEN.findall(plain(name)))


@lru_cache(maxsize=20_000)  # the words of texts repeat: half the time
def _word(spelling: str) -> str:
    if spelling.isascii() and spelling.isalnum():
        folded = spelling.lower()
        return _BRITISH.get(folded, folded)
    return "and" if spelling == "&" else fold(spelling.replace(".", "").replace(" ", ""))
