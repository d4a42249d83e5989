"""Many phrases looked up in a text at once, by their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Generic, TypeVar

from stream_apps.tagging.normalise import Token, tokens

Value = TypeVar("Value")

# What may stand between two words of a name: never a line feed.
_GAP = re.compile(r" ?[-/&(] ?|' ?|\.?\)? | ?\.? ?|, ")


class Line:
    """One line of a text that ``plain`` has passed, and its words. Neither a word nor a name crosses a line feed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: Sequence[Token] = tokens(text)
        self.words: Sequence[str] = [token[0] for token in self.tokens]

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Which of its tokens each word is."""
        found: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            found.setdefault(word, []).append(at)
        return found

    @cached_property
    def capitalised(self) -> Sequence[str]:
        """The words that have a capital, folded, as often as they stand there."""
        return [word for word, start, _ in self.tokens if self.text[start].isupper()]


def as_phrase(words: Iterable[str]) -> str:
    """Words between single spaces, so that some of them in a row are found with ``in``."""
    return f" {' '.join(words)} "


class PhraseTable(Generic[Value]):
    """Phrases as tuples of folded words, each with what is known of it.

    One lookup a line of the text, whatever the number of phrases.
    """

    def __init__(self, phrases: Iterable[tuple[tuple[str, ...], Value]]) -> None:
        self._by_first: dict[str, dict[tuple[str, ...], list[Value]]] = {}
        for phrase, value in phrases:
            self._by_first.setdefault(phrase[0], {}).setdefault(phrase, []).append(value)
        self._lengths = {
            first: sorted({len(phrase) for phrase in group}, reverse=True) for first, group in self._by_first.items()
        }

    def get(self, phrase: tuple[str, ...]) -> Sequence[Value]:
        """What is known of exactly this phrase."""
        return self._by_first.get(phrase[0], {}).get(phrase, ()) if phrase else ()

    def matches(self, line: Line) -> Iterator[tuple[int, int, Sequence[Value]]]:
        """``(first token, number of tokens, values)`` of every phrase in the line, at each place the longest first."""
        firsts = self._by_first.keys() & line.places.keys()
        if not firsts:
            return
        words = line.words
        for at in sorted(at for first in firsts for at in line.places[first]):
            group = self._by_first[words[at]]
            for length in self._lengths[words[at]]:
                phrase = tuple(words[at : at + length])
                if len(phrase) == length and phrase in group and _joined(line.text, line.tokens[at : at + length]):
                    yield at, length, group[phrase]


def _joined(text: str, tokens: Sequence[Token]) -> bool:
    return all(_GAP.fullmatch(text, left.end, right.start) for left, right in pairwise(tokens))
