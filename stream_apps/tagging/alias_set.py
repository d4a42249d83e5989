"""Curated entities and the names they go by: YAML files of one beat each, checked and compiled when they are loaded.

An entry::

    - id: nc:org:ed-india            # wd:Q… where a source in hand gives the QID, nc:type:slug where none does
      type: ORG
      name: Enforcement Directorate
      alias: [Directorate of Enforcement]
      abbreviation: [{text: ED, needs: [PMLA, money laundering]}]   # as written; `needs`: words of the family
      weakAlias: [Directorate]       # links only where the family also has a strong alias
      country: [in]

``schema``, ``topics``, ``sources`` and ``reviewed`` are for people and are not read. A plain alias of one word is
added where the model saw no name only with ``safe: true``.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.records import EntityType
from stream_apps.tagging.names import TYPE_SLUG
from stream_apps.tagging.normalise import plain, words
from stream_apps.tagging.phrases import PhraseTable
from wirecopy.errors import SettingsError

FOLDER = Path(__file__).parent / "aliases"
GAZETTEER = Path(__file__).parent / "gazetteer"
"""Generated lists of places, each with its source and licence. They settle types and give no ids."""
Strength = Literal["strong", "abbreviation", "weak"]


class Form(BaseModel):
    """A name with conditions. ``not_after``: never right behind one of these words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=2, max_length=150)
    needs: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()


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
    needs: tuple[tuple[str, ...], ...] = ()
    not_after: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class AliasSet:
    """All curated entities, and names known to be places without being entities of ours.

    ``version`` is a hash of what they say, whatever file or order they stand in.
    """

    entities: dict[str, CuratedEntity]
    table: PhraseTable[Alias]
    places: frozenset[tuple[str, ...]]
    version: str

    def exact(self, name: tuple[str, ...]) -> Sequence[Alias]:
        """The aliases of exactly these words."""
        return self.table.get(name)


@dataclass(frozen=True)
class _Entry:
    place: str
    entity: CuratedEntity


@functools.cache
def built_in() -> AliasSet:
    """The alias set that comes with the program."""
    return load([FOLDER], [GAZETTEER])


def load(folders: Iterable[Path], gazetteers: Iterable[Path] = ()) -> AliasSet:
    """Read every ``.yml`` file of the folders, and every ``.json`` list of places of the gazetteers.

    Raises ``SettingsError`` naming file and line of each bad entry.
    """
    files = [file for folder in folders for file in sorted(folder.glob("*.yml"))]
    entries: list[_Entry] = []
    problems: list[str] = []
    for file in files:
        for place, raw in _read(file):
            try:
                entries.append(_Entry(place, CuratedEntity.model_validate(raw)))
            except ValidationError as error:
                problems.append(f"{place}: {_explain(error)}")
    problems += [*_bad_ids(entries), *_shared_names(entries)]
    if problems:
        raise SettingsError("bad alias files: " + "; ".join(problems))
    lists = [file for folder in gazetteers for file in sorted(folder.glob("*.json"))]
    return compile_entities((entry.entity for entry in entries), (name for file in lists for name in _names(file)))


def compile_entities(entities: Iterable[CuratedEntity], places: Iterable[str] = ()) -> AliasSet:
    """An alias set of entities that were checked, and names of places."""
    by_id = {entity.id: entity for entity in entities}
    compiled = (alias for entity in by_id.values() for alias in _aliases(entity))
    known_places = frozenset(words(place) for place in places)
    table = PhraseTable((alias.words, alias) for alias in compiled)
    return AliasSet(by_id, table, known_places, _version(by_id, known_places))


def _names(file: Path) -> list[str]:
    found: list[str] = json.loads(file.read_text(encoding="utf-8"))["places"]
    return found


def _aliases(entity: CuratedEntity) -> Iterator[Alias]:
    for form, strength in entity.forms():
        yield Alias(
            text=plain(form.text),
            words=words(form.text),
            entity=entity,
            strength=strength,
            needs=tuple(words(need) for need in form.needs),
            not_after=tuple(words(word) for word in form.not_after),
        )


def _version(entities: dict[str, CuratedEntity], places: frozenset[tuple[str, ...]]) -> str:
    content = [[entities[identity].model_dump(mode="json") for identity in sorted(entities)], sorted(places)]
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=6).hexdigest()


def _read(file: Path) -> Iterator[tuple[str, object]]:
    """``(file:line, entry)`` of each entry."""
    loader = yaml.SafeLoader(file.read_text(encoding="utf-8"))
    try:
        node = loader.get_single_node()
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            raise SettingsError(f"bad alias file {file.name}: it must be a list of entities")
        for item in node.value:
            yield f"{file.name}:{item.start_mark.line + 1}", loader.construct_object(item, deep=True)
    except yaml.YAMLError as error:
        raise SettingsError(f"bad alias file {file.name}: {error}") from error
    finally:
        loader.dispose()


def _explain(error: ValidationError) -> str:
    return ", ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())


def _bad_ids(entries: Sequence[_Entry]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for entry in entries:
        identity, kind = entry.entity.id, TYPE_SLUG[entry.entity.type]
        if identity in seen:
            yield f"{entry.place}: id {identity} is taken by {seen[identity]}"
        seen[identity] = entry.place
        if identity.startswith("nc:") and identity.split(":")[1] != kind:
            yield f"{entry.place}: id {identity} of a {entry.entity.type} must start with nc:{kind}:"


def _shared_names(entries: Sequence[_Entry]) -> Iterator[str]:
    """Two entities may share a name only where both say what words they need beside it, or use it weakly."""
    owners: dict[str, tuple[str, str]] = {}
    for entry in entries:
        for form, strength in entry.entity.forms():
            if not words(form.text):
                yield f"{entry.place}: {form.text!r} has no letters"
            if strength == "weak" or form.needs:
                continue
            name = form.text if strength == "abbreviation" else " ".join(words(form.text))
            place, owner = owners.setdefault(name, (entry.place, entry.entity.id))
            if owner != entry.entity.id:
                yield f"{entry.place}: {form.text!r} also names {owner} ({place})"
