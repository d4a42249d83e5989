"""The story of a text: the text without its annotations."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.record import Span


def without(text: str, annotations: Iterable[Span]) -> str:
    """Return the text without its annotations, each replaced by a line feed."""
    kept, position = [], 0
    for start, end in annotations:
        kept.append(text[position:start])
        position = max(position, end)
    kept.append(text[position:])
    return "\n".join(kept)
