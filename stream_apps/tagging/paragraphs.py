"""An article as the model reads it: paragraph by paragraph, without what is not the story.

Wire copy repeats itself, so a paragraph is tagged by its own text, whatever article it stands in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from stream_apps.tagging.normalise import plain

Mark = tuple[int, int]

LONGEST_DATELINE = 100
"""Characters."""


@dataclass(frozen=True)
class Paragraph:
    """A piece of an article's text. ``text`` is what the model is given, ``start`` its offset in the article."""

    start: int
    text: str

    @cached_property
    def key(self) -> str:
        """Equal for equal texts, whatever article they stand in."""
        return hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()


def blank(text: str, annotations: Iterable[Mark]) -> str:
    """``text`` with every character of the annotations, line feeds apart, replaced by a space: offsets hold."""
    pieces: list[str] = []
    done = 0
    for start, end in sorted(annotations):
        begin = max(start, done)
        if end > begin:
            lines = text[begin:end].split("\n")
            pieces += [text[done:begin], "\n".join(" " * len(line) for line in lines)]
            done = end
    return "".join([*pieces, text[done:]])


def datelines(text: str, annotations: Iterable[Mark]) -> str:
    """``text`` with all but its datelines blanked, which are the short marks that open a paragraph of the story.

    Up to the end of the last one; empty where there is none.
    """
    opening = [mark for mark in annotations if _opens_paragraph(text, *mark)]
    last = max((end for _, end in opening), default=0)
    return blank(text[:last], _between(opening, last))


def split(text: str, annotations: Sequence[Mark] = (), max_chars: int | None = None) -> tuple[Paragraph, ...]:
    """The paragraphs to tag: unmarked, trimmed, in one spelling, of the first ``max_chars`` characters."""
    story = blank(plain(text), annotations)[:max_chars]
    return tuple(_paragraphs(story))


def _paragraphs(story: str) -> Iterator[Paragraph]:
    start = 0
    for line in story.split("\n"):
        trimmed = line.strip()
        if trimmed:
            yield Paragraph(start + line.index(trimmed[0]), trimmed)
        start += len(line) + 1


def _opens_paragraph(text: str, start: int, end: int) -> bool:
    line_end = text.find("\n", end)
    rest = text[end : line_end if line_end >= 0 else len(text)]
    begins = not text[text.rfind("\n", 0, start) + 1 : start].strip()
    return begins and end - start <= LONGEST_DATELINE and "\n" not in text[start:end] and any(c.isalpha() for c in rest)


def _between(annotations: Iterable[Mark], length: int) -> Iterator[Mark]:
    done = 0
    for start, end in sorted(annotations):
        yield done, start
        done = max(done, end)
    yield done, length
