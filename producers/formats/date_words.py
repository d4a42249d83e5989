"""Words of written dates: months, days of the week and times of day in some fifty languages."""

# ruff: noqa: SIM905, RUF001 -- lists of words read better in one string, and these are of many scripts
from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import yaml

_NAMES = "date_names.yml"
_STRIPPED = ("LATIN", "GREEK")
"""Scripts whose accents may be left out; in others the marks are the vowels."""
_CUT = (*_STRIPPED, "CYRILLIC")
_NEVER_CUT = ("ga", "cy", "eu")
_SAY_NOTHING = frozenset(
    # English, as pages and programs introduce a date
    "at on of the updated update published publish posted created modified last date time dated o clock t "
    "hr hrs hour hours "
    # de of month and year, at an hour: other languages
    "de del d da e em en le la les el der den dem am à a às as las los alle ore um uhr kl klo hs h min "
    "г года год в ч р року roku r v ob g god m metų gada s dne dnia o godz te om uur os το στις "
    "दिनांक तारीख को अपडेटेड प्रकाशित ء سنة "
    "feira".split()
)
_ELIDED = ("d’", "d'", "l’", "l'")
_SUFFIXES = frozenset("st nd rd th er ère re ter e a o º ª লা রা ঠা ই শে वां वीं ء".split())
"""What follows a number to make it the first, second …."""

Part = Literal["am", "pm", "morning", "noon", "evening", "night"]
_PARTS: tuple[Part, ...] = ("am", "pm", "morning", "noon", "evening", "night")


@dataclass(frozen=True)
class Names:
    """The names of one language: months from 1, days of the week from 0 for Monday."""

    months: Mapping[str, int]
    days: Mapping[str, int]

    def know(self, word: str) -> bool:
        return word in self.months or word in self.days


@dataclass(frozen=True)
class Sense:
    """The meaning of a date's words: the month and the day of the week, as far as they name them."""

    month: int | None = None
    weekday: int | None = None


def plain(word: str) -> str:
    """Return a word in its look-up form: composed, in small letters, without the joiners of Indian scripts."""
    bare = unicodedata.normalize("NFC", word).casefold().replace("\u200c", "").replace("\u200d", "").strip(".॰’'")
    return bare[2:] if bare.startswith(_ELIDED) else bare


def says_nothing(word: str) -> bool:
    """Return whether a word is only a connective between parts of a date."""
    return word in _SAY_NOTHING or word in _vocabulary().hours


def is_ordinal(word: str) -> bool:
    """Return whether a word is an ordinal suffix: ``st``, ``nd``; feeds write ``2th``, too."""
    return word in _SUFFIXES


def part_of_day(word: str) -> Part | None:
    """Return the half or part of the day that a word names, except English ``am`` and ``pm``."""
    return _vocabulary().parts.get(word)


def is_hour_mark(word: str) -> bool:
    """Return whether a word makes the number before it an hour: ``5 बजे``, ``10 Uhr``."""
    return word in ("uhr", "hrs", "h") or word in _vocabulary().hours


def known(word: str) -> bool:
    """Return whether a word is a month or a day of the week in any language."""
    return word in _vocabulary().languages


def may_be_month(word: str) -> bool:
    """Return whether a word is a month in any language."""
    return word in _vocabulary().months


def senses(words: Sequence[str], language: str | None) -> Iterator[tuple[Sense, ...]]:
    """Return the meanings that these words can have together, the likeliest group of languages first.

    The groups: English, ``language``, any language with all of the words, any language beside English.

    Feeds write English whatever they are in, and some mix it with their own: ``Thu, 18 जून``.
    """
    if not words:
        yield (Sense(),)
        return
    names = _vocabulary().names
    for name in ("en", (language or "").split("-")[0]):
        if name in names:
            yield _understood(words, [(names[name],)])
    yield _understood(words, [(each,) for each in names.values()])
    yield _understood(words, [(each, names["en"]) for each in names.values()])


def _understood(words: Sequence[str], languages: Iterable[tuple[Names, ...]]) -> tuple[Sense, ...]:
    """Return the senses in each of these languages, or pairs of them, that has every word."""
    found = (
        sense
        for together in languages
        if all(any(each.know(word) for each in together) for word in words)
        for sense in _assigned(words, *together)
    )
    return tuple(dict.fromkeys(found))


def _assigned(words: Sequence[str], *languages: Names) -> Iterator[Sense]:
    """Take one word for the month and the others for the day of the week, in every possible way."""
    months = {word: names.months[word] for names in reversed(languages) for word in words if word in names.months}
    days = {word: names.days[word] for names in reversed(languages) for word in words if word in names.days}
    for number, word in enumerate(words):
        others = [*words[:number], *words[number + 1 :]]
        if word in months and all(other in days for other in others):
            yield Sense(months[word], next((days[other] for other in others), None))
    if not any(word in months and word not in days for word in words) and all(word in days for word in words):
        yield Sense(None, days[words[0]])


@dataclass(frozen=True)
class _Vocabulary:
    names: Mapping[str, Names]
    parts: Mapping[str, Part]
    hours: frozenset[str]
    months: frozenset[str]
    languages: frozenset[str]


@functools.cache
def _vocabulary() -> _Vocabulary:
    # Read on the first date that follows no standard: most feeds never need it.
    document: dict[str, Any] = yaml.load(
        (files("producers.formats") / _NAMES).read_text("utf-8"),
        Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506  # the safe one, in C where there is one
    )
    names = {
        name: Names(_numbered(said["months"], 1, name), _numbered(said["days"], 0, name))
        for name, said in document.items()
    }
    parts = {word: part for said in document.values() for part in _PARTS for word in said.get(part, "").split()}
    hours = frozenset(word for said in document.values() for word in said.get("hours", "").split())
    months = frozenset(word for each in names.values() for word in each.months)
    languages = months | {word for each in names.values() for word in each.days}
    return _Vocabulary(names, parts, hours, months, languages)


def _numbered(lines: Sequence[str], first: int, language: str) -> dict[str, int]:
    """Return the forms of each line with its number: full forms first, then without accents, then three letters.

    Programs cut names to three letters.
    """
    forms = [(form, number) for number, line in enumerate(lines, first) for form in line.split()]
    short = Counter(cut for cut, _ in {(_cut(form), number) for form, number in forms})
    cuts = {_cut(form): number for form, number in forms if short[_cut(form)] == 1 and language not in _NEVER_CUT}
    return cuts | {_without_accents(form): number for form, number in forms} | dict(forms)


def _cut(word: str) -> str:
    """Return the first three letters of a word in an alphabet; a word in another script as it is."""
    return word[:3] if _script(word) in _CUT else word


def _script(word: str) -> str:
    return unicodedata.name(word[0], "").partition(" ")[0]


def _without_accents(word: str) -> str:
    if _script(word) not in _STRIPPED:
        return word
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
