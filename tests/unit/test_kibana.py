"""The definitions for Kibana fit the index, refer to what is there, and become what Kibana takes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from schemas import elasticsearch
from stream_apps.kibana import client, dashboards_api, kql, lens, panel_query, saved_objects
from stream_apps.kibana.checking import problems
from stream_apps.kibana.definitions import COLUMNS, Dashboard, Definitions, Measure, Panel, Row, load
from stream_apps.kibana.grid import place
from wirecopy.errors import BadInput, ServerError
from wirecopy.settings import KibanaSettings, Settings

FOLDER = Path(__file__).resolve().parents[2] / "deploy/kibana"
SHIPPED = load(FOLDER)
PANELS = [pytest.param(panel, id=f"{one.name}/{panel.name}") for one in SHIPPED.dashboards for panel in one.panels]
OBJECTS = [json.loads(line) for line in saved_objects.ndjson(SHIPPED, "desk").splitlines()]


def test_the_shipped_definitions_fit_the_index() -> None:
    assert problems(SHIPPED) == []
    assert {one.name for one in SHIPPED.dashboards} == {
        "wire-desk",
        "outlet",
        "agency",
        "names-and-places",
        "operations",
    }


IGNORES = "        ignore_filters: true\n"


def changed(path: str, old: str, new: str, tmp_path: Path) -> Definitions:
    for source in FOLDER.rglob("*.yml"):
        target = tmp_path / source.relative_to(FOLDER)
        target.parent.mkdir(exist_ok=True)
        text = source.read_text(encoding="utf-8")
        assert str(source.relative_to(FOLDER)) != path or old in text
        target.write_text(text.replace(old, new) if target == tmp_path / path else text, encoding="utf-8")
    return load(tmp_path)


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        ("dashboards/outlet.yml", "field: first_outlet", "field: first_paper", "has no field first_paper"),
        ("dashboards/outlet.yml", "field: first_outlet", "field: headline", "headline is text"),
        ("dashboards/agency.yml", "field: coverage", "field: outlet", "outlet is keyword"),
        ("dashboards/agency.yml", "canonical: false", "canonic: false", "has no field canonic"),
        ("dashboards/agency.yml", "canonical: false", "canonical: (", "cannot be read"),
        ("dashboards/agency.yml", "name: carriers", "name: copies", "panel of agency copies: twice"),
        ("dashboards/agency.yml", "width: 18", "width: 17", "columns empty"),
        ("data-views.yml", "time_field: last_published", "time_field: headline", "headline is text"),
        ("data-views.yml", "kind: feeds", "kind: articles", "data view feeds: used and not defined"),
        ("searches.yml", "columns: [stale_since", "columns: [stale_ever", "has no field stale_ever"),
        ("dashboards/operations.yml", "field: outlet,", "field: bytes,", "feeds has no field bytes"),
        ("dashboards/operations.yml", IGNORES, "", "of reasons: dead-letters has no field outlet"),
        ("dashboards/outlet.yml", IGNORES, "", "of first: stories has no field outlet"),
        ("dashboards/wire-desk.yml", "field: agencies, title", "field: outlets, title", "of origins: articles has no"),
        ("dashboards/wire-desk.yml", ", order: value", "", "origins_count is a number"),
        ("dashboards/wire-desk.yml", "field: agencies, label: A", "field: origins_count, label: A", "one of keyword"),
        ("dashboards/agency.yml", "canonical: false and ", "", "who-carries-whom: lag is"),
    ],
)
def test_definitions_that_do_not_fit_the_index_are_reported(
    path: str, old: str, new: str, problem: str, tmp_path: Path
) -> None:
    assert any(problem in told for told in problems(changed(path, old, new, tmp_path)))


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        ("wire-desk", "name: stories\n", "name: stories\n        title: Stories\n", "a metric has no title"),
        ("wire-desk", "        title: Carriers\n", "", "every other chart has one"),
        ("wire-desk", "limit: 8, other: true", "limit: 8", "read as a total"),
        ("wire-desk", "limit: 12}", "limit: 20}", "bar_horizontal shows at most 15"),
        ("operations", "chart: bar_horizontal", "chart: pie", "pie shows at most 6"),
        ("agency", "chart: line", "chart: area", "areas cover each other"),
        ("outlet", IGNORES, IGNORES + "        where: stale\n", "leaves out the panel's own"),
        ("agency", "{label: Copies}\n", "{operation: share, where: stale, label: x}\n", "cannot rank groups by"),
    ],
)
def test_what_kibana_would_draw_wrong_is_refused(path: str, old: str, new: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=rf"(?s){path}\.yml.*{problem}"):
        changed(f"dashboards/{path}.yml", old, new, tmp_path)


@pytest.mark.parametrize("text", ["name: x", "rows: [", "name: x\ntitle: y\ndescription: z\ntime_from: now\nrows: []"])
def test_a_file_that_is_no_definition_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"wire-desk\.yml"):
        changed("dashboards/wire-desk.yml", (FOLDER / "dashboards/wire-desk.yml").read_text(), text, tmp_path)


@pytest.mark.parametrize("dashboard", SHIPPED.dashboards, ids=lambda one: one.name)
def test_panels_fill_the_grid_and_do_not_overlap(dashboard: Any) -> None:
    cells = Counter(
        (x, y)
        for found in place(dashboard.rows).values()
        for x in range(found.x, found.x + found.w)
        for y in range(found.y, found.y + found.h)
    )
    height = sum(row.height for row in dashboard.rows)
    assert max(cells.values()) == 1
    assert all(0 <= x < COLUMNS and 0 <= y < height for x, y in cells)
    assert len(cells) > 0.95 * COLUMNS * height


def test_saved_objects_refer_to_each_other_both_ways() -> None:
    known = {(one["type"], one["id"]) for one in OBJECTS}
    assert len(known) == len(OBJECTS)
    for one in OBJECTS:
        names = [reference["name"] for reference in one["references"]]
        assert len(names) == len(set(names))
        assert {(reference["type"], reference["id"]) for reference in one["references"]} <= known
    used = {reference["id"] for one in OBJECTS for reference in one["references"]}
    assert used == {one["id"] for one in OBJECTS if one["type"] == "index-pattern"}


@pytest.mark.parametrize("one", [one for one in OBJECTS if one["type"] == "dashboard"], ids=lambda one: one["id"])
def test_every_panel_and_control_of_a_saved_dashboard_has_its_data_view(one: dict[str, Any]) -> None:
    names = {reference["name"] for reference in one["references"]}
    panels = json.loads(one["attributes"]["panelsJSON"])
    controls = json.loads(one["attributes"]["controlGroupInput"]["panelsJSON"])
    wanted = {f"{panel['panelIndex']}:indexpattern-datasource-layer-layer" for panel in panels}
    assert names == wanted | {f"controlGroup_{control}:optionsListDataView" for control in controls}
    assert len({panel["panelIndex"] for panel in panels}) == len(panels)


def _found(value: Any, key: str) -> list[Any]:
    if isinstance(value, dict):
        return [inner for name, inner in value.items() if name == key] + [
            one for inner in value.values() for one in _found(inner, key)
        ]
    return [one for inner in value for one in _found(inner, key)] if isinstance(value, list) else []


def _config(panel: Panel) -> Any:
    """What the API is sent of a panel."""
    board = next(one for one in SHIPPED.dashboards if panel in one.panels)
    return next(one["config"] for one in dashboards_api.body(board, "desk")["panels"] if one["id"] == panel.name)


UNITS = frozenset({"ms", "s", "min", "h", "d", "w", "mo", "y"})
"""Of durations, in Kibana 9.5's Dashboards API."""
LENS_UNITS = {"s": "seconds", "auto": "humanizePrecise"}
"""What Kibana stores of those."""


