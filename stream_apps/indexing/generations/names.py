"""Names of indices, and their generations: pure.

All indices of one kind that were filled together are a *generation*: one index, or one a period. It answers, is swapped
and is deleted as a whole. ``wirecopy-articles-v5-000002-2026.11`` is the month of November of the second generation of
articles, with version 5 of the mapping. The aliases of a generation are its roles:

- ``wirecopy-articles``: it answers searches; one does;
- ``wirecopy-articles-write``: it is written;
- ``wirecopy-articles-previous``: it answered before, and is the way back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing.generations import periods
from stream_apps.indexing.generations.periods import Period

SPLIT_KINDS: Final[tuple[IndexKind, ...]] = ("articles", "stories")
"""Kinds that may be split by period. An event has no ``first_seen``; feeds and dead letters are few."""
_NAME: Final = re.compile(rf"({'|'.join(INDEX_KINDS)})-v(\d+)-(\d{{6}})(?:-(\d{{4}}(?:\.\d\d)?))?")


def read_alias(prefix: str, kind: IndexKind | str) -> str:
    return f"{prefix}-{kind}"


def write_alias(prefix: str, kind: IndexKind | str) -> str:
    return f"{prefix}-{kind}-write"


def previous_alias(prefix: str, kind: IndexKind | str) -> str:
    return f"{prefix}-{kind}-previous"


def pattern(prefix: str, kind: IndexKind) -> str:
    """Return the pattern of all physical indices of a kind."""
    return f"{prefix}-{kind}-v*"


@dataclass(frozen=True, order=True)
class IndexName:
    """The parts of a physical index's name."""

    prefix: str
    kind: IndexKind
    version: int
    number: int
    period: str = ""

    @property
    def stem(self) -> str:
        """Return the common beginning of the names of its generation."""
        return f"{self.prefix}-{self.kind}-v{self.version}-{self.number:06}"

    def __str__(self) -> str:
        return f"{self.stem}-{self.period}" if self.period else self.stem


def parse(prefix: str, name: str) -> IndexName | None:
    """Parse the name of an index; None where it is not ours."""
    found = _NAME.fullmatch(name.removeprefix(f"{prefix}-")) if name.startswith(f"{prefix}-") else None
    if found is None:
        return None
    kind = next(kind for kind in INDEX_KINDS if kind == found[1])
    try:
        periods.kind_of(found[4] or "")
    except ValueError:
        return None
    return IndexName(prefix, kind, int(found[2]), int(found[3]), found[4] or "")


@dataclass(frozen=True)
class Generation:
    """The indices of one kind that were filled together, sorted by name, with their roles."""

    kind: IndexKind
    version: int
    """Of the mapping."""
    number: int
    stem: str
    indices: tuple[str, ...]
    reads: bool = False
    writes: bool = False
    previous: bool = False

    @property
    def period(self) -> Period:
        return periods.kind_of(self.indices[-1][len(self.stem) + 1 :]) if self.indices else "none"

    @property
    def pattern(self) -> str:
        """Return the pattern of its indices, future ones included."""
        return self.stem if self.period == "none" else f"{self.stem}-*"

    def index_of(self, seen: datetime) -> str:
        """Return the index of a document by its ``first_seen``, whether the index exists or not."""
        return self.index_named(periods.name_of(self.period, seen))

    def index_named(self, period: str) -> str:
        return f"{self.stem}-{period}" if period else self.stem

    def period_of(self, index: str) -> str:
        return index[len(self.stem) + 1 :]


def generations(prefix: str, aliases: Mapping[str, Collection[str]]) -> list[Generation]:
    """Return all generations, by kind and number. ``aliases``: those of every index, by its name."""
    members: dict[tuple[str, IndexKind, int, int], list[str]] = {}
    for name in sorted(aliases):
        if (found := parse(prefix, name)) is not None:
            members.setdefault((found.stem, found.kind, found.version, found.number), []).append(name)
    made = [
        Generation(
            kind,
            version,
            number,
            stem,
            tuple(names),
            reads=_any_has(aliases, names, read_alias(prefix, kind)),
            writes=_any_has(aliases, names, write_alias(prefix, kind)),
            previous=_any_has(aliases, names, previous_alias(prefix, kind)),
        )
        for (stem, kind, version, number), names in members.items()
    ]
    return sorted(made, key=lambda made: (INDEX_KINDS.index(made.kind), made.number, made.version))


def of_kind(every: Collection[Generation], kind: IndexKind) -> list[Generation]:
    return [generation for generation in every if generation.kind == kind]


def current(of_one_kind: Collection[Generation]) -> Generation | None:
    """Return the generation that answers, else the previous one, else one that is written, else the newest."""
    ranked = sorted(of_one_kind, key=lambda made: (made.reads, made.previous, made.writes, made.number))
    return ranked[-1] if ranked else None


def next_number(of_one_kind: Collection[Generation]) -> int:
    return 1 + max((made.number for made in of_one_kind), default=0)


def aliases_of(answer: Mapping[str, Any]) -> dict[str, Collection[str]]:
    """Return the aliases of each index in Elasticsearch's answer."""
    return {name: frozenset(found["aliases"]) for name, found in answer.items()}


def _any_has(aliases: Mapping[str, Collection[str]], names: Collection[str], alias: str) -> bool:
    return any(alias in aliases[name] for name in names)
