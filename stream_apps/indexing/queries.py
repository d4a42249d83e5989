"""Search requests, built from what a person asks for. Pure.

Words of a user never become a query language of Elasticsearch's, with which one could reach other fields or build
costly patterns: ``query_language`` reads them, ``word_clauses`` makes exact clauses of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from stream_apps.geography.gazetteer import find
from stream_apps.indexing.query_language import BadQuery as BadQuery  # noqa: PLC0414  # part of this interface
from stream_apps.indexing.query_language import parse
from stream_apps.indexing.word_clauses import EVERYWHERE, STORY, Clause, Reading, any_of, clause, named
from wirecopy import moments

MAX_LIMIT: Final = 200
MAX_STORIES: Final = 10_000
"""The most stories that a story filter looks at, the newest first: as many as come in one answer."""
MAX_KILOMETRES: Final = 20_000.0
NEAR: Final = 50.0
"""Kilometres around a place that are near it."""
KILOMETRES: Final = re.compile(r"(\d{1,5}(?:\.\d+)?)\s*(?:km)?")
PAGE: Final = 500
NEWEST: Final = 100
"""Articles that are looked at together for the newest stories."""
ID: Final = re.compile(r"[0-9a-f]{4,32}")

HIT_FIELDS: Final = (
    "id", "story", "headline", "outlet", "url", "published", "agencies", "relation", "origin_class", "canonical",
)  # fmt: skip
COPY_FIELDS: Final = (
    "id", "story", "headline", "outlet", "url", "byline", "published", "lag", "relation", "containment", "coverage",
    "origin_class", "agencies", "undisclosed", "canonical", "creditline", "credits", "revision", "signal", "pubstatus",
    "removed", "previous_story", "fetched",
)  # fmt: skip
REVISION_FIELDS: Final = ("text", "revisions", "revisions_count", "versioncreated")
"""Of a copy, where its earlier texts are shown."""
MAX_FILED: Final = 20
"""Headlines of a story that are looked for in an agency's notices, and notices that are told."""
STORY_FIELDS: Final = (
    "id", "headline", "agencies", "outlets_count", "articles_count", "undisclosed_count", "stale_count",
    "origins_count", "first_outlet", "first_published", "last_published", "event",
)  # fmt: skip
SIBLING_FIELDS: Final = ("headline", "agencies", "outlets_count", "first_published")
MAX_SIBLINGS: Final = 50


@dataclass(frozen=True)
class Circle:
    """All that is no more than so many kilometres from a point, which is in degrees."""

    latitude: float
    longitude: float
    kilometres: float


@dataclass(frozen=True)
class Search:
    """What to look for. Filters of one kind are alternatives; different kinds must all hold."""

    words: str = ""
    agencies: Sequence[str] = ()
    outlets: Sequence[str] = ()
    persons: Sequence[str] = ()
    orgs: Sequence[str] = ()
    places: Sequence[str] = ()
    since: datetime | None = None
    """The earliest ``first_seen``."""
    until: datetime | None = None
    published_since: datetime | None = None
    """The earliest ``published``, which is the outlet's word."""
    published_until: datetime | None = None
    undisclosed: bool = False
    """Only agency text that credits no agency."""
    stale: bool = False
    """Only what carries text that its agency has corrected or taken back."""
    near: Circle | None = None
    """Only what names a town or district in there."""
    origins: int | None = None
    """Only stories of events with so many independent origins; a story without event has one."""
    first: Sequence[str] = ()
    """Only stories that one of these outlets published first."""
    stories: Sequence[str] | None = None
    """Only these stories: those that ``story_ids_request`` has found."""
    everywhere: bool = False
    """Words may stand in what is not the story, too."""
    story: str | None = None
    copies: bool = False
    """Every copy a row, in place of one row a story."""
    limit: int = 20


def search_request(search: Search, *, loosely: bool = False) -> Clause:
    """The arguments of ``client.search``: by relevance where there are words, newest first otherwise.

    Without ``copies`` the best copy stands for its story (the canonical one, other things being equal) and the
    aggregation ``stories`` counts stories. ``loosely`` forgives mistakes of spelling. Raises ``BadQuery``.
    """
    request: Clause = {
        "query": _query(search, loosely=loosely),
        "size": min(search.limit, MAX_LIMIT),
        "source_includes": list(HIT_FIELDS),
        "track_total_hits": True,
        "sort": [*([{"_score": "desc"}] if search.words.strip() else []), {"published": "desc"}, {"id": "asc"}],
        "aggs": {"stories": distinct_stories()},
    }
    if not search.copies:
        request["collapse"] = {"field": "story"}
    return request


