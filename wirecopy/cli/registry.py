"""Where the packages put their commands."""

from __future__ import annotations

from contextvars import ContextVar

import typer

from wirecopy.settings import Loaded, Settings

_running: ContextVar[Loaded] = ContextVar("loaded")


class CommandLine:
    """The root command and its nouns. ``group("feeds").command("list")(function)`` adds ``wirecopy feeds list``."""

    def __init__(self) -> None:
        self.root = typer.Typer(
            name="wirecopy", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
        )
        self._groups: dict[str, typer.Typer] = {}

    def group(self, name: str, help: str = "") -> typer.Typer:  # noqa: A002  # typer's own word
        """The commands of one noun, made on first use."""
        if name not in self._groups:
            self._groups[name] = typer.Typer(no_args_is_help=True, help=help)
            self.root.add_typer(self._groups[name], name=name)
        return self._groups[name]


def loaded() -> Loaded:
    """The settings of the command that is running, with their origins."""
    return _running.get()


def use(found: Loaded) -> None:
    """Make these the settings of the command that is about to run."""
    _running.set(found)


def current_settings() -> Settings:
    """The settings of the command that is running."""
    return loaded().settings
