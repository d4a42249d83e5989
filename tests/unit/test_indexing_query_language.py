from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.indexing.queries import Search, search_request
from stream_apps.indexing.query_language import (
    AllOf,
    AnyOf,
    BadQuery,
    Node,
    Number,
    Phrase,
    Within,
    Without,
    Word,
    leaves,
    parse,
)

COLD, STORE, FLOOD = Word("cold"), Word("store"), Word("flood")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("flood", FLOOD),
        ("cold store", AllOf((COLD, STORE))),
        ("cold AND store", AllOf((COLD, STORE))),
        ("cold OR store", AnyOf((COLD, STORE))),
        ("cold | store", AnyOf((COLD, STORE))),
        ("flood cold OR store", AnyOf((AllOf((FLOOD, COLD)), STORE))),
        ("flood (cold OR store)", AllOf((FLOOD, AnyOf((COLD, STORE))))),
        ("cold -store", AllOf((COLD, Without(STORE)))),
        ("cold NOT store", AllOf((COLD, Without(STORE)))),
        ("-(cold OR store)", Without(AnyOf((COLD, STORE)))),
        ('"cold  store" flood', AllOf((Phrase("cold store"), FLOOD))),
        ("“cold store”", Phrase("cold store")),
        ("tear-gas", Word("tear-gas")),
        ("fish*", Word("fish", start=True)),
        ("headline:flood", Within("headline", FLOOD)),
        ("Person:(cold OR store)", Within("person", AnyOf((COLD, STORE)))),
        ("cold or store and not", AllOf((COLD, Word("or"), STORE, Word("and"), Word("not")))),
        ("NOTE ORISSA", AllOf((Word("NOTE"), Word("ORISSA")))),
        ("(Eds: flood) - ‘cold’, U.S.!", AllOf((AllOf((Word("Eds"), FLOOD)), COLD, Word("U.S")))),
        ("Rs 1,250 crore flood", AllOf((Number("Rs 1,250 crore", ("inr12500000000",)), FLOOD))),
        ('headline:"318 cr"', Within("headline", Number("318 cr", ("3180000000",)))),
        ("10-12 lakh", Number("10-12 lakh", ("1000000", "1200000"))),
        ("flood 3-2 2026-11-22", AllOf((FLOOD, Word("3-2"), Word("2026-11-22")))),
        ("-5%", Without(Number("5%", ("5%",)))),
        ("http://flood.example", Word("http://flood.example")),
    ],
)
def test_trees(text: str, tree: Node | None) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "problem", "at"),
    [
        ('cold "store', "quotation mark has no partner", 5),
        ("cold (store", "missing at the end", 11),
        ("cold) store", "closes nothing", 4),
        ("OR cold", "a word is missing before this", 0),
        ("cold AND AND store", "a word is missing before this", 9),
        ("cold NOT", "missing at the end", 8),
        ("cold colour:red", "there is no field 'colour'", 5),
        ("cold f*", "before a *", 5),
        ("(" * 16 + "cold" + ")" * 16, "parentheses within each other", 15),
    ],
)
def test_a_bad_query_is_told_where(text: str, problem: str, at: int) -> None:
    with pytest.raises(BadQuery, match=problem.replace("*", r"\*")) as caught:
        parse(text)
    assert str(caught.value).splitlines()[-1] == "  " + " " * at + "^"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["!!!", "- - -", '""', "( - )", "flood " * 61])
def test_no_words_and_too_many_are_told(text: str) -> None:
    with pytest.raises(BadQuery, match="word"):
        parse(text)


def test_what_is_shown_of_a_query_steers_no_terminal() -> None:
    with pytest.raises(BadQuery) as caught:
        parse('a\x1b[2J\u202e\n"' + "b" * 500)
    assert all(c.isprintable() for line in str(caught.value).splitlines() for c in line)
    assert len(str(caught.value)) < 300


def strings(content: Any) -> set[str]:
    """Every key and word of a request."""
    if isinstance(content, dict):
        return {*content, *(word for value in content.values() for word in strings(value))}
    if isinstance(content, list):
        return {word for value in content for word in strings(value)}
    return {content} if isinstance(content, str) else set()


KINDS = {"query_string", "simple_query_string", "wildcard", "regexp", "script", "script_score", "more_like_this"}
TYPED = st.text(alphabet='ab 0,%-|()"“*:~^/\\[]{}', max_size=60) | st.text(max_size=300)


@given(TYPED)
def test_no_text_becomes_a_query_language_of_the_server(text: str) -> None:
    try:
        request = search_request(Search(text))
    except BadQuery:
        return
    assert KINDS.isdisjoint(strings(request) - {text})
    json.dumps(request)


@given(st.lists(st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8})?", fullmatch=True), min_size=1, max_size=20))
def test_plain_words_stay_what_they_are(words: list[str]) -> None:
    tree = parse(" ".join(words))
    assert tree is not None
    found = [leaf for leaf in leaves(tree) if not isinstance(leaf, Number)]
    assert [leaf.text for leaf in found] == words or any(isinstance(leaf, Number) for leaf in leaves(tree))
