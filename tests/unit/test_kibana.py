"""The definitions for Kibana fit the index, refer to what is there, and become what Kibana takes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from schemas import elasticsearch
from stream_apps.kibana import client, dashboards_api, kql, lens, panel_query, saved_objects
from stream_apps.kibana.checking import problems
from stream_apps.kibana.definitions import COLUMNS, Definitions, load
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
    ],
)
def test_definitions_that_do_not_fit_the_index_are_reported(
    path: str, old: str, new: str, problem: str, tmp_path: Path
) -> None:
    assert any(problem in told for told in problems(changed(path, old, new, tmp_path)))


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
    config = next(
        one["config"]
        for board in SHIPPED.dashboards
        if panel in board.panels
        for one in dashboards_api.body(board, "desk")["panels"]
        if one["id"] == panel.name
    )
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
    for unknown in (', "fromUnit": "seconds", "toUnit": "humanize"',):  # of Kibana, and not of that library
        text = text.replace(unknown, "")
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
