"""Articles whose names are marked with what they stand for: ``[surface|TYPE.thing]``, as ``data/resolution`` says.

Pairs of mentions are held against the entities given: of one thing or not, and of one entity or not. A pair counts once
for the same two forms in a story, so that a name said often does not weigh more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import yaml

from schemas.public_records import Entity
from stream_apps.tagging.alias_set import AliasSet
from stream_apps.tagging.documents import Document, tag_documents
from stream_apps.tagging.text_reader import Model

FOLDER = Path(__file__).parent / "data" / "resolution"
SPANS = Path(__file__).parent / "data" / "spans" / "kinds.yml"
"""Articles in which every name is marked, so that what else is found is none."""
TYPES: Mapping[str, frozenset[str]] = {
    "P": frozenset({"PERSON"}),
    "O": frozenset({"ORG"}),
    "L": frozenset({"PLACE"}),
    "E": frozenset({"EVENT"}),
    "R": frozenset({"PRODUCT"}),
    "F": frozenset({"FACILITY", "ORG"}),
    "A": frozenset({"LAW"}),
    "N": frozenset({"NORP"}),
    "W": frozenset({"WORK"}),
}
"""The types that a mark allows: whether a launch centre is a body or a building, people do not agree on."""
_MARK = re.compile(r"\[(?P<surface>[^\[\]|]+)\|(?P<type>[A-Z])\.(?P<thing>[a-z0-9]+|\?)(?P<hard>!?)\]")
_DEFINED = re.compile(r" \([A-Z]\w+\)$")
Field = Literal["text", "headline"]


@dataclass(frozen=True)
class MarkedName:
    """A name and what it stands for; ``thing`` is None where nothing says which of several."""

    field: Field
    start: int
    end: int
    surface: str
    type: str
    thing: str | None
    hard: bool


@dataclass(frozen=True)
class MarkedArticle:
    """An article of a story without its marks, and the names that were marked in it."""

    document: Document
    names: Sequence[MarkedName]


@dataclass(frozen=True)
class Given:
    """A marked name and the entity that it was given, if any."""

    story: str
    name: MarkedName
    entity: str | None
    type: str | None

    @property
    def typed(self) -> bool:
        return self.type in TYPES[self.name.type]


@dataclass(frozen=True)
class Pair:
    """Two names of a story: do they stand for one thing, and were they given one entity."""

    one: Given
    other: Given

    @property
    def same(self) -> bool:
        return self.one.name.thing is not None and self.one.name.thing == self.other.name.thing

    @property
    def joined(self) -> bool:
        return self.one.entity is not None and self.one.entity == self.other.entity


def read_marked(file: Path) -> Iterator[MarkedArticle]:
    """The articles of a file of marked events."""
    for event in yaml.safe_load(file.read_text(encoding="utf-8")):
        for number, article in enumerate(event["articles"]):
            headline, in_headline = unmark(article["title"], "headline")
            text, in_text = unmark(article["text"], "text")
            story = f"{file.stem}-{event['event']}"
            document = Document(f"{story}-{number}", text, headline, story)
            yield MarkedArticle(document, (*in_headline, *in_text))


def unmark(marked: str, field: Field) -> tuple[str, list[MarkedName]]:
    """The text as a reader sees it, and the names that were marked in it with their offsets."""
    plain, names, at = "", [], 0
    for mark in _MARK.finditer(marked):
        plain += marked[at : mark.start()]
        thing = None if mark["thing"] == "?" else f"{mark['type']}.{mark['thing']}"
        end = len(plain) + len(mark["surface"])
        names.append(MarkedName(field, len(plain), end, mark["surface"], mark["type"], thing, bool(mark["hard"])))
        plain, at = plain + mark["surface"], mark.end()
    return plain + marked[at:], names


async def resolved(articles: Sequence[MarkedArticle], model: Model, aliases: AliasSet) -> list[Given]:
    """What each marked name was given, each event resolved as one story."""
    entities = await tag_documents([article.document for article in articles], model, aliases, 100_000)
    return [
        _given(article.document.story or "", name, found)
        for article, found in zip(articles, entities, strict=True)
        for name in article.names
    ]


def _given(story: str, name: MarkedName, entities: Sequence[Entity]) -> Given:
    """The entity whose mention ends where the name ends, title or not in front of it, short form or not behind it."""
    ends = {name.end, name.start + len(_DEFINED.sub("", name.surface))}
    for entity in entities:
        for mention in entity.mentions:
            if mention.field == name.field and mention.end in ends and mention.start < name.end:
                return Given(story, name, entity.id, entity.type)
    return Given(story, name, None, None)


def pairs(given: Sequence[Given]) -> Iterator[Pair]:
    """Each two forms of a story once, also the same form where it stands for two things or for none that is known."""
    seen = set()
    for one, other in combinations(given, 2):
        forms = frozenset({(one.name.surface, one.name.thing), (other.name.surface, other.name.thing)})
        key = (one.story, forms, one.entity, other.entity)
        if one.story == other.story and (len(forms) > 1 or one.name.thing is None) and key not in seen:
            seen.add(key)
            yield Pair(one, other)


def figures(given: Sequence[Given]) -> dict[str, float]:
    """Precision and recall of pairs, all and those of which one is hard, and the share of right types."""
    every = list(pairs(given))
    hard = [pair for pair in every if pair.one.name.hard or pair.other.name.hard]
    return {
        "mentions": len(given),
        "hard": sum(one.name.hard for one in given),
        "precision": _share(sum(p.same and p.joined for p in every), sum(p.joined for p in every)),
        "recall": _share(sum(p.same and p.joined for p in every), sum(p.same for p in every)),
        "recall_of_hard": _share(sum(p.same and p.joined for p in hard), sum(p.same for p in hard)),
        "types": _share(sum(one.typed for one in given), len(given)),
    }


@dataclass(frozen=True)
class Spans:
    """Names found in articles that are marked in full."""

    right: int
    """Just where a mark stands, and of its type."""
    found: int
    marked: int
    wrong: Sequence[str]
    """What was found and is not marked so, with its type."""

    @property
    def precision(self) -> float:
        return _share(self.right, self.found)

    @property
    def recall(self) -> float:
        return _share(self.right, self.marked)


async def spans(articles: Sequence[MarkedArticle], model: Model, aliases: AliasSet) -> Spans:
    """Hold the names found in articles that are marked in full against the marks."""
    entities = await tag_documents([article.document for article in articles], model, aliases, 100_000)
    wanted = {
        (article.document.id, name.field, name.start, name.end): TYPES[name.type]
        for article in articles
        for name in article.names
    }
    found = {
        (article.document.id, mention.field, mention.start, mention.end): (entity.type, mention.text)
        for article, each in zip(articles, entities, strict=True)
        for entity in each
        for mention in entity.occurrences()
    }
    right = sum(kind in wanted.get(place, ()) for place, (kind, _) in found.items())
    wrong = [f"{p[0]} {t} {n!r}" for p, (t, n) in sorted(found.items()) if t not in wanted.get(p, ())]
    return Spans(right, len(found), len(wanted), wrong)


def mistakes(given: Sequence[Given]) -> Iterator[str]:
    """A line for each pair and each type that came out wrong."""
    for pair in (pair for pair in pairs(given) if pair.same != pair.joined):
        what = "same" if pair.same else "different"
        yield f"{pair.one.story} {what} {_described(pair.one)} {_described(pair.other)}"
    for one in (one for one in given if not one.typed):
        yield f"{one.story} type {_described(one)} is {one.name.type}, given {one.type}"


def _described(given: Given) -> str:
    return f"{given.name.surface!r}={given.entity}"


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
