"""Which words of a text are somebody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.text.borrowed import is_enumeration, split_borrowed

POST = "Open the gates tonight and not one day later. Every farmer below the dam knows why!"
SIGNATURE = "\u2014 Asha Kulkarni (@asha_k) August 1, 2018"


def borrowed(text: str) -> list[str]:
    return [part for part, is_borrowed in split_borrowed(text) if is_borrowed]


@given(st.text(alphabet='ab ,."\u201c\n(@)-', max_size=60))
def test_no_word_is_lost(text: str) -> None:
    words = [word for part, _ in split_borrowed(text) for word in part.replace('"', " ").replace("\u201c", " ").split()]
    assert words == text.replace('"', " ").replace("\u201c", " ").split()


def test_a_quotation_ends_with_its_paragraph() -> None:
    assert borrowed('She said: "We go.\nNobody answered. "Now," he said.') == ["We go.", "Now,"]


def test_a_post_is_known_by_its_signature_in_the_next_paragraph() -> None:
    assert borrowed(f"The member wrote to all.\n{POST}\n{SIGNATURE}\nNobody answered.") == [POST, SIGNATURE]


@pytest.mark.parametrize(
    "post", [f"{POST} {SIGNATURE}", f"{POST}{SIGNATURE}", f"{POST} pic.twitter.com/a1b2c3", f"{POST} https://t.co/x9"]
)
def test_a_post_is_known_by_what_ends_its_own_paragraph(post: str) -> None:
    assert borrowed(f"The member wrote to all.\n{post}\nNobody answered.") == [post]


@pytest.mark.parametrize(
    "paragraph",
    [
        "\u2014 Staff Reporter",
        "He can be reached (@asha_k) on weekdays.",
        "- Water for the fields, a school, and a road",
        "Write to us \u2014 the desk (@desk) reads every letter and answers most of them.",
    ],
)
def test_what_only_looks_like_a_signature_borrows_nothing(paragraph: str) -> None:
    assert borrowed(f"Nobody answered for a week.\n{paragraph}") == []


def test_an_enumeration_is_borrowed_and_the_sentences_beside_it_are_not() -> None:
    seats = "The seats are " + ", ".join(f"Seat{number}" for number in range(12)) + "."
    assert borrowed(f"It named its candidate on Friday. {seats} Votes are counted in May.") == [seats]


def test_a_long_sentence_with_some_commas_is_no_enumeration() -> None:
    clause = "which nobody in the village had seen before that long winter day"
    assert not is_enumeration(", ".join([clause] * 12))
