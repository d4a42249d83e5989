"""A paragraph as sentences, good enough for news in English: initials, titles and decimals do not end one."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?\u0964])[\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]?[A-Z0-9\u0900-\u0dff])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|Rev|Fr|Smt|Shri|Sri|Justice|Col|Gen|Lt|Maj|Capt|Sgt|Insp|Supt|Gov|Sen|Rep|St|Jr|Sr|No|Nos"
    r"|Rs|vs|v|Co|Corp|Inc|Ltd|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|am|pm|a\.m|p\.m|i\.e|e\.g|approx|retd)"
    r"|\b[A-Z](?:\.[A-Z])*)\.$"
)


def is_abbreviated(text: str) -> bool:
    """Whether the full stop that a text ends with belongs to an initial or an abbreviation: ``spokesman A.``."""
    return _ABBREVIATION.search(text) is not None


def sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph in order; joined by blanks they give its words again."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(paragraph):
        piece = paragraph[start : end.end()].strip()
        if piece and not is_abbreviated(piece):
            found.append(piece)
            start = end.end()
    rest = paragraph[start:].strip()
    return [*found, rest] if rest else found
