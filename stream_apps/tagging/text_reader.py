"""Texts as names are resolved in them: what the model sees in their paragraphs, each tagged once.

The model works in a process of its own: it is asked when a text arrives, and names of other texts are resolved until it
answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
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


@dataclass
class _Question:
    """A paragraph among those that the model was asked about together."""

    answers: asyncio.Task[Sequence[Answer]]
    position: int
    outlet: str
    tagged: Tagged | None = None
    """The answer, once it was read."""

    def failed(self) -> bool:
        """Whether the model could not be asked at all."""
        return self.answers.done() and (self.answers.cancelled() or self.answers.exception() is not None)


@dataclass(frozen=True)
class Asked:
    """An article, and each of its paragraphs by key: what is known of it, or a question that the model was asked."""

    article: Article
    paragraphs: Sequence[Paragraph]
    known: Mapping[str, Tagged | _Question]


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
        self._questions: LRUCache[str, _Question] = LRUCache(max(1, cache_paragraphs))
        """Those whose answer nobody has read yet."""
        self._limit = DeadLetterLimit()
        self._broken = 0
        """Paragraphs that broke the model."""

    def ask(self, articles: Sequence[Article]) -> list[Asked]:
        """Ask the model about those paragraphs of articles that are not known yet. Does not wait for it."""
        paragraphs = [split(article.text, article.annotations, self._max_chars) for article in articles]
        new: dict[str, tuple[str, str]] = {}
        known: dict[str, Tagged | _Question] = {}
        for article, each in zip(articles, paragraphs, strict=True):
            for paragraph in each:
                found = self._known(paragraph.key)
                if found is None:
                    new[paragraph.key] = paragraph.text, article.outlet
                else:
                    known[paragraph.key] = found
        known |= self._questions_about(new)
        return [
            Asked(article, each, {paragraph.key: known[paragraph.key] for paragraph in each})
            for article, each in zip(articles, paragraphs, strict=True)
        ]

    async def read(self, asked: Sequence[Asked]) -> list[StoryText]:
        """The texts of the articles, with the model's mentions; none in a paragraph that breaks the model.

        Raises ``StageFailing`` where so many do, of so many outlets, that the paragraphs cannot be to blame.
        """
        texts = [await self._worked_ahead(one.article) for one in asked]
        mentions = [await self._mentions(one) for one in asked]
        return [text.with_mentions(found) for text, found in zip(texts, mentions, strict=True)]

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

    def _known(self, key: str) -> Tagged | _Question | None:
        if (tagged := self._cache.get(key)) is not None:
            return tagged
        question = self._questions.get(key)
        return None if question is None or question.failed() else question

    def _questions_about(self, paragraphs: Mapping[str, tuple[str, str]]) -> dict[str, _Question]:
        """Ask the model about paragraphs: by key, text and outlet."""
        if not paragraphs:
            return {}
        texts = [text for text, _ in paragraphs.values()]
        answers = asyncio.create_task(self._model.tag(texts))
        answers.add_done_callback(lambda task: task.cancelled() or task.exception())  # perhaps nobody reads them
        question = partial(_Question, answers)
        questions = {key: question(number, outlet) for number, (key, (_, outlet)) in enumerate(paragraphs.items())}
        self._questions.update(questions)
        return questions

    async def _mentions(self, asked: Asked) -> Tagged:
        tagged = {
            key: await self._answer(key, known) if isinstance(known, _Question) else known
            for key, known in asked.known.items()
        }
        return mentions_of(asked.paragraphs, tagged)

    async def _answer(self, key: str, question: _Question) -> Tagged:
        if question.tagged is None:
            answers = await asyncio.shield(question.answers)
            question.tagged = self._judged(answers[question.position], question.outlet)
            self._cache[key] = question.tagged
            self._questions.pop(key, None)
        return question.tagged

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
