"""Makes a panel in Lens's format: columns of a form-based layer, and their visualisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemas import elasticsearch
from schemas.elasticsearch import IndexKind
from stream_apps.kibana.definitions import Measure, Panel, Terms

Json = dict[str, Any]
LAYER: Final = "layer"
_TYPES: Final = {
    "metric": "lnsMetric", "data_table": "lnsDatatable", "pie": "lnsPie", "region_map": "lnsChoropleth"
}  # fmt: skip
_DATA_TYPES: Final = {"keyword": "string", "boolean": "boolean"}
_FORMATS: Final[Mapping[str, Json]] = {
    "number": {"id": "number", "params": {"decimals": 0}},
    "percent": {"id": "percent", "params": {"decimals": 1}},
    "duration": {"id": "duration", "params": {"decimals": 1, "fromUnit": "seconds", "toUnit": "humanizePrecise"}},
    "bytes": {"id": "bytes", "params": {"decimals": 1}},
}


def attributes(panel: Panel, data_view: str) -> Json:
    """Return the ``embeddableConfig.attributes`` of a panel. ``data_view`` is the id of its data view."""
    columns = _columns(panel)
    layer = {"columnOrder": list(columns), "columns": columns, "incompleteColumns": {}, "sampling": 1}
    if panel.ignore_filters:
        layer["ignoreGlobalFilters"] = True
    state = {
        "visualization": _picture(panel),
        "query": {"query": panel.where, "language": "kuery"},
        "filters": [],
        "datasourceStates": {"formBased": {"layers": {LAYER: layer}}},
        "internalReferences": [],
        "adHocDataViews": {},
    }
    reference = {"type": "index-pattern", "name": f"indexpattern-datasource-layer-{LAYER}", "id": data_view}
    shown = {"title": panel.heading, "type": "lens", "visualizationType": _TYPES.get(panel.chart, "lnsXY")}
    return {**shown, "state": state, "references": [reference]}


def _columns(panel: Panel) -> dict[str, Json]:
    """The outermost group first: their order is the order in which Lens nests them."""
    groups = {_group_id(panel.by.index(terms)): _group(terms, panel.data) for terms in panel.nesting}
    columns: dict[str, Json] = {}
    for number, measure in enumerate(panel.measures):
        columns |= _measure(_measure_id(number), measure)
    return groups | columns


def _group_id(number: int) -> str:
    return f"by{number}"


def _measure_id(number: int) -> str:
    return f"measure{number}"


def _group(terms: Terms, kind: IndexKind) -> Json:
    shared = {"label": terms.label, "customLabel": True, "isBucketed": True, "sourceField": terms.field}
    if terms.interval is not None:
        params = {"interval": terms.interval, "includeEmptyRows": True, "dropPartials": False}
        return {**shared, "operationType": "date_histogram", "dataType": "date", "scale": "interval", "params": params}
    by_value = terms.order == "value"
    params = {
        "size": terms.limit, "otherBucket": terms.other, "missingBucket": terms.other,
        "orderBy": {"type": "alphabetical"} if by_value else {"type": "column", "columnId": _measure_id(0)},
        "orderDirection": "asc" if by_value else "desc",
        "parentFormat": {"id": "terms"}, "include": [], "exclude": [], "includeIsRegex": False, "excludeIsRegex": False,
    }  # fmt: skip
    data_type = _DATA_TYPES.get(elasticsearch.fields(kind)[terms.field]["type"], "number")
    return {**shared, "operationType": "terms", "dataType": data_type, "scale": "ordinal", "params": params}


def _measure(name: str, measure: Measure) -> dict[str, Json]:
    if measure.operation == "share":
        return _share(name, measure)
    found = {
        "label": measure.label, "customLabel": True, "dataType": "number", "isBucketed": False, "scale": "ratio",
        "operationType": measure.operation, "sourceField": measure.field or "___records___",
        "params": {"format": _FORMATS[measure.format]},
    }  # fmt: skip
    if measure.where:
        found["filter"] = {"query": measure.where, "language": "kuery"}
    return {name: found}


def _share(name: str, measure: Measure) -> dict[str, Json]:
    """Return a formula with the columns that Lens stores for its parts."""
    part, whole, divided = f"{name}X0", f"{name}X1", f"{name}X2"
    number = {
        "label": measure.label, "customLabel": True, "dataType": "number", "isBucketed": False, "scale": "ratio"
    }  # fmt: skip
    count = {
        **number, "operationType": "count", "sourceField": "___records___", "params": {"emptyAsNull": False}
    }  # fmt: skip
    formula = measure.formula
    tree = {"type": "function", "name": "divide", "args": [part, whole], "text": formula,
            "location": {"min": 0, "max": len(formula)}}  # fmt: skip
    return {
        part: {**count, "filter": {"query": measure.where, "language": "kuery"}},
        whole: count,
        divided: {**number, "operationType": "math", "references": [part, whole], "params": {"tinymathAst": tree}},
        name: {
            **number, "operationType": "formula", "references": [divided],
            "params": {"formula": formula, "isFormulaBroken": False, "format": _FORMATS[measure.format]},
        },
    }  # fmt: skip


def _picture(panel: Panel) -> Json:
    groups = [_group_id(number) for number in range(len(panel.by))]
    measures = [_measure_id(number) for number in range(len(panel.measures))]
    match panel.chart:
        case "metric":
            return {"layerId": LAYER, "layerType": "data", "metricAccessor": measures[0]}
        case "data_table":
            return {"layerId": LAYER, "layerType": "data", "columns": [{"columnId": one} for one in groups + measures]}
        case "pie":
            layer = {"layerId": LAYER, "layerType": "data", "primaryGroups": groups, "metrics": measures,
                     "numberDisplay": "percent", "categoryDisplay": "default", "legendDisplay": "default"}  # fmt: skip
            return {"shape": "pie", "layers": [layer]}
        case "region_map":
            return {"layerId": LAYER, "layerType": "data", "regionAccessor": groups[0], "valueAccessor": measures[0],
                    "emsLayerId": panel.by[0].boundaries, "emsField": panel.by[0].join}  # fmt: skip
        case _:
            return _series(panel.chart, groups, measures)


def _series(chart: str, groups: list[str], measures: list[str]) -> Json:
    layer: Json = {"layerId": LAYER, "layerType": "data", "seriesType": chart, "xAccessor": groups[0],
                   "accessors": measures}  # fmt: skip
    if len(groups) > 1:
        layer["splitAccessor"] = groups[1]
    return {"preferredSeriesType": chart, "legend": {"isVisible": True, "position": "bottom"},
            "valueLabels": "show" if chart == "bar_horizontal" else "hide", "layers": [layer]}  # fmt: skip
