"""The units are units, name what exists, and forbid what they can."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.deploying import DEPLOY, STAGES, check_environment, is_command, unknown_settings
from wirecopy import settings
from wirecopy.errors import MissingSoftware, SettingsError, StateError
from wirecopy.settings import is_known

FOLDER = DEPLOY / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
SHARED = FOLDER / "wirecopy-.service.d/stage.conf"
CLOSED = 1.5
"""`systemd-analyze security`: 10 is open to everything, 0 to nothing."""

with_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")


class Unit(configparser.RawConfigParser):
    """A unit file: sections of `Key=value`; a key may come several times, and is then a line each."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, interpolation=None)
        self.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
        self.text = path.read_text(encoding="utf-8")
        self.read_string(self.text)

    @property
    def environment(self) -> dict[str, str]:
        pairs = re.findall(r"^Environment=(\w+)=(.*)$", self.text, re.MULTILINE)
        return {name: value.replace("%i", "1").replace("%S", "state").replace("%N", "unit") for name, value in pairs}


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The tool on copies of the units that run a program which is there."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    for path in folder.glob("*.service"):
        path.write_text(path.read_text(encoding="utf-8").replace("/opt/wirecopy/bin/wirecopy", "/bin/true"), "utf-8")
    env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@with_systemd
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    names = [f"./{path.name}" for path in [*UNITS, *FOLDER.glob("*.timer")]]
    done = analyze(tmp_path, "verify", "--man=no", *names, "./wirecopy.target")
    ours = [line for line in done.stderr.splitlines() if "wirecopy" in line]
    assert (done.returncode, ours) == (0, [])


@with_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_closed(unit: Path, tmp_path: Path) -> None:
    done = analyze(tmp_path, "security", "--offline=true", "--no-pager", f"./{unit.name}")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= CLOSED


def test_there_is_a_unit_for_every_stage() -> None:
    others = {"wirecopy-serve", "wirecopy-index@"}
    assert {path.stem for path in UNITS} == {f"wirecopy-{stage}@" for stage in STAGES} | others


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_commands_and_settings_exist(unit: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read = Unit(unit)
    program, *words = read["Service"]["ExecStart"].split()
    assert program == "/opt/wirecopy/bin/wirecopy"
    if unit.stem == "wirecopy-index@":
        words = [word.replace("%i", "sweep") for word in words]
    else:
        assert f"wirecopy-{words[-1]}" == unit.stem.removesuffix("@")
    assert is_command(words)
    given = {**Unit(SHARED).environment, **read.environment}
    assert unknown_settings(given) == set()
    monkeypatch.chdir(tmp_path)
    check_environment(
        {name: value for name, value in given.items() if name != "WIRECOPY_CONFIG"}, monkeypatch, tmp_path
    )


def test_no_two_processes_of_a_host_have_one_port() -> None:
    ports = [Unit(path).environment.get("WIRECOPY_TELEMETRY__METRICS_PORT") for path in UNITS]
    named = [port for port in ports if port is not None]
    assert len(named) == len(STAGES) + 1, "the stages and the desk"
    assert len(set(named)) == len(named)


def test_what_starting_again_cannot_mend_is_not_started_again() -> None:
    codes = {SettingsError("").exit_code, MissingSoftware("").exit_code, StateError("").exit_code}
    listed = {int(code) for code in Unit(SHARED)["Service"]["RestartPreventExitStatus"].split()}
    assert codes <= listed
    assert 70 not in listed


def test_every_night_has_commands_that_exist_and_are_not_repeated_at_once() -> None:
    timed = Unit(FOLDER / "wirecopy-index@.service.d/timed.conf")
    assert (SHARED.name < "timed.conf", timed["Service"]["Restart"]) == (True, "no")
    documented = re.findall(
        r"wirecopy-index@(\w+)\.timer", (DEPLOY.parent / "docs/deploy/systemd.md").read_text("utf-8")
    )
    assert set(documented) == {"sweep", "retention", "snapshot"}
    assert all(is_command(["index", name]) for name in documented)
    keep = Unit(FOLDER / "wirecopy-index@snapshot.service.d/keep.conf")["Service"]["ExecStart"]
    assert is_command(keep.split()[1:])


def test_examples_name_settings_that_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = yaml.safe_load((FOLDER / "wirecopy.yaml").read_text(encoding="utf-8"))
    assert [key for section, group in content.items() for key in group if not is_known(section, key)] == []
    monkeypatch.chdir(tmp_path)
    settings.load(config=FOLDER / "wirecopy.yaml")
    assert unknown_settings(Unit(FOLDER / "credentials.conf").environment) == set()
