"""Chooses the engine of an article: copies never cross languages, so languages are split over the engines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

EngineOf = Callable[[str | None], int]
"""The number of the engine for a language (BCP 47, or none)."""


def engine_of(groups: Sequence[str]) -> EngineOf:
    """Engines by language. ``groups``: the languages of the second engine, of the third …, separated by spaces.

    The first engine takes every other language, and articles whose language is not known.

    >>> engine = engine_of(["hi mr ne", "ta"])
    >>> engine("hi-IN"), engine("ta"), engine("en-IN"), engine(None)
    (1, 2, 0, 0)
    """
    numbers = {language.casefold(): number for number, group in enumerate(groups, 1) for language in group.split()}
    return lambda language: numbers.get((language or "").split("-", 1)[0].casefold(), 0)
