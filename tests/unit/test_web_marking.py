"""Texts in pieces: nothing is lost, and each piece says what it is."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stream_apps.indexing.documents import article_document
from stream_apps.indexing.faceted import MARK_END, MARK_START
from stream_apps.web.marking import Marked, Piece, highlighted, paragraphs
from tests.unit.indexing_examples import published

WORDS = st.text(alphabet="ab c\n", max_size=60)


@st.composite
def marked_articles(draw: st.DrawFn) -> dict[str, Any]:
    """A text with annotations, credits and mentions anywhere, also where none should be."""
    text = draw(WORDS)
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    return {
        "text": text,
        "annotations": draw(st.lists(spans, max_size=4)),
        "credits": [{"agency": "PTI", "start": a, "end": b} for a, b in draw(st.lists(spans, max_size=2))],
        "entity_mentions": [
            {"id": "x:place:a", "type": "PLACE", "field": "text", "start": a, "end": b, "text": text[a:b]}
            for a, b in draw(st.lists(spans, max_size=4))
        ],
    }


@given(marked_articles())
def test_the_pieces_of_a_text_are_the_text(article: dict[str, Any]) -> None:
    lines = ["".join(piece.text for piece in pieces) for pieces in paragraphs(article)]
    assert lines == [line for line in article["text"].split("\n") if line.strip()]


@given(st.lists(st.tuples(st.text(alphabet="xyz "), st.booleans())))
def test_the_pieces_of_a_highlight_are_its_text(parts: list[tuple[str, bool]]) -> None:
    text = "".join(f"{MARK_START}{part}{MARK_END}" if hit else part for part, hit in parts)
    found = highlighted(text)
    assert "".join(piece.text for piece in found) == "".join(part for part, _ in parts)
    assert "".join(piece.text for piece in found if piece.hit) == "".join(part for part, hit in parts if hit)


def test_a_mark_that_does_not_end_marks_nothing() -> None:
    assert highlighted(f"a{MARK_START}b") == (Marked("a", hit=False), Marked("b", hit=False))


def test_a_dateline_is_a_credit_and_a_name_knows_what_it_is() -> None:
    article = article_document(published())
    first = paragraphs(article)[0]
    assert first[0].annotation == "credit"
    named = [piece for pieces in paragraphs(article) for piece in pieces if piece.name]
    assert {(piece.text, piece.name.type) for piece in named if piece.name} == {
        (mention["text"], mention["type"]) for mention in article["entity_mentions"] if mention["field"] == "text"
    }


def test_what_names_no_agency_is_the_page_around_the_story() -> None:
    article = {"text": "The story.\nRead more.", "annotations": [[11, 21]], "credits": [], "entity_mentions": []}
    assert paragraphs(article) == ((Piece("The story."),), (Piece("Read more.", "other"),))
