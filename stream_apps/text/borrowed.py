"""Which words of a text are somebody else's: two texts that share only these did not copy one another.

What stands in quotation marks is; a quotation ends with its paragraph. Often there are no marks, and what stands around
the words tells:

- a paragraph that ends in a colon introduces the next one ("She wrote to the members:"), and all that follow where it
  says that the whole is given ("The statement in full:");
- "wrote on X:" and the like introduce the rest of their paragraph;
- a post that was put into the text is known by its signature ("— Name (@name) August 1, 2018", often with no blank
  before it) or its picture's address;
- a long enumeration (of constituencies, prices, names): whoever gives it, gives it in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTATION_MARKS = re.compile('["\u201c\u201d\u201e\u00ab\u00bb]')
_SIGNATURE = re.compile(
    r"(?:^|(?<=[\s.!?\u2026\"\u201d')]))[\u2014\u2013-]{1,2}\s?[^@\n]{1,80}\(@\w{1,30}\)"
    r"\s*(?:\w{3,9}\.? \d{1,2}, \d{4})?\s*$"
)
_POST = re.compile(r"\bpic\.twitter\.com/|\bt\.co/\w")
_ADDRESSES = ("pic.twitter.com/", "t.co/")
_INTRODUCTION = 3
"""Words of a paragraph that ends in a colon from which it introduces the next one: fewer are a heading."""
_ENDING = 200
"""Characters at its end that tell what it introduces."""
_IN_FULL = re.compile(r"\b(?:in full|full (?:text|statement|speech|letter|remarks|transcript)|statement)\b[^.]*:\s*$")
_SPOKEN_OF = re.compile(r"\b(?:said|told|added|says|according to)\b")
"""What the outlet writes again behind a statement in full."""
_WROTE = re.compile(
    r"\b(?:wrote|writes|posted|tweeted|said|says|added|stated|reads?)"
    r"(?:,? (?:in|on|via|to) (?:an? |the |his |her |its |their )?[\w@'\u2019]+(?: [\w@'\u2019]+){0,3}|,)?:\s+"
)
_LEAST_WRITTEN = 8
"""Words behind "wrote on X:" from which they are a post, and not a word or two."""
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")
_ITEMS = 10
"""Commas that make a sentence an enumeration."""
_ITEM_WORDS = 6
"""Words to a comma that it has at most."""


def split_borrowed(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a text in order, and whether the words of each are somebody else's.

    >>> list(split_borrowed('He said "no" twice.'))
    [('He said ', False), ('no', True), (' twice.', False)]
    """
    paragraphs = text.split("\n")
    for paragraph, *reasons in zip(paragraphs, _signed(paragraphs), _introduced(paragraphs), strict=True):
        if any(reasons):
            yield paragraph, True
        else:
            yield from _in_paragraph(paragraph)


def _signed(paragraphs: list[str]) -> list[bool]:
    """Whether each paragraph is a post or its signature. The words of a post stand before its signature."""
    signed = ["(@" in paragraph and _SIGNATURE.search(paragraph) is not None for paragraph in paragraphs]
    for number, paragraph in enumerate(paragraphs):
        if signed[number] and paragraph.lstrip()[:1] in "\u2014\u2013-" and number:
            signed[number - 1] = True
    return [one or _is_post(paragraph) for one, paragraph in zip(signed, paragraphs, strict=True)]


def _is_post(paragraph: str) -> bool:
    return any(map(paragraph.__contains__, _ADDRESSES)) and _POST.search(paragraph) is not None


def _introduced(paragraphs: list[str]) -> list[bool]:
    """Whether each paragraph is what an earlier one introduces."""
    introduced = [False] * len(paragraphs)
    in_full = False
    for number, paragraph in enumerate(paragraphs[:-1]):
        in_full = in_full and _SPOKEN_OF.search(paragraphs[number + 1]) is None
        introduced[number + 1] = in_full
        if paragraph.rstrip().endswith(":") and len(paragraph.split()) >= _INTRODUCTION:
            introduced[number + 1] = True
            in_full = _IN_FULL.search(paragraph[-_ENDING:]) is not None
    return introduced


def _in_paragraph(paragraph: str) -> Iterator[tuple[str, bool]]:
    parts = _QUOTATION_MARKS.split(paragraph)
    wrote = _WROTE.search(paragraph) if len(parts) == 1 and ":" in paragraph else None
    if wrote and len(paragraph[wrote.end() :].split()) >= _LEAST_WRITTEN:
        yield from _own(paragraph[: wrote.end()])
        yield paragraph[wrote.end() :], True
        return
    for number, part in enumerate(parts):
        if number % 2 == 1:
            yield part, True
        else:
            yield from _own(part)


def _own(part: str) -> Iterator[tuple[str, bool]]:
    """What the outlet says itself, long enumerations apart."""
    if part.count(",") < _ITEMS:
        yield part, False
    else:
        yield from ((sentence, is_enumeration(sentence)) for sentence in _SENTENCE_END.split(part))


def is_enumeration(sentence: str) -> bool:
    """Whether most of a sentence is a list.

    >>> is_enumeration("The seats are Arki, Badvel, Bhabanipur, Deglur, Ellenabad, Fatehpur, Jobat, Mariani, Raigaon, "
    ...                "Sindgi, Tamulpur and Thowra.")
    True
    """
    commas = sentence.count(",")
    return commas >= _ITEMS and len(sentence.split()) <= _ITEM_WORDS * commas
