"""One invented agency story and any number of copies of it, as outlets print them: edited, cut, added to.

The k-th copy is the same in every run, whatever was made before it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import wordfreq

from wirecopy.wireday.edits import abridged, plus_staff

IDENTICAL = 5
"""One copy in so many is the agency's text, word for word."""
CUT, EXTENDED, EDITED = 0.45, 0.35, 0.75
"""Shares of the other copies that are cut, that have paragraphs of the outlet's own, that have words changed."""
BYLINE, CREDIT = 0.5, 0.2
"""Shares of the copies that name the agency as the author, and as a source in their last line."""
MOST_EDITS = 8
PARAGRAPHS, SENTENCES, WORDS = 9, (2, 4), (11, 21)
"""Of the story; of a paragraph; of a sentence: about 420 words in all."""
SMALL, OFTEN = 120, 0.45
"""So many of the commonest words make up this share of a text."""

Paragraphs = tuple[str, ...]


@dataclass(frozen=True)
class Copy:
    """What one outlet printed. The first is the agency's own."""

    number: int
    outlet: str
    headline: str
    byline: str | None
    paragraphs: Paragraphs


def copy(number: int, seed: int = 1) -> Copy:
    """The copy of this number, from 1 on, of the story that belongs to a seed."""
    rng = random.Random(f"{seed}-{number}")
    headline, paragraphs = _story(seed)
    outlet = f"outlet-{number}.example"
    if number == 1:
        return Copy(number, outlet, headline, "PTI", paragraphs)
    if number % IDENTICAL:
        paragraphs = _varied(paragraphs, rng)
        headline = _edited((headline,), rng, 1)[0]
    credited = rng.random()
    if BYLINE <= credited < BYLINE + CREDIT:
        paragraphs = (*paragraphs, "(With inputs from PTI)")
    return Copy(number, outlet, headline, "PTI" if credited < BYLINE else None, paragraphs)


def _varied(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    kind = rng.random()
    if kind < CUT:
        paragraphs = abridged(paragraphs, rng)
    elif kind < CUT + EXTENDED:
        paragraphs = plus_staff(paragraphs, tuple(paragraph(rng) for _ in range(rng.randint(1, 2))), rng)
    if kind >= CUT + EXTENDED or rng.random() < EDITED:
        paragraphs = _edited(paragraphs, rng, rng.randint(1, MOST_EDITS))
    return paragraphs


def _edited(paragraphs: Sequence[str], rng: random.Random, edits: int) -> Paragraphs:
    """So many words, not at the beginning of a paragraph, in other words."""
    found = [text.split(" ") for text in paragraphs]
    for _ in range(edits):
        words = rng.choice(found)
        words[rng.randrange(1, len(words))] = rng.choice(vocabulary())
    return tuple(" ".join(words) for words in found)


def paragraph(rng: random.Random) -> str:
    """A paragraph that nobody else has."""
    return " ".join(_sentence(rng) for _ in range(rng.randint(*SENTENCES)))


def _sentence(rng: random.Random) -> str:
    small, large = vocabulary()[:SMALL], vocabulary()
    words = [rng.choice(small if rng.random() < OFTEN else large) for _ in range(rng.randint(*WORDS))]
    if rng.random() < 0.5:
        words[len(words) // 2] = f"{_name(rng)} {_name(rng)}"
    if rng.random() < 0.3:
        words[-2] = str(rng.randint(2, 9000))
    return f"{words[0].capitalize()} {' '.join(words[1:])}."


def _name(rng: random.Random) -> str:
    """An invented one."""
    return "".join(rng.choice("bdghjklmnprstv") + rng.choice("aeiou") for _ in range(rng.randint(2, 3))).capitalize()


@lru_cache(maxsize=64)
def _story(seed: int) -> tuple[str, Paragraphs]:
    rng = random.Random(f"{seed}")
    headline = " ".join(rng.choices(vocabulary(), k=9)).capitalize()
    return headline, tuple(paragraph(rng) for _ in range(PARAGRAPHS))


@cache
def vocabulary() -> tuple[str, ...]:
    """English words, the commonest first."""
    return tuple(word for word in wordfreq.top_n_list("en", 8000) if word.isalpha() and len(word) > 1)
