from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.unit.wireday_support import own_events
from wirecopy.errors import BadInput
from wirecopy.wireday.events import load_events

FURNITURE = re.compile(
    r"also read|syndicated|inputs from|download the|\bapp for\b|newsletter|all rights reserved|"
    r"\((?:PTI|IANS|ANI|UNI|Reuters|AFP)\)|^--|PTI [A-Z]{2,3} [A-Z]{2,3}$",
    re.IGNORECASE,
)


def an_event(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = json.loads(own_events()[0].model_dump_json())
    return plain | changes


def write(folder: Path, *events: dict[str, object]) -> Path:
    (folder / "some.yml").write_text(yaml.safe_dump(list(events)), encoding="utf-8")
    return folder


def test_the_stories_of_the_product_are_complete() -> None:
    events = load_events()
    wire = [event for event in events if event.agency]
    assert len(events) >= 60
    assert len({event.headline for event in events}) == len(events)
    assert {event.agency for event in wire} == {"PTI", "IANS", "ANI", "UNI", "Reuters", "AP", "AFP"}
    assert sum(event.second is not None for event in events) >= 5
    assert sum(event.correction is not None for event in events) >= 5


def test_their_paragraphs_hold_nothing_but_the_story() -> None:
    found = [(s.id, p[:60]) for s in load_events() for p in (*s.paragraphs, *s.staff) if FURNITURE.search(p)]
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
def test_a_bad_event_is_named_with_its_file_and_field(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=r"some.yml: event t001: .*" + re.escape(message)):
        load_events(write(tmp_path, an_event(**changes)))


def test_an_id_may_stand_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="t001 occurs twice"):
        load_events(write(tmp_path, an_event(), an_event()))


def test_a_folder_without_stories_and_a_file_that_is_not_yaml_are_errors(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no events"):
        load_events(tmp_path)
    (tmp_path / "bad.yml").write_text("- [", encoding="utf-8")
    with pytest.raises(BadInput, match=r"bad\.yml"):
        load_events(tmp_path)


def test_the_correction_changes_its_paragraph_alone() -> None:
    event = own_events()[0]
    changed = [i for i, (a, b) in enumerate(zip(event.paragraphs, event.corrected(), strict=True)) if a != b]
    assert changed == [0]
    assert "Rs 168.5 crore" in event.corrected()[0]
