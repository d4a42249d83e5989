"""A state store on disk, for large states: one SQLite database for each partition.

The changelog stays the source of truth. The file records up to which offset of which topic it has the rows, so that a
restart reads only later rows; a file that does not fit is rebuilt.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stream_apps.runtime.state_store import Changelog, RowChange, StateStore, StoredRow
from wirecopy import telemetry
from wirecopy.errors import StateError

LAYOUT = 1
"""Of the file itself."""
STALE = 12 * 3600.0
"""Seconds after which a file is not gone on with: Kafka forgets after a day that a row was deleted."""
UNCHANGED = -1
"""In place of an offset: the file is to be gone on with from where it was."""
CACHE_KIB = 16 * 1024
"""Pages of one file that are kept in memory."""

log = telemetry.logger("runtime")


class DiskStateStore(StateStore):
    """Rows whose committed part is in files ``NAME-PARTITION.sqlite`` of a folder that no other process uses."""

    def __init__(self, folder: Path, name: str, row_format: int, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._folder = folder
        self._name = name
        self._format = row_format
        self._clock = clock
        self._files: dict[int, sqlite3.Connection] = {}

    def begin(self, partition: int, changelog: Changelog) -> int:
        """Continue at the end of the file, if it belongs to this changelog; else rebuild it."""
        wanted = self._key(changelog)
        file, known = self._open(partition)
        if known is None or not self._fits(known, wanted, changelog):
            file.close()
            self._remove(partition)
            file, _ = self._open(partition)
            _remember(file, changelog.beginning, wanted, self._clock())
            known = wanted, changelog.beginning, 0.0
        self._files[partition] = file
        self._committed[partition] = {}
        log.info("state on disk", topic=self._name, partition=partition, read_from=known[1], end=changelog.end)
        return known[1]

    def take_in(self, partition: int, rows: Sequence[StoredRow], *, whole: bool = True) -> None:
        if rows:
            end = rows[-1].offset + 1 if whole else UNCHANGED
            self._apply(partition, ((row.key, row.value) for row in rows), end)

    def ready(self, partition: int, end: int) -> None:
        super().ready(partition, end)
        self._apply(partition, (), end)

    def load(self, partition: int, rows: dict[bytes, bytes]) -> None:
        """Take over a partition with these rows; the file is not continued later."""
        self.begin(partition, Changelog("loaded", 0, 0))
        self._files[partition].execute("DELETE FROM rows")
        self._apply(partition, rows.items(), None)

    def close(self) -> None:
        """Close the files; they can be continued."""
        self.drop()

    def _give_up(self, partitions: set[int]) -> None:
        super()._give_up(partitions)
        for partition in partitions & set(self._files):
            self._files.pop(partition).close()

    def _get(self, partition: int, key: bytes) -> bytes | None:
        if partition in self._released or partition not in self._files:
            return None
        with self._damage_reported(partition):
            found = self._files[partition].execute("SELECT value FROM rows WHERE key = ?", (key,)).fetchone()
        return None if found is None else found[0]

    def _items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        if partition not in self._released and partition in self._files:
            with self._damage_reported(partition):
                yield from self._files[partition].execute("SELECT key, value FROM rows")

    def _write(self, partition: int, changes: Sequence[RowChange], end: int | None) -> None:
        if partition not in self._files:
            self.load(partition, {})
        self._apply(partition, ((change.key, change.value) for change in changes), end)

    def _let_go(self, partition: int) -> None:
        self._committed.setdefault(partition, {})

    def _apply(self, partition: int, changes: Iterable[tuple[bytes, bytes | None]], end: int | None) -> None:
        """Write changes and the offset that the file has reached, in one transaction. ``end`` None: unknown."""
        with self._damage_reported(partition), self._files[partition] as file:
            file.execute("BEGIN")
            for key, value in changes:
                if value is None:
                    file.execute("DELETE FROM rows WHERE key = ?", (key,))
                else:
                    file.execute("INSERT OR REPLACE INTO rows VALUES (?, ?)", (key, value))
            if end is None:
                file.execute("UPDATE meta SET changelog = ''")
            elif end != UNCHANGED:
                file.execute("UPDATE meta SET next = ?, written = ?", (end, self._clock()))

    @contextmanager
    def _damage_reported(self, partition: int) -> Iterator[None]:
        """Raise ``StateError`` for a file that cannot be read, and remove it: no message is the cause."""
        try:
            yield
        except sqlite3.OperationalError:
            raise  # the disk is full, or gone
        except sqlite3.DatabaseError as error:
            self._files[partition].close()  # kept all the same: a partition without a file would pass for an empty one
            self._remove(partition)
            raise StateError(
                f"the state file {self._path(partition)} cannot be read ({error}): it was removed, and is made anew "
                "from its changelog at the next start"
            ) from error

    def _fits(self, known: tuple[str, int, float], wanted: str, changelog: Changelog) -> bool:
        changelog_key, following, written = known
        young = 0 <= self._clock() - written < STALE
        return changelog_key == wanted and young and changelog.beginning <= following <= changelog.end

    def _key(self, changelog: Changelog) -> str:
        return f"{changelog.identity} rows {self._format} layout {LAYOUT}"

    def _path(self, partition: int) -> Path:
        return self._folder / f"{self._name}-{partition}.sqlite"

    def _remove(self, partition: int) -> None:
        remove(self._folder, f"{self._name}-{partition}.sqlite")

    def _open(self, partition: int) -> tuple[sqlite3.Connection, tuple[str, int, float] | None]:
        """Open the file. Returns its changelog, offset and time of writing too; None where it is new."""
        try:
            return _opened(self._path(partition))
        except sqlite3.DatabaseError as error:
            log.warning("state file unreadable, made anew", file=str(self._path(partition)), detail=str(error))
            self._remove(partition)
            return _opened(self._path(partition))


def remove(folder: Path, pattern: str) -> int:
    """Delete the files of these partitions, SQLite's own included. Returns their number."""
    found = [path for path in folder.glob(pattern) if path.is_file()]
    for path in found:
        for beside in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            beside.unlink(missing_ok=True)
    return len(found)


def _opened(path: Path) -> tuple[sqlite3.Connection, tuple[str, int, float] | None]:
    file = sqlite3.connect(path, isolation_level=None)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the end, never the order
        file.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        file.execute("CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, value BLOB NOT NULL)")
        file.execute("CREATE TABLE IF NOT EXISTS meta (changelog TEXT NOT NULL, next INTEGER NOT NULL, written REAL)")
        found: tuple[str, int, float] | None = file.execute("SELECT changelog, next, written FROM meta").fetchone()
    except sqlite3.DatabaseError:
        file.close()
        raise
    return file, found


def _remember(file: sqlite3.Connection, following: int, changelog: str, now: float) -> None:
    with file:
        file.execute("INSERT INTO meta VALUES (?, ?, ?)", (changelog, following, now))
