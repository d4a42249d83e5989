from __future__ import annotations

from stream_apps.indexing.documents import article_document, story_document
from stream_apps.indexing.entity_names import Page, every_name, installed
from tests.unit import indexing_examples as examples
from wirecopy.settings import TaggingSettings

KNOWN = {"wd:Q1": ("Press Trust of India", "PTI"), "nc:place:devgarh": ("Devgarh", "Devgad")}


def test_the_alias_files_are_found() -> None:
    names = installed(TaggingSettings())
    assert {"CENTCOM", "US Central Command"} <= set(names["nc:org:centcom"])
    assert "Bombay" in names["nc:place:mumbai"]
    assert "Central Command" not in names["nc:org:centcom"], "others are called so, too"


def test_an_entity_is_found_by_its_aliases_and_by_what_the_text_calls_it() -> None:
    document = article_document(examples.published(), KNOWN)
    assert document["entities"]["person"]["names"] == ["Ilaiyaperumal Naskar", "Naskar"]
    assert document["entities"]["place"]["names"] == ["Devgarh", "Devgad"]
    assert every_name(examples.story().entities[1], KNOWN) == ["Devgarh", "Devgad"]


def test_the_agency_of_the_page_is_no_facet() -> None:
    for document in (article_document(examples.published(), KNOWN), story_document(examples.story(), KNOWN)):
        assert document is not None
        assert "org" not in document["entities"]
        assert "wd:Q1" not in document["entities"]["ids"]
    assert any(mention["id"] == "wd:Q1" for mention in article_document(examples.published())["entity_mentions"])


def test_what_the_headline_names_is_what_the_page_is_about() -> None:
    page = Page(frozenset({"PTI"}), frozenset({"thebharatledger.example", "gangatimes.example"}), "PTI gets a chairman")
    assert not page.has_as_its_own(["Press Trust of India", "PTI"])
    assert page.has_as_its_own(["The Ganga Times"])
    assert not page.has_as_its_own(["Harbour Board"])
