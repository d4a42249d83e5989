"""Takes a text apart into the story and what is not the story.

Each paragraph is shown to the readers as a whole; of those that are the story, the beginning and the end are looked
at once more, because a dateline, a sign-off or a credit line often shares a paragraph with it.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.public_records import Signal
from stream_apps.text import byline, captions, creditline, dateline, disclaimer, furniture, signals, signoff
from stream_apps.text.agencies import Catalogue
from stream_apps.text.dateline import DatelineReading
from stream_apps.text.evidence import Piece, words
from stream_apps.text.sentences import is_abbreviated

HEAD_PARAGRAPHS = 4
"""Paragraphs at the beginning in which a byline, a note to editors or the dateline can stand."""
SUBHEAD = 150
"""Characters of a line above the story, such as a headline or a summary, that may precede these."""
END_PARAGRAPHS = 12
"""Paragraphs at the end in which a disclaimer without brackets can stand."""

_LONGEST_SHORT = 700
_LEAST_TEASER = 6
_MOST_AHEAD = 8
"""Words of a dateline that may stand ahead of a sentence which the page had above it."""
_PEELS = 5
_BRACKET_AT_END = re.compile(r"[(\[][^()\[\]]{2,600}(?:\([^()]{1,80}\)[^()\[\]]{0,300}){0,3}[)\]][\s.*]*$")
_BRACKET_AT_START = re.compile(r"\s*\([^()]{4,160}\)\s*")
_NOTE_AT_START = re.compile(r"\s*\([^()]{10,300}\)")
_SENTENCE = re.compile(
    r"(?:[.!?…।][\"”'’)\]]{0,3}|[)\]])\s+(?=[A-Z(\[*©—–“\"'-])|(?<=[a-z][a-z][.!?])(?=[A-Z(\[][a-z]|[(\[])"
)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the text and where it starts."""

    index: int
    start: int
    text: str


@dataclass
class Parts:
    """What was found, with offsets into the whole text."""

    pieces: list[Piece] = field(default_factory=list)
    datelines: list[tuple[Paragraph, DatelineReading]] = field(default_factory=list)
    story: list[tuple[int, int]] = field(default_factory=list)
    signal: Signal | None = None
    _starts: list[int] = field(default_factory=list)
    _before: list[int] = field(default_factory=list)

    def story_before(self, offset: int) -> int:
        """Characters of the story ahead of an offset."""
        known = bisect.bisect_right(self._starts, offset)
        if known == 0:
            return 0
        start, end = self.story[known - 1]
        return self._before[known - 1] + min(end, offset) - start

    def story_span(self, offset: int) -> tuple[int, int] | None:
        """The last span of the story that starts ahead of an offset."""
        known = bisect.bisect_left(self._starts, offset)
        return self.story[known - 1] if known else None

    def add_story(self, start: int, end: int) -> None:
        """The next span of the story; spans come in order."""
        last = self.story[-1] if self.story else (0, 0)
        self._before.append(self._before[-1] + last[1] - last[0] if self._before else 0)
        self._starts.append(start)
        self.story.append((start, end))


def take_apart(text: str, catalogue: Catalogue, headline: str | None = None) -> Parts:
    """The pieces of a text that are not the story, its datelines and the spans of the story itself.

    A paragraph at the head that repeats the headline is furniture.
    """
    paragraphs = list(split(text))
    parts = Parts()
    first_of_end = _trailing(paragraphs, parts, catalogue)
    body = paragraphs[:first_of_end]
    boxes = 0
    for paragraph, following in itertools.zip_longest(body, body[1:]):
        in_head = paragraph.index - boxes < HEAD_PARAGRAPHS and parts.story_before(paragraph.start) < SUBHEAD
        near_end = paragraph.index >= len(paragraphs) - END_PARAGRAPHS
        piece = _at_head(paragraph, following, headline, parts, catalogue) if in_head else None
        piece = piece or _whole(paragraph.text, catalogue, in_head=in_head, near_end=near_end, at_end=False)
        if piece is not None:
            parts.pieces.append(piece.moved(paragraph.start))
            boxes += piece.kind in ("furniture", "caption")
        else:
            _story(paragraph, parts, catalogue, in_head=in_head, last=paragraph is body[-1])
    parts.pieces.sort(key=lambda p: (p.start, p.end))
    return parts


def split(text: str) -> Iterator[Paragraph]:
    """The lines of a text with their offsets, but for blank ones."""
    start = index = 0
    for line in text.split("\n"):
        if line.strip():
            yield Paragraph(index, start, line)
            index += 1
        start += len(line) + 1


