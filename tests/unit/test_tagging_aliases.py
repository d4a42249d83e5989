"""The alias set: what comes with the program is sound, and what is not sound is named by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_apps.tagging import alias_set
from stream_apps.tagging.alias_files import built_in, load
from stream_apps.tagging.alias_set import AliasSet, CuratedEntity, compile_entities
from stream_apps.tagging.names import key
from stream_apps.tagging.resolve import FamilyText, resolve_family
from wirecopy.errors import SettingsError

GOOD = """
- id: nc:org:river-board
  type: ORG
  name: River Board
  abbreviation: [RIVB]
"""


def _load(folder: Path, content: str) -> AliasSet:
    (folder / "beat.yml").write_text(content)
    return load([folder])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            GOOD + "- {id: nc:org:river-board, type: ORG, name: Lake Board}",
            "beat.yml:6: id nc:org:river-board is taken",
        ),
        (GOOD + "- {id: nc:place:lake, type: ORG, name: Lake Board}", "beat.yml:6: .*must start with nc:org:"),
        (GOOD + "- {id: nc:org:x, type: ORG, name: river board}", "beat.yml:6: 'river board' also names"),
        (GOOD + "- {id: wd:12, type: ORG, name: Lake Board}", "beat.yml:6: id: String should match"),
        (GOOD + "- {id: nc:org:x, type: BODY, name: Lake Board}", "beat.yml:6: type: Input should be"),
        (GOOD + "- {id: nc:org:x, type: ORG, name: Lake Board, aliases: [X]}", "beat.yml:6: aliases: Extra inputs"),
        (GOOD + "- {id: nc:org:x, type: ORG, name: L}", "beat.yml:6: name: String should have at least 2"),
        ("id: nc:org:x", "must be a list"),
        ("- [", "beat.yml"),
    ],
)
def test_bad_entries_are_named(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        _load(tmp_path, content)


def test_two_entities_may_share_a_form_that_needs_context(tmp_path: Path) -> None:
    _load(tmp_path, GOOD + "- {id: nc:org:x, type: ORG, name: Ibis, abbreviation: [{text: RIVB, needs: [birds]}]}")


def test_the_version_is_of_the_content_alone() -> None:
    one, other = (CuratedEntity(id=f"nc:org:{n}", type="ORG", name=f"{n} board") for n in ("lake", "river"))
    assert compile_entities([one, other]).version == compile_entities([other, one]).version
    assert compile_entities([one]).version != compile_entities([one, other]).version
    assert compile_entities([one], ["Ooty"]).version != compile_entities([one]).version


def _template(entity: CuratedEntity, form: alias_set.Form, strength: str) -> str:
    context = f" It spoke of {' and '.join(form.needs)}." if form.needs else ""
    support = f" That is {entity.name}." if strength == "weak" else ""
    return f"On Monday officials wrote to {form.text} about the matter.{context}{support}"


@pytest.mark.parametrize("identity", sorted(built_in().entities))
def test_every_form_leads_to_its_entity(identity: str) -> None:
    """In a sentence where the model sees the form, and with the words that the form needs."""
    aliases = built_in()
    entity = aliases.entities[identity]
    for form, strength in entity.forms():
        text = _template(entity, form, strength)
        start = text.index(form.text)
        seen = ((start, start + len(form.text), "ORG"),)
        found = resolve_family([FamilyText("a", "", text, (), seen)], aliases)["a"]
        named = {e.id for e in found for m in e.mentions if m.start < start + len(form.text) and start < m.end}
        assert identity in named, (form, [(e.id, e.name) for e in found])


def test_qids_are_unique_and_ids_say_what_they_are() -> None:
    for identity, entity in built_in().entities.items():
        assert identity.startswith(("wd:Q", "nc:"))
        assert key(entity.name, entity.type)
    assert len(built_in().places) > 500
