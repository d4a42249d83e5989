"""Texts of a batch as names are resolved in them: what the model sees in their paragraphs, each tagged once.

The model works in a process of its own; what of a text does not need its answer is worked out meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from schemas.records import Article
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.cache import RecentlyUsed
from stream_apps.tagging.paragraphs import Paragraph, split
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.resolve import StoryText

Tagged = tuple[RawMention, ...]


class Model(Protocol):
    """Finds names in paragraphs, away from the event loop."""

    async def tag(self, paragraphs: Sequence[str]) -> list[Tagged]: ...


class TextReader:
    """Remembers paragraphs; a result never depends on whether one was remembered."""

    def __init__(self, model: Model, aliases: AliasSet, max_chars: int, cache_paragraphs: int) -> None:
        self._model = model
        self._aliases = aliases
        self._max_chars = max_chars
        self._cache: RecentlyUsed[Tagged] = RecentlyUsed(cache_paragraphs)

    async def read(self, articles: Sequence[Article]) -> list[StoryText]:
        """The texts of the articles, with the model's mentions."""
        paragraphs = [split(article.text, article.annotations, self._max_chars) for article in articles]
        known = self._known(paragraphs)
        missing = {p.key: p.text for each in paragraphs for p in each if p.key not in known}
        answer = asyncio.ensure_future(self._model.tag(list(missing.values())))
        try:
            texts = [await self._worked_ahead(article) for article in articles]
            known |= dict(zip(missing, await answer, strict=True))
        finally:
            answer.cancel()
        for key in missing:
            self._cache.put(key, known[key])
        return [text.with_mentions(mentions_of(each, known)) for text, each in zip(texts, paragraphs, strict=True)]

    def _known(self, paragraphs: Iterable[Iterable[Paragraph]]) -> dict[str, Tagged]:
        asked = ((p.key, self._cache.get(p.key)) for each in paragraphs for p in each)
        return {key: mentions for key, mentions in asked if mentions is not None}

    async def _worked_ahead(self, article: Article) -> StoryText:
        text = story_text(article)
        text.work_ahead(self._aliases)
        await asyncio.sleep(0)  # chunks go to the model, and come back, between two texts
        return text


def story_text(article: Article, mentions: Tagged = ()) -> StoryText:
    """An article as names are resolved in it."""
    return StoryText(article.id, article.headline, article.text, article.annotations, mentions)


def mentions_of(paragraphs: Iterable[Paragraph], tagged: Mapping[str, Tagged]) -> Tagged:
    """The mentions in an article, of those in its paragraphs by their key."""
    return tuple(
        (paragraph.start + start, paragraph.start + end, label)
        for paragraph in paragraphs
        for start, end, label in tagged[paragraph.key]
    )
