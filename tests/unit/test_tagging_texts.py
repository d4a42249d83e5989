"""Spelling, paragraphs, phrases and spans: what every rule stands on."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stream_apps.tagging.normalise import fold, plain, tokens, words
from stream_apps.tagging.paragraphs import blank, datelines, split
from stream_apps.tagging.phrases import Line, PhraseTable
from stream_apps.tagging.spans import NameSpan, disjoint, lay_over, touching

TEXT = st.text(st.sampled_from("ab Z.&é\u2013\u00a0\u2019\n"), max_size=60)
MARKS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda m: (min(m), max(m))), max_size=4)
SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda s: NameSpan(s[0], s[0] + s[1], "ORG", "model", 0.5)),
    max_size=15,
)


@given(st.text())
def test_one_spelling_keeps_the_length(text: str) -> None:
    assert len(plain(text)) == len(text)


def test_spellings_of_one_name_have_the_same_words() -> None:
    assert {words(n) for n in ("M.K. Stalin", "M. K. Stalin", "M K Stalin", "MK Stalin")} == {("mk", "stalin")}
    assert words("U.S.") == words("US") == ("us",)
    assert words("Brita\u2011Marie") == words("Brita Marie") == ("brita", "marie")
    assert words("Jammu & Kashmir") == words("Jammu and Kashmir")
    assert fold("Hélène Åström") == "helene astrom"


def test_a_sentence_end_is_not_part_of_an_acronym() -> None:
    text = "It was made in the US. The team left."
    assert [text[t.start : t.end] for t in tokens(text)][5] == "US"


@given(TEXT, MARKS)
def test_paragraphs_stand_where_they_say_and_hold_no_marks(text: str, marks: list[tuple[int, int]]) -> None:
    story = blank(plain(text), marks)
    assert len(story) == len(text)
    for paragraph in split(text, marks):
        assert story[paragraph.start : paragraph.start + len(paragraph.text)] == paragraph.text
        assert "\n" not in paragraph.text
    for start, end in marks:
        assert not story[start:end].strip()


def test_copies_share_a_paragraph_whatever_agency_opens_it() -> None:
    one, other = "Kochi, May 3 (PTI) A ship came in.", "KOCHI: A ship came in."
    first, second = split(one, [(0, 18)]), split(other, [(0, 6)])
    assert first[0].key == second[0].key
    assert one[first[0].start :] == "A ship came in."


def test_only_the_first_characters_are_tagged() -> None:
    assert [p.text for p in split("one two\nthree four", max_chars=13)] == ["one two", "three"]


def test_datelines_are_short_marks_that_open_a_paragraph_of_the_story() -> None:
    text = "Kochi, May 3 (PTI) A ship came in.\n(With PTI inputs)"
    assert datelines(text, [(0, 18), (35, 52)]).rstrip() == "Kochi, May 3 (PTI)"
    assert datelines(text, [(35, 52)]) == ""


def test_phrases_match_across_hyphens_but_not_across_sentences() -> None:
    table = PhraseTable([(("brita", "marie"), "ship"), (("brita",), "name")])
    found = {}
    for text in ("Brita-Marie", "Brita Marie", "Brita. Then Marie", "Brita\nMarie"):
        found[text] = [values[0] for _, _, values in table.matches(Line(text))]
    assert found == {
        "Brita-Marie": ["ship", "name"],
        "Brita Marie": ["ship", "name"],
        "Brita. Then Marie": ["name"],
        "Brita\nMarie": ["name"],
    }


@given(SPANS)
def test_disjoint_spans_are_sorted_and_leave_out_only_what_overlaps(spans: list[NameSpan]) -> None:
    kept = disjoint(spans)
    assert kept == sorted(kept, key=lambda s: s.start)
    assert all(a.end <= b.start for a, b in pairwise(kept))
    assert all(any(span.overlaps(other) for other in kept) for span in spans)


@given(SPANS, SPANS)
def test_touching_agrees_with_looking_at_every_span(spans: list[NameSpan], others: list[NameSpan]) -> None:
    kept = disjoint(spans)
    for other in others:
        assert list(touching(kept, other)) == [span for span in kept if span.overlaps(other)]
    above = disjoint(others)
    layered = lay_over(kept, above)
    assert set(above) <= set(layered)
    assert layered == disjoint(layered)
