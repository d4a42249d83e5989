"""The catalogue of a large archive, made in a first reading.

It has the records to read with their order, and the lines that are older versions of others. It is an SQLite file, so
that an archive of any size takes no memory, and can be made again at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from producers.backfill.sqlite_transactions import opened, transaction

_TABLES = """
CREATE TABLE IF NOT EXISTS files (file INTEGER PRIMARY KEY, units INTEGER, other INTEGER);
CREATE TABLE IF NOT EXISTS records (
    file INTEGER, date INTEGER, place INTEGER, kind TEXT, detail TEXT, PRIMARY KEY (file, date, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
    file INTEGER, name BLOB, date INTEGER, revision INTEGER, number INTEGER, PRIMARY KEY (file, name)) WITHOUT ROWID;
"""
_NEWER = """
INSERT INTO lines VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET date = excluded.date, revision = excluded.revision, number = excluded.number
    WHERE (excluded.date, excluded.revision, excluded.number) > (date, revision, number)
"""
_FIRST_PAGE = """
SELECT place, date, kind, detail FROM records WHERE file = ? ORDER BY date DESC, place DESC LIMIT ? OFFSET ?
"""
_NEXT_PAGE = """
SELECT place, date, kind, detail FROM records WHERE file = ? AND (date, place) < (?, ?)
    ORDER BY date DESC, place DESC LIMIT ?
"""
_PAGE = 500


class Placed(NamedTuple):
    """A record of a WARC file; ``date`` in microseconds since 1970, 0 where it has none."""

    place: int
    date: int
    kind: str
    detail: str


class Versioned(NamedTuple):
    """A line: a key of its article, and the version of it."""

    name: bytes
    date: datetime
    revision: int
    number: int


class Contained(NamedTuple):
    """Counts of a file: units to read, and useless records."""

    units: int
    other: int


class Catalogue:
    """The catalogues of a job's files. Use it from one thread at a time."""

    def __init__(self, path: Path | None) -> None:
        """Without ``path`` the catalogue is kept in memory."""
        self._db = opened(path, _TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def contained(self, file: int) -> Contained | None:
        """Return the counts of a file; None while its catalogue is not complete."""
        row = self._db.execute("SELECT units, other FROM files WHERE file = ?", (file,)).fetchone()
        return None if row is None else Contained(*row)

    def add_records(self, file: int, records: Iterable[Placed | None]) -> Contained:
        """Store the catalogue of a WARC file, all or nothing; None stands for a useless record."""
        units = other = 0
        with transaction(self._db):
            for record in records:
                if record is None:
                    other += 1
                    continue
                units += 1
                row = (file, record.date, record.place, record.kind, record.detail)
                self._db.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?)", row)
            return self._complete(file, Contained(units, other))

    def add_lines(self, file: int, lines: Iterable[Versioned]) -> Contained:
        """Store the line with the newest version of each article, all or nothing."""
        units = 0
        with transaction(self._db):
            for line in lines:
                units += 1
                self._db.execute(_NEWER, (file, line.name, microseconds(line.date), line.revision, line.number))
            return self._complete(file, Contained(units, 0))

    def records(self, file: int, skip: int) -> Iterator[Placed]:
        """Yield the records of a WARC file, the newest first, without the first ``skip``."""
        page = self._page(_FIRST_PAGE, (file, _PAGE, skip))
        while page:
            yield from page
            page = self._page(_NEXT_PAGE, (file, page[-1].date, page[-1].place, _PAGE))

    def newest_line(self, file: int, name: bytes) -> int | None:
        """Return the number of the line with the newest version."""
        row = self._db.execute("SELECT number FROM lines WHERE file = ? AND name = ?", (file, name)).fetchone()
        return None if row is None else int(row[0])

    def forget(self, file: int) -> None:
        """Drop the catalogue of a file that has been read."""
        with transaction(self._db):
            for table in ("files", "records", "lines"):
                self._db.execute(f"DELETE FROM {table} WHERE file = ?", (file,))  # noqa: S608  # the names stand here

    def _complete(self, file: int, contained: Contained) -> Contained:
        self._db.execute("INSERT INTO files VALUES (?, ?, ?)", (file, *contained))
        return contained

    def _page(self, query: str, values: tuple[int, ...]) -> list[Placed]:
        return [Placed(*row) for row in self._db.execute(query, values).fetchall()]


def microseconds(moment: datetime | None) -> int:
    """Return microseconds since 1970, for sorting; 0 for None."""
    return 0 if moment is None else int(moment.timestamp() * 1_000_000)
