"""Marked names: read without their marks, and held against what they were given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench import marked
from stream_apps.tagging.alias_set import compile_entities
from stream_apps.tagging.pipeline import RawMention

EVENT = """
- event: fair
  articles:
    - title: "[Rao|P.asha!] opens fair"
      text: |
        [Asha Rao|P.asha] met [Kiran Rao|P.kiran]. Then [Rao|P.?!] left [Vizha|L.vizha].
"""


class _SeesNames:
    """A model that sees the two full names."""

    async def tag(self, paragraphs: Sequence[str]) -> list[tuple[RawMention, ...]]:
        names = ("Asha Rao", "Kiran Rao")
        return [tuple((p.index(n), p.index(n) + len(n), "PERSON") for n in names if n in p) for p in paragraphs]


def test_marks_are_taken_out_and_offsets_hold() -> None:
    text, names = marked.unmark("A [Rao|P.asha!] of [Vizha|L.vizha].", "text")
    assert text == "A Rao of Vizha."
    assert [(text[n.start : n.end], n.thing, n.hard) for n in names] == [
        ("Rao", "P.asha", True),
        ("Vizha", "L.vizha", False),
    ]


def test_what_may_be_either_of_two_is_joined_with_neither(tmp_path: Path) -> None:
    (tmp_path / "e.yml").write_text(EVENT)
    articles = list(marked.read_marked(tmp_path / "e.yml"))
    given = asyncio.run(marked.resolved(articles, _SeesNames(), compile_entities([])))
    figures = marked.figures(given)
    assert figures["precision"] == 0  # nothing is joined, rightly so
    assert figures["mentions"] == 5
    assert any(line.startswith("e-fair type 'Vizha'=None") for line in marked.mistakes(given))


def test_what_is_found_beside_the_marks_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "e.yml").write_text(EVENT.replace("[Asha Rao|P.asha]", "Asha Rao"))
    found = asyncio.run(marked.spans(list(marked.read_marked(tmp_path / "e.yml")), _SeesNames(), compile_entities([])))
    assert found.wrong == ["e-fair-0 PERSON 'Asha Rao'"]
    assert found.right == found.found - 1
    assert found.marked == 4


def test_a_wrong_join_costs_precision() -> None:
    def given(surface: str, thing: str | None, entity: str) -> marked.Given:
        return marked.Given("f", marked.MarkedName("text", 0, 3, surface, "P", thing, False), entity, "PERSON")

    figures = marked.figures([given("Rao", None, "x"), given("Asha Rao", "P.a", "x"), given("A. Rao", "P.a", "x")])
    assert figures["precision"] == pytest.approx(1 / 3, abs=1e-4)
    assert figures["recall"] == 1


def test_the_sets_in_the_repository_are_well_formed_and_hard_enough() -> None:
    names = [n for file in marked.FOLDER.glob("*.yml") for a in marked.read_marked(file) for n in a.names]
    assert len(names) > 400
    assert 2 * sum(name.hard for name in names) > 0.9 * len(names)
    assert all("|" not in n.surface and n.type in marked.TYPES for n in names)
