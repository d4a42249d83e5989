"""Curated entities and the names they go by, compiled from the YAML files that ``alias_files`` reads.

An entry::

    - id: nc:org:ed-india            # wd:Q… where a source in hand gives the QID, nc:type:slug where none does
      type: ORG
      name: Enforcement Directorate
      alias: [Directorate of Enforcement]
      abbreviation: [{text: ED, needs: [PMLA, money laundering]}]   # as written; `needs`: words of the story
      weakAlias: [Directorate]       # links only where the story also has a strong alias
      country: [in]

``schema``, ``topics``, ``sources`` and ``reviewed`` are for people and change nothing. A plain alias of one word is
added where the model saw no name only with ``safe: true``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.public_records import EntityType
from stream_apps.tagging.normalise import plain, words
from stream_apps.tagging.phrases import PhraseTable, as_phrase

Strength = Literal["strong", "abbreviation", "weak"]
SPEAK_OF: Mapping[str, tuple[str, ...]] = {
    "@in": (
        "India", "Indian", "Delhi", "New Delhi", "crore", "crores", "lakh", "lakhs", "Lok Sabha", "Rajya Sabha", "BJP",
        "Centre", "Union Minister", "Union government", "Narendra Modi", "Mumbai", "Kolkata", "Chennai", "Bengaluru",
        "Hyderabad", "Uttar Pradesh", "Maharashtra", "Gujarat", "Karnataka", "Tamil Nadu", "Kerala", "Bihar", "Odisha",
        "West Bengal", "Rajasthan", "Madhya Pradesh", "Punjab", "Haryana", "Telangana", "Andhra Pradesh", "Assam",
        "Jharkhand", "Jammu and Kashmir", "Manipur",
    ),
}  # fmt: skip
"""Words of which one stands in nearly every story of a country, by what stands for all of them among ``needs``."""


class Form(BaseModel):
    """A name with conditions.

    ``needs``: one of these words must stand in the story, ``@in`` for any word that speaks of India. ``unless``: none
    of these may. ``not_after``, ``not_before``: never right behind, or right before, one of these words. ``as_place``:
    only where the words around it speak of a place, as in "in MP".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=2, max_length=150)
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    as_place: bool = False


class CuratedEntity(BaseModel):
    """One entry of an alias file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^(wd:Q[1-9]\d*|nc:[a-z]+:[a-z0-9]+(-[a-z0-9]+)*)$")
    type: EntityType
    name: str = Field(min_length=2, max_length=150)
    alias: tuple[str | Form, ...] = ()
    abbreviation: tuple[str | Form, ...] = ()
    weakAlias: tuple[str | Form, ...] = ()  # noqa: N815  # the word of FollowTheMoney
    name_needs: tuple[str, ...] = ()
    safe: bool = False
    country: tuple[str, ...] = ()
    schema_: str | None = Field(default=None, alias="schema")
    topics: tuple[str, ...] = ()
    wikidata: str | None = Field(default=None, pattern=r"^Q[1-9]\d*$")
    sources: tuple[str, ...] = ()
    reviewed: date | None = None

    def forms(self) -> Iterator[tuple[Form, Strength]]:
        """Every name of the entity and how far it is to be trusted."""
        yield Form(text=self.name, needs=self.name_needs), "strong"
        groups: tuple[tuple[tuple[str | Form, ...], Strength], ...] = (
            (self.alias, "strong"),
            (self.abbreviation, "abbreviation"),
            (self.weakAlias, "weak"),
        )
        for group, strength in groups:
            for form in group:
                yield (form if isinstance(form, Form) else Form(text=form)), strength


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of a curated entity, ready for matching."""

    text: str
    words: tuple[str, ...]
    entity: CuratedEntity
    strength: Strength
    needs: tuple[str, ...] = ()
    """Phrases as ``as_phrase`` gives them; of these and the next, one that stands in the story counts."""
    unless: tuple[str, ...] = ()
    not_after: tuple[tuple[str, ...], ...] = ()
    not_before: frozenset[str] = frozenset()
    as_place: bool = False


@dataclass(frozen=True)
class AliasSet:
    """All entities that names are known of, and what else is known of names.

    ``places``: names of places that are no entities of ours. ``person_words``: usual given names and surnames.
    ``redirects``: ids that were given up, each with the one that holds. ``version`` is a hash of what all of it says,
    whatever file or order it stands in.
    """

    entities: dict[str, CuratedEntity]
    table: PhraseTable[Alias]
    places: frozenset[tuple[str, ...]]
    version: str
    person_words: frozenset[str] = frozenset()
    redirects: Mapping[str, str] = field(default_factory=dict)

    def exact(self, name: tuple[str, ...]) -> Sequence[Alias]:
        """The aliases of exactly these words, in the order in which they are tried."""
        return self.table.get(name)

    def current(self, identity: str) -> str:
        """The id that holds for one that may have been given up."""
        return self.redirects.get(identity, identity)


def compile_entities(
    entities: Iterable[CuratedEntity],
    places: Iterable[str] = (),
    person_words: Iterable[str] = (),
    redirects: Mapping[str, str] | None = None,
) -> AliasSet:
    """An alias set of entities that were checked, names of places, words of people's names and ids given up."""
    by_id = {entity.id: entity for entity in entities}
    known_places = frozenset(words(place) for place in places)
    known_words, moved = frozenset(person_words), dict(redirects or {})
    known = sorted((alias for entity in by_id.values() for alias in _aliases(entity)), key=_last_if_weak)
    table = PhraseTable((alias.words, alias) for alias in known)
    version = _version(by_id, known_places, known_words, moved)
    return AliasSet(by_id, table, known_places, version, known_words, moved)


def _last_if_weak(alias: Alias) -> tuple[bool, bool]:
    """What the context asks for goes before what always fits; weak ones, which several entities share, come last."""
    return alias.strength == "weak", not alias.needs


def _aliases(entity: CuratedEntity) -> Iterator[Alias]:
    for form, strength in entity.forms():
        yield Alias(
            text=plain(form.text),
            words=words(form.text),
            entity=entity,
            strength=strength,
            needs=tuple(as_phrase(words(need)) for needed in form.needs for need in SPEAK_OF.get(needed, (needed,))),
            unless=tuple(as_phrase(words(word)) for word in form.unless),
            not_after=tuple(words(word) for word in form.not_after),
            not_before=frozenset(word.lower() for word in form.not_before),
            as_place=form.as_place,
        )


def _version(
    entities: Mapping[str, CuratedEntity],
    places: Iterable[tuple[str, ...]],
    person_words: Iterable[str],
    redirects: Mapping[str, str],
) -> str:
    content = [
        [entities[identity].model_dump(mode="json") for identity in sorted(entities)],
        sorted(places),
        sorted(person_words),
        redirects,
    ]
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=6).hexdigest()
