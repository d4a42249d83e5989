"""Prometheus' own tool, for tests of alerts: found on this machine, or taken from Debian's package of Prometheus."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[1] / ".wirecopy/cache/promtool"
_ENOUGH = 120


@functools.cache
def promtool() -> str:
    """The path of the program. Skips the test where there is none and none can be had."""
    for candidate in (os.environ.get("PROMTOOL", "promtool"), str(CACHE / "promtool")):
        if (found := shutil.which(candidate)) is not None:
            return found
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb") and _from_debian()):
        pytest.skip("no promtool: install Prometheus, or name the program in PROMTOOL")
    return str(CACHE / "promtool")


def _from_debian() -> bool:
    """Only unpacked: nothing is installed."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for command in (["apt-get", "download", "prometheus"], ["sh", "-c", "dpkg-deb -x prometheus_*.deb ."]):
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_ENOUGH, check=False)
            if done.returncode != 0:
                return False
        ours = CACHE / f"promtool.{os.getpid()}"  # tests run side by side
        shutil.move(f"{folder}/usr/bin/promtool", ours)
    ours.replace(CACHE / "promtool")
    return True


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and all that it says."""
    done = subprocess.run([promtool(), *arguments], capture_output=True, text=True, timeout=_ENOUGH, check=False)
    return done.returncode, done.stdout + done.stderr
