"""Checks definitions against the index: fields exist with a fitting type, and references resolve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from schemas import elasticsearch
from schemas.elasticsearch import IndexKind
from stream_apps.kibana import kql
from stream_apps.kibana.definitions import Dashboard, Definitions, Measure, Panel, Search, Terms
from stream_apps.kibana.grid import place
from wirecopy.errors import BadInput

NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
GROUPED: Final = frozenset({"keyword", "boolean", "integer", "long"})
SORTED: Final = NUMBERS | GROUPED | {"date"}
CHOSEN: Final = frozenset({"keyword", "boolean"})
"""Of controls."""
_BY_THE_CANONICAL: Final = frozenset({"containment", "coverage", "lag"})
"""Fields of articles that are measured by the canonical article, which is its own measure."""


def problems(definitions: Definitions) -> list[str]:
    """Return the problems, one line each."""
    return [*_names(definitions), *_views(definitions), *_searches(definitions), *_dashboards(definitions)]


def _names(definitions: Definitions) -> Iterator[str]:
    yield from _twice("data view", [view.kind for view in definitions.data_views])
    yield from _twice("saved search", [search.name for search in definitions.searches])
    yield from _twice("dashboard", [dashboard.name for dashboard in definitions.dashboards])
    for dashboard in definitions.dashboards:
        yield from _twice(f"panel of {dashboard.name}", [panel.name for panel in dashboard.panels])


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    yield from (f"{what} {name}: twice" for name, count in Counter(names).items() if count > 1)


def _views(definitions: Definitions) -> Iterator[str]:
    known = {view.kind for view in definitions.data_views}
    asked = {search.data for search in definitions.searches}
    for dashboard in definitions.dashboards:
        asked |= {panel.data for panel in dashboard.panels} | {control.data for control in dashboard.controls}
    yield from (f"data view {kind}: used and not defined" for kind in sorted(asked - known))
    yield from (f"data view {kind}: defined and not used" for kind in sorted(known - asked))
    for view in definitions.data_views:
        if view.time_field is not None:
            yield from _field(f"data view {view.kind}", view.kind, view.time_field, {"date"})


def _searches(definitions: Definitions) -> Iterator[str]:
    for search in definitions.searches:
        where = f"search {search.name}"
        yield from _columns(where, search)
        yield from _field(where, search.data, search.sort, SORTED)
        yield from _expression(where, search.data, search.where)


def _columns(where: str, search: Search) -> Iterator[str]:
    known = elasticsearch.fields(search.data)
    yield from (f"{where}: {search.data} has no field {name}" for name in search.columns if name not in known)


def _dashboards(definitions: Definitions) -> Iterator[str]:
    for dashboard in definitions.dashboards:
        yield from _controls(dashboard)
        yield from _grid(dashboard)
        for panel in dashboard.panels:
            yield from _panel(f"{dashboard.name}/{panel.name}", panel)


def _controls(dashboard: Dashboard) -> Iterator[str]:
    """A control filters every panel: one whose index has no such field would draw nothing."""
    for control in dashboard.controls:
        where = f"{dashboard.name}, control {control.title}"
        yield from _field(where, control.data, control.field, CHOSEN)
        for panel in dashboard.panels:
            if not panel.ignore_filters and panel.data != control.data:
                yield from _field(f"{where}, of {panel.name}", panel.data, control.field, CHOSEN)


def _grid(dashboard: Dashboard) -> Iterator[str]:
    try:
        place(dashboard.rows)
    except ValueError as error:
        yield f"{dashboard.name}: {error}"


def _panel(where: str, panel: Panel) -> Iterator[str]:
    yield from _expression(where, panel.data, panel.where)
    for measure in panel.measures:
        yield from _measure(where, panel.data, measure)
        yield from _copies(where, panel, measure)
    for terms in panel.by:
        yield from _terms(where, panel.data, terms)
        yield from _ordered(where, panel, terms)


def _measure(where: str, kind: IndexKind, measure: Measure) -> Iterator[str]:
    if measure.field is not None:
        allowed = GROUPED if measure.operation == "unique_count" else NUMBERS
        yield from _field(where, kind, measure.field, allowed)
    yield from _expression(where, kind, measure.where)


def _copies(where: str, panel: Panel, measure: Measure) -> Iterator[str]:
    asked = _asked(panel.where) | _asked(measure.where)
    if panel.data == "articles" and measure.field in _BY_THE_CANONICAL and "canonical" not in asked:
        yield f"{where}: {measure.field} is measured by the canonical article, leave that out with `canonical: false`"


def _terms(where: str, kind: IndexKind, terms: Terms) -> Iterator[str]:
    yield from _field(where, kind, terms.field, _groupable(terms))


def _groupable(terms: Terms) -> AbstractSet[str]:
    if terms.interval:
        return {"date"}
    return {"keyword"} if terms.other else GROUPED


def _ordered(where: str, panel: Panel, terms: Terms) -> Iterator[str]:
    number = elasticsearch.fields(panel.data).get(terms.field, {}).get("type") in NUMBERS
    if number and terms.order != "value" and panel.chart not in {"data_table", "region_map"}:
        yield f"{where}: {terms.field} is a number, draw its values in their order with `order: value`"


def _asked(expression: str) -> set[str]:
    try:
        return kql.fields(expression) if expression else set()
    except BadInput:
        return set()  # told by _expression


def _expression(where: str, kind: IndexKind, expression: str) -> Iterator[str]:
    try:
        asked = kql.fields(expression) if expression else set()
    except BadInput as error:
        yield f"{where}: {error.detail}"
        return
    for field in sorted(asked):
        yield from _field(where, kind, field, SORTED)


def _field(where: str, kind: IndexKind, name: str, types: AbstractSet[str]) -> Iterator[str]:
    mapping = elasticsearch.fields(kind).get(name)
    if mapping is None:
        yield f"{where}: {kind} has no field {name}"
    elif mapping.get("type") not in types or mapping.get("index") is False:
        yield f"{where}: {name} is {mapping.get('type')}, needed is one of {', '.join(sorted(types))}"
