from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.unit.wireday_support import own_stories
from wirecopy.errors import BadInput
from wirecopy.wireday.stories import load_stories

FURNITURE = re.compile(
    r"also read|syndicated|inputs from|download the|\bapp for\b|newsletter|all rights reserved|"
    r"\((?:PTI|IANS|ANI|UNI|Reuters|AFP)\)|^--|PTI [A-Z]{2,3} [A-Z]{2,3}$",
    re.IGNORECASE,
)


def a_story(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = json.loads(own_stories()[0].model_dump_json())
    return plain | changes


def write(folder: Path, *stories: dict[str, object]) -> Path:
    (folder / "some.yml").write_text(yaml.safe_dump(list(stories)), encoding="utf-8")
    return folder


def test_the_stories_of_the_product_are_complete() -> None:
    stories = load_stories()
    wire = [story for story in stories if story.agency]
    assert len(stories) >= 60
    assert len({story.headline for story in stories}) == len(stories)
    assert {story.agency for story in wire} == {"PTI", "IANS", "ANI", "UNI", "Reuters", "AP", "AFP"}
    assert sum(story.second is not None for story in stories) >= 5
    assert sum(story.correction is not None for story in stories) >= 5


def test_their_paragraphs_hold_nothing_but_the_story() -> None:
    found = [(s.id, p[:60]) for s in load_stories() for p in (*s.paragraphs, *s.staff) if FURNITURE.search(p)]
    assert found == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"correction": {"paragraph": 0, "old": "no such words", "new": "x"}}, "'no such words' does not stand"),
        ({"correction": {"paragraph": 9, "old": "a", "new": "x"}}, "there are 7 paragraphs"),
        ({"agency": "Xinhua"}, "agency"),
        ({"headlin": "x"}, "headlin: Extra inputs"),
        ({"paragraphs": ["one", "two"]}, "paragraphs"),
        ({"staff": ["two\nlines"]}, "spans lines"),
    ],
)
def test_a_bad_story_is_named_with_its_file_and_field(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=r"some.yml: story t001: .*" + re.escape(message)):
        load_stories(write(tmp_path, a_story(**changes)))


def test_an_id_may_stand_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="t001 occurs twice"):
        load_stories(write(tmp_path, a_story(), a_story()))


def test_a_folder_without_stories_and_a_file_that_is_not_yaml_are_errors(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no stories"):
        load_stories(tmp_path)
    (tmp_path / "bad.yml").write_text("- [", encoding="utf-8")
    with pytest.raises(BadInput, match=r"bad\.yml"):
        load_stories(tmp_path)


def test_the_correction_changes_its_paragraph_alone() -> None:
    story = own_stories()[0]
    changed = [i for i, (a, b) in enumerate(zip(story.paragraphs, story.corrected(), strict=True)) if a != b]
    assert changed == [0]
    assert "Rs 168.5 crore" in story.corrected()[0]
