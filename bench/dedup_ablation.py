"""Each rule of the comparison taken away by itself: what it adds on the labelled data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from bench.copies import Sample, score
from bench.core import stories
from bench.report import Cell, Table
from schemas.public_records import Article
from stream_apps.dedup import compare, disagreement, graph, joining_rules
from stream_apps.evidence.evaluate import find_stories
from stream_apps.text import borrowed, shingles

_NEVER = re.compile(r"(?!)")

Patches = Mapping[tuple[Any, str], Any]


@dataclass(frozen=True)
class _Prepared:
    """A sample's articles: as they are compared, without what was learned, and with nothing marked."""

    sample: Sample
    articles: Mapping[str, Article]
    unlearned: Mapping[str, Article]

    @property
    def unmarked(self) -> Mapping[str, Article]:
        return {name: article.model_copy(update={"annotations": ()}) for name, article in self.articles.items()}


RULES: dict[str, Patches] = {
    "all rules": {},
    "shares of 4-grams, 0.30, for steps in passages": {
        (compare.Side, "taken"): property(lambda side: side.containment),
        (compare, "TAKEN"): 0.30,
    },
    "no least length of a passage": {(compare, "PASSAGE_WORDS"): 4},
    "no least number of steps": {(compare, "LEAST_STEPS"): 0},
    "alerts as other texts": {(compare, "SHORT_TOKENS"): 0},
    "numbers and names not looked at": {(compare, "disagree"): lambda *_, **__: False},
    "reports of two days as of one": {(disagreement, "OTHER_DAY"): 0.0},
    "one outlet as two": {(compare, "_one_item"): lambda *_: True},
    "one outlet: an update may keep less": {(compare, "OWN_UPDATE"): 0.0},
    "one outlet: both ways only": {(compare, "OWN_PASSAGE"): 10**6},
    "quotations as other text": {(compare, "unquoted"): lambda *_: 1.0},
    "posts as other text": {(borrowed, "_signed"): lambda paragraphs: [False] * len(paragraphs)},
    "introduced by a colon as other text": {(borrowed, "_INTRODUCTION"): 10**6},
    "in full: one paragraph only": {(borrowed, "_IN_FULL"): _NEVER},
    "written on X as other text": {(borrowed, "_WROTE"): _NEVER},
    "enumerations as other text": {(borrowed, "is_enumeration"): lambda _: False},
    "no digests": {(graph, "sources"): lambda *_: None, (joining_rules, "sources"): lambda *_: None},
    "digests connect": {(joining_rules, "_put_together"): lambda *_: False},
    "no doubt about weak links": {(joining_rules, "_contradicted"): lambda *_: False},
    "a sample of 1/16": {(shingles, "SKETCH_FRACTION"): 16},
}


def table(samples: list[Sample]) -> Table:
    """F1 and ARI of every sample with all rules, and what each loses without one of them."""
    prepared = [_prepare(sample) for sample in samples]
    columns = ("without", *(f"{one.name} {what}" for one in samples for what in ("F1", "ARI")))
    rows = list(_rows(prepared))
    note = "Each rule taken away by itself; the first row has them all. By the engine alone (`bench/core.py`)."
    return Table("ablation", columns, rows, note)


def _prepare(sample: Sample) -> _Prepared:
    return _Prepared(sample, find_stories(sample.lines).articles, find_stories(sample.lines, learn=False).articles)


def _rows(prepared: list[_Prepared]) -> Iterator[list[Cell]]:
    for name, patches in RULES.items():
        with ExitStack() as stack:
            for (owner, attribute), value in patches.items():
                stack.enter_context(patch.object(owner, attribute, value))
            yield [name, *_cells([stories(one.articles) for one in prepared], prepared)]
    yield ["boilerplate learned", *_cells([stories(one.unlearned) for one in prepared], prepared)]
    yield [
        "any marks: credits, furniture, boilerplate",
        *_cells([stories(one.unmarked) for one in prepared], prepared),
    ]


def _cells(found: list[dict[str, str]], prepared: list[_Prepared]) -> list[float]:
    scores = [score(ours, one.sample) for ours, one in zip(found, prepared, strict=True)]
    return [round(value, 4) for one in scores for value in (one.f1, one.ari)]
