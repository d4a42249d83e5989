"""What a process tells of itself: metrics that are declared and bounded, probes, and a line when readiness changes."""

from __future__ import annotations

import ast
import json
import runpy
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import prometheus_client
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stream_apps.runtime.watchdog import Watchdog
from wirecopy.errors import SettingsError
from wirecopy.monitoring import process_metrics
from wirecopy.monitoring.declaring import DECLARED, MOST, OTHER, Bound, Declaration, Gauge, Open
from wirecopy.monitoring.health import Check, Health, answer, look
from wirecopy.monitoring.heartbeat import Heartbeat
from wirecopy.monitoring.monitor import Monitor
from wirecopy.monitoring.server import serve
from wirecopy.settings import TelemetrySettings

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = runpy.run_path(str(ROOT / "docs/generate_metrics.py"))
METRICS: list[Declaration] = GENERATOR["declared"]()
WELL = Check("kafka", ok=True, detail="a broker answers")
ILL = Check("state", ok=False, detail="rows are being read")


# ---- declared once ---------------------------------------------------------------------------------------------


def test_the_page_of_metrics_is_generated_from_the_declarations() -> None:
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    assert page == GENERATOR["page"](), "run python docs/generate_metrics.py"


def test_every_module_that_declares_metrics_is_on_the_page() -> None:
    found = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in ("wirecopy", "schemas", "producers", "stream_apps")
        for path in (ROOT / package).rglob("*.py")
        if "_GROUP = Group(" in path.read_text(encoding="utf-8")
    }
    assert found == set(GENERATOR["MODULES"])


