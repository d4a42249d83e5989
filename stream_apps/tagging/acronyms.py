"""Short forms that a text defines: ``Central Water Commission (CWC)``.

The method is that of A. Schwartz and M. Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text", Pacific Symposium on Biocomputing 2003, with guards for news: a short form has two capitals or more,
a long form two words or more, and neither crosses a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_IN_BRACKETS = re.compile(r"\(([^()\n]{2,100})\)")
_SHORT = re.compile(r"[A-Z][A-Za-z0-9&./-]{0,10}[A-Za-z0-9]")
_SENTENCE_END = re.compile(r"[.!?;:]['\")]*\s+(?=[A-Z'\"(])|\n|[,()\"]\s*")
_LEADING = re.compile(r"(?:the|of|and|a|an|by|for|in|to|with|from|its|his|her|their)\s+", re.IGNORECASE)
_MINOR = frozenset({"of", "the", "and", "for", "in", "on", "to", "de", "du", "des", "la", "&"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A short form and where its long form stands in the text."""

    short: str
    start: int
    end: int


def definitions(text: str) -> Iterator[Definition]:
    """Every definition in a text, in order."""
    for brackets in _IN_BRACKETS.finditer(text):
        inside = brackets[1].strip()
        clause = _clause_before(text, brackets.start())
        if is_short_form(inside):
            found = _long_form(inside, text, clause, brackets.start())
            if found:
                yield Definition(inside, *found)
        elif " " in inside:
            before = re.search(r"(\S+)\s*$", text[clause : brackets.start()])
            if before and is_short_form(before[1]):
                found = _long_form(before[1], text, brackets.start(1), brackets.end(1))
                if found == (brackets.start(1), brackets.end(1)):
                    yield Definition(before[1], *found)


def is_short_form(word: str) -> bool:
    """Two to twelve characters, two capitals or more: ``CWC``, ``FIIs``, ``CUET-UG``, not ``Ltd``."""
    return bool(_SHORT.fullmatch(word)) and sum(c.isupper() for c in word) >= 2


def singular(short: str) -> str:
    """``FIIs`` as ``FII``."""
    return short[:-1] if short.endswith("s") and short[:-1].isupper() else short


def initials(name: str) -> str:
    """First letters of the words that count: ``Wildlife Institute of India`` gives ``WII``."""
    return "".join(word[0] for word in re.findall(r"[^\W_]+", name) if word.lower() not in _MINOR).upper()


def _clause_before(text: str, end: int) -> int:
    """Where the clause that ends at ``end`` begins; far enough back for any long form."""
    start = max(0, end - 150)
    for boundary in _SENTENCE_END.finditer(text, start, end):
        start = boundary.end()
    return start


def _long_form(short: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """The shortest stretch before ``end`` in which the letters of the short form occur in order."""
    end = start + len(text[start:end].rstrip())
    letters = [c.lower() for c in singular(short) if c.isalnum()]
    at = end
    for index in range(len(letters) - 1, -1, -1):
        at = _letter_before(text, at, start, letters[index], starts_word=index == 0)
        if at < start:
            return None
    article = _LEADING.match(text, at, end)
    at = article.end() if article else at
    count = len(text[at:end].split())
    fits = 2 <= count <= min(len(letters) + 5, len(letters) * 2) and short not in text[at:end].split()
    return (at, end) if fits else None


def _letter_before(text: str, at: int, start: int, letter: str, *, starts_word: bool) -> int:
    at -= 1
    while at >= start and not (
        text[at].lower() == letter and (not starts_word or at == start or not text[at - 1].isalnum())
    ):
        at -= 1
    return at
