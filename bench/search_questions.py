"""Questions to the wire day with answers known from its own texts, by word boundaries and never by our analysis.

The text of an item is its headline and the paragraphs of the story in it, without what its outlet prints around every
article. Two words are one where they are spelled alike in any case, or where a dictionary of English (``simplemma``)
gives both one lemma. A word of two or three capitals is only itself.
"""

from __future__ import annotations

import calendar
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Final, Literal

import simplemma
import yaml

from wirecopy.wireday.agencies import FULL_NAMES
from wirecopy.wireday.day import WireDay
from wirecopy.wireday.items import Item

Kind = Literal["headline", "body", "name", "number"]
COUNTS: Final[Mapping[Kind, int]] = {"headline": 200, "body": 100, "name": 50, "number": 30}
SEED: Final = 14
PLACE_NAMES: Final = Path(__file__).parent / "data" / "place_names.yml"
LISTED: Final = 190
"""Answers that a search lists at most: a question with more of them says nothing of what was found."""

_WORD = re.compile(r"[^\W_]+(?:['\u2019.][^\W_]+)*")
_DATELINE = re.compile(r"^[^.\n]{2,80}?(?:\([A-Z][A-Za-z]+\)|\)|:|\u2014|--)\s", re.MULTILINE)
_CAPITALS = re.compile(r"[A-Z]{2,3}")
_AMOUNT = re.compile(
    r"(?P<rupees>Rs\.?\s|\u20b9\s?)?(?P<number>\d[\d,]*(?:\.\d+)?)\s(?P<scale>lakh|crore|million|billion)\b"
)
_PLAIN = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{2,3})+(?![\d.,])")
_OF_OTHERS = {*map(str.casefold, calendar.month_name), "lakh", "crore", "million", "billion", "cent", "percent"}
_UNLISTED = {"won": "win"}
"""Forms that the dictionary knows only as another word."""
_ZEROS = {"thousand": 3, "lakh": 5, "million": 6, "crore": 7, "billion": 9}
_OTHER = {"lakh": "thousand", "million": "lakh", "crore": "million", "billion": "crore"}
_OF_OTHERS = {*map(str.casefold, calendar.month_name), "lakh", "crore", "million", "billion", "cent", "percent"}
_SHORT = {
    "thousand": "thousand",
    "lakh": "lakh",
    "million": "million|mln|mn",
    "crore": "crore|cr",
    "billion": "bn|billion",
}


@dataclass(frozen=True)
class Question:
    """``words`` and ``options`` (`person`, `org`, `place`) as one would type them; ``answers``: ids of articles."""

    kind: Kind
    words: str
    answers: frozenset[str]
    options: Mapping[str, str] = field(default_factory=dict)
    also: frozenset[str] = frozenset()
    """Neither wrong to find nor to miss: a place in an organisation's name, or in a dateline or credit alone."""


@dataclass(frozen=True)
class Texts:
    """What every item of the day says, by article id."""

    day: WireDay

    @cached_property
    def items(self) -> dict[str, Item]:
        return {item.id: item for item in self.day.first_turn()}

    @cached_property
    def of(self) -> dict[str, str]:
        return {name: own_text(item) for name, item in self.items.items()}

    @cached_property
    def words(self) -> dict[str, frozenset[str]]:
        """Of each text every word that a question may ask for, as ``_keys`` has it."""
        return {name: frozenset(key for word in words(text) for key in _keys(word)) for name, text in self.of.items()}

    def with_words(self, asked: Sequence[str]) -> frozenset[str]:
        """The articles that have each of these words in some form."""
        wanted = [_keys(word) for word in asked]
        return frozenset(name for name, held in self.words.items() if all(held & keys for keys in wanted))

    def with_pattern(self, pattern: str, events: AbstractSet[str] | None = None) -> frozenset[str]:
        """The articles (of these events) that have this within their text, datelines apart."""
        found = re.compile(pattern)
        return frozenset(
            name
            for name, text in self.of.items()
            if (events is None or self.items[name].event in events) and found.search(_DATELINE.sub("", text))
        )


def own_text(item: Item) -> str:
    """Headline and story of an item's last version, without what its outlet prints under every article."""
    last = item.versions[-1]
    under = len(item.outlet.boilerplate) + bool(item.outlet.also_read)
    return "\n".join([last.headline, *last.paragraphs[: len(last.paragraphs) - under]])


def words(text: str) -> list[str]:
    """The words of a text without possessives; dots of acronyms left out."""
    return [re.sub(r"['\u2019]s?$", "", word).replace(".", "") for word in _WORD.findall(text)]


@cache
def _keys(word: str) -> frozenset[str]:
    """What two spellings of one word have in common."""
    if _CAPITALS.fullmatch(word):
        return frozenset({word})
    small = _UNLISTED.get(word.casefold(), word.casefold())
    if simplemma.is_known(small, lang="en"):
        return frozenset({small, str(simplemma.lemmatize(small, lang="en")).casefold()})
    return frozenset({small, *(small.removesuffix(ending) for ending in ("s", "es", "ed", "ing") if len(small) > 5)})


def questions(day: WireDay) -> list[Question]:
    """All of them, the same at every run."""
    texts, chance = Texts(day), random.Random(SEED)
    makers: Mapping[Kind, Callable[[Texts, random.Random], Iterator[Question]]] = {
        "headline": _of_headlines,
        "body": _of_bodies,
        "name": _of_names,
        "number": _of_numbers,
    }
    return [one for kind, make in makers.items() for one in islice(_new(make(texts, chance)), COUNTS[kind])]


