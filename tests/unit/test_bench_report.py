from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from bench import report
from bench.__main__ import command
from bench.report import Report, Table

TABLE = Table("speed", ("what", "articles/s"), [("ours", 12.3456), ("theirs", 1234.5)], "Higher is better.")


def one(name: str) -> Report:
    return Report(name, f"./do bench {name}", {"cores": "2"}, [TABLE])


def test_a_table_is_markdown_with_numbers_to_the_right() -> None:
    assert TABLE.markdown().splitlines() == [
        "| what   | articles/s |",
        "| ------ | ---------: |",
        "| ours   |      12.35 |",
        "| theirs |      1,234 |",
        "",
        "Higher is better.",
    ]


def test_what_was_not_measured_is_a_dash_and_null() -> None:
    table = Table("f1", ("label", "F1"), [("NORP", None)])
    assert table.markdown().splitlines()[2] == "| NORP  |  - |"
    assert table.as_objects() == [{"label": "NORP", "F1": None}]


def test_programs_get_one_object() -> None:
    assert orjson.loads(one("stages").as_json()) == {
        "bench": "stages",
        "command": "./do bench stages",
        "machine": {"cores": "2"},
        "results": {"speed": [{"what": "ours", "articles/s": 12.3456}, {"what": "theirs", "articles/s": 1234.5}]},
    }


def test_a_report_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text("# Results\n", encoding="utf-8")
    for name in ("stages", "latency", "stages"):
        report.save(one(name), page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Results\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## stages", "## latency"]
    assert text.count("<!-- stages -->") == text.count("<!-- /stages -->") == 1


def test_what_stands_around_a_section_stays(tmp_path: Path) -> None:
    page = "before\n<!-- a -->\nold \\1\n<!-- /a -->\nafter\n"
    assert report.with_section(page, "a", r"new \1") == "before\n<!-- a -->\nnew \\1\n<!-- /a -->\nafter\n"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (["stages", "--scale", "4", "--save"], "./do bench stages --scale 4"),
        (["dedup", "../shared/data", "--json"], "./do bench dedup DATA_DIR"),
    ],
)
def test_the_command_is_told_without_folders_of_this_machine(typed: list[str], shown: str) -> None:
    assert command(typed) == shown
