"""Checks definitions against the index: fields exist with a fitting type, and references resolve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from schemas import elasticsearch
from schemas.elasticsearch import IndexKind
from stream_apps.kibana import kql
from stream_apps.kibana.definitions import Control, Dashboard, Definitions, Measure, Panel, Search, Terms
from stream_apps.kibana.grid import place
from wirecopy.errors import BadInput

NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
GROUPED: Final = frozenset({"keyword", "boolean", "integer", "long"})
SORTED: Final = NUMBERS | GROUPED | {"date"}


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
        yield from _controls(dashboard.name, dashboard.controls)
        yield from _grid(dashboard)
        for panel in dashboard.panels:
            yield from _panel(f"{dashboard.name}/{panel.name}", panel)


def _controls(name: str, controls: Iterable[Control]) -> Iterator[str]:
    for control in controls:
        yield from _field(f"{name}, control {control.title}", control.data, control.field, {"keyword", "boolean"})


def _grid(dashboard: Dashboard) -> Iterator[str]:
    try:
        place(dashboard.rows)
    except ValueError as error:
        yield f"{dashboard.name}: {error}"


def _panel(where: str, panel: Panel) -> Iterator[str]:
    yield from _expression(where, panel.data, panel.where)
    for measure in panel.measures:
        yield from _measure(where, panel.data, measure)
    for terms in panel.by:
        yield from _terms(where, panel.data, terms)


def _measure(where: str, kind: IndexKind, measure: Measure) -> Iterator[str]:
    if measure.field is not None:
        allowed = GROUPED if measure.operation == "unique_count" else NUMBERS
        yield from _field(where, kind, measure.field, allowed)
    yield from _expression(where, kind, measure.where)


def _terms(where: str, kind: IndexKind, terms: Terms) -> Iterator[str]:
    yield from _field(where, kind, terms.field, {"date"} if terms.interval else GROUPED)


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
