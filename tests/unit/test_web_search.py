"""The search page: what its address means, and what it shows of an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from stream_apps.indexing.faceted import (
    FACETS,
    INTERVALS,
    MAX_ROWS,
    FacetedSearch,
    bounds_request,
    facet_requests,
    faceted_request,
    interval_between,
)
from stream_apps.indexing.faceted_finder import FacetedResults
from stream_apps.indexing.finder import MatchingCopies
from stream_apps.indexing.queries import BadQuery, Search
from stream_apps.web.histogram import HEIGHT, histogram
from stream_apps.web.rendering import address
from stream_apps.web.search_form import ROWS, SearchForm, read_form, recent, to_search
from stream_apps.web.search_page import search_page, search_table

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
INDIA = ZoneInfo("Asia/Kolkata")
TEXTS = st.text(min_size=1, max_size=20).map(str.strip).filter(bool)
FORMS = st.builds(
    SearchForm,
    words=st.one_of(st.just(""), TEXTS),
    chosen=st.dictionaries(
        st.sampled_from([facet.key for facet in FACETS]),
        st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(tuple),
        max_size=3,
    ),
    since=st.sampled_from(["", "7d", "2026-11-19"]),
    until=st.sampled_from(["", "2026-11-20T10:30Z"]),
    time=st.sampled_from(["published", "seen"]),
    sort=st.sampled_from([None, "relevance", "newest", "oldest"]),
    origins=st.sampled_from(["", "1", "3"]),
    first=st.sampled_from(["", "a.example"]),
    near=st.just("Nagpur"),
    within=st.sampled_from(["", "50km"]),
    copies=st.booleans(),
    everywhere=st.booleans(),
    page=st.integers(1, 80),
)


def read(query: str) -> SearchForm:
    return read_form(QueryParams(query))


def search(query: str) -> FacetedSearch:
    return to_search(read(query), NOW, INDIA)


@given(FORMS)
def test_a_search_is_a_link_that_leads_back_to_it(form: SearchForm) -> None:
    link = address("/search", form.parameters())
    query = link.partition("?")[2]
    assert read_form(QueryParams(parse_qsl(query))) == form


def test_nothing_stands_in_the_address_of_a_plain_search() -> None:
    assert address("/search", read("q=&from=&sort=&time=published&agency=").parameters()) == "/search"


def test_a_value_is_chosen_and_let_go() -> None:
    once = read("q=rail&agency=PTI&page=3").toggled("agency", "IANS")
    assert (once.chosen, once.page) == ({"agency": ("PTI", "IANS")}, 1)
    assert once.toggled("agency", "PTI").toggled("agency", "IANS").chosen == {}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("q=" + "a" * 1001, "1000 characters"),
        ("sort=best", "sort is one of"),
        ("time=yesterday", "time is one of"),
        ("page=0", "page is a number"),
        ("page=-1", "page is a number"),
        ("page=81", "page is a number"),
        ("origins=0", "origins is a number"),
        ("origins=one", "origins is a number"),
        ("page=١", "page is a number"),
        ("page=" + "9" * 5000, "page is a number"),
        ("&".join(f"agency={n}" for n in range(21)), "at most 20 values"),
        ("outlet=" + "a" * 300, "256 characters"),
    ],
)
def test_a_bad_parameter_is_named(query: str, says: str) -> None:
    with pytest.raises(BadQuery, match=says):
        read(query)


@pytest.mark.parametrize(
    "query",
    [
        "from=soon", "to=2026-13-01", "from=2026-11-20&to=2026-11-18", "from=99999999d", "near=Nowhereville",
        "near=India", "near=Nagpur&within=far",
    ],
)  # fmt: skip
def test_a_bad_time_or_place_is_named(query: str) -> None:
    with pytest.raises(BadQuery):
        search(query)


def test_a_time_without_a_zone_is_one_of_the_desk() -> None:
    asked = search("from=2026-11-19&to=2026-11-19").search
    assert asked.published_since == datetime(2026, 11, 19, tzinfo=INDIA)
    assert asked.published_until == datetime(2026, 11, 20, tzinfo=INDIA)
    assert search("from=2026-11-19T05:00Z").search.published_since == datetime(2026, 11, 19, 5, tzinfo=UTC)


def test_times_are_those_of_publication_or_of_wirecopy() -> None:
    seen = search("from=24h&time=seen")
    assert (seen.search.since, seen.search.published_since, seen.time) == (
        datetime(2026, 11, 19, 12, tzinfo=UTC),
        None,
        "first_seen",
    )


def test_words_are_ordered_by_relevance_unless_another_order_is_asked_for() -> None:
    assert [read(q).order for q in ("q=a", "", "q=a&sort=oldest", "sort=relevance")] == [
        "relevance", "newest", "oldest", "newest",
    ]  # fmt: skip


def test_each_facet_is_counted_among_what_the_others_leave() -> None:
    wanted = search("q=rail&agency=PTI&outlet=a.example")
    assert len(faceted_request(wanted)["query"]["bool"]["filter"]) == 2
    names, others, agency, outlet = facet_requests(wanted)
    assert [sorted(found["aggs"]) for found in (names, others, agency, outlet)] == [
        ["org", "person", "place"], ["language", "origin", "stale", "undisclosed"], ["agency"], ["outlet"],
    ]  # fmt: skip
    left = [str(found["query"]["bool"]["filter"][1:]) for found in (names, others, agency, outlet)]
    assert ["a.example" in clause for clause in left] == [True, True, True, False]
    assert ["PTI" in clause for clause in left] == [True, True, False, True]


@given(st.sets(st.sampled_from([facet.key for facet in FACETS])))
def test_every_facet_is_counted_once(chosen: set[str]) -> None:
    wanted = FacetedSearch(Search(), dict.fromkeys(chosen, ("1",)))
    counted = [key for request in facet_requests(wanted) for key in request["aggs"]]
    assert sorted(counted) == sorted(facet.key for facet in FACETS)


def test_what_a_facet_chooses_is_not_marked_in_the_text() -> None:
    marked = faceted_request(search("q=rail&agency=PTI"))["highlight"]["highlight_query"]
    assert "rail" in str(marked)
    assert "PTI" not in str(marked)


@pytest.mark.parametrize(
    ("query", "empty"),
    [("", True), ("sort=oldest&page=3&copies=1", True), ("time=seen", True), ("q=rail", False), ("agency=PTI", False),
     ("from=7d", False), ("origins=2", False), ("near=Nagpur", False)],
)  # fmt: skip
def test_a_form_is_empty_where_it_asks_only_how_to_show_what_is_found(query: str, empty: bool) -> None:
    assert read(query).is_empty == empty


def test_what_is_recent_was_seen_within_a_week() -> None:
    asked = recent(search(""), NOW).search
    assert (asked.since, asked.published_since) == (NOW - timedelta(days=7), None)


def test_values_are_ordered_by_stories_though_they_are_chosen_by_articles() -> None:
    buckets = [{"key": f"A{n}", "stories": {"value": n}} for n in range(20)]
    page = search_page(read("q=ferry"), results(answer(agency={"values": {"buckets": buckets}})))
    (agency,) = (facet for facet in page.facets if facet.key == "agency")
    assert [value.stories for value in agency.values] == list(range(19, 7, -1))


def test_nobody_can_page_beyond_what_is_allowed() -> None:
    request = faceted_request(FacetedSearch(Search(limit=ROWS), {}, offset=10**9))
    assert request["from"] + request["size"] <= MAX_ROWS


def test_bounds_are_those_of_what_is_found() -> None:
    request = bounds_request(search("q=rail&agency=PTI"))
    assert request["size"] == 0
    assert len(request["query"]["bool"]["filter"]) == 2


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_an_interval_gives_few_bars(one: datetime, other: datetime) -> None:
    first, last = sorted((one, other))
    interval = INTERVALS[interval_between(first, last)]
    assert (last - first) / interval < 80 or interval == INTERVALS["365d"]


def bucket(time: str, articles: int) -> dict[str, Any]:
    return {"key": datetime.fromisoformat(time).timestamp() * 1000, "doc_count": articles}


def test_bars_stand_side_by_side() -> None:
    found = histogram({"buckets": [bucket("2026-06-17T03:30Z", 2), bucket("2026-06-17T03:45Z", 8)]}, "15m")
    assert found is not None
    assert [(bar.start, bar.end, bar.articles, bar.height) for bar in found.bars] == [
        ("2026-06-17T03:30Z", "2026-06-17T03:45Z", 2, HEIGHT / 4),
        ("2026-06-17T03:45Z", "2026-06-17T04:00Z", 8, HEIGHT),
    ]


def test_one_bar_says_nothing() -> None:
    assert histogram({"buckets": [bucket("2026-06-17T03:30Z", 2)]}, "15m") is None


def article(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"{number:032x}", "story": "s1", "headline": "Ferry sinks", "outlet": "a.example", "agencies": ["PTI"],
        "published": "2026-06-17T03:30:00Z", "origin_class": "wire_verbatim", **changes,
    }  # fmt: skip


def answer(**changes: Any) -> dict[str, Any]:
    hit = {
        "_source": article(1),
        "highlight": {"headline": ["\ue000Ferry\ue001 sinks"], "text": ["A \ue000ferry\ue001"]},
    }
    counted: dict[str, Any] = {facet.key: {"values": {"buckets": []}} for facet in FACETS}
    found: dict[str, Any] = {"stories": {"value": 1}, "times": {"buckets": []}}
    return {"hits": {"total": {"value": 7}, "hits": [hit]}, "aggregations": {**counted, **found, **changes}}


STORIES = {"s1": {"headline": "Ferry sinks", "agencies": ["PTI", "UNI"], "outlets_count": 9, "articles_count": 12}}
MATCHING = {"s1": MatchingCopies(7, (article(2, undisclosed=True),))}


def results(
    found: dict[str, Any] | None = None,
    stories: dict[str, Any] = STORIES,
    matching: dict[str, MatchingCopies] = MATCHING,
) -> FacetedResults:
    return FacetedResults(found or answer(), stories, matching, "1h")


def test_a_row_is_a_story_with_its_matching_copies() -> None:
    (row,) = search_page(read("q=ferry"), results()).rows
    assert (row.outlets, row.articles, row.matching, row.agencies) == (9, 12, 7, ("PTI", "UNI"))
    assert [(piece.text, piece.hit) for piece in row.headline] == [("Ferry", True), (" sinks", False)]
    assert [copy.undisclosed for copy in row.copies] == [True]


def test_where_each_copy_is_a_row_it_shows_what_the_article_says() -> None:
    (row,) = search_page(read("q=ferry&copies=1"), results(matching={})).rows
    assert (row.matching, row.agencies, row.copies) == (1, ("PTI",), ())


def test_a_headline_that_the_story_does_not_bear_is_not_shown_for_its_own() -> None:
    (row,) = search_page(read("q=ferry"), results(stories={"s1": {**STORIES["s1"], "headline": "Boat lost"}})).rows
    assert [(piece.text, piece.hit) for piece in row.headline] == [("Boat lost", False)]


def test_a_story_that_is_not_indexed_yet_is_shown_by_its_article() -> None:
    (row,) = search_page(read("q=ferry"), results(stories={})).rows
    assert (row.outlets, row.articles, row.agencies) == (1, 1, ("PTI",))


def test_a_chosen_value_stays_though_nothing_is_left_of_it() -> None:
    buckets = [{"key": f"A{n}", "stories": {"value": n}} for n in range(9, 0, -1)]
    page = search_page(read("agency=PTI&agency=a3"), results(answer(agency={"values": {"buckets": buckets}})))
    agency = next(facet for facet in page.facets if facet.key == "agency")
    assert [(value.value, value.stories) for value in agency.values if value.chosen] == [("A3", 3), ("PTI", 0)]
    assert all(value.chosen for value in agency.values[:2])
    assert agency.shown == 6


def test_a_flag_has_one_value() -> None:
    buckets = [{"key": 0, "stories": {"value": 5}}, {"key": 1, "stories": {"value": 2}}]
    page = search_page(read(""), results(answer(undisclosed={"values": {"buckets": buckets}})))
    flag = next(facet for facet in page.facets if facet.key == "undisclosed")
    assert [(value.value, value.stories) for value in flag.values] == [("1", 2)]


def test_the_table_has_what_the_rows_have() -> None:
    table = search_table(search_page(read("q=ferry"), results()))
    (row,) = table.rows
    assert dict(zip(table.head, row, strict=True))["headline"] == "Ferry sinks"
