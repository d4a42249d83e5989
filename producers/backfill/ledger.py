"""The state of a backfill on disk, an SQLite file a job, so that a killed job goes on where it was.

A position is written only when Kafka has acknowledged everything before it, in one transaction with the articles sent:
after a crash at most one batch is sent again, with the same ids.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from producers.backfill.job import Counts, Position
from producers.backfill.sqlite_transactions import opened, transaction
from wirecopy.errors import SettingsError

_TABLES = """
CREATE TABLE IF NOT EXISTS job (
    one INTEGER PRIMARY KEY CHECK (one = 1), finished INTEGER, file INTEGER, unit INTEGER, entry INTEGER, counts TEXT);
CREATE TABLE IF NOT EXISTS articles (article BLOB PRIMARY KEY) WITHOUT ROWID;
"""


class Ledger:
    """The state of one job. Use it from one thread at a time."""

    def __init__(self, path: Path | None) -> None:
        """Without ``path`` the ledger is kept in memory. Raises ``SettingsError`` if another process holds it."""
        self._file = None if path is None else _locked(path)
        try:
            self._db = opened(path, "PRAGMA synchronous = FULL;" + _TABLES)
        except sqlite3.Error:
            self._unlock()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def standing(self) -> tuple[Position, Counts, bool]:
        """Return the position, the counts up to it, and whether the job is finished."""
        row = self._db.execute("SELECT file, unit, entry, counts, finished FROM job").fetchone()
        if row is None:
            return Position(), Counts(), False
        return Position(*row[:3]), Counts.from_json(row[3]), bool(row[4])

    def advance(self, position: Position, counts: Counts, sent: Iterable[str]) -> None:
        """Record that everything before ``position`` is acknowledged, and the articles sent since the last one."""
        with transaction(self._db):
            self._db.executemany("INSERT OR IGNORE INTO articles VALUES (?)", ((bytes.fromhex(one),) for one in sent))
            self._write(position, counts, finished=False)

    def finish(self, position: Position, counts: Counts) -> None:
        """Finish the job: keep only that it is done, and its counts."""
        with transaction(self._db):
            self._write(position, counts, finished=True)
            self._db.execute("DELETE FROM articles")
        self._db.execute("VACUUM")

    def forget(self) -> None:
        """Drop the job's state."""
        with transaction(self._db):
            self._db.execute("DELETE FROM job")
            self._db.execute("DELETE FROM articles")

    def was_sent(self, article: str) -> bool:
        found = self._db.execute("SELECT 1 FROM articles WHERE article = ?", (bytes.fromhex(article),)).fetchone()
        return found is not None

    def _write(self, position: Position, counts: Counts, *, finished: bool) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO job VALUES (1, ?, ?, ?, ?, ?)", (int(finished), *position, counts.to_json())
        )


def _locked(path: Path) -> int:
    """Lock a file beside the database; the lock ends with the process."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}") from error
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(number)
        raise SettingsError(f"this backfill is running already: another process holds {path}") from None
    return number
