"""Each step of tagging left out in turn: one that adds nothing goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Protocol, TypeVar
from unittest.mock import patch

from bench import marked
from stream_apps.tagging import (
    alias_files,
    cues,
    designations,
    name_evidence,
    name_resolution,
    names,
    person_short_names,
    propagation,
    reading,
    story_context,
)
from stream_apps.tagging.alias_set import AliasSet, compile_entities
from stream_apps.tagging.cues.rule import by_type
from stream_apps.tagging.evaluation import evaluate
from stream_apps.tagging.lines import LabelledLine
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.scoring import overall
from stream_apps.tagging.text_reader import Model, unless_broken

Row = tuple[str | float, ...]
MAX_CHARS = 100_000


class Named(Protocol):
    """A sample."""

    @property
    def name(self) -> str: ...


AnySample = TypeVar("AnySample", bound=Named)


class Remembering:
    """A model that reads each paragraph once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: dict[str, tuple[RawMention, ...]] = {}

    async def tag(self, paragraphs: Sequence[str]) -> list[tuple[RawMention, ...]]:
        missing = [paragraph for paragraph in paragraphs if paragraph not in self._known]
        self._known.update(zip(missing, map(unless_broken, await self._model.tag(missing)), strict=True))
        return [self._known[paragraph] for paragraph in paragraphs]


def samples(every: Iterable[AnySample]) -> list[AnySample]:
    """Those that it is measured on."""
    return [sample for sample in every if sample.name in {"worldwide", "India", "wikigold"}]


async def measure(texts: Sequence[Sequence[LabelledLine]], model: Model, aliases: AliasSet) -> list[Row]:
    """A row a step: its name, and the overall F1 of each sample without it."""
    rows: list[Row] = []
    for name, without, fewer in _steps(aliases):
        with without():
            scores = [(await evaluate(lines, model, fewer, MAX_CHARS)).labels for lines in texts]
        rows.append((name, *(round(overall(labels).f1, 4) for labels in scores)))
    return rows


def _steps(aliases: AliasSet) -> Iterator[tuple[str, Callable[[], AbstractContextManager[None]], AliasSet]]:
    generated = alias_files.load([], [alias_files.GAZETTEER])
    curated = alias_files.load([alias_files.FOLDER])
    yield "nothing", _without({}), aliases
    yield "curated aliases", _without({}), generated
    yield "generated gazetteers", _without({}), curated
    yield "names of places", _without({}), replace(aliases, places=frozenset())
    yield "given names", _without({}), replace(aliases, person_words=frozenset())
    yield "every list", _without({}), compile_entities([])
    for name, (module, function, instead) in _FUNCTIONS.items():
        yield name, _without({(module, function): instead}), aliases


def _never(_short: object, _full: object) -> bool:
    return False


def _without_types(*names: str) -> tuple[object, str, object]:
    """The rules for the types of names without those of these names. Raises ``ValueError`` where there is none so."""
    rules = cues.type_rules.TYPE_RULES
    if unknown := set(names) - {rule.name for rule in rules}:
        raise ValueError(f"no type rule is called {', '.join(sorted(unknown))}")
    return cues.type_rules, "RULES_OF", by_type(rule for rule in rules if rule.name not in names)


