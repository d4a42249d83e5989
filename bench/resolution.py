"""One id for one thing: names of the invented wire events held against which of them mean the same.

The data holds ``wire/articles.jsonl`` and ``wire/entities.jsonl``. Articles are resolved story by story; a form
stands for the entity that most of its occurrences in the event were given.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from schemas.public_records import Entity
from stream_apps.tagging import alias_files
from stream_apps.tagging.documents import Document, tag_documents
from stream_apps.tagging.model_process import ModelProcesses
from stream_apps.tagging.normalise import plain
from stream_apps.text.credits import read_credits
from wirecopy.settings import TaggingSettings


@dataclass(frozen=True)
class Outcome:
    """One pair: were its forms the same thing, and which entities were they given."""

    event: str
    same: bool
    forms: tuple[str, str]
    ids: tuple[str | None, str | None]

    @property
    def joined(self) -> bool:
        return self.ids[0] is not None and self.ids[0] == self.ids[1]


@dataclass(frozen=True)
class TypeOutcome:
    """One form: the type it has, and the type and entity it was given."""

    event: str
    form: str
    wanted: str
    given: tuple[str | None, str | None]

    @property
    def right(self) -> bool:
        return self.given[0] == self.wanted


@dataclass(frozen=True)
class Judgement:
    """Everything that the labels have something to say about."""

    pairs: Sequence[Outcome]
    types: Sequence[TypeOutcome]


def judge(data: Path) -> Judgement:
    """Resolve the names of ``data/wire`` and hold them against its labels."""
    articles, truth = _lines(data / "wire" / "articles.jsonl"), _lines(data / "wire" / "entities.jsonl")
    texts = defaultdict(list)
    for article, found in zip(articles, asyncio.run(_resolve(articles)), strict=True):
        texts[article["event"]].append((article, found))
    return Judgement(
        [outcome for event in truth for outcome in _judge(event, texts[event["event"]])],
        [
            TypeOutcome(event["event"], form, kind, _type_of(form, texts[event["event"]]))
            for event in truth
            for form, kind in event["types"].items()
        ],
    )


def mistakes(judged: Judgement) -> Iterator[str]:
    """A line for each pair and each type that came out wrong."""
    for pair in (pair for pair in judged.pairs if pair.joined != pair.same):
        given = (f"{form!r}={identity}" for form, identity in zip(pair.forms, pair.ids, strict=True))
        yield " ".join((pair.event, "same" if pair.same else "different", *given))
    for one in (one for one in judged.types if not one.right):
        yield f"{one.event} type {one.form!r} is {one.wanted}, given {one.given[0]} ({one.given[1]})"


def figures(judged: Judgement) -> dict[str, float]:
    """Precision and recall of pairs, and the share of types that are right."""
    right = sum(one.right for one in judged.types)
    return _figures(judged.pairs) | {"types": _share(right, len(judged.types))}


def _figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    right = sum(o.same and o.joined for o in outcomes)
    return {
        "pairs": len(outcomes),
        "precision": _share(right, sum(o.joined for o in outcomes)),
        "recall": _share(right, sum(o.same for o in outcomes)),
        "recall_of_found": _share(right, sum(o.same and None not in o.ids for o in outcomes)),
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


async def _resolve(articles: Sequence[Mapping[str, Any]]) -> list[tuple[Entity, ...]]:
    documents = [
        Document(
            a["id"],
            a["text"],
            a["title"],
            a["family"],
            tuple(read_credits(a["text"], a["byline"], a["title"]).annotations),
        )
        for a in articles
    ]
    async with ModelProcesses(TaggingSettings()) as model:
        return await tag_documents(documents, model, alias_files.built_in(), 100_000)


def _judge(event: Mapping[str, Any], texts: Sequence[tuple[Mapping[str, Any], Sequence[Entity]]]) -> Iterator[Outcome]:
    pairs = [(True, pair) for group in event["same"] for pair in combinations(group, 2)]
    pairs += [(False, tuple(pair)) for pair in event["different"]]
    for same, (one, other) in pairs:
        yield Outcome(event["event"], same, (one, other), (id_of(one, texts), id_of(other, texts)))


def id_of(form: str, texts: Sequence[tuple[Mapping[str, Any], Sequence[Entity]]]) -> str | None:
    ids = entities_of(form, texts)
    return min(ids, key=lambda i: (-ids[i], i))[0] if ids else None


def _type_of(form: str, texts: Sequence[tuple[Mapping[str, Any], Sequence[Entity]]]) -> tuple[str | None, str | None]:
    ids = entities_of(form, texts)
    best = min(ids, key=lambda i: (-ids[i], i)) if ids else (None, None)
    return best[1], best[0]


def entities_of(form: str, texts: Sequence[tuple[Mapping[str, Any], Sequence[Entity]]]) -> Counter[tuple[str, str]]:
    """Entities given to the occurrences of a form that are not part of a longer name."""
    exact: Counter[tuple[str, str]] = Counter()
    inside: Counter[tuple[str, str]] = Counter()
    pattern = re.compile(rf"(?<!\w){re.escape(form)}(?!\w)")
    for article, entities in texts:
        for field, text in (("text", article["text"]), ("headline", article["title"])):
            for found in pattern.finditer(text):
                for entity in entities:
                    for mention in entity.occurrences():
                        if mention.field == field and mention.start < found.end() and found.start() < mention.end:
                            # Of what a form holds, its end is what it names: "France's [Guimet Museum]".
                            ends = mention.end == found.end() and plain(mention.text) in plain(form)
                            (exact if ends else inside)[entity.id, entity.type] += 1
    return exact or inside


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
