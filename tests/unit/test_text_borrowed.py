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


STATEMENT = "The dam was built by our fathers, and no board in a far city will tell us when to open its gates."


@pytest.mark.parametrize(
    "introduction",
    ["She wrote to all members on Friday:", "Here, for instance, is the first paragraph:", "From the column:"],
)
def test_a_colon_that_ends_a_paragraph_introduces_the_next_one(introduction: str) -> None:
    assert borrowed(f"{introduction}\n{STATEMENT}\nNobody answered.") == [STATEMENT]


@pytest.mark.parametrize("heading", ["Key features:", "Background:", "She wrote to all members on Friday."])
def test_a_heading_introduces_nothing(heading: str) -> None:
    assert borrowed(f"{heading}\n{STATEMENT}\nNobody answered.") == []


def test_a_statement_in_full_goes_on_until_the_outlet_speaks_again() -> None:
    more = 'A gate is no toy, as my mother used to warn: "Do not play with it."'
    text = f"here is the statement from the board in full:\n{STATEMENT}\n{more}\nthe mayor said he had read it.\n{POST}"
    assert borrowed(text) == [STATEMENT, more]


@pytest.mark.parametrize(
    "introduction",
    ["wrote on x: ", "posted on instagram: ", "said in a post on x: ", "said, in a statement: ", "tweeted: "],
)
def test_what_somebody_wrote_is_borrowed_without_quotation_marks(introduction: str) -> None:
    assert borrowed(f"the minister {introduction}{POST}\nNobody answered.") == [POST]


@pytest.mark.parametrize(
    "paragraph",
    [
        "the minister wrote on x: nothing new.",
        "kochi: the minister said the gates that are under repair since march will open on friday at noon.",
        'the minister wrote on x: the gates "will open" before the rains, come what may, and then be shut again.',
    ],
)
def test_what_only_looks_like_a_post_is_the_outlets_own(paragraph: str) -> None:
    assert borrowed(f"Nobody answered.\n{paragraph}") in ([], ["will open"])
