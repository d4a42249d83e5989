"""Makes the body of ``PUT /api/dashboards/{id}`` (Kibana 9.5), which creates or replaces a dashboard."""

from __future__ import annotations

from typing import Any, Final

from stream_apps.kibana.definitions import Control, Dashboard, Measure, Panel, Terms
from stream_apps.kibana.grid import place

Json = dict[str, Any]
_FORMATS: Final[dict[str, Json]] = {
    "number": {"type": "number", "decimals": 0},
    "percent": {"type": "percent", "decimals": 1},
    "duration": {"type": "duration", "from": "s", "to": "auto"},
    "bytes": {"type": "bytes", "decimals": 1},
}
_XY: Final = frozenset({"line", "area", "bar", "bar_stacked", "bar_horizontal"})


def data_view_id(prefix: str, kind: str) -> str:
    return f"{prefix}-{kind}"


def dashboard_id(prefix: str, name: str) -> str:
    return f"{prefix}-{name}"


def body(dashboard: Dashboard, prefix: str) -> Json:
    """Return the body of a dashboard; its data views are named ``PREFIX-KIND``."""
    places = place(dashboard.rows)
    return {
        "title": dashboard.title,
        "description": dashboard.description,
        "options": {"sync_colors": True},
        "time_range": {"from": dashboard.time_from, "to": "now"},
        "pinned_panels": [_control(control, prefix) for control in dashboard.controls],
        "panels": [
            {"type": "vis", "id": panel.name, "grid": places[panel.name].to_json(), "config": _config(panel, prefix)}
            for panel in dashboard.panels
        ],
    }


def _control(control: Control, prefix: str) -> Json:
    config = {
        "title": control.title, "data_view_id": data_view_id(prefix, control.data), "field_name": control.field
    }  # fmt: skip
    return {"type": "options_list_control", "width": "medium", "grow": True, "config": config}


def _config(panel: Panel, prefix: str) -> Json:
    config: Json = {"type": "xy" if panel.chart in _XY else panel.chart}
    config |= {name: text for name, text in (("title", panel.title), ("description", panel.description)) if text}
    if panel.where:
        config["query"] = {"expression": panel.where, "language": "kql"}
    layer: Json = {"data_source": {"type": "data_view_reference", "ref_id": data_view_id(prefix, panel.data)}}
    if panel.ignore_filters:
        layer["ignore_global_filters"] = True
    if panel.chart == "bar_horizontal":
        config["styling"] = {"bars": {"data_labels": {"visible": True}}}
    if panel.chart in _XY:
        return {**config, "layers": [{"type": panel.chart, **layer, **_series(panel)}]}
    measures = [_measure(measure) for measure in panel.measures]
    return {**config, **layer, **_flat(panel.chart, measures, [_group(terms) for terms in panel.by])}


def _series(panel: Panel) -> Json:
    found: Json = {"x": _group(panel.by[0]), "y": [_measure(measure) for measure in panel.measures]}
    if len(panel.by) > 1:
        outside = {"aggregate_first": True} if panel.nesting[0] is panel.by[1] else {}
        found["breakdown_by"] = {**_group(panel.by[1]), **outside}
    return found


def _flat(chart: str, measures: list[Json], groups: list[Json]) -> Json:
    match chart:
        case "metric":
            return {"metrics": [{"type": "primary", **measures[0]}]}
        case "region_map":
            return {"metric": measures[0], "region": groups[0]}
        case "pie":
            return {"metrics": measures, "group_by": groups}
        case _:
            return {"metrics": measures, "rows": groups}


def _measure(measure: Measure) -> Json:
    shared = {"label": measure.label, "format": _FORMATS[measure.format]}
    if measure.operation == "share":
        return {"operation": "formula", "formula": measure.formula, **shared}
    found: Json = {"operation": measure.operation, **shared}
    if measure.field is not None:
        found["field"] = measure.field
    if measure.where:
        found["filter"] = {"expression": measure.where, "language": "kql"}
    return found


def _group(terms: Terms) -> Json:
    if terms.interval is not None:
        return {
            "operation": "date_histogram", "field": terms.field, "label": terms.label,
            "suggested_interval": terms.interval,
        }  # fmt: skip
    found: Json = {"operation": "terms", "fields": [terms.field], "label": terms.label, "limit": terms.limit}
    if terms.order == "value":
        found["rank_by"] = {"type": "alphabetical", "direction": "asc"}
    else:
        found["rank_by"] = {"type": "metric", "metric_index": 0, "direction": "desc"}
    if terms.other:
        found["other_bucket"] = {"include_documents_without_field": True}
    if terms.boundaries:
        found["ems"] = {"boundaries": terms.boundaries, "join": terms.join}
    return found
