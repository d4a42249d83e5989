"""Texts tagged outside the stream, by the same steps: paragraphs to the model, names resolved story by story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from schemas.public_records import Entity
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.paragraphs import Mark, split
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.story_context import StoryText, resolve_story
from stream_apps.tagging.text_reader import Model, mentions_of, unless_broken

BATCH = 200
"""Documents whose paragraphs are handed to the model together, at least."""


@dataclass(frozen=True)
class Document:
    """A text to tag. Documents of one ``story`` are resolved together; without one, a document is its own."""

    id: str
    text: str
    headline: str = ""
    story: str | None = None
    annotations: tuple[Mark, ...] = ()
    publishing: frozenset[str] = frozenset()
    """Who publishes it, as ``publishers`` says."""


async def tag_documents(
    documents: Sequence[Document], model: Model, aliases: AliasSet, max_chars: int
) -> list[tuple[Entity, ...]]:
    """The entities of each document, in the order given. Each paragraph goes to the model once a batch."""
    found: dict[int, tuple[Entity, ...]] = {}
    for batch in _batches(documents):
        members = [member for story in batch for member in story]
        texts = await _with_mentions(members, model, max_chars)
        for story in batch:
            resolved = resolve_story([texts[number] for number, _ in story], aliases)
            found |= {number: resolved[str(number)] for number, _ in story}
    return [found[number] for number in range(len(documents))]


async def model_mentions(documents: Sequence[Document], model: Model, max_chars: int) -> list[tuple[RawMention, ...]]:
    """What the model alone sees in each document, in code points into its text."""
    texts = await _with_mentions(list(enumerate(documents)), model, max_chars)
    return [texts[number].mentions for number in range(len(documents))]


def _batches(documents: Sequence[Document]) -> Iterable[list[list[tuple[int, Document]]]]:
    """Whole stories, numbered documents in each, gathered into batches."""

    def story(numbered: tuple[int, Document]) -> tuple[str, int]:
        number, document = numbered
        return (document.story, -1) if document.story is not None else ("", number)

    batch: list[list[tuple[int, Document]]] = []
    for _, members in groupby(sorted(enumerate(documents), key=story), key=story):
        batch.append(list(members))
        if sum(map(len, batch)) >= BATCH:
            yield batch
            batch = []
    yield batch


async def _with_mentions(
    documents: Sequence[tuple[int, Document]], model: Model, max_chars: int
) -> Mapping[int, StoryText]:
    paragraphs = {number: split(document.text, document.annotations, max_chars) for number, document in documents}
    wanted = {p.key: p.text for each in paragraphs.values() for p in each}
    tagged = dict(zip(wanted, map(unless_broken, await model.tag(list(wanted.values()))), strict=True))
    return {
        number: StoryText(
            id=str(number),
            headline=document.headline,
            text=document.text,
            annotations=document.annotations,
            mentions=mentions_of(paragraphs[number], tagged),
            publishing=document.publishing,
        )
        for number, document in documents
    }
