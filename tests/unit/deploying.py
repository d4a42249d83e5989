"""What the tests of `deploy/` share: which names exist in the code, and what is named before its code is there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from wirecopy import settings
from wirecopy.cli.registry import GROUP

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
STAGES = ("producer", "fingerprint", "engine", "tagging", "indexing")
COMMANDS = {entry.name.replace(".", " ") for entry in entry_points(group=GROUP)}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def is_command(words: Iterable[str]) -> bool:
    """Whether these arguments of `wirecopy` begin with a command that there is."""
    plain = [word for word in words if not word.startswith("-")]
    return bool({plain[0], " ".join(plain[:2])} & COMMANDS) if plain else False


def setting(variable: str) -> str:
    """The setting that a variable of the environment sets, by itself or by naming a file with a secret in it."""
    section, key = settings.split_name(variable)
    if key.endswith("_file") and settings.is_secret(section, key.removesuffix("_file")):
        key = key.removesuffix("_file")
    return f"{section}.{key}"


def unknown_settings(variables: Iterable[str]) -> set[str]:
    """The settings of these variables that do not exist."""
    ours = [name for name in variables if name.startswith(settings.PREFIX) and name != settings.PREFIX + "CONFIG"]
    named = {setting(name) for name in ours}
    return {name for name in named if not settings.is_known(*name.split(".", 1))}


def check_environment(variables: Mapping[str, str], patch: pytest.MonkeyPatch, folder: Path) -> settings.Settings:
    """The settings that a process would have: raises ``SettingsError`` for a value that is not allowed.

    Files with secrets are replaced with one of ours, since those named are in the container only.
    """
    secret = folder / "secret"
    secret.write_text("not a secret", encoding="utf-8")
    for name, value in variables.items():
        if name.startswith(settings.PREFIX):
            is_file = name.endswith("_FILE") and settings.is_secret(*setting(name).split(".", 1))
            patch.setenv(name, str(secret) if is_file else value)
    return settings.load().settings


def local_version(server: str) -> str:
    """The version that `wirecopy up` runs, and the tests with it."""
    text = (ROOT / f"wirecopy/local/{server}.py").read_text(encoding="utf-8")
    found = re.search(r'^VERSION = "([\d.]+)"', text, re.MULTILINE)
    assert found, server
    return found[1]
