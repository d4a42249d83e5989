from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas import elasticsearch as templates
from stream_apps.indexing import queries
from stream_apps.indexing.queries import BadQuery, Circle, Search, circle, parse_id, parse_moment, search_request

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FULL = Search(
    words='cold "store at" fish* Rs 3 crore tear-gas headline:x body:x byline:x page:x person:x org:x place:x agency:x '
    "outlet:x",
    agencies=("PTI", "IANS"),
    outlets=("outlet1.example",),
    persons=("Naskar",),
    orgs=("Harbour Board",),
    places=("Devgarh",),
    since=NOW,
    until=NOW,
    published_since=NOW,
    published_until=NOW,
    undisclosed=True,
    stale=True,
    near=Circle(21.1, 79.1, 50.0),
    origins=1,
    first=("outlet1.example",),
    stories=("1" * 32,),
    everywhere=True,
    story="0" * 32,
)


def fields_of(content: Any) -> Iterator[str]:
    """Every field that a query names."""
    if isinstance(content, list):
        for item in content:
            yield from fields_of(item)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key in ("term", "terms", "match_phrase", "range", "prefix", "geo_distance"):
                yield from (value["field"],) if "field" in value else (name for name in value if name != "distance")
            elif key == "fields":
                yield from (name.split("^")[0] for name in value)
            else:
                yield from fields_of(value)


def test_every_field_that_is_searched_or_shown_is_in_the_mapping() -> None:
    articles, stories = templates.fields("articles"), templates.fields("stories")
    request = search_request(FULL)
    assert len(set(fields_of(request["query"]))) > 20
    assert set(fields_of(request["query"])) <= set(articles)
    assert {*queries.HIT_FIELDS, *queries.COPY_FIELDS} <= set(articles)
    assert set(queries.REVISION_FIELDS) <= set(articles)
    assert set(queries.STORY_FIELDS) <= set(stories)
    asked = set(fields_of(queries.story_ids_request(FULL)["query"]))
    assert asked == {"origins_count", "first_outlet.folded", "changed", "last_published"} <= set(stories)


def test_copies_of_one_story_are_one_row_unless_asked_for() -> None:
    assert search_request(Search("store"))["collapse"]["field"] == "story"
    assert "collapse" not in search_request(Search("store", copies=True))


def test_words_rank_and_no_words_means_newest_first() -> None:
    assert search_request(Search("store"))["sort"][0] == {"_score": "desc"}
    assert search_request(Search("  "))["sort"][0] == {"published": "desc"}
    assert "must" not in search_request(Search())["query"]["bool"]


def test_filters_of_one_kind_are_alternatives_and_of_different_kinds_all_hold() -> None:
    filters = search_request(FULL)["query"]["bool"]["filter"]
    assert len(filters) == 12
    assert filters[0]["bool"] == {
        "should": [{"term": {"agencies.folded": "PTI"}}, {"term": {"agencies.folded": "IANS"}}],
        "minimum_should_match": 1,
    }
    assert {"range": {"published": {"gte": NOW.isoformat(), "lt": NOW.isoformat()}}} in filters


def test_no_one_can_ask_for_the_whole_index() -> None:
    assert search_request(Search(limit=10**9))["size"] == queries.MAX_LIMIT


@pytest.mark.parametrize(
    ("text", "end", "moment"),
    [
        ("24h", False, datetime(2026, 11, 19, 12, tzinfo=UTC)),
        ("90m", False, datetime(2026, 11, 20, 10, 30, tzinfo=UTC)),
        ("7d", True, datetime(2026, 11, 13, 12, tzinfo=UTC)),
        ("2W", False, datetime(2026, 11, 6, 12, tzinfo=UTC)),
        ("2026-11-18", False, datetime(2026, 11, 18, tzinfo=UTC)),
        ("2026-11-18", True, datetime(2026, 11, 19, tzinfo=UTC)),
        ("2026-11-18T10:30", True, datetime(2026, 11, 18, 10, 30, tzinfo=UTC)),
        ("2026-11-18T10:30+05:30", False, datetime(2026, 11, 18, 5, tzinfo=UTC)),
    ],
)
def test_moments(text: str, end: bool, moment: datetime) -> None:
    assert parse_moment(text, NOW, end=end) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "-3d", "99999w", "now-1d/d", "9999-12-31"])
def test_what_is_no_moment_is_bad_usage(text: str) -> None:
    with pytest.raises(BadQuery, match="is not a time") as caught:
        parse_moment(text, NOW, end=True)
    assert caught.value.exit_code == 2


def test_ids() -> None:
    assert parse_id(" 0AB9 ") == "0ab9"
    for text in ("", "abc", "xyz1", "0" * 33, "ab*d", "*"):
        with pytest.raises(BadQuery, match="is not an id"):
            parse_id(text)


def test_pages_of_copies_follow_each_other() -> None:
    assert "search_after" not in queries.copies_request("a")
    assert queries.copies_request("a", [1, "x"])["search_after"] == [1, "x"]


@pytest.mark.parametrize(
    ("place", "within", "kilometres"),
    [("Nagpur", None, 50.0), ("nagpur", "30km", 30.0), ("Bombay", "2.5 km", 2.5), ("São Paulo", "100", 100.0)],
)
def test_near_a_town_is_a_circle(place: str, within: str | None, kilometres: float) -> None:
    assert circle(place, within).kilometres == kilometres


@pytest.mark.parametrize(
    ("place", "within", "why"),
    [
        ("Kumbharwadi", None, "does not know"),
        ("Maharashtra", None, "state or a country"),
        ("Nepal", None, "state or a country"),
        ("Nagpur", "0km", "not a distance"),
        ("Nagpur", "50 miles", "not a distance"),
        ("Nagpur", "99999km", "not a distance"),
    ],
)
def test_what_is_near_nothing_says_why(place: str, within: str | None, why: str) -> None:
    with pytest.raises(BadQuery, match=why):
        circle(place, within)


def test_only_what_is_asked_of_stories_makes_a_search_look_at_them_first() -> None:
    assert queries.asks_of_stories(Search(origins=1))
    assert queries.asks_of_stories(Search(first=("a",)))
    assert not queries.asks_of_stories(Search("words", stale=True, near=circle("Nagpur")))


def test_no_story_that_may_be_found_means_nothing_is() -> None:
    assert {"terms": {"story": []}} in search_request(Search(stories=[]))["query"]["bool"]["filter"]
