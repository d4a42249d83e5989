"""Many phrases looked up in a text at once, by their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

from stream_apps.tagging.normalise import Token

Value = TypeVar("Value")

# What may stand between two words of a name.
_GAP = re.compile(r" ?[-/&(] ?|' ?|\.?\)? | ?\.? ?|, ")


class PhraseTable(Generic[Value]):
    """Phrases as tuples of folded words, each with what is known of it.

    One lookup a word of the text, whatever the number of phrases.
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

    def matches(self, text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int, Sequence[Value]]]:
        """``(first token, number of tokens, values)`` of every phrase in the text, at each place the longest first."""
        words = [token.word for token in tokens]
        for at, word in enumerate(words):
            group = self._by_first.get(word)
            if group is None:
                continue
            for length in self._lengths[word]:
                phrase = tuple(words[at : at + length])
                if len(phrase) == length and phrase in group and _joined(text, tokens[at : at + length]):
                    yield at, length, group[phrase]


def _joined(text: str, tokens: Sequence[Token]) -> bool:
    return all(_GAP.fullmatch(text, left.end, right.start) for left, right in pairwise(tokens))