def _trailing(paragraphs: list[Paragraph], parts: Parts, catalogue: Catalogue) -> int:
    """Takes the pieces under the story, from the last one up; the index of the first of them."""
    position = len(paragraphs)
    while position > 0:
        paragraph = paragraphs[position - 1]
        piece = _whole(paragraph.text, catalogue, in_head=False, near_end=True, at_end=True)
        if piece is None:
            break
        position -= 1
        parts.pieces.append(piece.moved(paragraph.start))
    return position


def _whole(text: str, catalogue: Catalogue, *, in_head: bool, near_end: bool, at_end: bool) -> Piece | None:
    """A paragraph that is no story at all."""
    return None if len(text) > _LONGEST_SHORT else whole_of_short(text, catalogue, in_head, near_end, at_end)


@functools.lru_cache(maxsize=4096)
def whole_of_short(text: str, catalogue: Catalogue, in_head: bool, near_end: bool, at_end: bool) -> Piece | None:
    """The same, remembered: outlets print one paragraph of an agency, and their own disclaimers, again and again."""
    line = byline.read_line(text, catalogue) if in_head else None
    bracketed = text.lstrip().startswith(("(", "["))
    return (
        line
        or (Piece("caption", 0, len(text)) if captions.is_scene(text) else None)
        or _credit(text, catalogue, disclaimers=near_end or in_head or bracketed, at_end=at_end)
        or _box(text, catalogue, at_end=at_end)
    )


def _credit(text: str, catalogue: Catalogue, *, disclaimers: bool, at_end: bool) -> Piece | None:
    return (
        signoff.read_whole(text, catalogue)
        or creditline.read(text, catalogue)
        or (disclaimer.read(text, catalogue, at_end=at_end) if disclaimers else None)
    )


def _box(text: str, catalogue: Catalogue, *, at_end: bool) -> Piece | None:
    if captions.is_caption(text, catalogue):
        return Piece("caption", 0, len(text))
    if signals.is_correction(text):
        return Piece("note", 0, len(text))
    return Piece("furniture", 0, len(text)) if furniture.is_furniture(text, at_end=at_end) else None


def _at_head(
    paragraph: Paragraph, following: Paragraph | None, headline: str | None, parts: Parts, catalogue: Catalogue
) -> Piece | None:
    """What only stands above a story: its headline or first sentence once more, a note, who sent it from where."""
    piece = _repeated(paragraph.text, headline, following) or _note(paragraph, parts)
    if piece or parts.datelines:
        return piece
    reading = dateline.on_own_line(paragraph.text, catalogue) or dateline.bracketed_line(paragraph.text, catalogue)
    if reading is None:
        return None
    parts.datelines.append((paragraph, reading))
    line = None if reading.names else byline.read_line(paragraph.text, catalogue)
    return line or Piece("dateline", reading.start, reading.end)


def _repeated(text: str, headline: str | None, following: Paragraph | None) -> Piece | None:
    said = words(text.casefold())
    same = headline is not None and said == words(headline.casefold()) != []
    return Piece("furniture", 0, len(text)) if same or (following and _is_teaser(said, following.text)) else None


def _is_teaser(said: list[str], following: str) -> bool:
    """Whether the next paragraph begins with all of these words, but for its dateline."""
    if len(said) < _LEAST_TEASER:
        return False
    ahead = words(following[:_LONGEST_SHORT].casefold())
    return any(ahead[at : at + len(said)] == said for at in range(_MOST_AHEAD))


def _note(paragraph: Paragraph, parts: Parts) -> Piece | None:
    """A note to editors that fills a paragraph."""
    note = signals.read_note(paragraph.text)
    if note is None or paragraph.text[note[1] :].strip():
        return None
    parts.signal = parts.signal or note[0]
    return Piece("note", 0, len(paragraph.text))


def _story(paragraph: Paragraph, parts: Parts, catalogue: Catalogue, *, in_head: bool, last: bool) -> None:
    """Takes what is not the story from both ends of a paragraph of the story."""
    text, start = paragraph.text, 0
    if in_head:
        start = _opening(paragraph, parts, catalogue)
    reading = dateline.read(text[start:], catalogue, places_only=in_head and not parts.datelines)
    if reading is not None:
        parts.datelines.append((Paragraph(paragraph.index, paragraph.start + start, text[start:]), reading))
        start += reading.end
        start += _correction_after(text, start, paragraph, parts)
    end = len(text)
    added = start == 0 and not in_head and creditline.read_added(text, catalogue)
    if added:
        parts.pieces.append(added.moved(paragraph.start))
        start = added.end
    for piece in _peeled(text[start:], catalogue, last=last, hollow=last and any(r.hollow for _, r in parts.datelines)):
        parts.pieces.append(piece.moved(paragraph.start + start))
        end = start + piece.start
    if text[start:end].strip():
        parts.add_story(paragraph.start + start, paragraph.start + end)


