"""What the index says of one outlet, one agency or one name, and who carries whom. Requests and readings, pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from stream_apps.indexing.queries import STORY_FIELDS, between
from stream_apps.indexing.tallies import KINDS, MEDIAN_LAG, STALE, UNDISCLOSED, WIRE, median_lag
from stream_apps.indexing.word_clauses import Clause

MAX_AGENCIES: Final = 30
MAX_OUTLETS: Final = 200
"""Outlets of one agency, and rows of a table of outlets."""
MAX_NAMES: Final = 12
"""Names of one kind that stand beside a name."""
NEWEST: Final = 20
"""Stories of a name that are shown."""
READ_FOR_SPELLINGS: Final = 30
"""Newest articles of a name in which is looked how it is written."""


@dataclass(frozen=True)
class Carried:
    """How many articles with text of ``agency`` an outlet has. ``median_lag``: in seconds after the canonical ones."""

    agency: str
    outlet: str
    articles: int
    undisclosed: int
    stale: int
    median_lag: float | None


@dataclass(frozen=True)
class AgencyTally:
    """One agency's text at all outlets."""

    agency: str
    articles: int
    stories: int
    undisclosed: int
    stale: int
    outlets: tuple[Carried, ...]


@dataclass(frozen=True)
class Firsts:
    """Stories that several outlets carry: in how many one took part, and how many of these it published first."""

    stories: int
    first: int


@dataclass(frozen=True)
class Spelling:
    """One way in which a name is written, and how often it was in the articles that were looked at."""

    text: str
    times: int


# ---- requests -------------------------------------------------------------------------------------------------

_COPIES: Final[Clause] = {"filter": {"exists": {"field": "relation"}}, "aggs": MEDIAN_LAG}
_OF_CARRIERS: Final[Clause] = {"undisclosed": UNDISCLOSED, "stale": STALE, "copies": _COPIES}
_SHARED: Final[Clause] = {"range": {"outlets_count": {"gt": 1}}}


def agencies_request(since: datetime | None, until: datetime | None, agency: str | None = None) -> Clause:
    """Of the articles first seen in a period: whose text it is, and who carries that. ``agency``: of this one alone."""
    only = [{"term": {"agencies.folded": agency}}] if agency else []
    outlets = {"terms": {"field": "outlet", "size": MAX_OUTLETS}, "aggs": _OF_CARRIERS}
    inner = {**_OF_CARRIERS, "stories": {"cardinality": {"field": "story"}}, "outlets": outlets}
    return {
        "query": {"bool": {"filter": [*between("first_seen", since, until), *only]}},
        "size": 0,
        "aggs": {"agencies": {"terms": {"field": "agencies", "size": MAX_AGENCIES}, "aggs": inner}},
    }


def outlet_request(outlet: str, since: datetime | None, until: datetime | None, interval: str) -> Clause:
    """Of one outlet's articles first seen in a period: how they came about, whose text they are, and how many when."""
    agencies = {"terms": {"field": "agencies", "size": MAX_AGENCIES}, "aggs": _OF_CARRIERS}
    return {
        "query": {"bool": {"filter": [{"term": {"outlet.folded": outlet}}, *between("first_seen", since, until)]}},
        "size": 0,
        "track_total_hits": True,
        "aggs": {"agencies": agencies, **_over_time(interval), **_origins()},
    }


def firsts_request(outlet: str, since: datetime | None, until: datetime | None) -> Clause:
    """Of the stories first seen in a period that this outlet and others carry: how many it published first."""
    carried = {"term": {"outlets.folded": outlet}}
    return {
        "query": {"bool": {"filter": [carried, _SHARED, *between("first_seen", since, until)]}},
        "size": 0,
        "track_total_hits": True,
        "aggs": {"first": {"filter": {"term": {"first_outlet.folded": outlet}}}},
    }


def agency_stories_request(agency: str, since: datetime | None, until: datetime | None, interval: str) -> Clause:
    """Of an agency's stories first seen in a period: who published first, and what was corrected."""
    first = {"filter": _SHARED, "aggs": {"outlets": {"terms": {"field": "first_outlet", "size": MAX_NAMES}}}}
    return {
        "query": {"bool": {"filter": [{"term": {"agencies.folded": agency}}, *between("first_seen", since, until)]}},
        "size": 0,
        "track_total_hits": True,
        "aggs": {
            "first": first,
            "corrected": {"filter": {"range": {"corrections_count": {"gt": 0}}}},
            **_over_time(interval),
        },
    }


