"""Alias files and gazetteers read, checked and compiled; one file of all of them written, and read again.

A folder of alias files holds ``.yml`` files, each a list of entities (``alias_set``), and may hold ``redirects.yml``:
ids that were given up, each with the id that holds in its place. Generated gazetteers are JSON, apart, with source and
licence.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import ValidationError

from stream_apps.tagging.alias_set import AliasSet, CuratedEntity, compile_entities
from stream_apps.tagging.names import TYPE_SLUG
from stream_apps.tagging.normalise import words
from wirecopy.errors import SettingsError

FOLDER = Path(__file__).parent / "aliases"
GAZETTEER = Path(__file__).parent / "gazetteer"
REDIRECTS = "redirects.yml"


@dataclass(frozen=True)
class _Entry:
    place: str
    entity: CuratedEntity


@dataclass
class _Gazetteers:
    """What the generated files say."""

    places: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    entities: list[CuratedEntity] = field(default_factory=list)


@functools.cache
def built_in() -> AliasSet:
    """The alias set that comes with the program."""
    return load([FOLDER], [GAZETTEER])


def configured(folders: Sequence[Path]) -> AliasSet:
    """The alias set of a setting: what comes with the program and the user's folders, or a file that was built.

    Raises ``SettingsError`` naming file and line of each bad entry.
    """
    if len(folders) == 1 and folders[0].is_file():
        return read_built(folders[0])
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    if missing:
        raise SettingsError(f"tagging.aliases: no such folder: {', '.join(missing)}")
    return load([FOLDER, *folders], [GAZETTEER]) if folders else built_in()


def load(folders: Iterable[Path], gazetteers: Iterable[Path] = ()) -> AliasSet:
    """Read every ``.yml`` file of the folders, and every ``.json`` file of the gazetteers.

    What a person wrote holds against what was generated: a generated entity with its id or its name is left out. Raises
    ``SettingsError`` naming file and line of each bad entry.
    """
    files = [file for folder in folders for file in sorted(folder.glob("*.yml"))]
    entries: list[_Entry] = []
    problems: list[str] = []
    for place, raw in (item for file in files if file.name != REDIRECTS for item in _read(file)):
        try:
            entries.append(_Entry(place, CuratedEntity.model_validate(raw)))
        except ValidationError as error:
            problems.append(f"{place}: {_explain(error)}")
    generated = _gazetteers(gazetteers)
    entities = [entry.entity for entry in entries]
    entities += _not_curated(generated.entities, entities)
    redirects, bad = _redirects([file for file in files if file.name == REDIRECTS], {e.id for e in entities})
    problems += [*_bad_ids(entries), *_shared_names(entries), *bad]
    if problems:
        raise SettingsError("bad alias files: " + "; ".join(problems))
    return compile_entities(entities, generated.places, generated.names, redirects)


def write_built(aliases: AliasSet, file: Path) -> None:
    """Everything of an alias set in one file, with its version: the same set gives the same bytes."""
    content = {
        "version": aliases.version,
        "entities": [
            entity.model_dump(mode="json", exclude_defaults=True, by_alias=True)
            for _, entity in sorted(aliases.entities.items())
        ],
        "places": sorted(" ".join(place) for place in aliases.places),
        "names": sorted(aliases.person_words),
        "redirects": aliases.redirects,
    }
    file.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def read_built(file: Path) -> AliasSet:
    """An alias set that ``write_built`` wrote. Raises ``SettingsError`` where it is not what its version says."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        entities = [CuratedEntity.model_validate(entity) for entity in content["entities"]]
        found = compile_entities(entities, content["places"], content["names"], content["redirects"])
        version = content["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"tagging.aliases: {file} is no file of aliases: {error}") from error
    if found.version != version:
        raise SettingsError(f"tagging.aliases: {file} says version {version}, holds {found.version}: build it again")
    return found


def _gazetteers(folders: Iterable[Path]) -> _Gazetteers:
    found = _Gazetteers()
    for file in (file for folder in folders for file in sorted(folder.glob("*.json"))):
        content = json.loads(file.read_text(encoding="utf-8"))
        found.places += content.get("places", [])
        found.names += content.get("names", [])
        found.entities += [CuratedEntity.model_validate(entity) for entity in content.get("entities", [])]
    return found


def _not_curated(generated: Iterable[CuratedEntity], curated: Iterable[CuratedEntity]) -> Iterator[CuratedEntity]:
    taken: set[str] = set()
    names: set[tuple[str, ...]] = set()
    for entity in curated:
        taken.add(entity.id)
        names.update(words(form.text) for form, _ in entity.forms())
    return (entity for entity in generated if entity.id not in taken and words(entity.name) not in names)


def _redirects(files: Iterable[Path], known: set[str]) -> tuple[dict[str, str], list[str]]:
    """Each id given up with the id that holds in the end, and what is wrong with them."""
    given: dict[str, str] = {}
    problems = []
    for file in files:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        if not isinstance(content, dict):
            raise SettingsError(f"bad alias file {file.name}: it must map ids to ids")
        given |= {str(old): str(new) for old, new in content.items()}
    final = {old: _end_of(old, given) for old in given}
    for old, new in final.items():
        if new is None:
            problems.append(f"{REDIRECTS}: {old} leads back to itself")
        elif new not in known:
            problems.append(f"{REDIRECTS}: {old} leads to {new}, which is no entity")
        if old in known:
            problems.append(f"{REDIRECTS}: {old} is still the id of an entity")
    return {old: new for old, new in sorted(final.items()) if new is not None}, problems


def _end_of(old: str, given: Mapping[str, str]) -> str | None:
    """Where a chain of redirects ends; None where it never does."""
    passed = {old}
    while (old := given[old]) in given:
        if old in passed:
            return None
        passed.add(old)
    return old


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