@pytest.mark.parametrize("form", get_args(Measure.model_fields["format"].annotation))
def test_every_format_is_one_of_kibanas(form: Any) -> None:
    measure = Measure(operation="max", field="lag", label="x", format=form)
    panel = Panel(name="x", chart="metric", data="articles", measures=(measure,))
    board = Dashboard(name="x", title="x", description="", time_from="now-1d", rows=(Row(height=5, panels=(panel,)),))
    [sent] = _found(dashboards_api.body(board, "desk"), "format")
    [stored] = _found(lens.attributes(panel, "view"), "format")
    assert sent["type"] == stored["id"] == form
    if form == "duration":
        assert set(sent) == {"type", "from", "to"}
        assert sent["from"] in UNITS | {"ps", "ns", "us"}
        assert sent["to"] in UNITS | {"auto", "auto-approximate"}
        units = (stored["params"]["fromUnit"], stored["params"]["toUnit"])
        assert units == (LENS_UNITS[sent["from"]], LENS_UNITS[sent["to"]])
    else:
        assert form in {"number", "percent", "bits", "bytes"}
        assert set(sent) <= {"type", "decimals", "suffix", "compact"}
        assert sent["decimals"] == stored["params"]["decimals"]


SERIES = [one for one in PANELS if one.values[0].nesting != one.values[0].by]  # type: ignore[union-attr]  # is a Panel


