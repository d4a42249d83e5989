"""The difference page: two texts side by side and in one, and what they disagree on."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.evidence.revisions import at_revision, kept_revisions
from stream_apps.indexing.documents import article_document
from stream_apps.web.answers import Page
from stream_apps.web.difference_page import MAX_WORDS, Bit, DifferencePage, difference_page
from tests.unit.indexing_examples import article_id, published
from tests.unit.web_pages import rendered
from wirecopy.errors import NotFound

LEAD = "Four people died when a wall fell in Umbre on Monday, officer Mihir Kasar said."
RAIN = "Heavy rain had softened the ground for three days, and a pump had failed twice."
ROAD = "The road to the harbour stayed closed until the evening because of the rubble."
KASAR = {"id": "x:person:mihir-kasar", "type": "PERSON", "field": "text", "text": "Mihir Kasar"}
GOKHALE = {"id": "x:person:uma-gokhale", "type": "PERSON", "field": "text", "text": "Uma Gokhale"}


def document(number: int, text: str, *mentions: dict[str, Any]) -> dict[str, Any]:
    known = article_document(published(number))
    return {**known, "text": text, "annotations": [], "credits": [], "entity_mentions": list(mentions)}


def compared(a: dict[str, Any], b: dict[str, Any]) -> DifferencePage:
    return difference_page(a, b, (a, b))


def text_of(bits: tuple[Bit, ...]) -> str:
    return " ".join(bit.text for bit in bits)


def test_facts_in_the_same_place_that_differ_are_a_disagreement() -> None:
    other = LEAD.replace("Four", "Six").replace("Mihir Kasar", "Uma Gokhale").replace("fell", "collapsed")
    page = compared(document(1, LEAD, KASAR), document(2, other, GOKHALE))
    assert [(one.kind, one.a, one.b) for one in page.disagreements] == [
        ("number", "Four", "Six"),
        ("name", "Mihir Kasar", "Uma Gokhale"),
    ]
    assert page.disagreements[1].before == "collapsed in Umbre on Monday, officer"
    (row,) = page.rows
    assert [bit for bit in row.left if bit.op == "cut"] == [
        Bit("Four", "cut", "number"), Bit("fell", "cut"), Bit("Mihir Kasar", "cut", "name"),
    ]  # fmt: skip
    assert (page.only_a, page.only_b) == ((), ())


def test_a_number_in_a_paragraph_that_only_one_has_is_only_there() -> None:
    page = compared(document(1, LEAD), document(2, f"{LEAD}\nThe wall was 80 metres long."))
    assert (page.disagreements, page.only_a, page.only_b) == ((), (), ("80",))
    assert page.counts == {"same": 1, "changed": 0, "added": 1, "cut": 0, "moved": 0}


def test_a_paragraph_that_has_moved_says_so() -> None:
    page = compared(document(1, f"{LEAD}\n{RAIN}\n{ROAD}"), document(2, f"{LEAD}\n{ROAD}\n{RAIN}"))
    assert [(row.a, row.b, row.moved) for row in page.rows if row.moved] in ([((3,), (2,), True)], [((2,), (3,), True)])


words = st.lists(st.sampled_from(["Four", "4", "dam", "Kasar,", "rose", "12", "crore", "said."]), max_size=14)
texts = st.lists(words.map(" ".join), max_size=4).map("\n".join)


@given(a=texts, b=texts)
def test_the_marked_pieces_joined_are_the_texts(a: str, b: str) -> None:
    page = compared(document(1, a, KASAR), document(2, b, KASAR))
    shown = sorted(word for row in page.rows for word in text_of(row.left).split())
    assert shown == sorted(word for word in a.split())
    in_order = [word for row in page.rows for word in text_of(row.right).split()]
    assert in_order == b.split()
    for row in page.rows:
        assert text_of(tuple(bit for bit in row.inline if bit.op != "cut")) == text_of(row.right)


def test_long_texts_are_compared_up_to_a_number_of_words() -> None:
    page = compared(document(1, "word " * (MAX_WORDS + 5)), document(2, LEAD))
    assert (page.a.words, page.a.cut, page.b.cut) == (MAX_WORDS, True, False)


def test_the_json_twin_holds_the_model() -> None:
    page = compared(document(1, LEAD), document(2, RAIN))
    assert orjson.loads(orjson.dumps(page))["a"]["id"] == article_id(1)


# ---- earlier texts ----------------------------------------------------------------------------------------------


def revised(old: str, new: str) -> dict[str, Any]:
    earlier = {"revision": 1, "versioncreated": "2026-11-20T12:00:00Z", "headline": "Before", "text": old}
    return {**document(1, new), "revisions": [earlier], "revision": 2}


def test_an_earlier_text_is_laid_beside_the_newest() -> None:
    article = revised(LEAD, LEAD.replace("Four", "Five"))
    page = difference_page(at_revision(article, 1), at_revision(article, None), (article, article))
    assert (page.a.revision, page.b.revision, page.a.headline, page.a.revisions) == (1, 2, "Before", (1, 2))
    assert [(one.a, one.b) for one in page.disagreements] == [("Four", "Five")]


def test_annotations_of_the_newest_text_are_found_in_an_earlier_one() -> None:
    furniture = "Read all the latest news here."
    article = revised(f"Umbre, Nov 20 (PTI) {LEAD}\n{furniture}", f"Umbre, Nov 20 (PTI) {LEAD}\n{furniture}")
    newest = article["text"]
    article |= {"annotations": [[0, 20], [newest.index(furniture), len(newest)]]}
    page = difference_page(at_revision(article, 1), article, (article, article))
    assert [row.kind for row in page.rows] == ["same"]
    assert [note.text for note in page.a.notes] == ["Umbre, Nov 20 (PTI)", furniture]


def test_a_revision_that_is_not_stored_is_not_found() -> None:
    article = revised(LEAD, RAIN)
    with pytest.raises(NotFound, match="there are 1, 2"):
        at_revision(article, 7)
    cut = {**article["revisions"][0], "text": "", "truncated": True}
    assert kept_revisions({**article, "revisions": [cut]}) == [2]


# ---- as it is sent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["side", "inline"])
def test_hostile_words_are_only_words(layout: str) -> None:
    hostile = f"{LEAD} <script>alert(1)</script> 12\u202e"
    article = revised(LEAD, hostile) | {"headline": "<img src=x>", "entity_mentions": [KASAR]}
    page = difference_page(at_revision(article, 1), article, (article, article))
    html = rendered(Page("difference.html", "Difference", page, extra={"layout": layout, "most_words": MAX_WORDS}))
    assert "<script>alert" not in html
    assert "<img" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "revision 1" in html