def distinct_stories() -> Clause:
    """An aggregation that counts stories.

    By the ordinals of each segment: those of the whole index would be made anew after each refresh.
    """
    return {"cardinality": {"field": "story", "execution_hint": "segment_ordinals"}}


def newest_request(search: Search, after: Sequence[Any] | None = None) -> Clause:
    """One page of ids and stories of what matches, newest first, without looking at what is older.

    ``collapse`` and counting would look at every article of the index, and ``_source`` at the whole of each.
    """
    request: Clause = {
        "query": _query(search, loosely=False),
        "size": NEWEST,
        "stored_fields": "_none_",
        "docvalue_fields": ["id", "story"],
        "track_total_hits": False,
        "sort": [{"published": "desc"}, {"id": "asc"}],
    }
    return request | ({"search_after": list(after)} if after else {})


def finds_everything(search: Search) -> bool:
    """Whether every article matches."""
    return _query(search, loosely=False) == {"bool": {"filter": []}}


def count_request(search: Search) -> Clause:
    """How many articles match, and of how many stories."""
    return {
        "query": _query(search, loosely=False),
        "size": 0,
        "track_total_hits": True,
        "aggs": {"stories": distinct_stories()},
    }


def matching_request(query: Clause, stories: Sequence[str], copies: int) -> Clause:
    """How many articles of each of these stories match a query, and the first so many of them by publication.

    It counts for all stories at once, by name: the inner hits of ``collapse`` are a search for each story.
    """
    counted: Clause = {"terms": {"field": "story", "size": len(stories), "execution_hint": "map"}}
    if copies:
        first = {"size": copies, "_source": list(HIT_FIELDS), "sort": [{"published": "asc"}, {"id": "asc"}]}
        counted["aggs"] = {"copies": {"top_hits": first}}
    return {
        "query": {"bool": {"filter": [{"terms": {"story": list(stories)}}, query]}},
        "size": 0,
        "track_total_hits": False,
        "aggs": {"stories": counted},
    }


def _query(search: Search, *, loosely: bool) -> Clause:
    clauses: Clause = {"filter": _filters(search)}
    words = parse(search.words)
    if words:
        reading = Reading(EVERYWHERE if search.everywhere else STORY, loosely)
        clauses["must"] = [clause(words, reading)]
        clauses["should"] = [{"constant_score": {"filter": {"term": {"canonical": True}}, "boost": 0.1}}]
    return {"bool": clauses}


def _filters(search: Search) -> list[Clause]:
    filters = [
        _one_of("agencies.folded", search.agencies),
        _one_of("outlet.folded", search.outlets),
        _named("entities.person", search.persons),
        _named("entities.org", search.orgs),
        _named("entities.place", search.places),
        _period("first_seen", search.since, search.until),
        _period("published", search.published_since, search.published_until),
        {"term": {"undisclosed": True}} if search.undisclosed else None,
        {"term": {"stale": True}} if search.stale else None,
        _near(search.near) if search.near else None,
        {"terms": {"story": list(search.stories)}} if search.stories is not None else None,
        {"term": {"story": search.story}} if search.story else None,
    ]
    return [clause for clause in filters if clause is not None]


def _near(circle: Circle) -> Clause:
    point = {"lat": circle.latitude, "lon": circle.longitude}
    return {"geo_distance": {"distance": f"{circle.kilometres:g}km", "entities.place.point": point}}


def _one_of(field: str, values: Sequence[str]) -> Clause | None:
    """A term query passes the values through the field's normaliser, so that `pti` finds PTI."""
    return _any_of([{"term": {field: value}} for value in values])


def _named(facet: str, names: Sequence[str]) -> Clause | None:
    return _any_of([named(facet, name) for name in names])


def _any_of(clauses: Sequence[Clause]) -> Clause | None:
    return any_of(clauses) if clauses else None


def between(field: str, since: datetime | None, until: datetime | None) -> list[Clause]:
    """Filters for a period: from ``since``, before ``until``."""
    clause = _period(field, since, until)
    return [clause] if clause else []


def _period(field: str, since: datetime | None, until: datetime | None) -> Clause | None:
    bounds = {name: moment.isoformat() for name, moment in (("gte", since), ("lt", until)) if moment}
    return {"range": {field: bounds}} if bounds else None


def asks_of_stories(search: Search) -> bool:
    """Whether it says something of stories that stands on no article."""
    return search.origins is not None or bool(search.first)


