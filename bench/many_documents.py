"""Very many documents out of those of one wire day: other ids, other days, other rare words.

Every turn repeats the day under ids of its own on a day of its own. A word that few articles of the day hold gets an
ending of the turn, so that it stays as rare among a million as it is in a day; common words and names grow with the
index, as they do in life.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import orjson

RARE: Final = 3
"""Articles of the day that hold a rare word, at most."""
TEXTS: Final = ("headline", "text", "body")
"""Fields whose words are made rare again."""
_WORD: Final = re.compile(r"[A-Za-z]{5,}")
_ID: Final = re.compile(rb"\b([0-9a-f]{24})[0-9a-f]{8}\b")
_DAY: Final = re.compile(rb"\b20\d\d-\d\d-\d\dT")
_ENDING, _TAIL, _DATE = b"@@E@@", b"@@T@@", b"@@D@@"


@dataclass(frozen=True)
class Pattern:
    """A document in JSON whose ids, days and rare words are still open."""

    id: bytes
    source: bytes

    def of_turn(self, turn: int, day: date) -> tuple[str, bytes]:
        """The id and the JSON of the document of this turn."""
        tail = b"%08x" % turn
        made = self.source.replace(_TAIL, tail).replace(_ENDING, ending(turn).encode())
        return (self.id + tail).decode(), made.replace(_DATE, day.isoformat().encode())


def ending(turn: int) -> str:
    """Letters that stand for a turn.

    >>> ending(0), ending(27)
    ('qa', 'qbb')
    """
    letters = ""
    while True:
        turn, digit = divmod(turn, 26)
        letters = chr(ord("a") + digit) + letters
        if not turn:
            return f"q{letters}"


def patterns(documents: Mapping[str, Mapping[str, Any]], rare: frozenset[str]) -> list[Pattern]:
    """What every turn fills in."""
    return [
        Pattern(identity[:24].encode(), _opened({**document, **_reworded(document, rare)}))
        for identity, document in sorted(documents.items())
    ]


def rare_words(documents: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The words of five letters or more that at most ``RARE`` texts hold."""
    held: Counter[str] = Counter()
    for document in documents:
        held.update(set(_WORD.findall(f"{document.get('headline', '')} {document.get('text', '')}")))
    return frozenset(word for word, count in held.items() if count <= RARE)


def turns(kinds: Mapping[str, Sequence[Pattern]], articles: int, last: date, days: int) -> Iterator[tuple[int, date]]:
    """As many turns as it takes to so many articles, spread evenly over the days up to the last one."""
    count = -(-articles // len(kinds["articles"]))
    return ((turn, last - timedelta(days=days - 1 - turn * days // count)) for turn in range(count))


def _reworded(document: Mapping[str, Any], rare: frozenset[str]) -> dict[str, str]:
    def word(found: re.Match[str]) -> str:
        return f"{found[0]}{_ENDING.decode()}" if found[0] in rare else found[0]

    return {name: _WORD.sub(word, document[name]) for name in TEXTS if isinstance(document.get(name), str)}


def _opened(document: Mapping[str, Any]) -> bytes:
    return _DAY.sub(_DATE + b"T", _ID.sub(rb"\1" + _TAIL, orjson.dumps(document)))
