"""Finds a JDK for Elasticsearch 9 and Kafka 4."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wirecopy.errors import MissingSoftware
from wirecopy.local.files import reachable_for_others

MINIMUM = 21
SYSTEM_JDKS = Path("/usr/lib/jvm")
HOW_TO_INSTALL = (
    f"install a JDK {MINIMUM} or newer, for example `apt install openjdk-{MINIMUM}-jdk-headless`, "
    "or set JAVA_HOME to one"
)


@dataclass(frozen=True)
class Jdk:
    """A JDK: it has ``javac``, too, for the small Elasticsearch plugin."""

    home: Path
    version: int

    @property
    def java(self) -> str:
        return str(self.home / "bin" / "java")


def find_jdk(env: Mapping[str, str] = os.environ, system: Path = SYSTEM_JDKS, *, for_others: bool = False) -> Jdk:
    """Find the first JDK of ``MINIMUM`` or newer in ``JAVA_HOME``, on ``PATH``, then among the system's.

    ``for_others``: another user must be able to run it, too. Raises ``MissingSoftware`` naming what was found instead.
    """
    rejected = []
    for home in dict.fromkeys(candidates(env, system)):
        version = version_of(home)
        if version is None:
            continue
        if version < MINIMUM:
            rejected.append(f"{home} is version {version}")
        elif not (home / "bin" / "javac").exists():
            rejected.append(f"{home} has no javac")
        elif for_others and not reachable_for_others(home / "bin" / "java"):
            rejected.append(f"{home} cannot be read by other users, and Elasticsearch refuses to run as root")
        else:
            return Jdk(home, version)
    found = f" (found: {'; '.join(rejected)})" if rejected else ""
    raise MissingSoftware(f"no JDK {MINIMUM} or newer{found}: {HOW_TO_INSTALL}")


def candidates(env: Mapping[str, str], system: Path) -> Iterator[Path]:
    """Yield the possible places of a JDK in order of preference; the system's newest first."""
    if env.get("JAVA_HOME"):
        yield Path(env["JAVA_HOME"]).resolve()
    on_path = shutil.which("java", path=env.get("PATH"))
    if on_path:
        yield Path(on_path).resolve().parent.parent
    if system.is_dir():
        yield from sorted({entry.resolve() for entry in system.iterdir()}, key=_number_in_name, reverse=True)


def version_of(home: Path) -> int | None:
    """Return the feature version that ``java -version`` prints; None where it cannot be run."""
    try:
        answer = subprocess.run(
            [str(home / "bin" / "java"), "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(answer.stderr + answer.stdout)


def parse_version(text: str) -> int | None:
    """Parse the output of ``java -version``.

    >>> parse_version('openjdk version "21.0.2" 2024-01-16'), parse_version('java version "1.8.0_292"')
    (21, 8)
    """
    match = re.search(r'version "(?:1\.)?(\d{1,4})', text)
    return int(match.group(1)) if match else None


def _number_in_name(home: Path) -> int:
    match = re.search(r"\d{1,4}", home.name)
    return int(match.group()) if match else 0
