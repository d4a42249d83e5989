"""Folds the case of a text once for all who look for words in it."""

from __future__ import annotations

from functools import lru_cache

_MOST_REMEMBERED = 2000
"""Characters of a text that is kept for the next reader."""


def folded(text: str) -> str:
    """Return the text in folded case. A dozen readers ask for that of each paragraph, one after the other."""
    return _remembered(text) if len(text) <= _MOST_REMEMBERED else text.casefold()


@lru_cache(maxsize=512)
def _remembered(text: str) -> str:
    return text.casefold()
