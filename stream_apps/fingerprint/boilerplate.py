"""Learns the boilerplate of outlets: sentences under many of their stories, which say nothing about copies.

Rules know the page furniture that speaks like page furniture (``stream_apps.text.furniture``); every outlet has more of
its own. It is learned from what the outlet publishes: a sentence that stands in several of its articles that have
nothing else to do with each other. An outlet's five updates of one story repeat sentences too, but their headlines and
first words are about the same; so articles count only where those differ.

Pure functions over sets, so that the same articles always teach the same.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from schemas.record import Span
from stream_apps.text.tokens import tokenize

HOLDERS = 3
"""Fewest articles about different things that a sentence must stand in."""
SAME_TOPIC = 0.3
"""Share of the fewer topic words from which two articles may be about one thing."""
LONG = 8
"""Fewest words of a sentence within a paragraph; a shorter one must be a paragraph, or stand beside boilerplate."""
SHORTEST = 3
MOST = 0.75
"""Greatest share of a text that can be boilerplate: of more, it is what the article is about."""
OPENING = 30
"""Words of a text that, with the headline, say what it is about."""
TOPIC_WORD = 5
"""Fewest letters of a word that says something about that."""
MOST_PIECES = 200
"""Sentences of one article that are learned from: the last ones, and as many of the first."""

_SENTENCE_END = re.compile(r"[.!?](?P<behind>[\"\u201d\u2019)]*)\s+(?=\S)")


class Piece(NamedTuple):
    """A sentence and where it stands."""

    start: int
    end: int
    value: int
    """32-bit hash of its normalised words."""
    words: int
    alone: bool
    """It is the whole of its paragraph."""


@dataclass(frozen=True)
class Lesson:
    """The memory of one article: its terms and its sentences, as hashes."""

    topic: frozenset[int]
    sentences: frozenset[int]


def pieces(text: str, annotations: Sequence[Span] = ()) -> list[Piece]:
    """The sentences of a text, those apart that the rules have marked."""
    found = []
    position = 0
    for paragraph in text.split("\n"):
        spans = list(_sentences(paragraph))
        for start, end in spans:
            first, last = position + start, position + end
            if annotations and any(first < b and a < last for a, b in annotations):
                continue
            words = tokenize(paragraph[start:end])
            if len(words) >= SHORTEST:
                found.append(Piece(first, last, zlib.crc32(" ".join(words).encode()), len(words), len(spans) == 1))
        position += len(paragraph) + 1
    return found


def _sentences(paragraph: str) -> Iterator[Span]:
    start = 0
    for end in _SENTENCE_END.finditer(paragraph):
        yield start, end.start("behind")
        start = end.end()
    if start < len(paragraph):
        yield start, len(paragraph)


def lesson(headline: str, text: str, found: Sequence[Piece]) -> Lesson:
    """Return the lesson of an article about its outlet; ``found`` are the pieces of its text."""
    opening: list[str] = []
    for piece in found:
        if len(opening) >= OPENING:
            break
        opening += tokenize(text[piece.start : piece.end])
    words = {word for word in [*tokenize(headline), *opening[:OPENING]] if len(word) >= TOPIC_WORD}
    kept = found if len(found) <= MOST_PIECES else [*found[: MOST_PIECES // 2], *found[-MOST_PIECES // 2 :]]
    topic = frozenset(zlib.crc32(word.encode()) & 0xFFFF for word in words)
    return Lesson(topic, frozenset(piece.value for piece in kept))


def learn(lessons: Iterable[Lesson]) -> frozenset[int]:
    """Return the sentences that are boilerplate, by an outlet's articles."""
    holders: defaultdict[int, list[Lesson]] = defaultdict(list)
    for one in sorted(set(lessons), key=lambda lesson: sorted(lesson.sentences)):
        for value in one.sentences:
            holders[value].append(one)
    return frozenset(value for value, found in holders.items() if len(found) >= HOLDERS and _differ(found))


def _differ(lessons: Iterable[Lesson]) -> bool:
    """Return whether enough of these articles have unrelated subjects."""
    chosen: list[Lesson] = []
    for one in lessons:
        if all(_apart(one.topic, other.topic) for other in chosen):
            chosen.append(one)
            if len(chosen) >= HOLDERS:
                return True
    return False


def _apart(a: frozenset[int], b: frozenset[int]) -> bool:
    return len(a & b) < SAME_TOPIC * max(1, min(len(a), len(b)))


def boilerplate(found: Sequence[Piece], learned: frozenset[int]) -> tuple[Span, ...]:
    """The parts of a text that are boilerplate, in order; none where they are most of it."""
    known = [piece.value in learned for piece in found]
    marked = [k and (piece.alone or piece.words >= LONG) for k, piece in zip(known, found, strict=True)]
    for order in (range(1, len(found)), range(len(found) - 2, -1, -1)):
        step = 1 if order.step < 0 else -1
        for place in order:
            marked[place] = marked[place] or (known[place] and marked[place + step])
    chosen = [piece for piece, mark in zip(found, marked, strict=True) if mark]
    if sum(piece.words for piece in chosen) > MOST * sum(piece.words for piece in found):
        return ()
    return tuple((piece.start, piece.end) for piece in chosen)