@pytest.mark.parametrize("panel", SERIES)
def test_a_series_over_time_is_chosen_once(panel: Panel) -> None:
    """Not anew in each interval: its terms stand outside of the histogram, in each of the three forms."""
    [layer] = _config(panel)["layers"]
    assert layer["x"]["operation"] == "date_histogram"
    assert layer["breakdown_by"]["aggregate_first"] is True
    state = lens.attributes(panel, "view")["state"]
    assert state["datasourceStates"]["formBased"]["layers"]["layer"]["columnOrder"][:2] == ["by1", "by0"]
    [drawn] = state["visualization"]["layers"]
    assert (drawn["xAccessor"], drawn["splitAccessor"]) == ("by0", "by1")
    assert "date_histogram" in panel_query.request(panel)["aggs"]["by"]["aggs"]["by"]


def test_there_are_series_over_time() -> None:
    assert {one.id for one in SERIES} == {
        "wire-desk/stories-over-time", "agency/over-time", "outlet/originality", "names-and-places/people-over-time"
    }  # fmt: skip


@pytest.mark.parametrize("panel", PANELS)
def test_both_forms_of_a_panel_rank_limit_and_filter_alike(panel: Panel) -> None:
    config, state = _config(panel), lens.attributes(panel, "view")["state"]["datasourceStates"]
    groups = [one for one in [*_found(config, "x"), *_found(config, "breakdown_by"), *_found(config, "region"),
                              *(one for name in ("rows", "group_by") for many in _found(config, name) for one in many)]
              if one["operation"] == "terms"]  # fmt: skip
    columns = {one["sourceField"]: one for one in state["formBased"]["layers"]["layer"]["columns"].values()
               if one["operationType"] == "terms"}  # fmt: skip
    assert len(groups) == len(columns)
    for group in groups:
        [field] = group["fields"]
        params = columns[field]["params"]
        by_value = group["rank_by"]["type"] == "alphabetical"
        assert params["size"] == group["limit"]
        assert params["orderBy"]["type"] == ("alphabetical" if by_value else "column")
        assert params["orderDirection"] == group["rank_by"]["direction"] == ("asc" if by_value else "desc")
        assert params["otherBucket"] == params["missingBucket"] == ("other_bucket" in group)
        keyword = elasticsearch.fields(panel.data)[field]["type"] == "keyword"
        assert columns[field]["dataType"] == ("string" if keyword else "number")
    assert bool(_found(config, "ignore_global_filters")) == panel.ignore_filters
    assert bool(_found(state, "ignoreGlobalFilters")) == panel.ignore_filters


