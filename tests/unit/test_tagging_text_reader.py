"""Paragraphs that break the model: one is without names, and when all do it is the model that is to blame."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from schemas.public_records import Article
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


def reader(word: str) -> TextReader:
    return TextReader(BreakingModel(word), ALIASES, 10_000, 100, KnownTexts(10, 100))


async def test_one_outlet_whose_paragraphs_all_break_the_model_stops_nothing() -> None:
    poison = "\n".join(f"Poison number {number} of the day." for number in range(200))
    texts = await reader("Poison").read([article(1, "bad.example", poison), article(2, "good.example", "A good line.")])
    assert [text.mentions for text in texts] == [(), ()]


async def test_a_model_that_breaks_on_everything_stops_the_stage() -> None:
    articles = [article(number, f"{number % 3}.example", f"Line {number} of the day.") for number in range(20)]
    with pytest.raises(
        StageFailing, match=r"20 paragraphs in a row, of 3 outlets, broke the model, the last with Value"
    ):
        await reader("Line").read(articles)


async def test_paragraphs_that_break_it_among_good_ones_stop_nothing() -> None:
    articles = [
        article(number, f"{number % 5}.example", f"{'Poison' if number % 3 == 0 else 'Good'} line {number} of the day.")
        for number in range(300)
    ]
    assert len(await reader("Poison").read(articles)) == 300
