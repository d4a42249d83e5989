"""The chart says what the code does. That it is a chart is shown by Helm itself: see docs/deploy/helm.md."""

from __future__ import annotations

import json
import re
import runpy
from typing import Any

import jsonschema
import pytest
import yaml

from schemas.access import ROLES
from tests.unit.deploying import DEPLOY, PROJECT, STAGES, is_command, unknown_settings
from wirecopy.settings import Settings, variable

CHART = DEPLOY / "helm/wirecopy"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
TEMPLATES = {path.name: path.read_text(encoding="utf-8") for path in sorted((CHART / "templates").iterdir())}
ALL = "\n".join(TEMPLATES.values())


def test_versions_are_those_of_the_project() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["version"] == chart["appVersion"] == PROJECT["version"]


@pytest.mark.parametrize("name", ["topics.json", "access.json", "taken.json"])
def test_what_the_chart_reads_of_the_code_is_that_of_the_code(name: str) -> None:
    wanted = runpy.run_path(str(DEPLOY / "helm/generate.py"))["contents"]()
    assert (CHART / "files" / name).read_text(encoding="utf-8") == wanted[name], "run python deploy/helm/generate.py"
    json.loads(wanted[name])


def test_values_are_checked_by_a_schema_that_knows_the_sections() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(VALUES, schema)
    with pytest.raises(jsonschema.ValidationError, match="taging"):
        jsonschema.validate({**VALUES, "stages": {"taging": {}}}, schema)
    assert set(schema["properties"]["settings"]["propertyNames"]["enum"]) <= set(Settings.model_fields)


def test_settings_exist() -> None:
    named = set(re.findall(r"WIRECOPY_[A-Z]+__[A-Z_]+", ALL))
    assert len(named) > 10
    assert unknown_settings(named) == set()
    chosen = {f"{section}.{key}" for section, group in VALUES["settings"].items() for key in group}
    assert chosen
    assert unknown_settings(variable(name) for name in chosen) == set()


def test_defaults_of_the_chart_are_those_of_the_code() -> None:
    settings = Settings()
    assert VALUES["settings"]["dedup"]["window_days"] == settings.dedup.window_days
    assert VALUES["kafka"]["partitions"] == settings.kafka.partitions
    assert VALUES["kafka"]["topicPrefix"] == settings.kafka.topic_prefix


def test_commands_exist() -> None:
    given = [words.replace(" ", "").split(",") for words in re.findall(r"args: \[([^\]]+)\]", ALL)]
    stages = [["run", stage] for stage in STAGES]
    nightly = [["index", command] for command in VALUES["nightly"]]
    fixed = [words for words in given if not any("{{$" in word for word in words)]
    assert len(given) - len(fixed) == 2, "a stage, and a command of every night"
    assert [words for words in [*fixed, *stages, *nightly] if not is_command(words)] == []
    assert is_command(["doctor"])


def test_all_stages_are_deployed_and_have_values() -> None:
    (named,) = re.findall(r"range \$stage := list (.+?) \}\}", TEMPLATES["stages.yaml"])
    assert set(re.findall(r'"(\w+)"', named)) == set(STAGES) == set(VALUES["stages"])
    assert VALUES["stages"]["engine"]["replicas"] == 2


def test_users_are_roles_that_have_rights() -> None:
    roles = {role.name for role in ROLES}
    named = set(re.findall(r'"user" "(\w+)"', ALL)) | {"monitor", *STAGES}
    assert named <= roles


def test_no_more_workers_than_partitions_are_asked_for() -> None:
    scaled = [stage["autoscaling"]["max"] for stage in VALUES["stages"].values() if "autoscaling" in stage]
    assert scaled
    assert max(scaled) <= VALUES["kafka"]["partitions"]


def test_only_producers_get_out() -> None:
    policies = TEMPLATES["networkpolicies.yaml"].split("---\n")
    (anywhere,) = [policy for policy in policies if "ipBlock" in policy]
    assert '"stage" "producer"' in anywhere
    assert "{}" not in anywhere


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "Job"])
def test_pods_have_no_more_rights_than_they_need(kind: str) -> None:
    for text in TEMPLATES.values():
        if re.search(rf"^kind: .*{kind}", text, re.MULTILINE):
            assert text.count('include "wirecopy.containerSecurity"') == len(
                re.findall(r"^ +image: ", text, re.MULTILINE)
            )
            assert text.count('include "wirecopy.pod"') == text.count("      containers:")
