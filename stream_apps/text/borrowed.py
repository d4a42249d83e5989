"""Which words of a text are somebody else's: two texts that share only these did not copy one another.

What stands in quotation marks is; a quotation ends with its paragraph. So is a post that was put into the text, known
by its signature ("— Name (@name) August 1, 2018", often with no blank before it) or its picture's address, since posts
have no quotation marks. And so is a long enumeration (of constituencies, prices, names): whoever gives it, gives it in
the same order.
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
    for paragraph, signed in zip(paragraphs, _signed(paragraphs), strict=True):
        if signed:
            yield paragraph, True
        else:
            yield from _in_paragraph(paragraph)


def _signed(paragraphs: list[str]) -> list[bool]:
    """Whether each paragraph is a post or its signature. The words of a post stand before its signature."""
    signed = [_SIGNATURE.search(paragraph) is not None for paragraph in paragraphs]
    for number, paragraph in enumerate(paragraphs):
        if signed[number] and paragraph.lstrip()[:1] in "\u2014\u2013-" and number:
            signed[number - 1] = True
    return [one or _POST.search(paragraph) is not None for one, paragraph in zip(signed, paragraphs, strict=True)]


def _in_paragraph(paragraph: str) -> Iterator[tuple[str, bool]]:
    for number, part in enumerate(_QUOTATION_MARKS.split(paragraph)):
        if number % 2 == 1:
            yield part, True
        elif part.count(",") < _ITEMS:
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
