"""Splits paragraphs into sentences, for news in English: initials, titles and decimals do not end one."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?\u0964])[\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]?[A-Z0-9\u0900-\u0dff])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|Rev|Fr|Smt|Shri|Sri|Justice|Col|Gen|Lt|Maj|Capt|Sgt|Insp|Supt|Gov|Sen|Rep|St|Jr|Sr|No|Nos"
    r"|Rs|vs|v|Co|Corp|Inc|Ltd|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|am|pm|a\.m|p\.m|i\.e|e\.g|approx|retd)"
    r"|\b[A-Z](?:\.[A-Z])*)\.$"
)


def is_abbreviated(text: str) -> bool:
    """Return whether the full stop at the end belongs to an initial or an abbreviation.

    >>> is_abbreviated("said spokesman A."), is_abbreviated("The ferry stopped.")
    (True, False)
    """
    return _ABBREVIATION.search(text) is not None


def sentences(paragraph: str) -> list[str]:
    """Return the sentences of a paragraph in order; joined by blanks they have all its words.

    >>> list(sentences("Mr. Rao paid Rs. 4.50. The ferry stopped."))
    ['Mr. Rao paid Rs. 4.50.', 'The ferry stopped.']
    """
    found: list[str] = []
    start = 0
    for end in _END.finditer(paragraph):
        piece = paragraph[start : end.end()].strip()
        if piece and not is_abbreviated(piece):
            found.append(piece)
            start = end.end()
    rest = paragraph[start:].strip()
    return [*found, rest] if rest else found