def name_request(name: str, since: datetime | None, until: datetime | None, interval: str) -> Clause:
    """Of the articles first seen in a period that name it (by id, or by its whole name): who they are of, and when.

    The newest are answered with their mentions, to see how it is written.
    """
    return {
        "query": {"bool": {"filter": [_names(name), *between("first_seen", since, until)]}},
        "size": READ_FOR_SPELLINGS,
        "source_includes": ["entities", "entity_mentions"],
        "sort": [{"published": "desc"}, {"id": "asc"}],
        "track_total_hits": True,
        "aggs": {
            "outlets": {"terms": {"field": "outlet", "size": MAX_NAMES}},
            "agencies": {"terms": {"field": "agencies", "size": MAX_NAMES}},
            **_over_time(interval),
        },
    }


def name_stories_request(name: str, since: datetime | None, until: datetime | None) -> Clause:
    """The newest stories first seen in a period that name it, and which names stand in such stories most."""
    return {
        "query": {"bool": {"filter": [_names(name), *between("first_seen", since, until)]}},
        "size": NEWEST,
        "source_includes": list(STORY_FIELDS),
        "sort": [{"last_published": "desc"}, {"id": "asc"}],
        "track_total_hits": True,
        "aggs": {
            kind: {"terms": {"field": f"entities.{kind}.name", "size": MAX_NAMES + 1}}
            for kind in ("person", "org", "place")
        },
    }


def _names(name: str) -> Clause:
    fields = ("entities.ids", *(f"entities.{kind}.name" for kind in KINDS))
    return {"bool": {"should": [{"term": {field: name}} for field in fields], "minimum_should_match": 1}}


def _over_time(interval: str) -> Clause:
    return {"times": {"date_histogram": {"field": "first_seen", "fixed_interval": interval}}}


def _origins() -> Clause:
    return {
        "origins": {"terms": {"field": "origin_class", "size": 10}},
        "wire": {"filter": {"terms": {"origin_class": list(WIRE)}}, "aggs": {"copies": _COPIES}},
        "undisclosed": UNDISCLOSED,
        "stale": STALE,
    }


# ---- readings -------------------------------------------------------------------------------------------------


def agency_tallies(answer: Mapping[str, Any]) -> list[AgencyTally]:
    """What was answered to ``agencies_request``."""
    return [
        AgencyTally(
            agency=bucket["key"],
            articles=bucket["doc_count"],
            stories=bucket["stories"]["value"],
            undisclosed=bucket["undisclosed"]["doc_count"],
            stale=bucket["stale"]["doc_count"],
            outlets=tuple(_carried(bucket["key"], outlet["key"], outlet) for outlet in bucket["outlets"]["buckets"]),
        )
        for bucket in answer["aggregations"]["agencies"]["buckets"]
    ]


def carried_by(outlet: str, answer: Mapping[str, Any]) -> list[Carried]:
    """Whose text an outlet carries, of what was answered to ``outlet_request``."""
    return [_carried(bucket["key"], outlet, bucket) for bucket in answer["aggregations"]["agencies"]["buckets"]]


def _carried(agency: str, outlet: str, bucket: Mapping[str, Any]) -> Carried:
    return Carried(
        agency,
        outlet,
        bucket["doc_count"],
        bucket["undisclosed"]["doc_count"],
        bucket["stale"]["doc_count"],
        median_lag(bucket["copies"]),
    )


def firsts(answer: Mapping[str, Any]) -> Firsts:
    """What was answered to ``firsts_request``."""
    return Firsts(answer["hits"]["total"]["value"], answer["aggregations"]["first"]["doc_count"])


def counted(aggregation: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The values of a ``terms`` aggregation, each with how many documents have it."""
    return [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in aggregation["buckets"]]


def bearers(name: str, articles: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """The entities that are meant by an id or a whole name: by id, their kind and name."""
    found: dict[str, tuple[str, str]] = {}
    for article in articles:
        for kind in KINDS:
            facet = article.get("entities", {}).get(kind, {"id": (), "name": ()})
            for identity, called in zip(facet["id"], facet["name"], strict=True):
                if name in (identity, called):
                    found.setdefault(identity, (kind, called))
    return found


def spellings(identities: Iterable[str], articles: Sequence[Mapping[str, Any]]) -> list[Spelling]:
    """How these entities are written, the most frequent way first."""
    wanted = set(identities)
    mentions = (mention for article in articles for mention in article.get("entity_mentions", ()))
    times = Counter(" ".join(mention["text"].split()) for mention in mentions if mention["id"] in wanted)
    return [Spelling(text, number) for text, number in sorted(times.items(), key=lambda each: (-each[1], each[0]))]
