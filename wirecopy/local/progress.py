"""The type of functions that report the steps of a slow start to a person."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Called with one line of plain text for each step."""


def silent(_: str) -> None:
    """Report nothing."""
