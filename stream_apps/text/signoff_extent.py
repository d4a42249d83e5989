"""What a sign-off covers: the whole text, a part of it, or no text but the picture whose caption it ends.

``… on Friday. (PTI)`` under a story is the agency's. In the middle of one it is mostly a picture's credit: of 25 such
names in real articles 24 were. A compilation, which signs each of its parts, is told by how and where it does so.
"""

# ruff: noqa: RUF001 -- dashes and quotation marks as newspapers print them
from __future__ import annotations

import bisect
import itertools
import re
from dataclasses import dataclass, replace

from stream_apps.text.evidence import Piece
from stream_apps.text.pieces import Parts
from stream_apps.text.sentences import sentences

LONG_REST = 250
"""Characters of story after a sign-off from which on the sign-off covers a part only."""
_SHORT_REST = 120
"""Characters of story after a caption, at least; less may be what is left of the page."""
_MOST_CAPTION = 160
"""Characters of a paragraph that is a caption as a whole where the picture's credit ends it."""

_MOST_SOURCE = 40
"""Characters of a line that says no more than whose something is."""

# As an agency signs: with the codes of those who wrote and passed the story, or with a dash below the end of it.
_CODED = re.compile(r"\W*\w+(?:[\s-]\w+)?(?:\s[A-Z]{2,5}){2,}|/[A-Z]|\W*\w+\s[a-z]{2,5}[/-][a-z]{2,5}")
_DASHED = re.compile(r"[\s*]*[-–—―~]+\s*\w")
_ADDED = re.compile(
    r"\n\W*(?:Our (?:own )?[\w ]{0,20}?(?:correspondent|reporter|bureau|staff)s?|[A-Z][\w ]{1,24}) [\w ]{0,20}?adds?\b"
)
_SENTENCE_ENDS = (".", "!", "?", "”", '"', "’", "'", ")", ":", "…")
_LEAST_PROSE = 40
"""Characters of a paragraph of prose; what is shorter, or ends in no sentence, may be links and lists of the page."""
_LONGEST_LINK = 200


@dataclass(frozen=True)
class _Setting:
    """A text, its sign-offs and what stands where in it."""

    text: str
    parts: Parts
    signed: tuple[Piece, ...]
    prose: tuple[int, ...]
    """Characters of prose ahead of each span of the story, and of all."""
    last_filed: int
    """Where the last dateline that names an agency starts; -1 without any."""
    last_opened: int
    last_added: int

    def rest(self, piece: Piece) -> int:
        """Characters of prose below a sign-off."""
        return self.prose[-1] - self.prose[bisect.bisect_right(self.parts.story, (piece.start, piece.end))]


def by_extent(text: str, parts: Parts) -> tuple[Piece, ...]:
    """The pieces, with sign-offs that cover a part turned into inputs and those of pictures into captions."""
    signed = tuple(piece for piece in parts.pieces if _may_be_of_picture(piece))
    if not signed:
        return tuple(parts.pieces)
    setting = _setting(text, parts, signed)
    pictures = {id(piece) for piece in signed if _is_within(piece, setting) and not _closes_part(piece, setting)}
    copies = [piece for piece in signed if id(piece) not in pictures]
    partial = {id(piece) for piece in copies} if _is_compilation(copies, setting) else set()
    return tuple(
        _of_picture(piece, setting) if id(piece) in pictures else as_inputs(piece) if id(piece) in partial else piece
        for piece in parts.pieces
    )


def as_inputs(piece: Piece) -> Piece:
    """The same piece where the agency gave a part only."""
    return replace(piece, credits=tuple(said.as_inputs() for said in piece.credits))


def _may_be_of_picture(piece: Piece) -> bool:
    """A sign-off, or a source by itself: ``(Source: PTI)``."""
    if piece.kind == "sign_off":
        return bool(piece.credits)
    brief = piece.kind == "credit_line" and piece.end - piece.start <= _MOST_SOURCE
    return brief and any(said.role == "sole" for said in piece.credits)


def _setting(text: str, parts: Parts, signed: tuple[Piece, ...]) -> _Setting:
    lengths = (end - start if _is_prose(text[start:end]) else 0 for start, end in parts.story)
    return _Setting(
        text=text,
        parts=parts,
        signed=signed,
        prose=tuple(itertools.accumulate(lengths, initial=0)),
        last_filed=max((p.start + reading.start for p, reading in parts.datelines if reading.agencies), default=-1),
        last_opened=max((p.start for p, _ in parts.datelines), default=-1),
        last_added=max((found.start() for found in _ADDED.finditer(text)), default=-1),
    )


def _is_prose(paragraph: str) -> bool:
    if len(paragraph) > _LONGEST_LINK:
        return True
    return len(paragraph) >= _LEAST_PROSE and paragraph.rstrip().endswith(_SENTENCE_ENDS)


def _is_within(piece: Piece, setting: _Setting) -> bool:
    """Whether the story goes on below: at length, or for a paragraph or two under what looks like a caption."""
    rest = setting.rest(piece)
    return rest > LONG_REST or (rest > _SHORT_REST and _caption(piece, setting) is not None)


def _closes_part(piece: Piece, setting: _Setting) -> bool:
    """Whether a sign-off ends a part of a compilation.

    It is set as agencies sign, or a dateline or "our reporter adds" follows; or the last part is signed too, by
    another agency, and this one has several paragraphs and ends in no caption.
    """
    if _CODED.match(setting.text, piece.start, piece.end):
        return True
    if _DASHED.match(setting.text, piece.start, piece.end) and _caption(piece, setting) is None:
        return True
    if max(setting.last_opened, setting.last_added) >= piece.end - 1:
        return True
    last = setting.signed[-1]
    if last is piece or setting.rest(last) > LONG_REST or last.credits[0].agency == piece.credits[0].agency:
        return False
    return _paragraphs_signed(piece, setting) > 1 and _caption(piece, setting) is None


def _paragraphs_signed(piece: Piece, setting: _Setting) -> int:
    """Paragraphs of the story between the sign-off before this one and this one."""
    at = setting.signed.index(piece)
    start = setting.signed[at - 1].end if at else 0
    return sum(start <= one[0] < piece.start for one in setting.parts.story)


def _is_compilation(copies: list[Piece], setting: _Setting) -> bool:
    """Whether the sign-offs that are no pictures' cover parts, so that each agency gave inputs."""
    followed = bool(copies) and setting.last_filed >= copies[-1].end
    if not followed and not any(setting.rest(piece) > LONG_REST for piece in copies):
        return False
    agencies = {said.agency for piece in copies for said in piece.credits}
    return len(agencies) > 1 or followed or setting.rest(copies[-1]) > LONG_REST


def _caption(piece: Piece, setting: _Setting) -> int | None:
    """Where the short paragraph of one sentence starts that a sign-off ends, if it does."""
    before = setting.parts.story_span(piece.start)
    if before is None or "\n" in setting.text[before[1] : piece.start]:
        return None
    if before[1] - before[0] > _MOST_CAPTION or len(sentences(setting.text[slice(*before)])) > 1:
        return None
    return before[0]


def _of_picture(piece: Piece, setting: _Setting) -> Piece:
    """The same words as a picture's credit; with the caption that they end, if that is a paragraph of its own."""
    caption = _caption(piece, setting)
    return replace(piece, kind="caption", start=piece.start if caption is None else caption, credits=(), services=())