def _correction_after(text: str, start: int, paragraph: Paragraph, parts: Parts) -> int:
    """Takes ``(This story has been corrected to …)`` behind a dateline; its length."""
    bracket = _NOTE_AT_START.match(text, start)
    if bracket is None or not (signals.is_correction(bracket.group()) or signals.read_note(bracket.group())):
        return 0
    parts.pieces.append(Piece("note", bracket.start(), bracket.end()).moved(paragraph.start))
    note = signals.read_note(bracket.group())
    parts.signal = parts.signal or (note[0] if note else "corrected")
    return bracket.end() - start


def _opening(paragraph: Paragraph, parts: Parts, catalogue: Catalogue) -> int:
    """Takes a note to editors and a bracketed credit line ahead of the story; where the rest starts."""
    start = 0
    note = signals.read_note(paragraph.text)
    if note is not None:
        parts.signal = parts.signal or note[0]
        if paragraph.text.lstrip()[:1] not in "([":
            return 0  # the note runs into the text: nothing tells where it ends
        start = note[1]
        parts.pieces.append(Piece("note", 0, start).moved(paragraph.start))
    bracket = _BRACKET_AT_START.match(paragraph.text, start)
    if bracket and paragraph.text[bracket.end() :].strip():
        inside = bracket.group().strip()
        piece = (
            creditline.read(inside, catalogue)
            or disclaimer.read(inside, catalogue)
            or byline.read_distributor(inside, catalogue)
        )
        if piece is not None:
            offset = bracket.start() + len(bracket.group()) - len(bracket.group().lstrip())
            parts.pieces.append(piece.moved(paragraph.start + offset))
            start = bracket.end()
    return start


def _peeled(text: str, catalogue: Catalogue, *, last: bool, hollow: bool) -> Iterator[Piece]:
    """The pieces at the end of a paragraph, from the last one inwards; ``hollow``: the agency's name was taken out."""
    for _ in range(_PEELS):
        text = text.rstrip()
        piece = (
            _bracket_at_end(text, catalogue) or captions.peeled(text, catalogue) or signoff.read_end(text, catalogue)
        )
        if piece is None and last:
            piece = _sentences_at_end(text, catalogue) or (signoff.read_codes(text) if hollow else None)
        if piece is None or not text[: piece.start].strip():
            return
        yield piece
        text = text[: piece.start]


def _bracket_at_end(text: str, catalogue: Catalogue) -> Piece | None:
    offset = max(0, len(text) - _LONGEST_SHORT)
    match = _BRACKET_AT_END.search(text, offset)
    if match is None:
        return None
    inside = match.group()
    piece = signoff.read_whole(inside, catalogue) if _may_be_signature(inside) else None
    piece = piece or creditline.read(inside, catalogue) or disclaimer.read(inside, catalogue)
    if piece is not None:
        return piece.moved(match.start())
    return None


def _may_be_signature(inside: str) -> bool:
    """A bracket of names alone is judged by what precedes it: see ``signoff.read_end``."""
    return len(inside) > 24 and (";" in inside or signoff.is_edited(inside))


def _sentences_at_end(text: str, catalogue: Catalogue) -> Piece | None:
    """A credit line, disclaimer or box in the last one to three sentences of a paragraph."""
    offset = max(0, len(text) - _LONGEST_SHORT)
    ends = _SENTENCE.finditer(text, offset)
    starts = [match.end() for match in ends if not is_abbreviated(text[offset : match.start() + 1])]
    for start in reversed(starts[-3:]):
        sentence = text[start:]
        piece = _credit_in_sentence(sentence, catalogue)
        if piece is not None:
            return piece.moved(start)
    if starts and furniture.is_furniture(text[starts[-1] :], at_end=False):
        return Piece("furniture", starts[-1], len(text))
    return None


def _credit_in_sentence(sentence: str, catalogue: Catalogue) -> Piece | None:
    return (
        creditline.read(sentence, catalogue)
        or disclaimer.read(sentence, catalogue)
        or signoff.read_house(sentence, catalogue)
    )


def joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans sorted, overlapping and touching ones made one, empty ones left out."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)