@pytest.mark.parametrize("board", SHIPPED.dashboards, ids=lambda one: one.name)
def test_titles_colours_and_numbers_are_shown_as_a_reader_needs_them(board: Dashboard) -> None:
    sent, stored = dashboards_api.body(board, "desk"), saved_objects.dashboard(board, "desk")["attributes"]
    assert sent["options"]["sync_colors"] is json.loads(stored["optionsJSON"])["syncColors"] is True
    panels = {one["panelIndex"]: one for one in json.loads(stored["panelsJSON"])}
    for panel, one in zip(board.panels, sent["panels"], strict=True):
        config, kept = one["config"], panels[panel.name]
        metric, bars = panel.chart == "metric", panel.chart == "bar_horizontal"
        assert ("title" in config) is not metric
        assert kept["embeddableConfig"].get("hidePanelTitles", False) is metric
        assert kept["title"] == panel.heading != ""
        assert config.get("description", "") == kept["embeddableConfig"].get("description", "") == panel.description
        assert bool(_found(config, "data_labels")) is bars
        assert (_found(kept, "valueLabels") == ["show"]) is bars


def test_feeds_do_not_vanish_with_time() -> None:
    """One that was never polled has no time: in both forms its data view has no time field."""
    [view] = [one for one in SHIPPED.data_views if one.kind == "feeds"]
    assert view.time_field is None
    times = {one["id"]: one["attributes"].get("timeFieldName") for one in OBJECTS if one["type"] == "index-pattern"}
    assert times == {
        "desk-articles": "first_seen", "desk-stories": "first_seen", "desk-events": "last_published",
        "desk-feeds": None, "desk-dead-letters": "time",
    }  # fmt: skip
    assert "timeFieldName" not in saved_objects.data_view(view, "desk")["attributes"]


@pytest.mark.parametrize("panel", PANELS)
def test_lens_draws_only_columns_that_it_has(panel: Any) -> None:
    state = lens.attributes(panel, "view")["state"]
    layer = state["datasourceStates"]["formBased"]["layers"]["layer"]
    assert layer["columnOrder"] == list(layer["columns"])
    drawn = json.dumps(state["visualization"])
    shown = [name for name in layer["columns"] if "X" not in name]
    assert all(f'"{name}"' in drawn for name in shown)
    for column in layer["columns"].values():
        assert set(column.get("references", ())) <= set(layer["columns"])