def story_ids_request(search: Search) -> Clause:
    """The newest stories that are as it asks of stories, at most ``MAX_STORIES``: their ids, and how many there are."""
    filters = [
        {"term": {"origins_count": search.origins}} if search.origins is not None else None,
        _one_of("first_outlet.folded", search.first),
        _period("changed", search.since, None),
        _period("last_published", search.published_since, None),
    ]
    return {
        "query": {"bool": {"filter": [clause for clause in filters if clause is not None]}},
        "size": MAX_STORIES,
        "source": False,
        "track_total_hits": True,
        "sort": [{"first_seen": "desc"}],
    }


def stories_request(stories: Sequence[str]) -> Clause:
    """These stories: what a row of results shows of them."""
    return {"query": {"ids": {"values": list(stories)}}, "size": len(stories), "source_includes": list(STORY_FIELDS)}


def story_request(story: str) -> Clause:
    """A story without its carriers, of which the articles themselves say more."""
    return {"query": {"ids": {"values": [story]}}, "source_excludes": ["carriers"]}


def event_request(event: str, story: str) -> Clause:
    """The other stories of an event, by publication."""
    return {
        "query": {"bool": {"filter": [{"term": {"event.id": event}}], "must_not": [{"ids": {"values": [story]}}]}},
        "size": MAX_SIBLINGS,
        "source_includes": ["id", *SIBLING_FIELDS],
        "sort": [{"first_published": "asc"}, {"id": "asc"}],
    }


def lookup_request(article: str) -> Clause:
    """The articles whose id starts with this, and their stories.

    A story has the id of one of its articles, so this finds stories as well, unless that article has left it.
    """
    return {
        "query": {"prefix": {"id": {"value": article}}},
        "size": 0,
        "aggs": {"stories": {"terms": {"field": "story", "size": 10}}},
    }


def copies_request(story: str, after: Sequence[Any] | None = None, fields: Sequence[str] = COPY_FIELDS) -> Clause:
    """One page of the articles of a story, by publication; ``after`` is the sort value of the last one seen."""
    request: Clause = {
        "query": {"term": {"story": story}},
        "size": PAGE,
        "source_includes": list(fields),
        "sort": [{"published": "asc"}, {"id": "asc"}],
    }
    return request | ({"search_after": list(after)} if after else {})


def _phrase(words: str) -> Clause:
    """These words in a row, in the story or around it."""
    return {"multi_match": {"query": words, "type": "phrase", "fields": ["body.exact", "page"]}}


def notices_request(filed: Sequence[tuple[str, str]], story: str) -> Clause:
    """The articles that take back what an outlet filed under a headline, by quoting the headline."""
    named = [{"bool": {"filter": [{"term": {"outlet": outlet}}, _phrase(headline)]}} for outlet, headline in filed]
    return {
        "query": {
            "bool": {
                "filter": [{"terms": {"signal": ["withdrawn", "kill", "hold"]}}, *([_any_of(named)] if named else [])],
                "must_not": [{"term": {"story": story}}],
            }
        },
        "size": MAX_FILED,
        "source_includes": [*COPY_FIELDS, "versioncreated"],
        "sort": [{"published": "asc"}, {"id": "asc"}],
    }


def parse_id(text: str) -> str:
    """An article or story id, or the first four or more digits of one. Raises ``BadQuery``."""
    folded = text.strip().lower()
    if not ID.fullmatch(folded):
        raise BadQuery(f"{text[:80]!r} is not an id: it takes 4 to 32 hexadecimal digits")
    return folded


def circle(place: str, within: str | None = None) -> Circle:
    """What is near a place: `Nagpur`, within `50km`. Raises ``BadQuery`` for one that the gazetteer does not know."""
    location = find(place)
    if location is None:
        raise BadQuery(f"the gazetteer does not know {place[:80]!r}: give a larger town nearby, or use --place")
    if location.area:
        raise BadQuery(f"{place[:80]!r} is a state or a country, and nothing is near it: give a town, or use --place")
    return Circle(location.latitude, location.longitude, parse_distance(within) if within else NEAR)


def parse_distance(text: str) -> float:
    """Kilometres: `50km`, `50`, `2.5 km`. Raises ``BadQuery``."""
    found = KILOMETRES.fullmatch(text.strip().lower())
    if found is None or not 0 < float(found[1]) <= MAX_KILOMETRES:
        raise BadQuery(f"{text[:80]!r} is not a distance: give 50km, at most {MAX_KILOMETRES:.0f}km")
    return float(found[1])


def parse_moment(text: str, now: datetime, *, end: bool = False) -> datetime:
    """A time as people give it: `90m`, `24h`, `7d`, `2w` ago; `2026-11-22`; `2026-11-22T10:30+05:30`. UTC unless said.

    A bare date means its start, with ``end`` the start of the day after. Raises ``BadQuery``.
    """
    try:
        return moments.parse_moment(text, now, end=end)
    except ValueError as error:
        raise BadQuery(str(error)) from None
