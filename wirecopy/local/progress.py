"""How the start of something slow tells a person what it is doing."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Called with one line of plain text for each step."""


def silent(_: str) -> None:
    """Tell nobody."""
