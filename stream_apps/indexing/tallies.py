"""Numbers over many articles: how each outlet uses the wire, and which names rise. Requests and readings, pure.

A request is what ``client.search`` takes; Kibana's panels and the web desk ask the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any, Final

from stream_apps.indexing.queries import between
from stream_apps.indexing.word_clauses import Clause

WIRE: Final = ("wire_verbatim", "wire_edited", "wire_abridged", "wire_plus_staff")
"""Origin classes of what is an agency's text, in whole or in part."""
KINDS: Final = ("person", "org", "place", "event", "facility", "law", "norp", "product", "work")
"""Kinds of entities, as the index names them."""
CANDIDATES: Final = 1_000
"""Names of the recent stories that are looked at, those in most stories first."""


UNDISCLOSED: Final[Clause] = {"filter": {"term": {"undisclosed": True}}}
STALE: Final[Clause] = {"filter": {"term": {"stale": True}}}
MEDIAN_LAG: Final[Clause] = {"lag": {"percentiles": {"field": "lag", "percents": [50]}}}


def median_lag(copies: Mapping[str, Any]) -> float | None:
    """Of what was answered to an aggregation with ``MEDIAN_LAG`` in it; in seconds, none where it has no copies."""
    return float(copies["lag"]["values"]["50.0"]) if copies["doc_count"] else None


@dataclass(frozen=True)
class OutletTally:
    """One outlet's articles. ``median_lag``: of its copies of agency text, in seconds after the canonical article."""

    outlet: str
    articles: int
    wire: int
    undisclosed: int
    stale: int
    median_lag: float | None

    @property
    def wire_share(self) -> float:
        return self.wire / self.articles if self.articles else 0.0


@dataclass(frozen=True)
class Trend:
    """A name in the stories first seen in a period, against what the time before lets expect.

    ``score``: by how many standard deviations of a Poisson variable there are more than expected.
    """

    name: str
    kind: str
    stories: int
    before: int
    expected: float
    score: float


def outlets_request(
    since: datetime | None = None, until: datetime | None = None, outlets: Sequence[str] = (), limit: int = 50
) -> Clause:
    """Of the articles that wirecopy first saw in a period: each outlet's numbers, of those with most articles."""
    named = [{"terms": {"outlet.folded": list(outlets)}}] if outlets else []
    wire = {"terms": {"origin_class": list(WIRE)}}
    copies = {"bool": {"filter": [wire, {"exists": {"field": "relation"}}]}}
    return {
        "query": {"bool": {"filter": [*between("first_seen", since, until), *named]}},
        "size": 0,
        "aggs": {
            "outlets": {
                "terms": {"field": "outlet", "size": limit},
                "aggs": {
                    "wire": {"filter": wire},
                    "undisclosed": UNDISCLOSED,
                    "stale": STALE,
                    "copies": {"filter": copies, "aggs": MEDIAN_LAG},
                },
            }
        },
    }


def outlet_tallies(answer: Mapping[str, Any]) -> list[OutletTally]:
    """What was answered to ``outlets_request``."""
    return [
        OutletTally(
            outlet=bucket["key"],
            articles=bucket["doc_count"],
            wire=bucket["wire"]["doc_count"],
            undisclosed=bucket["undisclosed"]["doc_count"],
            stale=bucket["stale"]["doc_count"],
            median_lag=median_lag(bucket["copies"]),
        )
        for bucket in answer["aggregations"]["outlets"]["buckets"]
    ]


def names_request(kinds: Sequence[str], since: datetime, until: datetime, among: Mapping[str, Sequence[str]]) -> Clause:
    """In how many stories, first seen in a period, each name stands; of a kind in ``among`` only the names there."""
    return {
        "query": {"bool": {"filter": between("first_seen", since, until)}},
        "size": 0,
        "aggs": {
            kind: {"terms": {"field": f"entities.{kind}.name", "size": CANDIDATES, **_only(among.get(kind))}}
            for kind in kinds
            if among.get(kind) != []
        },
    }


def name_counts(answer: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """What was answered to ``names_request``: by kind and name."""
    return {
        kind: {bucket["key"]: bucket["doc_count"] for bucket in found["buckets"]}
        for kind, found in answer.get("aggregations", {}).items()
    }


def trends(
    now: Mapping[str, Mapping[str, int]], before: Mapping[str, Mapping[str, int]], share: float, least: int = 2
) -> list[Trend]:
    """The names that rise, the steepest first. ``share``: length of the period now, in lengths of that before.

    >>> trends({"person": {"Naskar": 9, "Dalvi": 2}}, {"person": {"Dalvi": 14}}, share=1 / 7)
    [Trend(name='Naskar', kind='person', stories=9, before=0, expected=0.0, score=9.0)]
    """
    found = [
        _trend(kind, name, stories, before.get(kind, {}).get(name, 0), share)
        for kind, names in now.items()
        for name, stories in names.items()
        if stories >= least
    ]
    return sorted((trend for trend in found if trend.score > 0), key=lambda trend: (-trend.score, trend.name))


def _trend(kind: str, name: str, stories: int, before: int, share: float) -> Trend:
    expected = before * share
    return Trend(
        name, kind, stories, before, round(expected, 2), round((stories - expected) / sqrt(max(expected, 1)), 2)
    )


def _only(names: Sequence[str] | None) -> Clause:
    return {} if names is None else {"include": list(names)}
