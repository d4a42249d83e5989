"""What is faster for most texts gives the same as what is there for all."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from producers.formats import cleaning
from stream_apps.text import agencies, evidence, html, normalise, terms, tokens

ASCII = st.text(st.characters(max_codepoint=0x7E), max_size=80)
LINES = st.lists(st.sampled_from(["Delhi, June 5 (PTI) Rain.", "told ANI, Reuters", "the A P and uni", "", "—IANS"]))


@given(ASCII)
def test_patterns_for_ascii_find_what_those_for_every_text_find(text: str) -> None:
    assert evidence.words(text) == evidence.WORD.findall(text)
    assert tokens._found(text.casefold()) == tokens._TOKEN.findall(text.casefold())
    assert agencies._ASCII_WORD.findall(text) == agencies._ANY_WORD.findall(text)
    assert list(terms._words(text)) == [word.casefold() for word in terms._WORD.findall(text)]


@given(LINES, st.booleans())
def test_names_of_a_text_are_those_of_its_lines(lines: list[str], loose: bool) -> None:
    text, catalogue = "\n".join(lines), agencies.load()
    assert list(catalogue.find(text, loose=loose)) == list(catalogue._names(text, loose=loose))


def test_nothing_that_is_replaced_or_removed_is_printable() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1)))).replace(" ", "")
    patterns = (normalise._REMOVED, normalise._LINE_ENDS, normalise._SPACES, cleaning._UNWANTED, cleaning._LINE_ENDS)
    assert [pattern.search(printable) for pattern in patterns] == [None] * len(patterns)


def test_a_parser_forgets_broken_markup() -> None:
    alone = html.paragraphs("<p>Rain</p><figure>stops")
    for broken in ("<script>never closed", "<figure><figcaption>a", "<div>" * 100_000, "<p", "</p></p><", "<!--"):
        html.paragraphs(f"{broken} text")
        assert html.paragraphs("<p>Rain</p><figure>stops") == alone
