"""Exports definitions as Kibana's saved objects, one JSON object a line, for import by hand and where no API exists.

The versions are the oldest that Kibana 9.5 migrates without loss: it refuses newer versions than its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from stream_apps.kibana import lens
from stream_apps.kibana.dashboards_api import dashboard_id, data_view_id
from stream_apps.kibana.definitions import Control, Dashboard, DataView, Definitions, Panel, Search
from stream_apps.kibana.grid import place

Json = dict[str, Any]
CORE: Final = "8.8.0"
_OPTIONS: Final = {
    "useMargins": True, "syncColors": True, "syncCursor": True, "syncTooltips": False, "hidePanelTitles": False
}  # fmt: skip
_PARENT: Final = {"ignoreFilters": False, "ignoreQuery": False, "ignoreTimerange": False, "ignoreValidations": False}
VERSIONS: Final = {"index-pattern": "7.11.0", "search": "10.2.0", "dashboard": "10.2.0"}


def ndjson(definitions: Definitions, prefix: str) -> str:
    """Return all objects: data views first, since the others refer to them."""
    return "".join(f"{json.dumps(found, ensure_ascii=False)}\n" for found in _all(definitions, prefix))


def searches_ndjson(definitions: Definitions, prefix: str) -> str:
    """Return the saved searches alone."""
    return "".join(f"{json.dumps(search(one, prefix), ensure_ascii=False)}\n" for one in definitions.searches)


def _all(definitions: Definitions, prefix: str) -> Iterator[Json]:
    yield from (data_view(one, prefix) for one in definitions.data_views)
    yield from (search(one, prefix) for one in definitions.searches)
    yield from (dashboard(one, prefix) for one in definitions.dashboards)


def data_view(view: DataView, prefix: str) -> Json:
    name = data_view_id(prefix, view.kind)
    attributes = {"title": name, "name": view.title, "allowNoIndex": True}
    if view.time_field is not None:
        attributes["timeFieldName"] = view.time_field
    return _object("index-pattern", name, attributes, [])


def search(one: Search, prefix: str) -> Json:
    index = "kibanaSavedObjectMeta.searchSourceJSON.index"
    source = {
        "query": {"query": one.where, "language": "kuery"},
        "filter": [],
        "indexRefName": index,
    }
    attributes = {
        "title": one.title,
        "description": one.description,
        "columns": list(one.columns),
        "sort": [[one.sort, "desc"]],
        "grid": {},
        "hideChart": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
    }
    return _object("search", f"{prefix}-{one.name}", attributes, [_reference(index, one.data, prefix)])


def dashboard(one: Dashboard, prefix: str) -> Json:
    places = place(one.rows)
    panels, references = [], []
    for panel in one.panels:
        state = lens.attributes(panel, data_view_id(prefix, panel.data))
        references += [{**found, "name": f"{panel.name}:{found['name']}"} for found in state["references"]]
        panels.append({
            "type": "lens", "panelIndex": panel.name, "gridData": {**places[panel.name].to_json(), "i": panel.name},
            "embeddableConfig": {"attributes": state, "enhancements": {}, **_heading(panel)}, "title": panel.heading,
        })  # fmt: skip
    for control in one.controls:
        name = f"controlGroup_{control_id(control)}:optionsListDataView"
        references.append(_reference(name, control.data, prefix))
    attributes = {
        "title": one.title,
        "description": one.description,
        "timeRestore": True,
        "timeFrom": one.time_from,
        "timeTo": "now",
        "panelsJSON": json.dumps(panels, ensure_ascii=False),
        "optionsJSON": json.dumps(_OPTIONS),
        "controlGroupInput": _control_group(one.controls),
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": json.dumps({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
        "version": 1,
    }
    return _object("dashboard", dashboard_id(prefix, one.name), attributes, references)


def _heading(panel: Panel) -> Json:
    found: Json = {"description": panel.description} if panel.description else {}
    return found if panel.title else {**found, "hidePanelTitles": True}


def control_id(control: Control) -> str:
    return f"{control.data}-{control.field.replace('.', '-')}"


def _control_group(controls: tuple[Control, ...]) -> Json:
    panels = {
        control_id(control): {
            "order": number,
            "type": "optionsListControl",
            "width": "medium",
            "grow": True,
            "explicitInput": {"id": control_id(control), "fieldName": control.field, "title": control.title},
        }
        for number, control in enumerate(controls)
    }
    return {
        "chainingSystem": "HIERARCHICAL", "controlStyle": "oneLine", "panelsJSON": json.dumps(panels),
        "ignoreParentSettingsJSON": json.dumps(_PARENT), "showApplySelections": False,
    }  # fmt: skip


def _reference(name: str, kind: str, prefix: str) -> Json:
    return {"type": "index-pattern", "name": name, "id": data_view_id(prefix, kind)}


def _object(kind: str, identity: str, attributes: Json, references: list[Json]) -> Json:
    return {
        "type": kind, "id": identity, "attributes": attributes, "references": references,
        "coreMigrationVersion": CORE, "typeMigrationVersion": VERSIONS[kind],
    }  # fmt: skip