_NOTHING = re.compile(r"(?!)")
_FUNCTIONS: Mapping[str, tuple[object, str, object]] = {
    "propagation": (propagation.KnownForms, "propagate", lambda *given: list(given[-1])),
    "designations": (reading, "designations", lambda _: []),
    "titles and ages": (reading, "people", lambda _: []),
    "cues of places": (cues.places, "place_votes", lambda *_: 0),
    "words of bodies": (cues.bodies, "is_body", lambda _: False),
    "companies by first words": (name_evidence, "_companies_by_first_words", lambda *_: {}),
    "entities named otherwise": (story_context, "_established", lambda *_: set()),
    "places by first words": (name_evidence, "_places_by_first_words", lambda *_: {}),
    "enumerations": (reading, "by_enumeration", lambda _, spans: list(spans)),
    "titles of offices": (names, "is_title", lambda _: False),
    "abbreviations of common nouns": (names, "UNNAMED", frozenset()),
    "common phrases": (names, "COMMON_PHRASES", frozenset()),
    "common words that open a sentence": (cues.openings, "is_common_word", lambda *_: False),
    "works in quotation marks": _without_types("a work"),
    "buildings": _without_types("a building"),
    "bodies in capitals": _without_types("a body in capitals"),
    "quarters": _without_types("a quarter"),
    "function words before names": (names, "_FUNCTION_WORD", _NOTHING),
    "compounds": (names, "_COMPOUND", _NOTHING),
    "years of events": (cues.edges, "with_year", lambda _, end: end),
    "halves of offices, pairs of names": (cues.not_names, "is_no_name", lambda *_: False),
    "peoples and parties before a name": (reading, "parted_behind", lambda *_: []),
    "brands": (name_evidence, "_brands", lambda *_: {}),
    "participles that open a sentence": (cues.openings, "without_opening_verb", lambda _, start, __: start),
    "adjectives of another noun": (cues.edges, "without_adjective", lambda _, __, end: end),
    "events by their last word": _without_types("a festival or meeting", "a day, a march, an election", "a tournament"),
    "people who govern, peoples of towns": _without_types(
        "a body in capitals",
        "a house",
        "a person by an initial",
        "a person by what they are to others",
        "a people",
        "a model of a product",
        "a person who governs",
        "a person with an administration",
        "the people of a town",
    ),
    "secretaries for something": (cues.not_names, "is_of_an_office", lambda *_: False),
    "headings of paragraphs": (cues.not_names, "is_heading", lambda *_: False),
    "people by what they are to others": _without_types("a person by what they are to others"),
    "people by an initial": _without_types("a person by an initial"),
    "houses and bodies as persons": _without_types("a body in capitals", "a house"),
    "sides of a match": (names, "_VERSUS", _NOTHING),
    "brackets that stay open": (names, "_OPEN_BRACKET", _NOTHING),
    "what a place is, behind it": (cues.places, "PLACE_BEHIND", replace(cues.places.PLACE_BEHIND, pattern=_NOTHING)),
    "bodies before a person": (names, "_BODY_BEFORE", _NOTHING),
    "offices behind a body": (names, "_HOLDER_OF", _NOTHING),
    "amounts and words with a prefix": (names, "_NO_NAME", _NOTHING),
    "Bill as a given name": (designations, "_BILL", _NOTHING),
    "ranks": (names, "_RANKED", _NOTHING),
    "treaties, laws and schemes": (cues.events_and_laws, "is_agreement", lambda *_: False),
    "bodies by the words beside them": (cues.bodies, "body_votes", lambda *_: 0),
    "enumerations that a noun explains": (cues.places, "are_places", lambda *_: False),
    "ships in a row": (reading, "by_first_ship", lambda _, spans: list(spans)),
    "schemes, seats and posts": _without_types(
        "a scheme by the noun behind it",
        "the seat of a member",
        "the place of a police post or village",
    ),
    "initials behind a title": (cues.edges, "ADDRESSED", replace(cues.edges.ADDRESSED, pattern=_NOTHING)),
    "small letters behind a place": (names, "_WHAT_IT_IS", _NOTHING),
    "rulers and capitals before a place": (names, "_BEFORE_A_PLACE", _NOTHING),
    "subjects": (names, "SUBJECTS", frozenset()),
    "knights": (cues.edges, "with_sir", lambda _, start: start),
    "years of elections": (cues.edges, "with_poll", lambda _, __, end: end),
    "committees of events": (cues.bodies, "is_committee", lambda _: False),
    "places that meet": (cues.places, "two_places", lambda *_: ()),
    "two capitals": (names, "_TWO_CAPITALS", _NOTHING),
    "slogans": (names, "_SLOGAN", _NOTHING),
    "works that nothing speaks of": (cues.works, "is_beside_works", lambda *_: True),
}
_RESOLUTION: Mapping[str, tuple[object, str, object]] = {
    "short forms with the L of Ltd": (name_evidence, "_with_legal_form", lambda _: None),
    "initials of given names": (person_short_names, "_abbreviates", lambda *_: False),
    "places by first words": (name_evidence, "_places_by_first_words", lambda *_: {}),
    "companies by first words": (name_evidence, "_companies_by_first_words", lambda *_: {}),
    "parts of names of places": (name_resolution, "PARTS", {**name_resolution.PARTS, "PLACE": _never}),
    "parts of names of bodies": (name_resolution, "PARTS", {**name_resolution.PARTS, "ORG": _never}),
    "parts of names of things": (name_resolution, "PARTS", {**name_resolution.PARTS, "PRODUCT": _never}),
    "short titles of laws": (name_resolution, "PARTS", {**name_resolution.PARTS, "LAW": _never}),
}


async def measure_spans(articles: Sequence[marked.MarkedArticle], model: Model, aliases: AliasSet) -> list[Row]:
    """A row a step: its name, precision and recall of the names in articles that are marked in full, without it."""
    rows: list[Row] = []
    for name, without, fewer in _steps(aliases):
        with without():
            found = await marked.spans(articles, model, fewer)
        rows.append((name, found.precision, found.recall))
    return rows


async def measure_pairs(articles: Sequence[marked.MarkedArticle], model: Model, aliases: AliasSet) -> list[Row]:
    """A row a rule of resolution: its name, and precision and recall of pairs of marked names without it."""
    rows: list[Row] = []
    for name, without, fewer in _resolution_steps(aliases):
        with without():
            found = marked.figures(await marked.resolved(articles, model, fewer))
        rows.append((name, found["precision"], found["recall"], found["types"]))
    return rows


def _resolution_steps(aliases: AliasSet) -> Iterator[tuple[str, Callable[[], AbstractContextManager[None]], AliasSet]]:
    yield "nothing", _without({}), aliases
    yield "weak aliases", _without({}), _fewer(aliases, weakAlias=())
    yield "abbreviations", _without({}), _fewer(aliases, abbreviation=())
    for name, (module, function, instead) in _RESOLUTION.items():
        yield name, _without({(module, function): instead}), aliases


def _fewer(aliases: AliasSet, **left_out: tuple[()]) -> AliasSet:
    entities = (entity.model_copy(update=left_out) for entity in aliases.entities.values())
    places = (" ".join(place) for place in aliases.places)
    return compile_entities(entities, places, aliases.person_words, aliases.redirects)


def _without(replaced: Mapping[tuple[object, str], object]) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def context() -> Iterator[None]:
        with ExitStack() as stack:
            for (module, function), instead in replaced.items():
                stack.enter_context(patch.object(module, function, instead))
            yield

    return context
