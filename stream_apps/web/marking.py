"""Splits texts into pieces of different styles. Pure.

The joined pieces are always the text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stream_apps.indexing.faceted import MARK_END, MARK_START

Kind = Literal["credit", "other"]
"""What an annotated span is: the words of a credit, or else the page around the story."""


@dataclass(frozen=True)
class Marked:
    """A piece of a highlighted text."""

    text: str
    hit: bool


@dataclass(frozen=True)
class Name:
    """The entity that a piece of text names."""

    id: str
    type: str
    name: str


@dataclass(frozen=True)
class Piece:
    """A piece of an article's text, with its annotation and its entity, if any."""

    text: str
    annotation: Kind | None = None
    name: Name | None = None


def highlighted(text: str) -> tuple[Marked, ...]:
    """Return the pieces of a text in which Elasticsearch has marked the matches."""
    pieces = []
    for part in text.split(MARK_START):
        hit, end, rest = part.partition(MARK_END)
        pieces += [Marked(hit, True), Marked(rest, False)] if end else [Marked(part, False)]
    return tuple(piece for piece in pieces if piece.text)


def paragraphs(article: Mapping[str, Any]) -> tuple[tuple[Piece, ...], ...]:
    """Return the text of an article's document by paragraphs."""
    text: str = article["text"]
    annotations = [(start, end) for start, end in article.get("annotations", [])]
    credits_ = [(c["start"], c["end"]) for c in article.get("credits", []) if "start" in c]
    mentions = [m for m in article.get("entity_mentions", []) if m["field"] == "text"]
    names = _names(article.get("entities", {}))
    cuts = _cuts(len(text), (*annotations, *((m["start"], m["end"]) for m in mentions), *_lines(text)))
    found: list[tuple[Piece, ...]] = []
    for start, end in _lines(text):
        inside = [(a, b) for a, b in itertools.pairwise(cuts) if a >= start and b <= end]
        pieces = tuple(
            Piece(text[a:b], _kind(a, annotations, credits_), _name(a, b, mentions, names)) for a, b in inside
        )
        if any(piece.text.strip() for piece in pieces):
            found.append(pieces)
    return tuple(found)


def _lines(text: str) -> list[tuple[int, int]]:
    spans, start = [], 0
    for line in text.split("\n"):
        spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def _cuts(length: int, spans: Iterable[tuple[int, int]]) -> list[int]:
    return sorted({min(max(place, 0), length) for span in spans for place in span})


def _kind(at: int, annotations: Sequence[tuple[int, int]], credits_: Sequence[tuple[int, int]]) -> Kind | None:
    span = next(((start, end) for start, end in annotations if start <= at < end), None)
    if span is None:
        return None
    names_agency = any(start < span[1] and end > span[0] for start, end in credits_)
    return "credit" if names_agency else "other"


def _names(facets: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of an article's entities by id."""
    typed = [facet for facet in facets.values() if isinstance(facet, Mapping)]
    return {key: name for facet in typed for key, name in zip(facet["id"], facet["name"], strict=True)}


def _name(start: int, end: int, mentions: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> Name | None:
    found = next((m for m in mentions if m["start"] <= start and end <= m["end"]), None)
    return Name(found["id"], found["type"], names.get(found["id"], found["text"])) if found else None
