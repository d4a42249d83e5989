"""The Compose file says what the code does, and keeps what its page promises."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from schemas.access import ROLES
from tests.unit.deploying import (
    DEPLOY,
    PROJECT,
    ROOT,
    STAGES,
    check_environment,
    is_command,
    local_version,
    unknown_settings,
)

FOLDER = DEPLOY / "compose"
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")


def interpolated(value: Any) -> Any:
    """``${NAME:-default}`` as with an empty `.env`; a variable that has to be set is set."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: found[2] if found[2] is not None else "set", value).replace("$$", "$")
    if isinstance(value, list):
        return [interpolated(one) for one in value]
    return {key: interpolated(one) for key, one in value.items()} if isinstance(value, dict) else value


COMPOSE: dict[str, Any] = interpolated(yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8")))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("wirecopy:")}


def test_the_file_is_one_of_the_compose_specification() -> None:
    schema = json.loads((ROOT / "tests/data/compose/compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8")), schema)


@pytest.mark.parametrize("name", OURS)
def test_settings_exist_and_are_allowed(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {key: str(value) for key, value in OURS[name]["environment"].items()}
    assert unknown_settings(given) == set()
    check_environment(given, monkeypatch, tmp_path)


@pytest.mark.parametrize("name", sorted(set(OURS) - {"cli", "admin"}))
def test_commands_exist(name: str) -> None:
    words = OURS[name].get("command") or OURS[name]["entrypoint"][-1].partition("wirecopy ")[2].split()
    assert is_command(words), words


def test_every_stage_runs_and_engine_and_producer_twice() -> None:
    running = [service["command"][1] for service in OURS.values() if service.get("command", [""])[0] == "run"]
    assert sorted(running) == sorted([*STAGES, "engine", "producer"])


def test_each_engine_has_a_disk_of_its_own() -> None:
    disks = [volume for name in ("engine-1", "engine-2") for volume in SERVICES[name]["volumes"]]
    assert len(set(disks)) == 2


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_has_more_rights_than_needed(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only") or name in {"kafka", "elasticsearch", "kibana"}, (
        "they write where they are installed"
    )
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


def test_versions_are_those_of_the_code() -> None:
    images = dict(service["image"].split(":") for service in SERVICES.values())
    assert images["wirecopy"] == PROJECT["version"]
    assert images["apache/kafka"] == local_version("kafka")
    assert images["elasticsearch"] == images["kibana"] == local_version("elasticsearch")


def test_only_those_who_ask_feeds_get_out() -> None:
    reaching = {name for name, service in SERVICES.items() if "out" in service.get("networks", [])}
    assert reaching == {"producer-1", "producer-2", "cli"}
    inside = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
    assert set(COMPOSE["networks"]) - inside == {"out", "front"}


def test_ports_are_open_on_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_whoever_runs_is_checked() -> None:
    ends = {name for name, service in SERVICES.items() if service["restart"] == "no"}
    by_image = {name for name in OURS if "healthcheck" not in SERVICES[name]}
    assert "HEALTHCHECK" in (DEPLOY / "docker/Dockerfile").read_text(encoding="utf-8")
    assert [name for name in set(SERVICES) - ends - by_image if not SERVICES[name]["healthcheck"]["test"]] == []
    assert all(SERVICES[name]["healthcheck"] == {"disable": True} for name in set(OURS) & ends)


def test_the_users_of_kafka_are_those_that_get_rights() -> None:
    roles = {f"wirecopy-{role.name}" for role in ROLES} | {"wirecopy-admin"}
    users = {service["environment"].get("WIRECOPY_KAFKA__SASL_USERNAME") for service in OURS.values()} - {None}
    assert users <= roles
    assert {f"kafka-{user.removeprefix('wirecopy-')}" for user in users} <= set(SERVICES["kafka-users"]["secrets"])
    assert "super.users=User:ANONYMOUS;User:wirecopy-admin" in (FOLDER / "kafka/server.properties").read_text("utf-8")


@pytest.mark.parametrize("name", OURS)
def test_everybody_is_given_the_secrets_that_they_are_told_of(name: str) -> None:
    paths = [value for value in OURS[name]["environment"].values() if str(value).startswith("/run/secrets/")]
    if "WIRECOPY_KAFKA__SASL_USERNAME" not in OURS[name]["environment"]:
        assert "elastic-password" in OURS[name]["secrets"]
    assert {path.removeprefix("/run/secrets/") for path in paths} <= set(OURS[name]["secrets"])


@pytest.mark.parametrize("name", OURS)
def test_volumes_are_mounted_where_the_image_lets_its_user_write(name: str) -> None:
    made = re.findall(r"--mode=0700 (.+)$", (DEPLOY / "docker/Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    volumes = [volume for volume in OURS[name].get("volumes", []) if not volume.startswith(".")]
    assert {volume.split(":")[1] for volume in volumes} <= set(made[0].split())


def test_prometheus_asks_every_stage() -> None:
    scraped = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    (asked,) = [search for job in scraped for search in job.get("dns_sd_configs", [])]
    ports: dict[str, set[str]] = {}
    for service in OURS.values():
        if service.get("command", [""])[0] in {"run", "serve"}:
            port = service["environment"]["WIRECOPY_TELEMETRY__METRICS_PORT"]
            ports.setdefault(service["command"][-1], set()).add(port)
    assert ports == {name: {str(asked["port"])} for name in asked["names"]}
    assert {name for name in asked["names"] if name in SERVICES or name in aliases()} == set(asked["names"])


def aliases() -> set[str]:
    """The further names of services in the network between them."""
    networks = [service["networks"] for service in SERVICES.values() if isinstance(service.get("networks"), dict)]
    return {name for network in networks for name in network.get("back", {}).get("aliases", [])}


def test_the_example_environment_names_what_the_file_asks_for() -> None:
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    offered = set(re.findall(r"^#?([A-Z_]+)=", (FOLDER / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert offered == set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text)) - {"WIRECOPY_VERSION"}


@pytest.mark.once
def test_the_script_makes_every_secret_once(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "make-secrets.sh", tmp_path)
    script = [str(tmp_path / "make-secrets.sh"), "news.example", "192.0.2.7"]
    subprocess.run(script, check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}
    wanted = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert wanted <= set(made)
    assert (tmp_path / "secrets").stat().st_mode & 0o77 == 0
    subprocess.run(script, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()} == made
    names = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "secrets/web.crt", "-noout", "-ext", "subjectAltName"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "DNS:news.example" in names
    assert "IP Address:192.0.2.7" in names
