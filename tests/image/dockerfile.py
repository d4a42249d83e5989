"""A Dockerfile as its stages, each a list of instructions. What is not known here is an error, never skipped."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

OPTIONS = ("VOLUME", "EXPOSE", "LABEL", "STOPSIGNAL", "HEALTHCHECK")
"""Instructions for whoever runs the image: nothing is to be done for them while it is built."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""``PATH`` of the base."""
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True)
class Stage:
    """``FROM base AS name`` and what follows it."""

    name: str
    base: str
    steps: tuple[tuple[str, str], ...]


@dataclass
class State:
    """What the instructions before have set for a ``RUN``, and for whoever starts the image."""

    env: dict[str, str] = field(default_factory=lambda: {"PATH": SYSTEM_PATH, "HOME": "/"})
    workdir: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)


def stages(path: Path, arguments: Mapping[str, str] | None = None) -> list[Stage]:
    """Raises ``ValueError`` for what is in no stage, or names a variable that nobody has set."""
    known: dict[str, str] = {}
    found: list[tuple[str, str, list[tuple[str, str]]]] = []
    for instruction, value in structure(path):
        if instruction == "FROM":
            base, _, name = substituted(value, known).partition(" AS ")
            found.append((name, base, []))
        elif found:
            found[-1][2].append((instruction, value))
        elif instruction == "ARG":
            name, _, default = value.partition("=")
            known[name] = (arguments or {}).get(name, default)
        else:
            raise ValueError(f"{instruction} before the first FROM")
    return [Stage(name, base, tuple(steps)) for name, base, steps in found]


def structure(path: Path) -> list[tuple[str, str]]:
    """Every instruction but the comments, with what follows it, lines that go on joined."""
    parsed = DockerfileParser(str(path)).structure
    return [(step["instruction"], step["value"]) for step in parsed if step["instruction"] != "COMMENT"]


def applied(state: State, instruction: str, value: str) -> bool:
    """Take in what sets something; false for ``RUN`` and ``COPY``, which do something. ``ValueError`` for the rest."""
    if instruction == "ENV":
        for pair in shlex.split(value):
            name, _, given = pair.partition("=")
            state.env[name] = substituted(given, state.env)
    elif instruction == "WORKDIR":
        state.workdir = substituted(value, state.env)
    elif instruction == "USER":
        state.user = value
    elif instruction in {"ENTRYPOINT", "CMD"}:
        words = json.loads(value)
        if instruction == "ENTRYPOINT":
            state.entrypoint = words
    elif instruction in {"RUN", "COPY"}:
        return False
    elif instruction not in OPTIONS:
        raise ValueError(f"{instruction} is not known here: teach it to {__name__}")
    return True


def copy_parts(value: str) -> tuple[str | None, Sequence[str], str]:
    """``(stage, sources, target)`` of a ``COPY``."""
    words = shlex.split(value)
    stage = None
    while words[0].startswith("--"):
        option, _, given = words.pop(0).partition("=")
        if option != "--from":
            raise ValueError(f"COPY {option} is not known here: teach it to {__name__}")
        stage = given
    return stage, words[:-1], words[-1]


def substituted(text: str, known: Mapping[str, str]) -> str:
    """``$NAME`` and ``${NAME}`` filled in."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise ValueError(f"${found[1]} is not set")
        return known[found[1]]

    return _VARIABLE.sub(value, text)
