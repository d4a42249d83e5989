"""The numbers and names of two texts, and what only one of them states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.evidence.facts import Named, bare, named_in, names_in, numbers_in, own_facts, stated

KASAR: Named = {"mihir": frozenset({"x:person:mihir-kasar"}), "kasar": frozenset({"x:person:mihir-kasar"})}
TEXTS = st.lists(
    st.sampled_from(["four", "4", "crore", "1.5", "Kasar", "Mihir", "said", "2026-27", "₹1,20,000", "lakh", "—"]),
    max_size=12,
)


def values(text: str) -> list[tuple[str, ...]]:
    return [fact.keys for fact in numbers_in(text.split())]


def own(a: str, b: str, named_a: Named | None = None, named_b: Named | None = None) -> list[str]:
    words = a.split()
    facts = own_facts(words, named_a or {}, stated(b.split(), named_b or {}))
    return [" ".join(words[fact.start : fact.end]) for fact in facts]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("four boats", [("4",)]),
        ("twenty-two boats", [("22",)]),
        ("a one-off", [("1",)]),
        ("Rs1,20,000 for", [("120000",)]),
        ("142 crore", [("1420000000",)]),
        ("1.42 billion", [("1420000000",)]),
        ("two lakh crore rupees", [("2000000000000",)]),
        ("2026-27", [("2026", "27")]),
        ("412-metre", [("412",)]),
        ("५ boats", [("5",)]),
        ("crore of them", []),
        ("often", []),
    ],
)
def test_a_number_is_its_value(text: str, found: list[tuple[str, ...]]) -> None:
    assert values(text) == found


def test_the_same_value_written_in_another_way_is_no_difference() -> None:
    assert own("four of 142 crore", "4 of 1.42 billion") == []
    assert own("It rose 1.5 per cent", "It rose 15 per cent") == ["1.5"]


def test_a_name_goes_as_far_as_its_words_do() -> None:
    words = ["officer", "Mihir", "Kasar,", '"Kasar"', "said", "kasar"]
    assert [(fact.start, fact.end) for fact in names_in(words, KASAR)] == [(1, 3), (3, 4)]


def test_who_is_named_by_more_words_is_the_same() -> None:
    other = {"kasar": frozenset({"x:person:mihir-kasar"})}
    assert own("officer Mihir Kasar said", "officer Kasar said", KASAR, other) == []
    assert own("officer Mihir Kasar said", "officer Gokhale said", KASAR) == ["Mihir Kasar"]


def test_two_entities_of_one_word_are_two() -> None:
    mentions = [{"id": "a", "text": "Bank of India"}, {"id": "b", "text": "India’s"}]
    assert named_in(mentions) == {"bank": frozenset({"a"}), "india": frozenset({"a", "b"})}


@given(TEXTS)
def test_no_text_states_what_it_does_not(words: list[str]) -> None:
    assert own_facts(words, KASAR, stated(words, KASAR)) == []


@given(TEXTS, TEXTS)
def test_facts_stand_in_order_and_apart(a: list[str], b: list[str]) -> None:
    facts = own_facts(a, KASAR, stated(b, {}))
    ends = [0, *(place for fact in facts for place in (fact.start, fact.end))]
    assert ends == sorted(ends)
    assert all(fact.start < fact.end <= len(a) for fact in facts)


@given(st.text(max_size=40))
def test_any_word_can_be_read(text: str) -> None:
    words = text.split()
    assert len(list(numbers_in(words))) <= len(words)
    assert all(bare(bare(word)) == bare(word) for word in words)


def test_small_words_are_within_a_name_only_where_it_is_one() -> None:
    embassy: Named = {"embassy": frozenset({"a"}), "india": frozenset({"a", "b"}), "lukla": frozenset({"c"})}
    words = ["Embassy", "of", "India", "in", "Lukla", "and", "the", "Embassy.", "Of", "India"]
    assert [(fact.start, fact.end) for fact in names_in(words, embassy)] == [(0, 3), (4, 5), (7, 8), (9, 10)]
