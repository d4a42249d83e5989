"""The terms of an article: its weightiest words, which reports of one event share when they share no sentence.

TF-IDF (Spärck Jones, "A statistical interpretation of term specificity", 1972) with sublinear counts. The rarity of a
word comes from a fixed table of English (package wordfreq, Zipf scale): weights learned from earlier articles would
make events depend on the order of arrival.
"""

from __future__ import annotations

import itertools
import math
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, reduce
from operator import or_
from typing import Self

import numpy as np
import numpy.typing as npt
import wordfreq

TERMS = 32
"""Words kept of an article."""
FEW = 8
"""Terms that two copies of a story must have in common: below, one of them is hardly a copy."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_CAPITALISED = re.compile(r"[^\W\d_a-z](?<![^\W\d_].)[^\W\d_]+")
"""A word that does not begin with a small letter of ASCII."""
_CAPITALISED_ASCII = re.compile(r"[A-Z](?<![A-Za-z].)[A-Za-z]+")
"""The same in a text of ASCII alone, twice as fast."""
_SENTENCE_END = re.compile(r"[.!?:]['\"\u2019\u201d)]*\s+$")
_COMMONEST = 7.0
"""On the Zipf scale: once in a hundred words or more."""
_LEAST = 0.5
"""The weight from which on a word is a term."""
_UNLISTED = 2.0
"""The rarity taken for words that the table does not have; its rarest has 3."""
_EVERYDAY = frozenset({
    "rs", "inr", "crore", "crores", "lakh", "lakhs",
    "pti", "ians", "ani", "uni", "reuters", "afp", "ap", "bloomberg",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
})  # fmt: skip
"""Words that the table takes for rare, or the spelling for names, and that every newspaper prints every day."""
NAME, WEIGHT = 0x40, 0x3F
"""In the byte of a term: the flag of a name, the bits of the weight."""

Hashes = npt.NDArray[np.uint32]
Weights = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Terms:
    """Sorted words as 32-bit hashes, each with its weight, and whether it is a name."""

    hashes: Hashes
    weights: Weights
    names: npt.NDArray[np.bool_]

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Unpack terms of five bytes: all hashes, little-endian, then a byte each of weight (6 bits) and a flag."""
        count = len(packed) // 5
        hashes = np.frombuffer(packed, np.dtype("<u4"), count)
        marks = np.frombuffer(packed, np.uint8, count, 4 * count)
        return cls(hashes, (marks & WEIGHT).astype(np.int64), (marks & NAME) > 0)

    @cached_property
    def of_names(self) -> Weights:
        """Return the weights of the names; 0 for other words."""
        return np.where(self.names, self.weights, 0)

    def heaviest(self, count: int) -> list[int]:
        """Return the hashes of the ``count`` weightiest terms; ties are ordered by hash."""
        order = np.lexsort((self.hashes, -self.weights))
        return [int(found) for found in self.hashes[order[:count]]]


def pack(headline: str, story: str) -> bytes:
    """Pack the terms of an article for a message; see ``Terms.unpack``. Empty where it has no words."""
    weights, names = _weighed(f"{headline}\n{story}")
    chosen = sorted(sorted(weights), key=weights.__getitem__, reverse=True)[:TERMS]
    by_hash = {zlib.crc32(word.encode()): word for word in chosen}
    hashes = sorted(by_hash)
    words = [by_hash[number] for number in hashes]
    marks = bytes(min(round(weights[word]), WEIGHT) | (NAME if word in names else 0) for word in words)
    return struct.pack(f"<{len(hashes)}I", *hashes) + marks


def common(packed: Sequence[bytes]) -> bytes:
    """Return the packed terms of at least two copies of a story: an addition of one outlet is not its subject.

    Where the copies share hardly any, returns those of the first.
    """
    marks: dict[int, list[int]] = {}
    for one in packed:
        count = len(one) // 5
        for number, (term,) in enumerate(struct.iter_unpack("<I", one[: 4 * count])):
            marks.setdefault(term, []).append(one[4 * count + number])
    shared = sorted(term for term, found in marks.items() if len(found) > 1)
    if len(shared) < FEW:
        return packed[0]
    return struct.pack(f"<{len(shared)}I", *shared) + bytes(_merged(marks[term]) for term in shared)


def _merged(marks: Sequence[int]) -> int:
    """Merge weights: the greatest, and a name where any copy has a name."""
    return max(mark & WEIGHT for mark in marks) | (reduce(or_, marks) & ~WEIGHT)


def _weighed(text: str) -> tuple[Mapping[str, float], frozenset[str]]:
    """Return the weight of each word, and the words that are names at more than half of their places."""
    paragraphs = text.split("\n")
    counts = Counter(itertools.chain.from_iterable(map(_words, paragraphs)))
    named = Counter(itertools.chain.from_iterable(map(_names, paragraphs)))
    names = frozenset(word for word, count in named.items() if 2 * count > counts[word])
    weights = {
        word: weight
        for word, count in counts.items()
        if (weight := rarity(word) if count == 1 else (1 + math.log(count)) * rarity(word)) >= _LEAST
    }
    return weights, names


def _words(paragraph: str) -> Iterable[str]:
    """Return the folded words."""
    if paragraph.isascii():  # to fold all at once is faster, and the same: no letter becomes several, or a mark
        return _WORD.findall(paragraph.casefold())
    return map(str.casefold, _WORD.findall(paragraph))


def _names(paragraph: str) -> Iterator[str]:
    """Yield folded words that are capitalised where a common word would not be."""
    for found in (_CAPITALISED_ASCII if paragraph.isascii() else _CAPITALISED).finditer(paragraph, 1):
        word, start = found.group(), found.start()
        opens = not paragraph[start - 2].isalnum() and _SENTENCE_END.search(paragraph, max(0, start - 6), start)
        if word[0].isupper() and not opens:
            yield word.casefold()


@cache
def _table() -> Mapping[str, float]:
    return {word: wordfreq.freq_to_zipf(share) for word, share in wordfreq.get_frequency_dict("en", "small").items()}


@lru_cache(100_000)
def rarity(word: str) -> float:
    """Return the rarity of a word: 0 for the commonest, 5 for one that the table does not have."""
    return 0.0 if word in _EVERYDAY else max(0.0, _COMMONEST - _table().get(word, _UNLISTED))