def test_nobody_makes_metrics_beside_the_declaration() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for package in ("wirecopy", "schemas", "producers", "stream_apps")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and "prometheus_client" in ast.unparse(node)
    }
    assert users == {"wirecopy/monitoring/declaring.py", "wirecopy/monitoring/server.py"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_declaration_names_its_metric_by_kind_and_unit(metric: Declaration) -> None:
    assert metric.meaning.endswith((".", "runbook"))
    assert metric.name.startswith("wirecopy_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    stem = metric.name.removesuffix("_total")
    assert stem.endswith(f"_{metric.unit}") or not metric.unit
    assert not stem.endswith(("_seconds", "_bytes", "_messages")) or metric.unit or "_stage_messages" in stem
    registered = {sample.name for family in prometheus_client.REGISTRY.collect() for sample in family.samples}
    assert metric.labels or metric.series <= registered


# ---- bounded ---------------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=5), max_size=400))
def test_an_open_label_has_few_values_whatever_comes(values: list[str]) -> None:
    bound = Bound(Open("anything"))
    shown = {bound(value) for value in values}
    assert len(shown) <= MOST + 1
    assert len(shown - {OTHER} - set(values)) == 0
    again = [bound(value) for value in values]
    assert [bound(value) for value in values] == again, "a value keeps its label"


def test_a_closed_label_has_the_declared_values_only() -> None:
    process_metrics.PARTITIONS.labels("nobody's stage").set(3)
    shown = [sample.labels["stage"] for sample in samples("wirecopy_partitions")]
    assert OTHER in shown
    assert "nobody's stage" not in shown


def test_a_partition_that_was_given_up_has_no_series_any_more() -> None:
    gauge = Gauge("wirecopy_test_of_replacing", "A gauge of this test.", ["partition"], registry=None)
    gauge.bounds = [Bound(Open("its number"))]
    gauge.replace({(0,): 5.0, (1,): 7.0})
    gauge.replace({(1,): 8.0, (2,): 9.0})
    found = {sample.labels["partition"]: sample.value for family in gauge.collect() for sample in family.samples}
    assert found == {"1": 8.0, "2": 9.0}


def test_counters_begin_at_zero() -> None:
    """To Prometheus an increase from nothing is none: the first entry taken out would not be seen."""
    assert {sample.labels["kind"] for sample in samples("wirecopy_entries_published_total")} == {
        "new",
        "revision",
        "removed",
    }


def samples(name: str) -> Iterator[prometheus_client.samples.Sample]:
    for family in prometheus_client.REGISTRY.collect():
        yield from (sample for sample in family.samples if sample.name == name)


def test_the_memory_of_children_counts() -> None:
    process_metrics.measure_memory()
    before = process_metrics.MEMORY.labels("children")._value.get()
    script = "held = bytearray(60_000_000); print('ready', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        process_metrics.measure_memory()
        grown = process_metrics.MEMORY.labels("children")._value.get() - before
        child.communicate(b"\n")
    assert grown > 60_000_000
    assert process_metrics.MEMORY.labels("process")._value.get() > 10_000_000


# ---- served ----------------------------------------------------------------------------------------------------


def get(port: int, path: str, **headers: str) -> tuple[int, str, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as found:
            return found.status, found.headers["content-type"], found.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], error.read().decode()


@pytest.fixture
def checks() -> list[Check]:
    return [WELL]


@pytest.fixture
def port(checks: list[Check]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    health = Health(alive=lambda: [WELL], ready=lambda: list(checks))
    server = serve(TelemetrySettings(metrics_port=number), health)
    assert server is not None
    assert server.server_address[0] == "127.0.0.1", "on loopback unless a setting says otherwise"
    yield number
    server.shutdown()
    server.server_close()


def test_metrics_are_served_as_prometheus_and_openmetrics_have_them(port: int) -> None:
    status, content_type, text = get(port, "/metrics")
    assert (status, content_type.split(";")[0]) == (200, "text/plain")
    assert "# TYPE wirecopy_partitions gauge" in text
    status, content_type, text = get(port, "/metrics?name=x", Accept="application/openmetrics-text; version=1.0.0")
    assert (status, content_type.split(";")[0]) == (200, "application/openmetrics-text")
    assert text.endswith("# EOF\n")


def test_probes_say_what_is_wrong(port: int, checks: list[Check]) -> None:
    assert get(port, "/readyz")[0] == 200
    checks.append(ILL)
    status, content_type, text = get(port, "/readyz")
    assert (status, content_type) == (503, "application/json")
    said = json.loads(text)
    assert not said["ok"]
    assert said["checks"][1] == {"name": "state", "ok": False, "detail": "rows are being read"}
    assert get(port, "/livez")[0] == 200, "what is not ready need not be dead"


def test_other_paths_and_methods_are_not_found(port: int) -> None:
    status, _, text = get(port, "/")
    assert status == 404
    assert "/livez" in text


def test_a_port_that_is_taken_is_named_with_its_setting() -> None:
    health = Health(list, list)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"telemetry\.metrics_port: 127\.0\.0\.1, port {number} cannot be"):
            serve(TelemetrySettings(metrics_port=number), health)


def test_a_bad_metrics_host_is_a_bad_setting() -> None:
    assert TelemetrySettings(metrics_host="::1").metrics_host == "::1"
    with pytest.raises(ValidationError, match="'localhost' is no IP address"):
        TelemetrySettings(metrics_host="localhost")


def test_a_look_that_fails_is_a_check_that_does() -> None:
    def breaks() -> list[Check]:
        raise ZeroDivisionError("nobody expected this")

    status, body = answer(look(breaks))
    assert status == 503
    assert b"ZeroDivisionError: nobody expected this" in body


# ---- alive and ready -------------------------------------------------------------------------------------------


def test_a_batch_without_a_sign_of_life_is_no_life() -> None:
    now = [0.0]
    heartbeat = Heartbeat(lambda: now[0])
    dog = Watchdog([heartbeat], lambda: 0, 300, clock=lambda: now[0])
    with heartbeat.batch():
        now[0] = 299
        assert answer(dog.alive())[0] == 200
        now[0] = 301
        status, body = answer(dog.alive())
    assert status == 503
    assert b"the last sign of life 301 s ago" in body
    assert answer(dog.alive())[0] == 200, "the batch has ended"


def test_messages_that_nobody_takes_are_no_life_and_no_lag_is_one() -> None:
    now, lag = [0.0], [5]
    heartbeat = Heartbeat(lambda: now[0])
    dog = Watchdog([heartbeat], lambda: lag[0], 300, clock=lambda: now[0])
    for now[0] in (100.0, 405.0):
        dog.look()
    assert answer(dog.alive())[0] == 503
    lag[0] = 0
    dog.look()
    assert answer(dog.alive())[0] == 200


def test_kafka_being_away_is_no_reason_for_a_restart() -> None:
    def away() -> int:
        raise OSError("nobody answers")

    now = [0.0]
    heartbeat = Heartbeat(lambda: now[0])
    dog = Watchdog([heartbeat], away, 300, clock=lambda: now[0])
    for now[0] in (100.0, 1000.0, 5000.0):
        dog.look()
    assert answer(dog.alive())[0] == 200


def test_the_log_says_when_readiness_changes_and_only_then() -> None:
    well = Check("state", ok=True, detail="nothing is being read")
    checks = [WELL, ILL, Check("partitions", ok=True, detail="0, 1 of raw")]
    monitor = Monitor("fingerprint", Health(list, lambda: list(checks)))
    assert answer(monitor.ready())[0] == 503, "before the first look"
    with structlog.testing.capture_logs() as lines:
        monitor.look()
        monitor.look()
        for checks[1] in (well, well, ILL, well):
            monitor.look()
    told = [(line["event"], line.get("why"), line.get("partitions"), line["service.version"]) for line in lines]
    assert told == [
        ("not ready yet", "state: rows are being read", None, "0.1.0"),
        ("ready", None, "0, 1 of raw", "0.1.0"),
        ("not ready any more", "state: rows are being read", None, "0.1.0"),
        ("ready", None, "0, 1 of raw", "0.1.0"),
    ]
    assert answer(monitor.ready())[0] == 200
    assert {sample.labels["check"]: sample.value for sample in samples("wirecopy_ready")} == {
        "kafka": 1,
        "state": 1,
        "partitions": 1,
    }


def test_a_measurement_that_fails_ends_nothing() -> None:
    monitor = Monitor("engine", Health(list, lambda: [WELL]), sample=lambda: 1 / 0)
    monitor.look()
    assert answer(monitor.ready())[0] == 200


def test_no_metric_name_is_declared_twice() -> None:
    assert len({metric.name for metric in METRICS}) == len(DECLARED)
