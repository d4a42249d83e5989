"""Grafana's dashboard: every expression asks for what is declared, and every metric is to be seen."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import promql_parser
import pytest
import yaml

from tests.promql import ROOT, SERIES, mistakes, selectors

GRAFANA = ROOT / "deploy/grafana"
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "dashboards/wirecopy.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
RATE = "$__rate_interval"


def expressions(panel: dict[str, Any]) -> list[str]:
    """Without what only Grafana knows."""
    return [target["expr"].replace(RATE, "5m") for target in panel["targets"]]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_for_what_is_declared(panel: dict[str, Any]) -> None:
    assert expressions(panel)
    for expression in expressions(panel):
        assert "$" not in expression
        assert mistakes(expression) == []


def test_every_metric_is_to_be_seen() -> None:
    seen = {
        SERIES[selector.name].name
        for panel in PANELS
        for expression in expressions(panel)
        for selector in selectors(promql_parser.parse(expression))
        if selector.name in SERIES
    }
    assert {metric.name for metric in SERIES.values()} - seen == set()


def test_panels_have_names_and_places_of_their_own() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert len(set(titles)) == len(titles)
    for one, other in combinations(DASHBOARD["panels"], 2):
        assert apart(one["gridPos"], other["gridPos"]), (one["title"], other["title"])
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in DASHBOARD["panels"])


def apart(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] + one["w"] <= other["x"]
        or other["x"] + other["w"] <= one["x"]
        or one["y"] + one["h"] <= other["y"]
        or other["y"] + other["h"] <= one["y"]
    )


def test_the_data_source_is_the_one_that_is_provisioned() -> None:
    provisioned = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    (source,) = provisioned["datasources"]
    asked = {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]}
    assert asked == {source["uid"]}
    assert {panel["datasource"]["uid"] for panel in PANELS} == {source["uid"]}
