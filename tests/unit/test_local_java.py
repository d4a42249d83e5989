from __future__ import annotations

from pathlib import Path

import pytest

from wirecopy.errors import MissingSoftware
from wirecopy.local import java


def fake_jdk(home: Path, version: str, *, compiler: bool = True) -> Path:
    """A folder whose `java -version` answers as a JDK of that version does."""
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-20' >&2\n")
    program.chmod(0o755)
    if compiler:
        (home / "bin" / "javac").write_text("")
    return home


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "21.0.2" 2024-01-16\nOpenJDK Runtime Environment', 21),
        ('openjdk version "25" 2025-09-16', 25),
        ('java version "1.8.0_292"', 8),
        ('Picked up JAVA_TOOL_OPTIONS: -Dx=1\nopenjdk version "17.0.15"', 17),
        ("command not found", None),
    ],
)
def test_reads_the_version_that_java_prints(text: str, version: int | None) -> None:
    assert java.parse_version(text) == version


def test_java_home_goes_before_path_and_system(tmp_path: Path) -> None:
    chosen = fake_jdk(tmp_path / "chosen", "21.0.1")
    on_path = fake_jdk(tmp_path / "path", "24")
    fake_jdk(tmp_path / "system" / "jdk-25", "25")
    env = {"JAVA_HOME": str(chosen), "PATH": str(on_path / "bin")}
    assert java.find_jdk(env, tmp_path / "system") == java.Jdk(chosen, 21)
    del env["JAVA_HOME"]
    assert java.find_jdk(env, tmp_path / "system") == java.Jdk(on_path, 24)


def test_an_old_jdk_is_passed_over_for_the_newest_of_the_system(tmp_path: Path) -> None:
    old = fake_jdk(tmp_path / "old", "17.0.15")
    fake_jdk(tmp_path / "system" / "jdk-21", "21")
    newest = fake_jdk(tmp_path / "system" / "jdk-25", "25")
    assert java.find_jdk({"JAVA_HOME": str(old), "PATH": ""}, tmp_path / "system").home == newest


def test_a_missing_jdk_is_one_line_that_says_what_was_found_and_what_to_install(tmp_path: Path) -> None:
    old = fake_jdk(tmp_path / "old", "17.0.15")
    bare = fake_jdk(tmp_path / "system" / "jre-21", "21", compiler=False)
    with pytest.raises(MissingSoftware) as caught:
        java.find_jdk({"JAVA_HOME": str(old), "PATH": ""}, tmp_path / "system")
    message = str(caught.value)
    assert "\n" not in message
    assert f"{old} is version 17" in message
    assert f"{bare} has no javac" in message
    assert "install a JDK 21 or newer" in message


def test_a_jdk_that_other_users_cannot_reach_will_not_do_for_them(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    home = fake_jdk(closed / "jdk", "21")
    closed.chmod(0o700)
    env = {"JAVA_HOME": str(home), "PATH": ""}
    assert java.find_jdk(env, tmp_path / "none").home == home
    with pytest.raises(MissingSoftware, match="cannot be read by other users"):
        java.find_jdk(env, tmp_path / "none", for_others=True)
