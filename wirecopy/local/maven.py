"""Fetches the servers from Maven once, and checks every file against the hashes in ``deploy/local``."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from wirecopy.errors import MissingSoftware, ServerError
from wirecopy.local.java import Jdk
from wirecopy.local.progress import Progress

PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
HOW_TO_INSTALL = "install Maven, for example `apt install maven`"
HEARTBEAT = 10.0
"""Seconds between lines while a download is under way."""


def find_maven() -> str:
    """Return the path of ``mvn``. Raises ``MissingSoftware``."""
    found = shutil.which("mvn")
    if found is None:
        raise MissingSoftware(f"no Maven (`mvn`) on PATH: {HOW_TO_INSTALL}")
    return found


def fetch_jars(pom: Path, target: Path, jdk: Jdk, progress: Progress) -> None:
    """Copy all jars that ``pom`` names into ``target``. Raises ``MissingSoftware`` or ``ServerError``."""
    _run(["copy-dependencies", "-f", str(pom), f"-DoutputDirectory={target}"], jdk, progress)


def fetch_artifact(coordinates: str, target: Path, jdk: Jdk, progress: Progress) -> None:
    """Copy one artifact, ``group:name:version:type``, into ``target``. Raises as ``fetch_jars``."""
    _run(["copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={target}"], jdk, progress)


def check_hashes(folder: Path, listed: Path) -> None:
    """Compare the files of ``folder`` with a list of ``sha256sum``. Raises ``ServerError`` on any difference."""
    wanted = read_hashes(listed.read_text(encoding="utf-8"))
    found = {path.name: _sha256(path) for path in folder.iterdir()}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise ServerError(f"downloaded files differ from {listed.name}: {', '.join(wrong[:5])}; none of them is used")


def read_hashes(text: str) -> Mapping[str, str]:
    """Return hashes by file name."""
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return {name.lstrip("*"): digest for digest, name in pairs}


def unpack(archive: Path, target: Path) -> None:
    """Unpack a checked zip: readable for everyone, executable as in the archive."""
    with zipfile.ZipFile(archive) as content:
        for entry in content.infolist():
            path = Path(content.extract(entry, target))
            executable = entry.is_dir() or (entry.external_attr >> 16) & 0o100
            path.chmod(0o755 if executable else 0o644)


def _run(arguments: list[str], jdk: Jdk, progress: Progress) -> None:
    """Run one goal of the dependency plugin; its output is shown only when it fails."""
    goal, *options = arguments
    command = [find_maven(), "--batch-mode", f"{PLUGIN}:{goal}", *options]
    # Without a pom, Maven leaves a stray folder where it runs.
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        environment = {**os.environ, "JAVA_HOME": str(jdk.home)}
        with subprocess.Popen(
            command, cwd=scratch, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        ) as process:
            try:
                _wait(process, progress)
            except BaseException:
                process.terminate()
                raise
        log.seek(0)
        if process.returncode != 0:
            raise ServerError(f"Maven could not fetch the server: {explain_failure(log.read())}")


def _wait(process: subprocess.Popen[bytes], progress: Progress) -> None:
    began = time.monotonic()
    while True:
        try:
            process.wait(HEARTBEAT)
        except subprocess.TimeoutExpired:
            progress(f"still downloading, {time.monotonic() - began:.0f} s")
        else:
            return


def explain_failure(log: str) -> str:
    """Return the first error line of a Maven log, without colours and markers."""
    plain = re.sub(r"\x1b\[[0-9;]{0,10}m", "", log)
    errors = [line.removeprefix("[ERROR]").strip() for line in plain.splitlines() if line.startswith("[ERROR]")]
    return next((line for line in errors if line), plain.strip()[-300:] or "it said nothing")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
