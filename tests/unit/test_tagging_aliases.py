"""The alias set: what comes with the program is sound, and what is not sound is named by file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stream_apps.tagging import alias_set
from stream_apps.tagging.alias_files import built_in, configured, load, read_built, write_built
from stream_apps.tagging.alias_set import AliasSet, CuratedEntity, compile_entities
from stream_apps.tagging.names import key
from stream_apps.tagging.story_context import StoryText, resolve_story
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
    needed = [word for need in (*form.needs, *entity.name_needs) for word in alias_set.SPEAK_OF.get(need, (need,))]
    context = f" It spoke of {' and '.join(needed)}." if needed else ""
    support = f" That is {entity.name}." if strength == "weak" else ""
    writing = "came from" if form.as_place else "wrote to"
    return f"On Monday officials {writing} {form.text} about the matter.{context}{support}"


@pytest.mark.parametrize("identity", sorted(built_in().entities))
def test_every_form_leads_to_its_entity(identity: str) -> None:
    """In a sentence where the model sees the form, and with the words that the form needs."""
    aliases = built_in()
    entity = aliases.entities[identity]
    for form, strength in entity.forms():
        text = _template(entity, form, strength)
        start = text.index(form.text)
        seen = ((start, start + len(form.text), "ORG"),)
        found = resolve_story([StoryText("a", "", text, (), seen)], aliases)["a"]
        named = {e.id for e in found for m in e.mentions if m.start < start + len(form.text) and start < m.end}
        assert identity in named, (form, [(e.id, e.name) for e in found])


def test_what_a_person_wrote_holds_against_what_was_generated(tmp_path: Path) -> None:
    (tmp_path / "beat.yml").write_text(GOOD)
    generated = [
        {"id": "nc:org:board-of-rivers", "type": "ORG", "name": "River Board"},
        {"id": "nc:org:lake-board", "type": "ORG", "name": "Lake Board"},
    ]
    made = {"source": "s", "licence": "l", "entities": generated, "places": ["Ooty"], "names": ["meena"]}
    (tmp_path / "made.json").write_text(json.dumps(made))
    aliases = load([tmp_path], [tmp_path])
    assert set(aliases.entities) == {"nc:org:river-board", "nc:org:lake-board"}
    assert aliases.places == {("ooty",)}
    assert aliases.person_words == {"meena"}


def test_a_built_file_says_the_same_and_is_believed_only_as_it_was_built(tmp_path: Path) -> None:
    aliases, file = _load(tmp_path, GOOD), tmp_path / "built.json"
    write_built(aliases, file)
    again = configured([file])
    assert (again.version, again.entities) == (aliases.version, aliases.entities)
    file.write_text(file.read_text().replace("RIVB", "RIVC"))
    with pytest.raises(SettingsError, match="build it again"):
        read_built(file)
    file.write_text("{")
    with pytest.raises(SettingsError, match="no file of aliases"):
        read_built(file)


def test_a_folder_of_the_users_is_joined_and_checked_with_the_rest(tmp_path: Path) -> None:
    _load(tmp_path, GOOD)
    joined = configured([tmp_path])
    assert "nc:org:river-board" in joined.entities
    assert joined.version != built_in().version
    (tmp_path / "more.yml").write_text("- {id: nc:org:another, type: ORG, name: Bharatiya Janata Party}")
    with pytest.raises(SettingsError, match=r"more\.yml:1: 'Bharatiya Janata Party' also names"):
        configured([tmp_path])
    with pytest.raises(SettingsError, match="no such folder"):
        configured([tmp_path / "nowhere"])


def test_ids_that_were_given_up_lead_to_the_one_that_holds(tmp_path: Path) -> None:
    (tmp_path / "redirects.yml").write_text("x:org:board-of-rivers: nc:org:rb\nnc:org:rb: nc:org:river-board\n")
    aliases = _load(tmp_path, GOOD)
    assert aliases.current("x:org:board-of-rivers") == "nc:org:river-board"
    text = "Officials of Board of Rivers met."
    found = resolve_story([StoryText("a", "", text, (), ((13, 28, "ORG"),))], aliases)["a"]
    assert [entity.id for entity in found] == ["nc:org:river-board"]


@pytest.mark.parametrize(
    ("redirects", "problem"),
    [
        ("a: b\nb: a", "a leads back to itself"),
        ("a: nc:org:none", "a leads to nc:org:none, which is no entity"),
        ("nc:org:river-board: nc:org:river-board", "leads back to itself"),
        ("- a", "must map ids to ids"),
    ],
)
def test_bad_redirects_are_named(tmp_path: Path, redirects: str, problem: str) -> None:
    (tmp_path / "redirects.yml").write_text(redirects)
    with pytest.raises(SettingsError, match=problem):
        _load(tmp_path, GOOD)


def test_qids_are_unique_and_ids_say_what_they_are() -> None:
    for identity, entity in built_in().entities.items():
        assert identity.startswith(("wd:Q", "nc:"))
        assert key(entity.name, entity.type)
    assert len(built_in().places) > 500
