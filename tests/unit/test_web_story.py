"""The pages of a story and of an article, of documents as the index has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from stream_apps.indexing.documents import article_document, story_document
from stream_apps.indexing.finder import StoryView
from stream_apps.web.article_page import ArticlePage, article_page
from stream_apps.web.story_page import StoryPage, story_page, story_table
from tests.unit.indexing_examples import NOON, article_id, published, story

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def documents() -> list[dict[str, Any]]:
    """Three copies, the last of which credits nobody."""
    return [article_document(published(number)) | {"undisclosed": number == 3} for number in (1, 2, 3)]


def page(**changes: Any) -> StoryPage:
    copies = documents()
    told = story_document(story())
    assert told is not None
    view = StoryView(told["id"], {**told, **changes}, tuple(copies))
    return story_page(view, copies[0], NOW)


def test_every_carrier_has_a_row_between_the_first_and_the_last() -> None:
    carriers = page().carriers
    assert [carrier.article for carrier in carriers] == [article_id(number) for number in (1, 2, 3)]
    assert [carrier.place for carrier in carriers] == [0.0, 0.5, 1.0]
    assert [carrier.canonical for carrier in carriers] == [True, False, False]


def test_carriers_that_credit_nobody_are_marked() -> None:
    found = page()
    assert found.undisclosed == ("outlet3.example",)
    assert [carrier.undisclosed for carrier in found.carriers] == [False, False, True]


def test_an_agency_is_listed_once_with_all_places_of_its_credit() -> None:
    (credit,) = page().carriers[0].credits
    assert (credit.agency, credit.evidence) == ("PTI", ("dateline", "byline"))


def test_names_are_grouped_with_the_number_of_copies() -> None:
    groups = {group.type: group for group in page().names}
    assert all(name.articles >= 1 for group in groups.values() for name in group.names)
    assert list(groups) == [kind for kind in ("PERSON", "ORG", "PLACE") if kind in groups]


def test_a_story_without_its_document_is_shown_by_its_copies() -> None:
    copies = documents()
    found = story_page(StoryView("s", {}, tuple(copies)), copies[1], NOW)
    assert (found.headline, found.articles, found.names, found.event) == (copies[1]["headline"], 3, (), None)


def test_the_other_stories_of_its_event_are_told() -> None:
    copies = documents()
    told = {"id": "s", "event": {"id": "e", "origins": ["PTI", "IANS"], "origins_count": 2}}
    sibling = {"id": "t", "headline": "Other words", "first_published": "2026-11-20T12:00:00Z", "outlets_count": 4}
    found = story_page(StoryView("s", told, tuple(copies), siblings=(sibling,)), copies[0], NOW)
    assert found.event is not None
    assert found.event.origins == ("PTI", "IANS")
    assert [(one.story, one.outlets, one.agencies) for one in found.event.stories] == [("t", 4, ())]


def test_a_copy_is_told_how_long_it_has_not_been_corrected() -> None:
    said = NOON + timedelta(hours=1)
    correction = {
        "article": article_id(1), "signal": "corrected", "at": said.isoformat(), "old": ["400 tonnes"],
        "new": ["40 tonnes"], "carried_by": [article_id(2)],
    }  # fmt: skip
    found = page(corrections=[correction])
    assert [carrier.stale_seconds > 0 for carrier in found.carriers] == [False, True, False]
    assert found.stale == 1
    assert [(one.outlet, one.old, one.new, one.carried_by) for one in found.corrections] == [
        ("outlet1.example", ("400 tonnes",), ("40 tonnes",), 1)
    ]


def test_the_table_has_every_carrier() -> None:
    table = story_table(page())
    rows = [dict(zip(table.head, row, strict=True)) for row in table.rows]
    assert [row["article"] for row in rows] == [article_id(number) for number in (1, 2, 3)]
    assert [row["undisclosed"] for row in rows] == [False, False, True]


def test_the_pages_are_json_too() -> None:
    assert orjson.loads(orjson.dumps(page()))["carriers"][0]["outlet"] == "outlet1.example"
    assert orjson.loads(orjson.dumps(opened()))["id"] == article_id(1)


def opened(**changes: Any) -> ArticlePage:
    return article_page({**documents()[0], **changes}, {})


def test_a_credit_is_told_with_the_words_that_say_so() -> None:
    assert [(credit.evidence, credit.words) for credit in opened().credits] == [
        ("dateline", "(PTI)"),
        ("byline", "PTI"),
    ]


def test_links_lead_to_articles_as_far_as_they_are_there() -> None:
    link = {"other": article_id(2), "relation": "near", "containment": 0.9, "coverage": 0.8, "shared": 9, "cover": "0"}
    gone = {**link, "other": article_id(9)}
    found = article_page({**documents()[0], "links": [link, gone]}, {article_id(2): documents()[1]})
    assert [(one.other, one.outlet) for one in found.links] == [
        (article_id(2), "outlet2.example"),
        (article_id(9), None),
    ]


def test_earlier_texts_are_told_the_newest_first() -> None:
    old = [
        {"revision": number, "versioncreated": "2026-11-20T12:00:00Z", "headline": "h", "text": "t"}
        for number in (1, 2)
    ]
    assert [one.revision for one in opened(revisions=old).earlier] == [2, 1]
