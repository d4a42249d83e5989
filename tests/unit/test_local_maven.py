from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path

import pytest

from wirecopy.errors import MissingSoftware, ServerError
from wirecopy.local import maven
from wirecopy.local.java import Jdk


def fake_maven(folder: Path, script: str) -> None:
    folder.mkdir()
    (folder / "mvn").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "mvn").chmod(0o755)


def test_no_maven_is_one_line_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingSoftware, match="install Maven"):
        maven.find_maven()


def test_a_failed_download_shows_mavens_own_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_maven(tmp_path / "bin", "echo '[INFO] hello'; echo '[\033[1;31mERROR\033[m] Could not transfer it'; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    with pytest.raises(ServerError, match="Could not transfer it"):
        maven.fetch_artifact("group:name:1:zip", tmp_path / "target", Jdk(tmp_path, 21), lambda _: None)


def test_maven_runs_on_the_jdk_that_was_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_maven(tmp_path / "bin", f'echo "$JAVA_HOME" > {tmp_path}/java-home')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    maven.fetch_jars(tmp_path / "pom.xml", tmp_path / "target", Jdk(tmp_path / "jdk", 21), lambda _: None)
    assert (tmp_path / "java-home").read_text().strip() == str(tmp_path / "jdk")


@pytest.mark.parametrize("change", ["none", "altered", "missing", "added"])
def test_every_downloaded_file_must_be_the_one_that_was_listed(tmp_path: Path, change: str) -> None:
    folder, listed = tmp_path / "jars", tmp_path / "jars.sha256"
    folder.mkdir()
    contents = {"a.jar": b"one", "b.jar": b"two"}
    listed.write_text("".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in contents.items()))
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    if change == "altered":
        (folder / "a.jar").write_bytes(b"evil")
    if change == "missing":
        (folder / "a.jar").unlink()
    if change == "added":
        (folder / "a.jar").rename(folder / "c.jar")
    if change == "none":
        maven.check_hashes(folder, listed)
        return
    with pytest.raises(ServerError, match=r"a\.jar"):
        maven.check_hashes(folder, listed)


def test_unpacked_files_are_readable_for_everyone_and_programs_stay_programs(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as content:
        for name, mode in {"x/bin/run": 0o100750, "x/config/secret.yml": 0o100660}.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            content.writestr(entry, name)
    maven.unpack(archive, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out/x/bin/run").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "out/x/config/secret.yml").stat().st_mode) == 0o644
