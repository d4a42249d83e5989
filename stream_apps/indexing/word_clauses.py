"""A query's tree as clauses of Elasticsearch: one exact kind of clause for each kind of node, and no query string."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from stream_apps.indexing.query_language import (
    AllOf,
    AnyOf,
    BadQuery,
    FieldName,
    Node,
    Number,
    Phrase,
    Within,
    Without,
    Word,
)

Clause = dict[str, Any]

SPELLING: Final = "AUTO:5,8"
"""No mistake in words of up to four letters, one up to seven, two above."""


@dataclass(frozen=True)
class Searched:
    """The fields of a search, each with its weight. ``exact``: as written, for phrases and spellings."""

    stemmed: tuple[str, ...]
    exact: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    """At most one: of headline and text together."""

    @property
    def all(self) -> list[str]:
        return [*self.stemmed, *self.exact]


STORY: Final = Searched(
    stemmed=("headline^3", "body"),
    exact=("headline.exact^4", "body.exact^1.5", "byline.words", "dateline.place.words"),
    numbers=("numbers",),
)
"""The story: as it is written before what only has the same stem."""
EVERYWHERE: Final = Searched(STORY.stemmed, (*STORY.exact, "page"), STORY.numbers)
"""The page around it too."""
ONE_FIELD: Final[dict[FieldName, Searched]] = {
    "headline": Searched(("headline",), ("headline.exact^2",)),
    "body": Searched(("body",), ("body.exact^2",), ("numbers",)),
    "byline": Searched((), ("byline.words",)),
    "page": Searched((), ("page",)),
}

_ONE_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|(?:[^\W\d_]\.)+[^\W\d_]\.?")
_JOINED = re.compile(r"[^\W\d_]+[-\u2010\u2011][^\W\d_]+")
_HYPHEN = re.compile(r"[-\u2010\u2011]")


@dataclass(frozen=True)
class Reading:
    """How words are taken. ``loosely``: other spellings, and capitals as small letters."""

    searched: Searched
    loosely: bool = False


def clause(node: Node, reading: Reading) -> Clause:
    """What an article must fulfil, with a score. Raises ``BadQuery`` for what a field cannot be asked."""
    match node:
        case AllOf(nodes):
            return {"bool": {"must": [clause(each, reading) for each in nodes]}}
        case AnyOf(nodes):
            return any_of([clause(each, reading) for each in nodes])
        case Without(inner):
            # A mistake is forgiven in what is looked for, and not in what is ruled out.
            return {"bool": {"must_not": [clause(inner, Reading(reading.searched))]}}
        case Within(field, inner):
            return _within(field, inner, reading)
        case Number() | Phrase() | Word():
            return _leaf(node, reading)


def named(facet: str, name: str) -> Clause:
    """Articles with an entity of this id or name: any of its names, or consecutive words of one (`Modi`)."""
    return any_of([_term(f"{facet}.id", name), {"match_phrase": {f"{facet}.names": name}}])


def any_of(clauses: Sequence[Clause]) -> Clause:
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}


def _leaf(leaf: Number | Phrase | Word, reading: Reading) -> Clause:
    match leaf:
        case Number():
            return _number(leaf, reading)
        case Phrase(text):
            return _row(text, reading.searched.exact)
        case Word():
            return _word(leaf, reading)


def _word(word: Word, reading: Reading) -> Clause:
    if word.start:
        return any_of([_prefix(field, word.text.lower()) for field in reading.searched.exact])
    if not _ONE_TOKEN.fullmatch(word.text):
        return _compound(word.text, reading)
    if reading.loosely:
        return _near(word.text, reading.searched)
    # The best field counts, with little of the others.
    return _match(word.text, reading.searched.all, type="best_fields", tie_breaker=0.2)


def _near(text: str, searched: Searched) -> Clause:
    """Also what is spelled a little otherwise: among words as they are written, of which stems are a part only."""
    return _match(text.lower(), searched.exact, type="best_fields", fuzziness=SPELLING, prefix_length=1)


def _compound(text: str, reading: Reading) -> Clause:
    """Parts in a row, or joined: `tear-gas` is teargas too."""
    clauses = [_row(text, reading.searched.exact)]
    if _JOINED.fullmatch(text):
        clauses.append(_match(_HYPHEN.sub("", text), reading.searched.exact, type="best_fields"))
    return any_of(clauses)


def _number(number: Number, reading: Reading) -> Clause:
    """By its value; a plain one also as it stands in a word's place, which the page's have no other way."""
    as_written = _row(number.text, reading.searched.exact)
    values = [_term(field, term) for field in reading.searched.numbers for term in number.terms]
    return any_of([{"bool": {"must": values}}, as_written]) if values else as_written


def _row(text: str, fields: Sequence[str]) -> Clause:
    return _match(text, fields, type="phrase")


def _match(text: str, fields: Sequence[str], **how: Any) -> Clause:
    return {"multi_match": {"query": text, "fields": list(fields), **how}}


def _prefix(field: str, start: str) -> Clause:
    name, _, weight = field.partition("^")
    return {"prefix": {name: {"value": start, "boost": float(weight or 1)}}}


def _within(field: FieldName, node: Node, reading: Reading) -> Clause:
    if field in ONE_FIELD:
        return clause(node, Reading(ONE_FIELD[field], reading.loosely))
    return _each(node, NAMES_AND_TERMS[field])


def _each(node: Node, make: Callable[[str], Clause]) -> Clause:
    """The same combination of clauses over names or terms."""
    match node:
        case AllOf(nodes):
            return {"bool": {"must": [_each(each, make) for each in nodes]}}
        case AnyOf(nodes):
            return any_of([_each(each, make) for each in nodes])
        case Without(inner):
            return {"bool": {"must_not": [_each(inner, make)]}}
        case Within(field):
            raise BadQuery(f"{field}: cannot stand within another field")
        case Word(text) | Phrase(text) | Number(text):
            return make(text)


def _term(field: str, value: str) -> Clause:
    """A term query passes the value through the field's normaliser, so that `pti` finds PTI."""
    return {"term": {field: value}}


NAMES_AND_TERMS: Final[dict[FieldName, Callable[[str], Clause]]] = {
    "person": partial(named, "entities.person"),
    "org": partial(named, "entities.org"),
    "place": partial(named, "entities.place"),
    "agency": partial(_term, "agencies.folded"),
    "outlet": partial(_term, "outlet.folded"),
}
