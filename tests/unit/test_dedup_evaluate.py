"""`eval dedup`: the stages over a file, and the score against labelled pairs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stream_apps.evidence.evaluate import find_stories, find_stories_by_date, read_lines, score_pairs
from tests.unit.dedup_world import prose
from wirecopy.errors import BadInput

WIRE = " ".join(prose(1, 120))
LINES = [
    {"id": "a", "text": f"Panaji, Jun 18 (PTI) {WIRE}. PTI RPS GK", "source": "pti.example", "published": "2026-06-18"},
    {"id": "b", "text": WIRE, "title": "A headline", "url": "https://www.ledger.example/1"},
    {"id": "c", "text": " ".join(prose(2, 120)), "byline": "Staff Reporter"},
]


def written(folder: Path, lines: list[dict[str, str]]) -> Path:
    path = folder / "articles.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_copies_are_one_story_and_the_uncredited_one_is_undisclosed(tmp_path: Path) -> None:
    report = find_stories(read_lines(written(tmp_path, LINES))).report()
    assert report["stories"]["a"] == report["stories"]["b"] != report["stories"]["c"]
    assert report["stories"]["c"] == "c"
    [[one, other, relation, containment]] = report["links"]
    assert (one, other, containment) == ("a", "b", 1.0)
    assert relation in {"exact", "near"}
    assert {credit["agency"] for credit in report["articles"]["a"]["credits"]} == {"PTI"}
    assert [report["articles"][name]["undisclosed"] for name in "abc"] == [False, True, False]
    assert report["articles"]["b"]["canonical"] == "a"


def dated(name: str, day: int) -> dict[str, str]:
    return {"id": name, "text": WIRE, "source": f"{name}.example", "published": f"2026-06-{day:02}"}


def test_by_date_copies_are_looked_for_within_the_window_in_any_order_of_the_file() -> None:
    lines = [dated("late", 30), dated("second", 4), dated("first", 1)]
    stories = find_stories_by_date(lines).report()["stories"]
    assert stories == {"first": "first", "second": "first", "late": "late"}


def test_by_date_articles_without_one_count_as_seen_with_the_last() -> None:
    lines = [{"id": "undated", "text": WIRE, "source": "ledger.example"}, dated("late", 30), dated("first", 1)]
    stories = find_stories_by_date(lines).report()["stories"]
    assert stories["undated"] == stories["late"] != stories["first"]


def test_by_date_an_undated_copy_counts_as_seen_with_the_first_dated_one_of_its_story() -> None:
    lines = [{"id": "undated", "text": WIRE, "source": "ledger.example"}, dated("late", 30), dated("first", 1)]
    learned = find_stories(lines).report()["stories"]
    assert len(set(learned.values())) == 1, "without a window they are all copies"
    stories = find_stories_by_date(lines, learned).report()["stories"]
    assert stories["undated"] == stories["first"] != stories["late"]


@pytest.mark.parametrize(
    ("stories", "score"),
    [
        ({"a": "a", "b": "a", "c": "c"}, (1.0, 0.5, 0.6667)),
        ({"a": "a", "b": "a", "c": "a"}, (0.6667, 1.0, 0.8)),
        ({"a": "a", "b": "b", "c": "c"}, (0.0, 0.0, 0.0)),
    ],
)
def test_pairs_are_scored(tmp_path: Path, stories: dict[str, str], score: tuple[float, float, float]) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("id_a,id_b,gold_reuse\na,b,1\na,c,1\nb,c,0\n", encoding="utf-8")
    found = score_pairs(stories, path)
    assert (found["precision"], found["recall"], found["f1"]) == score


@pytest.mark.parametrize("content", ["no json", "[]", '{"id": "a"}'])
def test_a_bad_line_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_text(f'{{"id": "x", "text": "y"}}\n{content}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="line 2"):
        list(read_lines(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing-here"):
        list(read_lines(tmp_path / "nothing-here.jsonl"))
