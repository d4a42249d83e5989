"""The search that a panel sends to Elasticsearch, and what it draws from the answer.

As Lens asks: no hits, one aggregation for each grouping, inside it one for each measure. What is beyond the limit of a
group (``other``) Lens asks for in a second request, which is not made here. What the local Elasticsearch
of ``wirecopy up`` lacks (``auto_date_histogram``, ``top_metrics``) Lens does not need either for our panels.
"""

from __future__ import annotations

from typing import Any, Final

from stream_apps.kibana import kql
from stream_apps.kibana.definitions import Measure, Panel, Terms

Request = dict[str, Any]
AUTO: Final = "1h"
"""The interval of a histogram over a day."""
MISSING: Final = "__missing__"
"""The group of documents without a value, as Lens names it to Elasticsearch."""
_AGGREGATIONS: Final = {"unique_count": "cardinality", "sum": "sum", "average": "avg", "max": "max"}
Point = tuple[tuple[str, ...], tuple[float | None, ...]]
"""Keys of the groups, and the values of the measures."""


def request(panel: Panel) -> Request:
    """The body of the search, over all times."""
    query = kql.clause(panel.where) if panel.where else {"match_all": {}}
    return {"size": 0, "query": query, "track_total_hits": True, "aggs": _grouped(panel.nesting, panel.measures)}


def points(panel: Panel, answer: dict[str, Any]) -> list[Point]:
    """What is drawn: one point of a metric, one for each group of any other chart, its keys in the order of ``by``."""
    total = {"doc_count": answer["hits"]["total"]["value"], **answer["aggregations"]}
    turned = -1 if panel.nesting != panel.by else 1
    return [(keys[::turned], values) for keys, values in _points(len(panel.by), panel.measures, total, ())]


def _grouped(by: tuple[Terms, ...], measures: tuple[Measure, ...]) -> Request:
    if not by:
        found: Request = {}
        for number, measure in enumerate(measures):
            found |= _measured(f"m{number}", measure)
        return found
    first, *rest = by
    rank = {} if first.interval else _measured("m0", measures[0])
    return {"by": {**_grouping(first, measures[0]), "aggs": rank | _grouped(tuple(rest), measures)}}


def _grouping(terms: Terms, ranked: Measure) -> Request:
    if terms.interval is None:
        order = {"_key": "asc"} if terms.order == "value" else {_rank(ranked): "desc"}
        missing = {"missing": MISSING} if terms.other else {}
        return {"terms": {"field": terms.field, "size": terms.limit, "order": order, **missing}}
    interval = AUTO if terms.interval == "auto" else terms.interval
    return {"date_histogram": {"field": terms.field, "fixed_interval": interval, "min_doc_count": 1}}


def _rank(measure: Measure) -> str:
    """Where the value is that groups are ranked by."""
    if measure.operation == "count":
        return "m0"
    return "m0>value.50" if measure.operation == "median" else "m0>value"


def _measured(name: str, measure: Measure) -> Request:
    values: Request = {}
    if measure.operation == "median":
        values = {"value": {"percentiles": {"field": measure.field, "percents": [50]}}}
    elif measure.operation in _AGGREGATIONS:
        values = {"value": {_AGGREGATIONS[measure.operation]: {"field": measure.field}}}
    query = kql.clause(measure.where) if measure.where else {"match_all": {}}
    return {name: {"filter": query, "aggs": values}}


def _points(depth: int, measures: tuple[Measure, ...], bucket: dict[str, Any], keys: tuple[str, ...]) -> list[Point]:
    if depth == 0:
        return [(keys, tuple(_value(m, bucket[f"m{n}"], bucket["doc_count"]) for n, m in enumerate(measures)))]
    found: list[Point] = []
    for inner in bucket["by"]["buckets"]:
        found += _points(depth - 1, measures, inner, (*keys, str(inner.get("key_as_string", inner["key"]))))
    return found


def _value(measure: Measure, found: dict[str, Any], of: int) -> float | None:
    count: float = found["doc_count"]
    if measure.operation == "count":
        return count
    if measure.operation == "share":
        return count / of if of else None
    value = found["value"]
    return value["values"]["50.0"] if measure.operation == "median" else value["value"]  # type: ignore[no-any-return]
