"""An article prepared for comparison: its paragraphs, with the annotations in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from schemas.public_records import Article, Credit
from schemas.record import Span
from stream_apps.text import agencies


@dataclass(frozen=True)
class Annotation:
    """A part of a paragraph that is not the story: a credit, or page furniture."""

    text: str
    kind: Literal["credit", "furniture"]
    """A credit names an agency; all else is page furniture, a note, a caption."""
    credits: tuple[str, ...] = ()
    """``PTI sole dateline`` for each credit of the article that was read here."""


@dataclass(frozen=True)
class Paragraph:
    """One paragraph: its story, which may be empty, and its annotations."""

    story: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """An article for comparison, with its story and links."""

    article: Article
    story: str | None = None
    includes: tuple[str, ...] = ()
    links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Who shares text with whom in the story, by id."""

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        return tuple(paragraphs(self.article))


def paragraphs(article: Article) -> Iterator[Paragraph]:
    """Return the paragraphs of an article's text in order."""
    start = 0
    for line in article.text.split("\n"):
        end = start + len(line)
        inside = [(max(a, start), min(b, end)) for a, b in article.annotations if a < end and b > start]
        found = tuple(_annotation(article.text, article.credits, span) for span in inside)
        yield Paragraph(_without(article.text, start, end, inside), tuple(each for each in found if each.text))
        start = end + 1


def _without(text: str, start: int, end: int, annotations: Sequence[Span]) -> str:
    kept, position = [], start
    for a, b in annotations:
        kept.append(text[position:a])
        position = b
    return " ".join("".join((*kept, text[position:end])).split())


def _annotation(text: str, credits_: Sequence[Credit], span: Span) -> Annotation:
    start, end = span
    found = [c for c in credits_ if c.span is not None and c.span[0] < end and c.span[1] > start]
    words = text[start:end].strip()
    names_agency = bool(found) or any(name.kind == "agency" for name in agencies.load().find(words))
    read = tuple(f"{c.agency} {c.role} {c.evidence}" for c in found)
    return Annotation(words, "credit" if names_agency else "furniture", read)
