"""Numbers and names of two texts, and those that only one has, on which copies of one story disagree.

A number counts by its value: 142 crore is 1.42 billion, and `four` is 4. Names agree where both texts name the entity,
one by more words than the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

FactKind = Literal["number", "name"]
Named = Mapping[str, frozenset[str]]
"""The words of an article's names, folded, each with the ids of the entities that it stands for."""

UNITS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SPELLED: Final = {**UNITS, **TENS, "dozen": 12}
MAGNITUDES: Final = {
    "hundred": 10**2, "thousand": 10**3, "lakh": 10**5, "million": 10**6, "mn": 10**6, "crore": 10**7, "cr": 10**7,
    "billion": 10**9, "bn": 10**9, "trillion": 10**12,
}  # fmt: skip
SMALL: Final = frozenset({"of", "the", "and", "for", "in", "de"})
"""Words within a name that are not of it alone."""
_DIGIT_COMMA = re.compile(r"(?<=\d),(?=\d)")
_NUMBER = re.compile(r"\d{1,30}(?:\.\d{1,30})?")
_ENDS = re.compile(r"^\W+|(?:['\u2019]s)?\W*$")


@dataclass(frozen=True)
class Fact:
    """Words ``start`` to ``end`` of a text: a number, by its value, or a name, by its words."""

    kind: FactKind
    start: int
    end: int
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Stated:
    """The statements of a text: the values of its numbers, its words, and the entities that its article names."""

    numbers: frozenset[str]
    words: frozenset[str]
    entities: frozenset[str]


def bare(word: str) -> str:
    """Return a word for comparing names: folded, without surrounding punctuation and possessive."""
    return _ENDS.sub("", unicodedata.normalize("NFKC", word)).casefold()


def named_in(mentions: Iterable[Mapping[str, Any]]) -> Named:
    """Return the words of names in an article's mentions (``text`` and ``id``), without small words."""
    found: dict[str, set[str]] = {}
    for mention in mentions:
        for word in mention["text"].split():
            if word[:1].isupper() and len(bare(word)) > 1:
                found.setdefault(bare(word), set()).add(mention["id"])
    return {word: frozenset(ids) for word, ids in found.items()}


def stated(words: Sequence[str], named: Named) -> Stated:
    numbers = frozenset(key for fact in numbers_in(words) for key in fact.keys)
    return Stated(numbers, frozenset(map(bare, words)), frozenset().union(*named.values()))


def own_facts(words: Sequence[str], named: Named, other: Stated) -> list[Fact]:
    """Return the facts of a passage that the other text does not state, in reading order, without overlaps."""
    numbers = [fact for fact in numbers_in(words) if not set(fact.keys) <= other.numbers]
    names = [fact for fact in names_in(words, named) if _unknown(fact, named, other)]
    return sorted((*numbers, *names), key=lambda fact: fact.start)


def _unknown(fact: Fact, named: Named, other: Stated) -> bool:
    """Return whether the other text has neither a word of a name nor another name of its bearer."""
    return not any(key in other.words or named[key] & other.entities for key in fact.keys)


def numbers_in(words: Sequence[str]) -> Iterator[Fact]:
    """Return the numbers of a text, each with its magnitudes.

    >>> [(fact.start, fact.end, fact.keys) for fact in numbers_in("Rs 1.5 lakh crore for twenty-two towns".split())]
    [(1, 4, ('1500000000000',)), (5, 6, ('22',))]
    """
    place = 0
    while place < len(words):
        values = _values(words[place])
        end = place + 1
        while values and end < len(words) and (magnitude := MAGNITUDES.get(bare(words[end]).removesuffix("s"))):
            values = (*values[:-1], values[-1] * magnitude)
            end += 1
        if values:
            yield Fact("number", place, end, tuple(_key(value) for value in values))
        place = end


def _values(word: str) -> tuple[Decimal, ...]:
    """Return the numbers in one word: two in `2026-27`, one in `412-metre` or `twenty-two`."""
    plain = _DIGIT_COMMA.sub("", unicodedata.normalize("NFKC", word))
    digits = tuple(Decimal(found) for found in _NUMBER.findall(plain))
    parts = bare(word).split("-")
    if digits or parts[0] not in SPELLED:
        return digits
    tens = parts[0] in TENS and len(parts) > 1 and parts[1] in UNITS
    return (Decimal(SPELLED[parts[0]] + (SPELLED[parts[1]] if tens else 0)),)


def _key(value: Decimal) -> str:
    return f"{value.normalize():f}"


def names_in(words: Sequence[str], named: Named) -> Iterator[Fact]:
    """Return runs of words of names, with small words inside; punctuation ends a name.

    >>> embassy = {"embassy": frozenset({"a"}), "india": frozenset({"a"})}
    >>> [(fact.start, fact.end, fact.keys) for fact in names_in("the Embassy of India said".split(), embassy)]
    [(1, 4, ('embassy', 'india'))]
    """
    places = [place for place, word in enumerate(words) if _of_a_name(word, named)]
    runs: list[list[int]] = []
    for place in places:
        if runs and _goes_on(words, runs[-1][-1], place, named):
            runs[-1].append(place)
        else:
            runs.append([place])
    for run in runs:
        yield Fact("name", run[0], run[-1] + 1, tuple(bare(words[place]) for place in run))


def _of_a_name(word: str, named: Named) -> bool:
    return word.lstrip("\"'\u2018\u201c(")[:1].isupper() and bare(word) in named and not _values(word)


def _goes_on(words: Sequence[str], last: int, place: int, named: Named) -> bool:
    """Return whether a name goes on to a word: directly, or over small words within one entity."""
    between = words[last + 1 : place]
    if not words[last][-1:].isalnum():
        return False
    if not between:
        return True
    of_one = named[bare(words[last])] & named[bare(words[place])]
    return bool(of_one) and len(between) <= 2 and all(word in SMALL for word in between)
