"""What a copy desk changes in agency text: house spelling, number style, a word here and there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from decimal import Decimal

from wirecopy.wireday.events import Paragraphs

WORDS = {
    "per cent": "percent",
    "apiece": "each",
    "massive": "huge",
    "major": "big",
    "probe": "inquiry",
    "probes": "inquiries",
    "underway": "under way",
    "commenced": "began",
    "nabbed": "arrested",
    "nearly": "almost",
    "more than": "over",
    "including": "among them",
    "however": "though",
    "despite": "in spite of",
    "prior to": "before",
    "due to": "because of",
    "in order to": "to",
    "as many as": "some",
    "as well as": "and also",
    "such as": "like",
    "a number of": "several",
    "several": "many",
    "said": "stated",
    "stated": "maintained",
    "told reporters": "said to reporters",
    "according to": "as per",
    "he added": "he went on to say",
    "she added": "she went on to say",
    "alleged": "claimed",
    "announced": "declared",
    "is expected to": "is likely to",
    "are expected to": "are likely to",
    "will be": "is to be",
    "has been": "was",
    "have been": "were",
    "did not": "didn't",
    "does not": "doesn't",
    "has not": "hasn't",
    "will not": "won't",
    "would not": "wouldn't",
    "cannot": "can't",
    "this year": "in the current year",
    "last year": "in the previous year",
    "next week": "in the coming week",
    "last week": "in the previous week",
    "a day earlier": "the day before",
    "rose": "went up",
    "fell": "went down",
    "increased": "grew",
    "declined": "dropped",
    "jumped": "leapt",
    "injured": "hurt",
    "began": "started",
    "completed": "finished",
    "purchased": "bought",
    "received": "got",
    "required": "needed",
    "needed": "required",
    "approximately": "roughly",
    "employees": "staff",
    "children": "youngsters",
    "residents": "locals",
    "people": "persons",
    "workers": "labourers",
    "centre": "center",
    "programme": "program",
    "labour": "labor",
    "metres": "meters",
    "kilometres": "km",
    "km": "kilometres",
    "one of the": "among the",
    "near": "close to",
    "while": "even as",
    "which": "that",
    "but": "yet",
    "because of": "owing to",
    "during": "in the course of",
    "until": "till",
    "set up": "established",
    "carried out": "conducted",
    "helped": "aided",
    "biggest": "largest",
    "largest": "biggest",
    "at least": "no fewer than",
    "so far": "until now",
    "currently": "at present",
    "then": "thereafter",
    "among": "amid",
    "across": "throughout",
    "towards": "toward",
    "within": "inside",
    "sought": "asked for",
    "asked": "urged",
    "found": "discovered",
    "shut": "closed",
    "opened": "threw open",
    "used": "employed",
    "shows": "indicates",
    "showed": "indicated",
    "order": "directive",
    "decision": "call",
    "plan": "scheme",
}
"""The agency's words, and what a desk puts in their place."""

_NUMBER_WORDS = dict(
    zip(
        map(str, range(2, 13)),
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
        strict=True,
    )
)
_SMALL_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with")
)
_WORD = re.compile(r"(?<![\w-])(" + "|".join(sorted(WORDS, key=len, reverse=True)) + r")(?![\w-])")
_ARTICLE = re.compile(r"(?<=[\w,] )(?:an?|the) (?=\w)")
_ON_DAY = re.compile(r" on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: (?:morning|afternoon|evening|night))?\b")
_DOUBLE = re.compile(r"(?:(?<=[\s(\[\u2013\u2014-])|^)\"")
_SINGLE = re.compile(r"(?:(?<=[\s(\[\u201c\u2013\u2014-])|^)'")
_CRORE = re.compile(r"\b(\d[\d,]{0,12}(?:\.\d{1,4})?) crore\b")
_PERCENT = re.compile(r"\b(\d[\d,]{0,12}(?:\.\d{1,4})?) per ?cent\b")
_DOLLARS = re.compile(r"\bUSD (?=\d)")
_RUPEES = re.compile(r"\bRs\.? (?=\d)")
_SMALL = re.compile(r"\b([2-9]|1[0-2])\b(?![.,:/%-]?\d)(?! (?:am|pm|per|crore|lakh|million)\b)(?<![.,:/-]\d)")


def edited(paragraphs: Paragraphs, rng: random.Random, every: int = 22) -> Paragraphs:
    """The text as a desk prints it: one number style throughout, and about one word in ``every`` changed.

    The words are those of ``WORDS`` that the text happens to use; the sentences and their order stay.
    """
    styles: list[Callable[[str], str]] = rng.sample([_millions, _percent_signs, _dollar_signs, _rupee_signs], k=2)
    restyled = tuple(_apply(styles, paragraph) for paragraph in paragraphs)
    budget = max(3, sum(len(p.split()) for p in restyled) // every)
    places = [(i, m) for i, p in enumerate(restyled) for m in _WORD.finditer(p)]
    chosen = rng.sample(places, k=min(budget, len(places)))
    changed = list(restyled)
    # From the back, so that the places not yet changed stay where they were found.
    for index, match in sorted(chosen, key=lambda place: (place[0], place[1].start()), reverse=True):
        text = changed[index]
        changed[index] = text[: match.start()] + WORDS[match.group()] + text[match.end() :]
    return tuple(_spelt_numbers(p) for p in changed) if rng.random() < 0.5 else tuple(changed)


def telegraphic(text: str) -> str:
    """The text as briefs have it: without articles and the day of the week."""
    return _ARTICLE.sub("", _ON_DAY.sub("", text))


def title_case(headline: str) -> str:
    """Every Word Capitalised, But For the Small Ones."""
    words = headline.split(" ")
    return " ".join(w if i and w in _SMALL_WORDS else w[:1].upper() + w[1:] for i, w in enumerate(words))


def curly(text: str) -> str:
    """Typographic quotation marks and apostrophes in place of typewriter ones."""
    return _SINGLE.sub("\u2018", _DOUBLE.sub("\u201c", text)).replace('"', "\u201d").replace("'", "\u2019")


def _apply(styles: list[Callable[[str], str]], text: str) -> str:
    for style in styles:
        text = style(text)
    return text


def _millions(text: str) -> str:
    return _CRORE.sub(lambda m: f"{Decimal(m[1].replace(',', '')) * 10:,f} million", text)


def _percent_signs(text: str) -> str:
    return _PERCENT.sub(r"\1%", text)


def _dollar_signs(text: str) -> str:
    return _DOLLARS.sub("$", text)


def _rupee_signs(text: str) -> str:
    return _RUPEES.sub("₹", text)


def _spelt_numbers(text: str) -> str:
    return _SMALL.sub(lambda m: _NUMBER_WORDS[m[1]], text)
