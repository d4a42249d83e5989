"""Where things are, and on which ports, for every run of the tests."""

from __future__ import annotations

import os
from pathlib import Path

from wirecopy.local import process

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".wirecopy" / "cache"
"""What `up` has downloaded is not downloaded again."""


def port_from(first: int) -> int:
    """A free port near ``first``; runs side by side begin to look at different ones."""
    start = first + os.getpid() % 50
    return next(port for port in range(start, start + 100) if process.port_is_free(port))