def _new(made: Iterable[Question]) -> Iterator[Question]:
    seen = set()
    for one in made:
        asked = (one.words, *one.options.items())
        if asked not in seen and 0 < len(one.answers) <= LISTED:
            seen.add(asked)
            yield one


def _of_headlines(texts: Texts, chance: random.Random) -> Iterator[Question]:
    """Two words of a headline, as it has them."""
    headlines = [line for event in texts.day.events for line in (event.headline, *event.alternatives)]
    while True:
        distinctive = _distinctive(chance.choice(headlines))
        if len(distinctive) >= 2:
            asked = chance.sample(distinctive, 2)
            yield Question("headline", " ".join(asked), texts.with_words(asked))


def _of_bodies(texts: Texts, chance: random.Random) -> Iterator[Question]:
    """Two or three words of one paragraph."""
    paragraphs = [text for event in texts.day.events for text in event.paragraphs]
    while True:
        distinctive = _distinctive(chance.choice(paragraphs))
        if len(distinctive) >= 3:
            asked = chance.sample(distinctive, chance.choice([2, 3]))
            yield Question("body", " ".join(asked), texts.with_words(asked))


def _distinctive(text: str) -> list[str]:
    """Words that one would search for: no short ones, but for capitals; none of a number, a date or a credit."""
    found = [word for word in words(text) if _CAPITALS.fullmatch(word) or (len(word) > 3 and word.isalpha())]
    return [word for word in dict.fromkeys(found) if word not in FULL_NAMES and word.casefold() not in _OF_OTHERS]


def _of_names(texts: Texts, chance: random.Random) -> Iterator[Question]:
    """Places by their old names, then people and organisations mixed."""
    others = [*_of_people(texts), *_of_organisations(texts)]
    chance.shuffle(others)
    return chain(_of_places(texts), others)


def _of_people(texts: Texts) -> Iterator[Question]:
    """By initials written otherwise, else by the surname; those whose surname no other event has.

    A text that has the surname alone is an answer where another copy of it has the name in full.
    """
    for event in texts.day.events:
        for name in event.people:
            given, _, surname = name.rpartition(" ")
            bearers = texts.with_pattern(rf"\b{re.escape(surname)}\b")
            if not given or {texts.items[one].event for one in bearers} != {event.id}:
                continue
            asked = re.sub(r"\b([A-Z])\.? ?(?=[A-Z]\b)", r"\1", given).replace(".", "") + " " + surname
            named = {texts.items[one].story for one in texts.with_pattern(rf"\b{re.escape(name)}\b")}
            answers = frozenset(one for one in bearers if texts.items[one].story in named)
            yield Question("name", "", answers, {"person": asked if asked != name else surname}, bearers)


def _of_organisations(texts: Texts) -> Iterator[Question]:
    """Those that an event has under an acronym too, by the full name."""
    for event in texts.day.events:
        for name in event.organisations:
            short = "".join(re.findall(r"\b[A-Z]", name))
            if len(short) > 2 and short in event.organisations:
                answers = texts.with_pattern(rf"\b(?:{re.escape(name)}|{short})\b", {event.id})
                yield Question("name", "", answers, {"org": name})


def _of_places(texts: Texts) -> Iterator[Question]:
    """Where the name is no part of a longer one (`Mumbai Harbour`)."""
    for now, before in yaml.safe_load(PLACE_NAMES.read_text(encoding="utf-8")).items():
        alone = rf"(?m)^(?!\().*(?<![A-Z][a-z]{{3}} )(?<!-)\b{re.escape(now)}\b(?! [A-Z])(?!-)"
        anywhere = frozenset(one for one, text in texts.of.items() if re.search(rf"(?i)\b{re.escape(now)}\b", text))
        yield Question("name", "", texts.with_pattern(alone), {"place": before}, anywhere)


def _of_numbers(texts: Texts, chance: random.Random) -> Iterator[Question]:
    """An amount with another scale word or sign, a number with other separators."""
    paragraphs = [text for event in texts.day.events for text in event.paragraphs]
    chance.shuffle(paragraphs)
    for text in paragraphs:
        for found in _AMOUNT.finditer(text):
            yield Question("number", _otherwise(found), texts.with_pattern(_in_every_scale(found)))
        for found in _PLAIN.finditer(text):
            yield Question(
                "number", found[0].replace(",", ""), texts.with_pattern(rf"(?<![\d,.]){found[0]}(?![\d,]*\d)")
            )


def _otherwise(found: re.Match[str]) -> str:
    other = _OTHER[found["scale"]]
    return ("₹" if found["rupees"] else "") + f"{_value(found).scaleb(-_ZEROS[other]):f} {other}"


def _value(found: re.Match[str]) -> Decimal:
    return Decimal(found["number"].replace(",", "")).scaleb(_ZEROS[found["scale"]])


def _in_every_scale(found: re.Match[str]) -> str:
    """A pattern of the amount as any outlet may print it; of rupees only with their sign."""
    forms = []
    for scale, zeros in _ZEROS.items():
        number = f"{_value(found).scaleb(-zeros).normalize():f}"
        zeros_behind = "0*" if "." in number else r"(?:\.0+)?"
        forms.append(
            rf"(?:{re.escape(number)}|{re.escape(_separated(number))}){zeros_behind}[\s-]?(?:{_SHORT[scale]})s?\b"
        )
    sign = r"(?:Rs\.?|\u20b9)\s?" if found["rupees"] else r"(?<![\d,.])"
    return rf"{sign}(?:{'|'.join(forms)})"


def _separated(number: str) -> str:
    whole, _, rest = number.partition(".")
    return f"{int(whole):,}" + (f".{rest}" if rest else "")
