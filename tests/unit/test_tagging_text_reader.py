"""The model is asked once about a paragraph, and one that breaks it is without names: when all do, it is to blame."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from schemas.public_records import Article
from stream_apps.tagging.story_context import StoryText
from stream_apps.tagging.text_reader import Answer, KnownTexts, TextReader
from tests.unit import indexing_examples as examples
from tests.unit.tagging_world import ALIASES
from wirecopy.errors import StageFailing


class BreakingModel:
    """Breaks on paragraphs with this word; sees no names in others."""

    def __init__(self, word: str) -> None:
        self.word = word

    async def tag(self, paragraphs: Sequence[str]) -> Sequence[Answer]:
        return ["ValueError: no such vector" if self.word in paragraph else () for paragraph in paragraphs]


def article(number: int, outlet: str, text: str) -> Article:
    return examples.article(number, outlet=outlet, text=text, annotations=())


async def read(asking: TextReader, articles: Sequence[Article]) -> list[StoryText]:
    return await asking.read(asking.ask(articles))


def reader(word: str) -> TextReader:
    return TextReader(BreakingModel(word), ALIASES, 10_000, 100, KnownTexts(10, 100))


async def test_one_outlet_whose_paragraphs_all_break_the_model_stops_nothing() -> None:
    poison = "\n".join(f"Poison number {number} of the day." for number in range(200))
    articles = [article(1, "bad.example", poison), article(2, "good.example", "A good line.")]
    texts = await read(reader("Poison"), articles)
    assert [text.mentions for text in texts] == [(), ()]


async def test_a_model_that_breaks_on_everything_stops_the_stage() -> None:
    articles = [article(number, f"{number % 3}.example", f"Line {number} of the day.") for number in range(20)]
    with pytest.raises(
        StageFailing, match=r"20 paragraphs in a row, of 3 outlets, broke the model, the last with Value"
    ):
        await read(reader("Line"), articles)


async def test_paragraphs_that_break_it_among_good_ones_stop_nothing() -> None:
    articles = [
        article(number, f"{number % 5}.example", f"{'Poison' if number % 3 == 0 else 'Good'} line {number} of the day.")
        for number in range(300)
    ]
    assert len(await read(reader("Poison"), articles)) == 300


class SlowModel(BreakingModel):
    """Answers when it is let; writes down what it was asked, and fails while it is away."""

    def __init__(self) -> None:
        super().__init__("Poison")
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.away = False

    async def tag(self, paragraphs: Sequence[str]) -> Sequence[Answer]:
        self.asked += paragraphs
        await self.may_answer.wait()
        if self.away:
            raise ConnectionError("the model is away")
        return await super().tag(paragraphs)


def of(model: SlowModel, cache: int) -> TextReader:
    return TextReader(model, ALIASES, 10_000, cache, KnownTexts(10, 100))


@pytest.mark.parametrize("cache", [1, 100])
async def test_what_the_model_was_asked_and_has_not_answered_is_not_asked_again(cache: int) -> None:
    model = SlowModel()
    asking = of(model, cache)
    first = asking.ask([article(1, "a.example", "A shared line."), article(2, "b.example", "A shared line.")])
    second = asking.ask([article(3, "c.example", "A shared line.")])
    await asyncio.sleep(0)
    assert model.asked == ["A shared line."]
    model.may_answer.set()
    texts = await asking.read([*first, *second])
    assert [text.id for text in texts] == [one.article.id for one in (*first, *second)]


async def test_a_paragraph_of_many_articles_that_breaks_the_model_counts_once() -> None:
    copies = [article(number, f"{number}.example", "A Poison line.") for number in range(40)]
    assert len(await read(reader("Poison"), copies)) == 40


async def test_a_model_that_was_away_is_asked_again() -> None:
    model = SlowModel()
    model.may_answer.set()
    asking, model.away = of(model, 100), True
    with pytest.raises(ConnectionError):
        await read(asking, [article(1, "a.example", "A line.")])
    model.away = False
    assert len(await read(asking, [article(1, "a.example", "A line.")])) == 1
