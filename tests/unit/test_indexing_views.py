from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from stream_apps.indexing import views
from stream_apps.indexing.documents import article_document, story_document
from stream_apps.indexing.finder import Hit, Results, StoryView
from stream_apps.indexing.views import copies_grid, credit, lag, results_grid
from tests.unit import indexing_examples as examples
from wirecopy.tables import BIDI_CONTROLS, Grid, plain, printable, show


def view(numbers: tuple[int, ...] = (1, 2, 3)) -> StoryView:
    copies = tuple(article_document(examples.published(number)) for number in numbers)
    return StoryView(examples.article_id(1), story_document(examples.story(numbers=numbers)) or {}, copies)


def test_a_story_of_many_copies_is_one_row_that_says_how_many_outlets() -> None:
    shown = view()
    grid = results_grid(Results(3, 1, (Hit(shown.copies[1], shown.story, 3),)), copies=False)
    assert grid.rows == (
        (
            "2026-11-20 12:01Z",
            "2026-11-20 12:03Z",
            "Naskar opens cold store at Devgarh harbour",
            "3 outlets, PTI",
            "000000000000",
        ),
    )


def test_an_article_without_a_story_yet_is_shown_by_its_outlet() -> None:
    grid = results_grid(Results(1, 1, (Hit(view().copies[1], {}, 1),)), copies=False)
    assert grid.rows[0][:2] == ("2026-11-20 12:02Z", "")
    assert grid.rows[0][3] == "outlet2.example, PTI"


def test_a_story_shows_every_copy_with_what_it_shares() -> None:
    grid = copies_grid(view())
    first, second, _ = (dict(zip(grid.head, row, strict=True)) for row in grid.rows)
    assert first["RELATION"] == "canonical"
    assert (second["RELATION"], second["CONTAINMENT"], second["LAG"]) == ("near", "93%", "+1m")
    assert second["CREDIT"] == "PTI (dateline+byline)"
    assert second["URL"] == "https://outlet2.example/cold-store-2"


def test_a_story_heading_counts_copies_and_outlets() -> None:
    headline, facts = views.story_heading(view())
    assert headline == "Naskar opens cold store at Devgarh harbour"
    assert "3 copies by 3 outlets · PTI" in facts
    assert "2026-11-20 12:01Z to 2026-11-20 12:03Z" in facts


def test_a_story_that_is_not_indexed_yet_is_told_from_its_copies() -> None:
    known = view()
    headline, facts = views.story_heading(StoryView(known.id, {}, known.copies))
    assert headline == "Naskar opens cold store at Devgarh harbour"
    assert "3 copies by 3 outlets · PTI" in facts
    assert views.entity_lines(StoryView(known.id, {}, known.copies)) == []


def test_entities_are_told_by_type() -> None:
    assert views.entity_lines(view()) == [
        "people: Ilaiyaperumal Naskar (3)",
        "organisations: Press Trust of India (3)",
        "places: Devgarh (3)",
    ]


def test_the_event_of_a_story_is_shown_with_its_other_stories() -> None:
    sibling = {
        "id": examples.article_id(0xABC << 80),
        "headline": "Ice for the boats",
        "agencies": ["IANS"],
        "outlets_count": 2,
        "first_published": "2026-11-20T13:00:00.000Z",
    }
    known = view()
    assert views.event_lines(StoryView(known.id, known.story, known.copies, (sibling,))) == [
        "event 000000000000 · 2 stories · 2 origins (PTI, outlet9.example)",
        "  2026-11-20 13:00Z  000000000abc  Ice for the boats (2 outlets, IANS)",
    ]
    alone = {name: value for name, value in known.story.items() if name != "event"}
    assert views.event_lines(StoryView(known.id, alone, known.copies)) == []


@pytest.mark.parametrize(
    ("copy", "shown"),
    [
        ({"credits": [{"agency": "PTI", "role": "quoted", "evidence": "lede"}], "agencies": []}, ""),
        ({"credits": [], "undisclosed": True, "agencies": ["ANI"]}, "undisclosed ANI"),
        (
            {
                "credits": [
                    {"agency": "PTI", "role": "inputs", "evidence": "tail"},
                    {"agency": "IANS", "role": "inputs", "evidence": "credit_line"},
                ],
                "agencies": ["PTI"],
            },
            "PTI (tail), IANS (credit_line)",
        ),
    ],
)
def test_credits(copy: dict[str, Any], shown: str) -> None:
    assert credit(copy) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, ""), (29, ""), (60, "+1m"), (-180, "-3m"), (3900, "+1h 05m"), (90_000, "+1d 01h"), (-86_400, "-1d 00h")],
)
def test_lags(seconds: float, shown: str) -> None:
    assert lag(seconds) == shown


@given(st.text())
def test_nothing_printed_can_steer_a_terminal(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(character) == "Cc" for character in shown)
    assert not BIDI_CONTROLS & set(shown)


def test_an_escape_sequence_in_a_headline_is_harmless() -> None:
    assert printable("a\x1b[31mred\x07\u202egnp.exe\nb") == "a [31mred gnp.exe b"
    assert printable("क्‍ष") == "क्‍ष", "joiners of Indian scripts stay"


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_terminal_of_any_width_shows_whole_addresses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    show(copies_grid(view()))
    shown = capsys.readouterr().out
    assert "https://outlet2.example/cold-store-2" in shown
    assert "Naskar opens cold store at Devgarh harbour" in shown


def test_square_brackets_on_a_terminal_are_no_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    show(Grid(("HEADLINE",), (("[red]Watch[/red] the store",),)))
    assert "[red]Watch[/red] the store" in capsys.readouterr().out


@given(st.lists(st.tuples(st.text(max_size=120), st.text(max_size=120)), max_size=5))
def test_columns_are_aligned_in_cells(rows: list[tuple[str, str]]) -> None:
    grid = Grid(("FIRST", "SECOND"), tuple(rows))
    width = max(cell_len(line) for line in plain(Grid(("FIRST",), tuple((row[0],) for row in rows))))
    for line, row in zip(plain(grid)[1:], rows, strict=True):
        if printable(row[1]):
            assert cell_len(line) > width
    assert len(plain(grid)) == len(rows) + 1
