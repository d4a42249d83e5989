"""Texts of a batch as names are resolved in them: what the model sees in their paragraphs, each tagged once.

The model works in a process of its own; what of a text does not need its answer is worked out meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from cachetools import LRUCache

from schemas.public_records import Article
from schemas.record import ArticleId
from stream_apps.runtime.dead_letter_limit import DeadLetterLimit
from stream_apps.tagging import metrics
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.line_memory import LineMemory
from stream_apps.tagging.paragraphs import Paragraph, split
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.publishers import publishers
from stream_apps.tagging.rows import ArticleRow
from stream_apps.tagging.story_context import StoryText
from wirecopy import telemetry
from wirecopy.errors import StageFailing

Tagged = tuple[RawMention, ...]
Answer = Tagged | str
"""The names in a paragraph, or the error that it caused in the model."""

log = telemetry.logger("tagging")


class Model(Protocol):
    """Finds names in paragraphs, away from the event loop."""

    async def tag(self, paragraphs: Sequence[str]) -> Sequence[Answer]: ...


class TextReader:
    """Remembers paragraphs; a result never depends on whether one was remembered."""

    def __init__(
        self, model: Model, aliases: AliasSet, max_chars: int, cache_paragraphs: int, known: KnownTexts
    ) -> None:
        self._model = model
        self._aliases = aliases
        self._max_chars = max_chars
        self._texts = known
        self._cache: LRUCache[str, Tagged] = LRUCache(max(1, cache_paragraphs))
        self._limit = DeadLetterLimit()
        self._broken = 0
        """Paragraphs that broke the model."""

    async def read(self, articles: Sequence[Article]) -> list[StoryText]:
        """The texts of the articles, with the model's mentions; none in a paragraph that breaks the model.

        Raises ``StageFailing`` where so many do, of so many outlets, that the paragraphs cannot be to blame.
        """
        paragraphs = [split(article.text, article.annotations, self._max_chars) for article in articles]
        known = self._known(paragraphs)
        missing: dict[str, str] = {}
        outlets: dict[str, str] = {}
        for article, each in zip(articles, paragraphs, strict=True):
            new = {paragraph.key: paragraph.text for paragraph in each if paragraph.key not in known}
            missing |= new
            outlets |= dict.fromkeys(new, article.outlet)
        answer = asyncio.ensure_future(self._model.tag(list(missing.values())))
        try:
            texts = [await self._worked_ahead(article) for article in articles]
            for key, found in zip(missing, await answer, strict=True):
                known[key] = self._judged(found, outlets[key])
        finally:
            answer.cancel()
        for key in missing:
            self._cache[key] = known[key]
        return [text.with_mentions(mentions_of(each, known)) for text, each in zip(texts, paragraphs, strict=True)]

    def _judged(self, answer: Answer, outlet: str) -> Tagged:
        if not isinstance(answer, str):
            self._limit.succeeded()
            return answer
        self._broken += 1
        metrics.BROKEN_PARAGRAPHS.inc()
        if self._broken & (self._broken - 1) == 0:  # 1, 2, 4 … so that a flood does not flood the log
            log.error(
                "a paragraph breaks the model and is without names", detail=answer, outlet=outlet, so_far=self._broken
            )
        self._limit.failed(outlet)
        if (why := self._limit.stage_failing("paragraphs", "broke the model")) is not None:
            raise StageFailing(
                f"tagging stops: {why}, the last with {answer}. It cannot be that all of them are bad; nothing of this "
                "batch was acknowledged. See tagging.model"
            )
        return ()

    def _known(self, paragraphs: Iterable[Iterable[Paragraph]]) -> dict[str, Tagged]:
        asked = ((p.key, self._cache.get(p.key)) for each in paragraphs for p in each)
        return {key: mentions for key, mentions in asked if mentions is not None}

    async def _worked_ahead(self, article: Article) -> StoryText:
        text = self._texts.read(article)
        text.work_ahead(self._aliases)
        await asyncio.sleep(0)  # chunks go to the model, and come back, between two texts
        return text


def unless_broken(answer: Answer) -> Tagged:
    """The names in a paragraph; none where it broke the model."""
    return () if isinstance(answer, str) else answer


class KnownTexts:
    """The last articles as they were read. A text comes again when its story is another one.

    An answer never depends on whether it was remembered.
    """

    def __init__(self, texts: int, lines: int) -> None:
        self._texts: LRUCache[tuple[ArticleId, int], StoryText] = LRUCache(texts)
        self._lines = LineMemory(lines)

    def read(self, article: Article) -> StoryText:
        """An article's text: as it was kept, mentions included, where nothing else of it is another."""
        text = self._text(article)
        known = self._texts.get((article.id, article.revision))
        return known if known is not None and replace(known, mentions=()) == text else text

    def of(self, row: ArticleRow) -> StoryText:
        """The text of an article in its story, as it was kept; read again where it was not."""
        text = self._texts.get((row.id, row.revision))
        if text is None:
            text = self._text(Article.from_bytes(row.article)).with_mentions(row.raw_mentions())
            self.keep(text, row.revision)
        return text

    def keep(self, text: StoryText, revision: int) -> None:
        """Remember a text."""
        self._texts[text.id, revision] = text

    def _text(self, article: Article) -> StoryText:
        publishing = publishers((credit.agency for credit in article.credits), article.outlet)
        return StoryText(
            article.id, article.headline, article.text, article.annotations, publishing=publishing, lines=self._lines
        )


def mentions_of(paragraphs: Iterable[Paragraph], tagged: Mapping[str, Tagged]) -> Tagged:
    """The mentions in an article, of those in its paragraphs by their key."""
    return tuple(
        (paragraph.start + start, paragraph.start + end, label)
        for paragraph in paragraphs
        for start, end, label in tagged[paragraph.key]
    )
