"""The image and the wheel hold what a deployment needs, and no more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

from packaging.requirements import Requirement
from setuptools import find_packages

from tests.image.dockerfile import State, applied, copy_parts, stages
from tests.image.ignored import context
from tests.unit.deploying import DEPLOY, PROJECT, ROOT, is_command, unknown_settings
from tests.unit.test_architecture import all_imports, under
from wirecopy.local.process import free_port
from wirecopy.monitoring.health import Health
from wirecopy.monitoring.server import serve
from wirecopy.settings import TelemetrySettings

DOCKERFILE = DEPLOY / "docker/Dockerfile"
PACKAGES = ("wirecopy", "schemas", "producers", "stream_apps")
BUILD, IMAGE = stages(DOCKERFILE)
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
LEFT_OUT = ("wirecopy.wireday", "stream_apps.tagging.training")


def pins(path: Path) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    """Version and hashes of each package of a lock file, by its name and the marker that says where it is meant."""
    found = {}
    for entry in re.split(r"\n(?=[a-z0-9])", path.read_text(encoding="utf-8")):
        if match := re.match(r"([\w.-]+)(?:\[.+\])?==([^\s;]+)(?: ; ([^\\]+))?", entry):
            hashes = frozenset(re.findall(r"sha256:\w+", entry))
            found[match[1], (match[3] or "").strip()] = (match[2], hashes)
    return found


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_deployed_is_locked_as_what_is_tested() -> None:
    service, tested = pins(DEPLOY / "requirements.lock"), pins(ROOT / "requirements.lock")
    assert all(hashes for _, hashes in service.values())
    assert {name: pin for name, pin in service.items() if tested.get(name) != pin} == {}, "see CONTRIBUTING.md"
    missing = {Requirement(text).name.lower() for text in PROJECT["dependencies"]} - {name for name, _ in service}
    assert missing == set(), "the lock of deployments is older than pyproject.toml: see CONTRIBUTING.md"


def test_tools_of_development_are_not_deployed() -> None:
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & {name for name, _ in pins(DEPLOY / "requirements.lock")}


def test_the_build_is_sent_what_it_copies(tmp_path: Path) -> None:
    context(ROOT, tmp_path)
    copied = {Path(source) for step, value in BUILD.steps if step == "COPY" for source in copy_parts(value)[1]}
    assert {path for path in copied if not (tmp_path / path).exists()} == set()
    sent = {path.name for path in tmp_path.iterdir()}
    assert sent == {path.parts[0] for path in copied}
    assert not list(tmp_path.rglob("__pycache__"))


def test_the_image_adds_its_environment_alone() -> None:
    assert [copy_parts(value)[:2] for step, value in IMAGE.steps if step == "COPY"] == [("build", ["/opt/wirecopy"])]


def test_the_image_runs_as_nobody_in_particular_and_names_settings_that_exist() -> None:
    state = State()
    for step, value in IMAGE.steps:
        applied(state, step, value)
    assert state.user == "10001:10001"
    assert state.entrypoint == ["wirecopy"]
    assert unknown_settings(state.env) == set()
    assert is_command(["doctor"])


def test_the_health_of_a_stage_is_asked_where_it_is_told() -> None:
    (check,) = [value for step, value in IMAGE.steps if step == "HEALTHCHECK"]
    command = json.loads(check.partition("CMD ")[2])
    server = serve(TelemetrySettings(metrics_port=free_port()), Health(list, list))
    assert server is not None
    env = {"PATH": os.environ["PATH"], "WIRECOPY_TELEMETRY__METRICS_PORT": str(server.server_address[1])}
    command[0] = sys.executable
    try:
        assert subprocess.run(command, env=env, check=False, capture_output=True).returncode == 0
    finally:
        server.shutdown()
        server.server_close()
    assert subprocess.run(command, env=env, check=False, capture_output=True).returncode != 0


def test_the_wheel_takes_every_file_along() -> None:
    patterns = SETUPTOOLS["package-data"]
    data = [pattern.removeprefix("**/") for pattern in patterns["*"]]
    folders = [ROOT / package.replace(".", "/") for package in patterns if package != "*"]
    left_out = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file()
        and path.suffix not in {".py", ".pyc", ".md"}
        and not any(fnmatch(path.name, pattern) for pattern in data)
        and not any(path.is_relative_to(folder) for folder in folders)
    ]
    assert left_out == []


def test_the_wheel_leaves_the_wire_day_and_training_out() -> None:
    every = set(find_packages(str(ROOT), include=SETUPTOOLS["packages"]["find"]["include"]))
    found = set(find_packages(str(ROOT), **SETUPTOOLS["packages"]["find"]))
    assert every - found == {name for name in every if name.startswith(LEFT_OUT)} != set()
    data = {
        f"{package}.{pattern.removesuffix('/**').replace('/', '.')}"
        for package, patterns in SETUPTOOLS["exclude-package-data"].items()
        for pattern in patterns
    }
    assert data == set(LEFT_OUT)


def test_nothing_in_the_wheel_imports_what_is_left_out_of_it() -> None:
    importers = {
        path
        for package in PACKAGES
        for path, name in all_imports(package)
        if under(name, *LEFT_OUT) and not under(".".join(path.with_suffix("").parts), *LEFT_OUT)
    }
    assert importers == {Path("wirecopy/cli/wireday.py")}, "the commands of the wire day say so where it is missing"
