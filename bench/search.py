"""Searches held against questions with known answers, over the whole wire day in a real Elasticsearch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from elasticsearch import AsyncElasticsearch

from bench.index import index_wire_day
from bench.report import Table
from bench.search_questions import Kind, Question, questions
from bench.site import site
from stream_apps.indexing import finder
from stream_apps.indexing.client import connect
from stream_apps.indexing.queries import MAX_LIMIT, Search
from wirecopy.settings import ElasticsearchSettings
from wirecopy.wireday.day import generate


@dataclass(frozen=True)
class Judged:
    """What was found for a question."""

    question: Question
    found: frozenset[str]

    @property
    def wrong(self) -> frozenset[str]:
        return self.found - self.question.answers - self.question.also

    @property
    def missed(self) -> frozenset[str]:
        return self.question.answers - self.found


@dataclass(frozen=True)
class Score:
    """Over all questions of a kind; each answer counts once."""

    questions: int
    perfect: int
    found: int
    wanted: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 0.0


def measure() -> list[Table]:
    """The wire day through all stages, then every question. Raises as ``site`` does."""
    with site() as here:
        index_wire_day(here)
        return tables(asyncio.run(_asked(here.settings.elasticsearch)))


async def _asked(settings: ElasticsearchSettings) -> list[Judged]:
    async with connect(settings) as client:
        await client.indices.refresh(index=f"{settings.index_prefix}-*")
        return await judge(client, settings.index_prefix, questions(generate()))


async def judge(client: AsyncElasticsearch, prefix: str, asked: Iterable[Question]) -> list[Judged]:
    """Put each question as the command line would, and list every article."""
    judged = []
    for question in asked:
        results = await finder.find(client, prefix, _search(question))
        judged.append(Judged(question, frozenset(hit.article["id"] for hit in results.hits)))
    return judged


def _search(question: Question) -> Search:
    person, org, place = (question.options.get(name) for name in ("person", "org", "place"))
    return Search(
        question.words,
        persons=(person,) if person else (),
        orgs=(org,) if org else (),
        places=(place,) if place else (),
        copies=True,
        limit=MAX_LIMIT,
    )


def scores(judged: Sequence[Judged]) -> dict[Kind, Score]:
    return {kind: _score([one for one in judged if one.question.kind == kind]) for kind in get_args(Kind)}


def _score(judged: Sequence[Judged]) -> Score:
    return Score(
        len(judged),
        sum(not one.wrong and not one.missed for one in judged),
        sum(len(one.wrong) + len(one.found & one.question.answers) for one in judged),
        sum(len(one.question.answers) for one in judged),
        sum(len(one.found & one.question.answers) for one in judged),
    )


def tables(judged: Sequence[Judged]) -> list[Table]:
    """Precision and recall by kind, and each question that was not answered in full."""
    rows = [
        (kind, s.questions, s.perfect, s.wanted, s.found, round(s.precision, 4), round(s.recall, 4))
        for kind, s in scores(judged).items()
    ]
    columns = ("kind", "questions", "answered in full", "articles wanted", "found", "precision", "recall")
    note = (
        "Questions made of the wire day's own texts (see `bench/search_questions.py`), whose answers are read from "
        "those texts by word boundaries and a dictionary of word forms, not by our analysis. *name*: people without "
        "their given names or with initials written otherwise, organisations by the full name, places by an old name."
    )
    columns_of_misses = ("kind", "asked", "wanted", "wrong", "missed")
    return [Table("search", columns, rows, note), Table("misses", columns_of_misses, list(_misses(judged)))]


def _misses(judged: Iterable[Judged]) -> Iterator[tuple[str, str, int, int, int]]:
    for one in judged:
        if one.wrong or one.missed:
            asked = " ".join([one.question.words, *(f"--{name} {text}" for name, text in one.question.options.items())])
            yield one.question.kind, asked.strip(), len(one.question.answers), len(one.wrong), len(one.missed)
