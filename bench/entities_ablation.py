"""Each step of tagging left out in turn: one that adds nothing goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Protocol, TypeVar
from unittest.mock import patch

from stream_apps.tagging import alias_files, cues, propagation, reading, resolve, settled
from stream_apps.tagging.alias_set import AliasSet, compile_entities
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


_FUNCTIONS: Mapping[str, tuple[object, str, object]] = {
    "propagation": (propagation.KnownForms, "propagate", lambda *given: list(given[-1])),
    "designations": (reading, "designations", lambda _: []),
    "titles and ages": (reading, "people", lambda _: []),
    "cues of places": (cues, "place_votes", lambda *_: 0),
    "words of bodies": (cues, "is_body", lambda _: False),
    "companies by first words": (settled, "_companies_by_first_words", lambda *_: {}),
    "entities named otherwise": (resolve, "_established", lambda *_: set()),
}


def _without(replaced: Mapping[tuple[object, str], object]) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def context() -> Iterator[None]:
        with ExitStack() as stack:
            for (module, function), instead in replaced.items():
                stack.enter_context(patch.object(module, function, instead))
            yield

    return context
