"""The searchable names of an entity, and a test for entities that are only the page's own agency or outlet."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from schemas.public_records import Entity
from wirecopy.errors import MissingSoftware
from wirecopy.settings import TaggingSettings

EntityNames = Mapping[str, Sequence[str]]
"""Names of curated entities by id."""
NONE: Final[EntityNames] = MappingProxyType({})
ENTRY_POINT: Final = "wirecopy.entity_names"


class Named(Protocol):
    """What an article's entities and a story's have in common here."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


def installed(settings: TaggingSettings) -> EntityNames:
    """The names that the tagging stage knows entities by, found as a plug-in: stages don't import each other.

    Raises ``MissingSoftware`` where no package brings them, ``SettingsError`` for bad alias files.
    """
    found = importlib.metadata.entry_points(group=ENTRY_POINT)
    if not found:
        raise MissingSoftware(f"no installed package names entities ({ENTRY_POINT}): install wirecopy again")
    names: EntityNames = next(iter(found)).load()(settings)
    return names


def every_name(entity: Named, known: EntityNames) -> list[str]:
    """The entity's name, what the alias files call it, and the forms in the text, where its record has them."""
    forms = [occurrence.text for occurrence in entity.occurrences()] if isinstance(entity, Entity) else []
    return list(dict.fromkeys([entity.name, *known.get(entity.id, ()), *forms]))


@dataclass(frozen=True)
class Page:
    """By whom an article, or the copies of a story, were brought, and under which headline."""

    agencies: frozenset[str]
    outlets: frozenset[str]
    headline: str

    def has_as_its_own(self, names: Sequence[str]) -> bool:
        """Whether something of these names is an agency or outlet of the page, and not what it is about.

        What the headline names, the story is about.
        """
        return self._brought_by(names) and not any(_holds(self.headline, name) for name in names)

    def _brought_by(self, names: Sequence[str]) -> bool:
        folded = {name.casefold() for name in names}
        sites = {_site_name(outlet) for outlet in self.outlets}
        return any(agency.casefold() in folded for agency in self.agencies) or not sites.isdisjoint(
            map(_letters, names)
        )


def _site_name(outlet: str) -> str:
    """`hindustantimes` of `hindustantimes.com`: what a paper's own name has in common with its address."""
    return outlet.partition(".")[0].casefold()


def _letters(name: str) -> str:
    """`The Bharat Ledger` as in an address; a paper is often called without its article there."""
    return "".join(re.findall(r"[^\W_]+", name.casefold().removeprefix("the ")))


def _holds(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
