"""A row of the tables that judge a span by its cues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, get_args

from schemas.public_records import EntityType
from stream_apps.tagging.normalise import words

EVERY_TYPE: AbstractSet[EntityType] = frozenset(get_args(EntityType))


class Span(NamedTuple):
    """A span that may be a name, in its text. Made for each name of each text, so a tuple."""

    place: tuple[str, int, int]
    """The text, and where in it the span begins and ends: what cues take."""
    name: str
    words: tuple[str, ...]
    spaced: bool


def span_of(text: str, start: int, end: int) -> Span:
    name = text[start:end]
    return Span((text, start, end), name, words(name), " " in name)


@dataclass(frozen=True)
class Rule:
    """Of which types of span it is asked, and whether it applies.

    In ``example`` it applies to the name in square brackets, in ``counter_example`` it doesn't.
    """

    name: str
    of: AbstractSet[EntityType]
    applies: Callable[[Span], object]
    example: str
    counter_example: str


@dataclass(frozen=True)
class TypeRule(Rule):
    """A rule that says the type of a name."""

    gives: EntityType


AnyRule = TypeVar("AnyRule", bound=Rule)


def by_type(rules: Iterable[AnyRule]) -> Mapping[EntityType, Sequence[AnyRule]]:
    """The rules that are asked of each type, in their order."""
    every = list(rules)
    return {kind: tuple(rule for rule in every if kind in rule.of) for kind in sorted(EVERY_TYPE)}
