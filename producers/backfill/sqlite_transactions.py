"""SQLite files with explicit transactions: Python's own begin only with the first write."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path


def opened(path: Path | None, script: str) -> sqlite3.Connection:
    """Open a connection in autocommit mode and run the script; in memory without a path.

    Raises ``sqlite3.Error``, and leaves nothing open, where the file cannot be opened or is no database.
    """
    db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
    try:
        db.executescript(script)
    except sqlite3.Error:
        db.close()
        raise
    return db


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit all of the block, or nothing. ``db`` is in autocommit mode."""
    db.execute("BEGIN")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
