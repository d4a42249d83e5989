"""The command line, assembled from the commands of each installed package.

A command is an entry point of the group ``wirecopy.commands``: its name is the path of the command (``feeds.list``),
its value the function. So ``wirecopy`` imports none of the other packages, and a command loads only its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer

from wirecopy.errors import MissingSoftware
from wirecopy.settings import Loaded, Settings

GROUP = "wirecopy.commands"
NOUNS = {
    "config": "The settings.",
    "dlq": "The dead letters.",
    "eval": "Judge the stages on labelled data, without servers.",
    "feeds": "The feeds to poll.",
    "index": "The Elasticsearch indices.",
    "run": "One process of one stage.",
    "state": "What the stages remember.",
    "topics": "The Kafka topics.",
    "wireday": "An invented day of agency news, with the truth about who copied whom.",
}
OPTIONS_WITH_VALUE = ("--config", "--set")

_running: ContextVar[Loaded] = ContextVar("loaded")


def add_commands(root: typer.Typer, arguments: Sequence[str]) -> None:
    """Add the commands that these arguments can mean: one of them, those of a noun, or all.

    Raises ``MissingSoftware`` where all that they can mean was left out of the installed package.
    """
    installed = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    wanted = meant(installed, words(arguments)) or installed
    commands = [(entry, command) for entry in wanted if (command := load_command(entry)) is not None]
    if not commands:
        said = wanted[0].name.replace(".", " ")
        raise MissingSoftware(f"`{said}` is not in the installed package: run `./do wirecopy {said}` in a checkout")
    nouns: dict[str, typer.Typer] = {}
    for entry, command in commands:
        noun, _, verb = entry.name.rpartition(".")
        if noun and noun not in nouns:
            nouns[noun] = typer.Typer(no_args_is_help=True, help=NOUNS.get(noun))
            root.add_typer(nouns[noun], name=noun)
        (nouns[noun] if noun else root).command(verb)(command)


def load_command(entry: EntryPoint) -> Callable[..., Any] | None:
    """Load a command; None where its module was left out of the wheel (``tool.setuptools`` in ``pyproject.toml``)."""
    try:
        command: Callable[..., Any] = entry.load()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != entry.module.partition(".")[0]:
            raise
        return None
    return command


def words(arguments: Sequence[str]) -> list[str]:
    """Return the arguments before the first option: those that can be a command's path."""
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in OPTIONS_WITH_VALUE and rest:
            rest.pop(0)
    return [word for word in rest if not word.startswith("-")]


def meant(installed: Iterable[EntryPoint], said: Sequence[str]) -> list[EntryPoint]:
    """Return the commands whose path agrees with the arguments, as far as either goes."""
    return [
        entry for entry in installed if said and all(a == b for a, b in zip(entry.name.split("."), said, strict=False))
    ]


def loaded() -> Loaded:
    """Return the settings of the running command, with their origins."""
    return _running.get()


def use(found: Loaded) -> None:
    """Set the settings of the command that is about to run."""
    _running.set(found)


def current_settings() -> Settings:
    """Return the settings of the running command."""
    return loaded().settings
