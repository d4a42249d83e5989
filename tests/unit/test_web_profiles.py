"""Pages of outlets, agencies, names and trends, of answers as Elasticsearch gives them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import QueryParams

from stream_apps.indexing import profiles
from stream_apps.indexing.documents import article_document, story_document
from stream_apps.indexing.profiles import AgencyTally, Carried, Firsts, Spelling
from stream_apps.indexing.queries import BadQuery
from stream_apps.indexing.tallies import KINDS, OutletTally, Trend
from stream_apps.web import profile_pages
from stream_apps.web.answers import Page, to_csv
from stream_apps.web.period import Period, read_period
from stream_apps.web.profile_pages import (
    AgenciesPage,
    NamePage,
    OutletsPage,
    TrendsPage,
    agency_page,
    bearers,
    name_page,
    outlet_page,
)
from tests.unit.indexing_examples import article_id, published, story
from tests.unit.web_pages import rendered

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
INDIA = ZoneInfo("Asia/Kolkata")
WEEK = Period("7d", "", NOW - timedelta(days=7), NOW)
HOSTILE = "<script>alert(1)</script>/x"


def bucket(key: str, number: int, **inner: Any) -> dict[str, Any]:
    carriers = {
        "undisclosed": {"doc_count": 1},
        "stale": {"doc_count": 0},
        "copies": {"doc_count": 2, "lag": {"values": {"50.0": 600.0}}},
    }
    return {"key": key, "doc_count": number, **carriers, **inner}


def terms(*buckets: dict[str, Any]) -> dict[str, Any]:
    return {"buckets": list(buckets)}


def times(*numbers: int) -> dict[str, Any]:
    start = int(WEEK.start.timestamp()) * 1000
    return terms(*({"key": start + n * 10_800_000, "doc_count": count} for n, count in enumerate(numbers)))


def hits(total: int, *sources: Any) -> dict[str, Any]:
    return {"total": {"value": total}, "hits": [{"_source": source} for source in sources]}


# ---- the period -------------------------------------------------------------------------------------------------


def period(query: str) -> Period:
    return read_period(QueryParams(query), NOW, INDIA, "7d")


def test_a_page_is_about_the_last_days_unless_it_is_told_otherwise() -> None:
    assert period("") == WEEK
    day = period("from=2026-11-18&to=2026-11-18")
    assert (day.end - day.start, day.interval) == (timedelta(days=1), "30m")


@pytest.mark.parametrize(
    ("query", "says"),
    [("from=never", "is not a time"), ("from=1d&to=2d", "ends before"), ("from=" + "9" * 50, "is written like")],
)
def test_a_period_that_is_none_is_said(query: str, says: str) -> None:
    with pytest.raises(BadQuery, match=says):
        period(query)


# ---- outlets ----------------------------------------------------------------------------------------------------


def outlet_answer() -> dict[str, Any]:
    return {
        "hits": hits(8),
        "aggregations": {
            "agencies": terms(bucket("PTI", 5)),
            "times": times(3, 5),
            "origins": terms({"key": "wire_verbatim", "doc_count": 5}, {"key": "original", "doc_count": 3}),
            "wire": {"doc_count": 5, "copies": {"doc_count": 0, "lag": {"values": {"50.0": None}}}},
            "undisclosed": {"doc_count": 1},
            "stale": {"doc_count": 2},
        },
    }


def test_the_page_of_an_outlet_has_its_numbers() -> None:
    firsts = {"hits": hits(4), "aggregations": {"first": {"doc_count": 3}}}
    page = outlet_page("coast.example", WEEK, outlet_answer(), firsts)
    assert (page.articles, page.wire, page.undisclosed, page.stale, page.median_lag) == (8, 5, 1, 2, None)
    assert page.firsts == Firsts(stories=4, first=3)
    assert page.agencies == (Carried("PTI", "coast.example", 5, 1, 0, 600.0),)
    html = rendered(Page("outlet.html", "coast.example", page))
    assert "62%" in html
    assert "no copies" in html
    assert "3</data> of" in html


def test_an_unknown_outlet_says_what_to_do() -> None:
    nothing: dict[str, Any] = outlet_answer() | {"hits": hits(0)}
    firsts = {"hits": hits(0), "aggregations": {"first": {"doc_count": 0}}}
    html = rendered(Page("outlet.html", HOSTILE, outlet_page(HOSTILE, WEEK, nothing, firsts)))
    assert "Choose a longer one" in html
    assert "<script>alert" not in html


def test_outlets_are_a_table() -> None:
    page = OutletsPage(WEEK, (OutletTally("coast.example", 8, 5, 1, 0, 600.0), OutletTally("=1+1", 0, 0, 0, 0, None)))
    html = rendered(Page("outlets.html", "Outlets", page))
    assert "10m later" in html
    assert to_csv(profile_pages.outlets_table(page)).decode("utf-8-sig").splitlines() == [
        "outlet,articles,wire,wire_share,undisclosed,not_corrected,median_lag_seconds",
        "coast.example,8,5,0.625,1,0,600.0",
        "'=1+1,0,0,0.0,0,0,",
    ]
    assert "wirecopy saw no article" in rendered(Page("outlets.html", "Outlets", OutletsPage(WEEK, ())))


# ---- agencies ---------------------------------------------------------------------------------------------------


def agencies_answer() -> dict[str, Any]:
    inner = {"stories": {"value": 3}, "outlets": terms(bucket("coast.example", 4), bucket("hill.example", 1))}
    return {"aggregations": {"agencies": terms(bucket("PTI", 5, **inner))}}


def test_the_table_of_carriers_has_each_agency_and_outlet() -> None:
    (tally,) = profiles.agency_tallies(agencies_answer())
    assert (tally.agency, tally.articles, tally.stories, tally.undisclosed) == ("PTI", 5, 3, 1)
    assert [(one.outlet, one.articles) for one in tally.outlets] == [("coast.example", 4), ("hill.example", 1)]
    html = rendered(Page("agencies.html", "Agencies", AgenciesPage(WEEK, (tally,)), extra={"shown_outlets": 1}))
    assert "and 1 more" in html
    lines = to_csv(profile_pages.carried_table(iter(tally.outlets))).decode().splitlines()
    assert lines[1] == "PTI,coast.example,4,1,0,600.0"


def test_an_agency_is_found_however_its_name_is_written() -> None:
    stories = {
        "hits": hits(3),
        "aggregations": {
            "first": {"outlets": terms({"key": "coast.example", "doc_count": 2})},
            "corrected": {"doc_count": 1},
            "times": times(1, 2),
        },
    }
    page = agency_page("pti", WEEK, profiles.agency_tallies(agencies_answer()), stories)
    assert (page.agency, page.stories, page.corrected) == ("PTI", 3, 1)
    assert "First to publish it" in rendered(Page("agency.html", page.agency, page))
    unknown = agency_page(HOSTILE, WEEK, (), stories)
    assert "<script>alert" not in rendered(Page("agency.html", HOSTILE, unknown))


def test_an_agency_without_outlets_has_a_page() -> None:
    page = AgenciesPage(WEEK, (AgencyTally("PTI", 0, 0, 0, 0, ()),))
    assert "none" in rendered(Page("agencies.html", "Agencies", page, extra={"shown_outlets": 10}))


# ---- names ------------------------------------------------------------------------------------------------------

NASKAR = "x:person:ilaiyaperumal-naskar"


def name_answers() -> tuple[dict[str, Any], dict[str, Any]]:
    outlets = terms({"key": "coast.example", "doc_count": 2})
    articles = {
        "hits": hits(2, article_document(published(1)), article_document(published(2))),
        "aggregations": {"outlets": outlets, "agencies": terms(), "times": times(1, 1)},
    }
    beside = {
        "person": terms({"key": "Ilaiyaperumal Naskar", "doc_count": 1}),
        "org": terms({"key": "Press Trust of India", "doc_count": 1}),
        "place": terms(),
    }
    return articles, {"hits": hits(1, story_document(story())), "aggregations": beside}


def name_of(key: str, aliases: tuple[str, ...] | None) -> NamePage:
    articles, stories = name_answers()
    return name_page(key, WEEK, articles, stories, meant=bearers(key, articles), aliases=aliases)


def test_a_page_without_its_aliases_yet_says_that_they_are_being_read() -> None:
    page = name_of(NASKAR, None)
    assert "reload for its aliases" in rendered(Page("name.html", page.name, page, extra={"name_key": NASKAR}))


@pytest.mark.parametrize("key", [NASKAR, "Ilaiyaperumal Naskar"])
def test_a_name_is_found_by_its_id_and_by_itself(key: str) -> None:
    page = name_of(key, ("Ilaiyaperumal Naskar", "I. Naskar"))
    assert page.name == "Ilaiyaperumal Naskar"
    assert [(one.id, one.kind) for one in page.bearers] == [(NASKAR, "person")]
    assert page.spellings == (Spelling("Naskar", 4), Spelling("Ilaiyaperumal Naskar", 2))
    assert page.beside["person"] == ()
    assert [one.story for one in page.stories] == [article_id(1)]
    html = rendered(Page("name.html", page.name, page, extra={"name_key": key}))
    assert f"/story/{article_id(1)}" in html
    assert "I. Naskar" in html, "an alias that nobody wrote"
    assert "/name/Press%20Trust%20of%20India" in html


def test_an_unknown_name_is_only_words() -> None:
    page = name_of(HOSTILE, ())
    assert page.bearers == ()
    assert "<script>alert" not in rendered(Page("name.html", page.name, page, extra={"name_key": HOSTILE}))


def test_a_rising_name_links_to_its_page() -> None:
    page = TrendsPage(WEEK, "7d", ("person",), (Trend("Uma & Co/X", "org", 9, 1, 0.14, 8.86),))
    html = rendered(Page("trends.html", "Trends", page, extra={"all_kinds": KINDS}))
    assert "/name/Uma%20%26%20Co/X" in html
    nothing = TrendsPage(WEEK, "7d", ("person",), ())
    assert "No name rises" in rendered(Page("trends.html", "Trends", nothing, extra={"all_kinds": KINDS}))
