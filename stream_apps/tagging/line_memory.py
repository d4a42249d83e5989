"""What was read of lines, remembered: the copies of a story share most of theirs, and a text comes again when its
story is another one.

What names the model and the rules see in a line depends on the line, on what stands within ``REACH`` characters of it,
and on which words of it stand in small letters anywhere in the text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cachetools import LRUCache

from stream_apps.tagging.phrases import Line
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.reading import PlacedLine, SmallLetters, UnmarkedText, seen_in_line
from stream_apps.tagging.spans import NameSpan, disjoint, moved

REACH = 64
"""Characters before and behind a line that are looked at: the cue that looks furthest takes 40."""
DEFAULT_LINES = 1_000
LONGEST = 4_000
"""Characters of a line that is remembered: no paragraph of a newspaper is longer, and memory is bounded."""


class _Surroundings(NamedTuple):
    """A line with what stands beside it, and the model's mentions in it."""

    text: str
    start: int
    """Where the line begins in ``text``."""
    length: int
    mentions: tuple[RawMention, ...]


class _Seen(NamedTuple):
    """The names in a line, counted from its beginning, in a text that gives these answers."""

    answers: dict[str, bool]
    spans: Sequence[NameSpan]


class LineMemory:
    """The last lines read, some 2 KB each. An answer never depends on whether it was remembered."""

    def __init__(self, lines: int = DEFAULT_LINES) -> None:
        self._lines: LRUCache[str, Line] = LRUCache(lines)
        self._seen: LRUCache[_Surroundings, _Seen] = LRUCache(lines)

    def line(self, text: str) -> Line:
        """A line with its words."""
        line = self._lines.get(text)
        if line is None:
            line = Line(text)
            if len(text) <= LONGEST:
                self._lines[text] = line
        return line

    def seen(self, reading: UnmarkedText, mentions: Sequence[RawMention]) -> list[NameSpan]:
        """What the model sees in a text, and over it what the rules see; disjoint, sorted by position."""
        letters = SmallLetters(reading.text)
        found = [
            span
            for placed, here in _by_line(reading.lines, mentions)
            for span in moved(self._seen_in(placed, here, letters), placed.start)
        ]
        return disjoint(found)  # initials may stand in the line before

    def _seen_in(self, placed: PlacedLine, mentions: Iterable[RawMention], letters: SmallLetters) -> Sequence[NameSpan]:
        around = _surroundings(letters.text, placed, mentions)
        known = self._seen.get(around)
        if known is None or any(letters.have(word) is not answer for word, answer in known.answers.items()):
            asked = SmallLetters(letters.text)
            spans = seen_in_line(around.text, placed.line, around.start, around.mentions, asked)
            known = _Seen(asked.answers, list(moved(spans, -around.start)))
            if around.length <= LONGEST:
                self._seen[around] = known
        return known.spans


def _surroundings(text: str, placed: PlacedLine, mentions: Iterable[RawMention]) -> _Surroundings:
    begin, length = max(0, placed.start - REACH), len(placed.line.text)
    moved_mentions = tuple((start - begin, end - begin, label) for start, end, label in mentions)
    return _Surroundings(text[begin : placed.start + length + REACH], placed.start - begin, length, moved_mentions)


def _by_line(
    lines: Sequence[PlacedLine], mentions: Iterable[RawMention]
) -> Iterator[tuple[PlacedLine, Sequence[RawMention]]]:
    """Each line with the mentions that begin in it."""
    found: list[list[RawMention]] = [[] for _ in lines]
    starts = [placed.start for placed in lines]
    for mention in mentions:
        if (number := bisect_right(starts, mention[0]) - 1) >= 0:
            found[number].append(mention)
    return zip(lines, found, strict=True)