@pytest.mark.parametrize("panel", PANELS)
def test_both_forms_of_a_panel_ask_for_the_same_fields(panel: Any) -> None:
    """The API's and the saved object's: what one counts, the other does."""
    fields = set(elasticsearch.fields(panel.data))
    config = _config(panel)
    state = lens.attributes(panel, "view")["state"]["datasourceStates"]
    asked = [{word for word in _strings(one) if word in fields} for one in (config, state)]
    assert asked[0] == asked[1]
    assert json.dumps(config).count(f"desk-{panel.data}") == 1


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for inner in value.values() for word in _strings(inner)]
    if isinstance(value, list):
        return [word for inner in value for word in _strings(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("expression", "clause"),
    [
        ("undisclosed: true", {"match": {"undisclosed": "true"}}),
        ('outlet: "the hill"', {"match_phrase": {"outlet": "the hill"}}),
        ("agencies: *", {"exists": {"field": "agencies"}}),
        ("origin_class: wire*", {"wildcard": {"origin_class": {"value": "wire*"}}}),
        ("not lag >= 60", {"bool": {"must_not": [{"range": {"lag": {"gte": 60.0}}}]}}),
    ],
)
def test_kql_is_asked_as_kibana_asks_it(expression: str, clause: dict[str, Any]) -> None:
    assert kql.clause(expression) == clause


def test_kql_binds_and_before_or() -> None:
    found = kql.clause("a: 1 or b: 2 and c: 3")
    assert [list(one) for one in found["bool"]["should"]] == [["match"], ["bool"]]


@pytest.mark.parametrize("expression", ["", "words alone", "a:", "a: (1", "a: {}", "and a: 1", "a > x"])
def test_kql_that_cannot_be_read_is_refused(expression: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        kql.parse(expression)


@pytest.mark.parametrize("panel", PANELS)
def test_the_search_of_a_panel_uses_only_what_the_local_server_has(panel: Any) -> None:
    asked = set(_keys(panel_query.request(panel)))
    assert not asked & {"auto_date_histogram", "multi_terms", "top_metrics"}
    assert "by" in asked or panel.chart == "metric"


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for inner in value.values() for key in _keys(inner))]
    return [key for inner in value for key in _keys(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("one", [one for one in OBJECTS if one["type"] == "dashboard"], ids=lambda one: one["id"])
def test_another_model_of_kibanas_objects_takes_our_panels(one: dict[str, Any]) -> None:
    """An independent library that writes dashboards; it needs Python 3.12."""
    view = pytest.importorskip("kb_dashboard_core.panels.charts.view")
    text = one["attributes"]["panelsJSON"]
    for unknown, known in (
        (', "fromUnit": "seconds", "toUnit": "humanizePrecise"', ""),
        ('"operationType": "terms", "dataType": "number"', '"operationType": "terms", "dataType": "string"'),
    ):  # of Kibana, and not of that library
        text = text.replace(unknown, known)
    for panel in json.loads(text):
        if panel["embeddableConfig"]["attributes"]["visualizationType"] == "lnsChoropleth":
            continue  # it knows no region maps
        taken = view.KbnLensPanelAttributes.model_validate_json(json.dumps(panel["embeddableConfig"]["attributes"]))
        assert set(taken.model_dump()) == set(panel["embeddableConfig"]["attributes"])


def test_definitions_are_yaml_that_a_person_can_read() -> None:
    for path in FOLDER.rglob("*.yml"):
        assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


# ---- pushing ----------------------------------------------------------------------------------------------------


class Receiver:
    """Answers as Kibana's documentation says, and keeps what it was asked. Not a Kibana: none can be had here."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self._status = status

    async def answer(self, request: web.Request) -> web.Response:
        content = await request.text()
        self.asked.append((request.method, request.path_qs, dict(request.headers), content))
        return web.json_response({"success": True, "message": "as asked"}, status=self._status)


async def push(receiver: Receiver, **options: Any) -> list[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.answer)
    async with TestServer(app) as server:
        settings = Settings(kibana=KibanaSettings(url=str(server.make_url("/")), **options))
        async with client.connect(settings, "news room") as kibana:
            return await kibana.push(SHIPPED, "desk")


async def test_everything_is_pushed_with_the_api_key_into_the_space() -> None:
    receiver = Receiver()
    written = await push(receiver, api_key=SecretStr("a2V5"))
    assert len(written) == 5 + 7 + 5
    paths = [(method, path) for method, path, _, _ in receiver.asked]
    assert all(path.startswith("/s/news%20room/api/") for _, path in paths)
    assert [path.rpartition("/")[2] for method, path in paths if method == "PUT"] == [
        "desk-agency", "desk-names-and-places", "desk-operations", "desk-outlet", "desk-wire-desk"
    ]  # fmt: skip
    views = [json.loads(body)["data_view"] for _, path, _, body in receiver.asked if path.endswith("/data_view")]
    assert {view["id"]: view.get("timeFieldName", "none") for view in views} == {
        "desk-articles": "first_seen", "desk-stories": "first_seen", "desk-events": "last_published",
        "desk-feeds": "none", "desk-dead-letters": "time",
    }  # fmt: skip
    for _, _, headers, _ in receiver.asked:
        assert headers["Authorization"] == "ApiKey a2V5"
        assert headers["kbn-xsrf"] == "true"


async def test_pushing_twice_asks_the_same_twice() -> None:
    first, second = Receiver(), Receiver()
    assert await push(first) == await push(second)
    puts = [[(path, body) for method, path, _, body in one.asked if method == "PUT"] for one in (first, second)]
    assert puts[0] == puts[1]


async def test_an_error_of_kibana_is_reported() -> None:
    with pytest.raises(ServerError, match=r"refused POST .* with 403: .*as asked"):
        await push(Receiver(status=403))


async def test_an_unreachable_kibana_is_reported() -> None:
    with pytest.raises(ServerError, match="does not answer"):
        async with client.connect(Settings(kibana=KibanaSettings(url="http://127.0.0.1:9")), "") as kibana:
            await kibana.push(SHIPPED, "desk")
