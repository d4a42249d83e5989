"""What is remembered of lines changes no answer, whatever texts they stood in before."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from stream_apps.tagging.line_memory import LineMemory
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.reading import read
from stream_apps.tagging.spans import NameSpan

NAMES = {"Crane": "ORG", "Neela Gagan": "WORK_OF_ART", "Sarpa": "GPE", "Koli": "PERSON", "Asha Rane": "PERSON"}
LINES = (
    "Crane men spoke in Sarpa.",
    "They saw the crane of the house.",
    "   Sarpa and Koli met Asha Rane near Teral and Vada",
    "The actress came",
    "Neela Gagan did well.",
    "R. B.",
    "Koli, 42, flew a TB-2 drone.",
    "***",
    "",
)


def _mentions(text: str) -> list[RawMention]:
    found = []
    for name, label in NAMES.items():
        at = -1
        while (at := text.find(name, at + 1)) >= 0:
            found.append((at, at + len(name), label))
    return sorted(found)


def _seen(lines: Sequence[str], memory: LineMemory) -> list[NameSpan]:
    text = "\n".join(lines)
    return memory.seen(read(text, (), memory.line), _mentions(text))


texts = st.lists(st.sampled_from(LINES), max_size=8)


@given(st.lists(texts, max_size=5), texts, st.integers(1, 8))
def test_names_are_the_same_with_and_without_what_is_remembered(
    before: list[list[str]], lines: list[str], room: int
) -> None:
    memory = LineMemory(room)
    for other in before:
        _seen(other, memory)
    assert _seen(lines, memory) == _seen(lines, LineMemory())


def test_a_word_that_opens_a_sentence_is_judged_by_the_whole_text() -> None:
    memory = LineMemory()
    alone = _seen(LINES[:1], memory)
    assert [span.type for span in alone] == ["ORG", "PLACE"]
    assert [span.type for span in _seen(LINES[:2], memory)] == ["PLACE"]
    assert _seen(LINES[:1], memory) == alone


def test_a_work_is_judged_by_the_line_before() -> None:
    memory = LineMemory()
    assert _seen(["Neela Gagan did well."], memory) == []
    assert [span.type for span in _seen(["The actress came", "Neela Gagan did well."], memory)] == ["WORK"]


def test_a_line_that_stands_in_two_texts_is_read_once() -> None:
    memory = LineMemory()
    first, second = (read(text, (), memory.line) for text in ("One.\nSarpa fell.", "Sarpa fell.\nTwo."))
    assert first.lines[1].line is second.lines[0].line
    assert (first.lines[1].start, first.lines[1].first) == (5, 1)
