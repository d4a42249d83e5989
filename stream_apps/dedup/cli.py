"""Commands of this package."""

from __future__ import annotations

from wirecopy.cli.registry import CommandLine


def register(line: CommandLine) -> None:
    """Add the commands."""
