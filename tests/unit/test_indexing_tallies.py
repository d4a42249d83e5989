"""Numbers over many articles, and earlier texts: requests, readings and what is printed of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import elasticsearch as templates
from stream_apps.indexing import views
from stream_apps.indexing.documents import FACETS, article_document
from stream_apps.indexing.finder import StoryView
from stream_apps.indexing.revisions import changes, revision_lines
from stream_apps.indexing.tallies import KINDS, OutletTally, names_request, outlets_request, trends
from tests.unit import indexing_examples as examples
from tests.unit.test_indexing_queries import fields_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def aggregated(content: Any) -> set[str]:
    """The fields of a request's aggregations and filters."""
    found = set(fields_of(content))
    for value in content.values() if isinstance(content, dict) else ():
        if isinstance(value, dict):
            found |= {value["field"]} if isinstance(value.get("field"), str) else set()
            found |= aggregated(value)
    return found


def test_what_is_counted_stands_flat_in_the_mapping() -> None:
    assert aggregated(outlets_request(NOW, NOW, ["a"])) <= set(templates.fields("articles"))
    assert aggregated(names_request(KINDS, NOW, NOW, {})) <= set(templates.fields("stories"))
    assert set(KINDS) == set(FACETS.values())


def test_a_kind_without_recent_names_is_not_asked_for() -> None:
    assert set(names_request(("person", "org"), NOW, NOW, {"person": [], "org": ["x"]})["aggs"]) == {"org"}


counts = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 99))


@given(now=counts, before=counts, share=st.floats(0.01, 2))
def test_what_rises_is_in_more_stories_than_expected_the_steepest_first(
    now: dict[str, int], before: dict[str, int], share: float
) -> None:
    found = trends({"org": now}, {"org": before}, share)
    assert [t.score for t in found] == sorted((t.score for t in found), reverse=True)
    assert {t.name for t in found} <= {name for name, n in now.items() if n >= 2 and n > before.get(name, 0) * share}


def test_tallies_are_printed_without_noughts() -> None:
    busy = OutletTally("a.example", 200, 50, 3, 1, 4000.0)
    idle = OutletTally("b.example", 4, 0, 0, 0, None)
    assert views.outlets_grid([busy, idle]).rows == (
        ("a.example", "200", "25% (50)", "3", "+1h 07m", "1"),
        ("b.example", "4", "", "", "", ""),
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("It rained. Four were hurt.", "It rained. Five were hurt.", (["Four were hurt."], ["Five were hurt."])),
        ("It rained.", "It rained.\nIt stopped.", ([], ["It stopped."])),
        ("It rained.", "It rained.", ([], [])),
        ("", "It rained.", ([], ["It rained."])),
    ],
)
def test_a_change_is_told_by_sentences(before: str, after: str, expected: tuple[list[str], list[str]]) -> None:
    assert changes(before, after) == expected


def test_revisions_are_shown_of_the_copies_that_changed() -> None:
    changed = article_document(examples.published(1))
    kept = article_document(examples.published(2)) | {"revisions": [], "revisions_count": 0}
    lines = revision_lines(StoryView("x", {}, (changed, kept)))
    assert lines[0] == "outlet1.example (000000000000): 2 texts"
    assert lines[1] == "  revision 1, 2026-11-20 12:00Z: Cold store opened"
    assert lines[2].startswith("  revision 2, 2026-11-20 12:06Z: Naskar opens")
    assert lines[3] == "    was: Devgarh, Nov 20."
    assert lines[4].startswith("    now: Devgarh, Nov 20 (PTI)")
    assert revision_lines(StoryView("x", {}, (kept,))) == ["no copy has changed, as far as it was seen"]


def test_a_text_that_was_not_kept_is_said_to_be_missing() -> None:
    gone = {"revision": 1, "versioncreated": "2026-11-20T12:00:00Z", "headline": "h", "text": "", "truncated": True}
    copy = article_document(examples.published(1)) | {"revisions": [gone], "revisions_count": 4}
    lines = revision_lines(StoryView("x", {}, (copy,)))
    assert lines[0].endswith("2 texts, 3 more were not kept")
    assert lines[3] == "    (the text before was too long to be kept)"
