from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.access import rules
from schemas.topics import TOPICS
from wirecopy.cli import build
from wirecopy.local import doctor, process
from wirecopy.local.doctor import Finding
from wirecopy.settings import ElasticsearchSettings, KafkaSettings, Settings


@pytest.mark.parametrize(("version", "good"), [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)])
def test_python_must_be_one_that_the_packages_run_on(version: tuple[int, int], good: bool) -> None:
    finding = doctor.python_version(version)
    assert finding.good is good
    assert bool(finding.todo) is not good


def test_missing_and_outdated_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ["numpy>=1", "numpy<1", "surely-not-installed>=1", 'surely-not-wanted>=1; python_version < "3"']
    monkeypatch.setattr("importlib.metadata.requires", lambda _: needed)
    finding = doctor.packages("wirecopy")
    assert finding.state == "missing"
    assert "surely-not-installed is not installed" in finding.detail
    assert "needed <1" in finding.detail
    assert "surely-not-wanted" not in finding.detail


def test_our_own_packages_are_complete() -> None:
    assert doctor.packages("wirecopy").good
    assert not doctor.packages("surely-not-installed").good


def test_a_model_that_is_not_there_is_missing() -> None:
    assert doctor.model("surely_not_installed").state == "missing"


def test_servers_that_are_away_are_unreachable_and_say_which_setting() -> None:
    port = process.free_port()
    kafka = list(doctor.kafka(KafkaSettings(bootstrap=f"127.0.0.1:{port}")))
    search = list(doctor.elasticsearch(ElasticsearchSettings(url=f"http://127.0.0.1:{port}")))
    assert [finding.state for finding in kafka + search] == ["unreachable", "unreachable"]
    assert "kafka.bootstrap" in kafka[0].todo
    assert "elasticsearch.url" in search[0].todo


def login(name: str) -> KafkaSettings:
    return KafkaSettings(security_protocol="SASL_SSL", sasl_username=name, sasl_password=SecretStr("horn"))


def visible(role: str) -> set[str]:
    return {rule.name for rule in rules("wirecopy") if rule.role == role and rule.resource == "topic"}


def test_a_stage_is_judged_by_the_topics_that_it_may_see() -> None:
    seen = visible("engine")
    finding = doctor.topics(login("wirecopy-engine"), seen)
    assert (finding.state, finding.todo) == ("ok", "")
    assert finding.detail == f"all {len(seen)}; {len(TOPICS) - len(seen)} of others are not visible with this login"
    finding = doctor.topics(login("wirecopy-engine"), seen - {"wirecopy.clean.v1"})
    assert (finding.state, finding.detail) == ("missing", f"1 of {len(seen)}: wirecopy.clean.v1")
    assert "`wirecopy topics apply --acls` grants it" in finding.todo
    assert doctor.topics(login("wirecopy-monitor"), visible("monitor")).detail == f"all {len(TOPICS)}"


def test_a_login_that_says_no_role_is_not_told_that_topics_are_missing() -> None:
    finding = doctor.topics(login("news-desk"), visible("engine"))
    assert (finding.state, finding.good) == ("not visible", True)
    assert "not there, or not for the login 'news-desk'" in finding.detail
    assert doctor.topics(login("news-desk"), set()).state == "missing"


def test_without_logins_every_topic_has_to_be_there() -> None:
    finding = doctor.topics(KafkaSettings(), visible("engine"))
    assert (finding.state, finding.todo) == ("missing", "run `wirecopy topics apply`")


def test_no_feed_list_is_no_fault() -> None:
    finding = doctor.feed_list(Settings())
    assert finding.state == "not set"
    assert finding.good


@pytest.mark.parametrize(("text", "count"), [('[{"id": 1}, {"id": 2}]', 2), ('{"id": 1}\n{"id": 2}\n', 2), ("", 0)])
def test_counts_the_records_of_a_command(text: str, count: int) -> None:
    assert doctor.count_json(text) == count


def run(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> tuple[int, list[dict[str, Any]]]:
    monkeypatch.setattr(doctor, "examine", lambda _: iter(findings))
    result = CliRunner().invoke(build(), ["doctor", "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_the_command_ends_with_1_where_anything_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = Finding("a", "ok", "fine"), Finding("b", "missing", "gone", "get it")
    assert run(monkeypatch, good)[0] == 0
    code, rows = run(monkeypatch, good, bad)
    assert code == 1
    assert rows[1] == {"name": "b", "state": "missing", "detail": "gone", "todo": "get it"}


def test_config_show_tells_origins_and_hides_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRECOPY_ELASTICSEARCH__API_KEY", "hush")
    result = CliRunner().invoke(build(), ["--set", "kafka.partitions=9", "config", "show", "--json"])
    assert result.exit_code == 0
    assert "hush" not in result.stdout
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert rows["kafka.partitions"] == {"name": "kafka.partitions", "value": "9", "origin": "command line"}
    assert rows["elasticsearch.api_key"]["origin"] == "environment WIRECOPY_ELASTICSEARCH__API_KEY"
    assert rows["kafka.replication"]["origin"] == "default"
