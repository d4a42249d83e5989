"""A search with everything that stands around its results: counts to narrow it by, and how many there were when. Pure.

Counts are of stories: twelve copies of one agency story are one. Each facet ignores its own
filter, so that a reader can add a second value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from stream_apps.indexing import queries
from stream_apps.indexing.queries import Search
from stream_apps.indexing.word_clauses import Clause

Kind = Literal["term", "name", "flag"]
Sort = Literal["relevance", "newest", "oldest"]

MAX_VALUES: Final = 12
"""Values of a facet that are shown; the field can be searched by others all the same."""
MAX_COPIES: Final = 5
"""Matching copies of a story that are shown with it."""
MAX_ROWS: Final = 2_000
"""Rows that one can page through."""
BARS: Final = 80
"""Spans of time that are counted, at most."""
INTERVALS: Final = {
    "1m": timedelta(minutes=1), "5m": timedelta(minutes=5), "15m": timedelta(minutes=15), "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1), "3h": timedelta(hours=3), "6h": timedelta(hours=6), "12h": timedelta(hours=12),
    "1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30), "365d": timedelta(days=365),
}  # fmt: skip
"""How long a counted span can be."""


@dataclass(frozen=True)
class Facet:
    """A way to narrow a search. ``field`` is counted; ``folded`` is where a value is looked for."""

    key: str
    title: str
    field: str
    kind: Kind = "term"
    folded: str = ""


FACETS: Final = (
    Facet("agency", "Agency", "agencies", folded="agencies.folded"),
    Facet("outlet", "Outlet", "outlet", folded="outlet.folded"),
    Facet("origin", "Origin", "origin_class"),
    Facet("person", "Person", "entities.person.name", "name"),
    Facet("org", "Organisation", "entities.org.name", "name"),
    Facet("place", "Place", "entities.place.name", "name"),
    Facet("language", "Language", "language"),
    Facet("undisclosed", "Undisclosed", "undisclosed", "flag"),
    Facet("stale", "Not corrected", "stale", "flag"),
)


@dataclass(frozen=True)
class FacetedSearch:
    """``search`` without what facets choose, and the chosen values of each facet by its key."""

    search: Search
    chosen: Mapping[str, Sequence[str]]
    sort: Sort = "newest"
    time: Literal["published", "first_seen"] = "published"
    zone: str = "UTC"
    """Where days begin."""
    offset: int = 0
    loosely: bool = False
    """Mistakes of spelling are forgiven."""


def bounds_request(wanted: FacetedSearch) -> Clause:
    """The first and the last time among what is found: by these the interval is chosen.

    ``auto_date_histogram`` would do it in one request, and is not in the Elasticsearch that is on Maven.
    """
    ends = {end: {end: {"field": wanted.time}} for end in ("min", "max")}
    return {"query": found_query(wanted), "size": 0, "aggs": ends, "track_total_hits": False}


def found_query(wanted: FacetedSearch, *, leaving_out: str | None = None) -> Clause:
    """What an article must fulfil to be found, without a score: the search and what facets choose, but for one."""
    searched = queries.search_request(wanted.search, loosely=wanted.loosely)["query"]
    chosen = [clause for key, clause in _filters(wanted).items() if key != leaving_out]
    return {"bool": {"filter": [searched, *chosen]}}


def interval_between(first: datetime, last: datetime) -> str:
    """The shortest interval of which no more than ``BARS`` are needed."""
    return next((name for name, length in INTERVALS.items() if (last - first) / length < BARS), "365d")


def _filters(wanted: FacetedSearch) -> dict[str, Clause]:
    return {facet.key: _clause(facet, wanted.chosen[facet.key]) for facet in FACETS if wanted.chosen.get(facet.key)}


def faceted_request(wanted: FacetedSearch, interval: str = "1h") -> Clause:
    """The arguments of ``client.search``: one row a story, and counts by time."""
    request = queries.search_request(wanted.search, loosely=wanted.loosely)
    searched = request["query"]
    # Filters in the query, not after it: Elasticsearch counts what they leave, in place of trying each article.
    if chosen := list(_filters(wanted).values()):
        request["query"] = {"bool": {"must": [searched], "filter": chosen}}
    request["from"] = min(wanted.offset, MAX_ROWS - request["size"])
    request["sort"] = _sort(wanted)
    request["highlight"] = _highlight() | {"highlight_query": searched}
    request["aggs"] = {
        "stories": queries.distinct_stories(),
        "times": {"date_histogram": {"field": wanted.time, "fixed_interval": interval, "time_zone": wanted.zone}},
    }
    return request


def facet_requests(wanted: FacetedSearch) -> list[Clause]:
    """Counts by facet. Each is counted without its own choice, those that choose nothing in two halves.

    Elasticsearch works on requests at once, but not on the aggregations of one.
    """
    choosing = [facet for facet in FACETS if wanted.chosen.get(facet.key)]
    free = [facet for facet in FACETS if facet not in choosing]
    halves = [[f for f in free if f.kind == "name"], [f for f in free if f.kind != "name"]]
    found = found_query(wanted)
    return [
        *(_facet_request(found, half) for half in halves if half),
        *(_facet_request(found_query(wanted, leaving_out=facet.key), [facet]) for facet in choosing),
    ]


def _facet_request(query: Clause, facets: Sequence[Facet]) -> Clause:
    aggs = {facet.key: _counted(facet) for facet in facets}
    return {"query": query, "size": 0, "track_total_hits": False, "aggs": aggs}


def _clause(facet: Facet, values: Sequence[str]) -> Clause:
    """Any of the values. A name is meant as a whole, or by its id."""
    field = facet.folded or facet.field
    fields = [field, f"{facet.field.rpartition('.')[0]}.id"] if facet.kind == "name" else [field]
    meant = [value == "1" for value in values] if facet.kind == "flag" else values
    clauses = [{"term": {name: value}} for value in meant for name in fields]
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _counted(facet: Facet) -> Clause:
    stories = {"stories": {"cardinality": {"field": "story", "precision_threshold": 1000}}}
    # Stories of a few values alone: to order by them, those of thousands of places would have to be counted.
    terms = {"field": facet.field, "size": 2 * MAX_VALUES, "collect_mode": "breadth_first"}
    # Within a filter that lets everything through: by itself, and where all articles are found, Elasticsearch makes a
    # filter of each of up to a thousand terms, which takes twenty times as long.
    return {"filter": {"match_all": {}}, "aggs": {"values": {"terms": terms, "aggs": stories}}}


def _sort(wanted: FacetedSearch) -> list[Clause]:
    if wanted.sort == "relevance" and wanted.search.words.strip():
        return [{"_score": {"order": "desc"}}, *_by_time("desc", wanted.time)]
    return _by_time("asc" if wanted.sort == "oldest" else "desc", wanted.time)


def _by_time(order: str, field: str = "published") -> list[Clause]:
    return [{field: {"order": order}}, {"id": {"order": "asc"}}]


def _highlight() -> Clause:
    """Marked by two characters of Unicode's private use area; markup is made of them where the page is."""
    return {
        "pre_tags": [MARK_START],
        "post_tags": [MARK_END],
        "fields": {
            "headline": {"number_of_fragments": 0},
            "headline.exact": {"number_of_fragments": 0},
            "text": {"number_of_fragments": 2, "fragment_size": 180, "no_match_size": 180},
        },
        "require_field_match": False,
        "max_analyzed_offset": 100_000,
    }


MARK_START: Final = "\ue000"
MARK_END: Final = "\ue001"
