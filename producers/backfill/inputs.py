"""Finds the files to read, the newest first, so that of several versions of an article the newest counts."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from producers.backfill.sniffing import HEAD, FileKind, kind_of_file
from producers.backfill.streams import GZIP_MAGIC, Buffered, FileBytes, Gunzipped
from producers.backfill.warc import first_date
from producers.formats.cleaning import clean_line
from wirecopy.errors import BadInput, SettingsError

_BUFFER = 256 * 1024
_STAMP = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?:[-_.T]?(\d\d)[-_.:]?(\d\d)(?:[-_.:]?(\d\d))?)?")


@dataclass(frozen=True)
class Input:
    """A file to read. ``modified`` is in nanoseconds; ``moment`` is when its content was collected, where known."""

    path: Path
    size: int
    modified: int
    moment: datetime

    @property
    def name(self) -> str:
        """Return the path for messages: file names are hostile, too."""
        return shown(self.path)


@dataclass(frozen=True)
class Opened:
    """A file and its kind."""

    file: BinaryIO
    kind: FileKind
    compressed: bool

    def stream(self) -> tuple[Buffered, FileBytes | Gunzipped]:
        """Open the inflated content, and the source that knows how far the file itself is read."""
        source = Gunzipped(self.file) if self.compressed else FileBytes(self.file)
        return Buffered(source), source


def shown(path: Path | str) -> str:
    """Return a path on one line, without control characters and what UTF-8 cannot hold."""
    return clean_line(str(path), 1000)


def find_inputs(paths: Iterable[Path]) -> tuple[list[Input], list[str]]:
    """Find the files under ``paths``, the newest first, and the skipped ones with the reason.

    Searches folders. Skips hidden files and symbolic links in them: a link out of a foreign archive could point
    anywhere. A link that was named itself is followed. Raises ``SettingsError`` for a
    path that is not there.
    """
    found: dict[Path, Input] = {}
    passed: list[str] = []
    for path in paths:
        if not path.exists():
            raise SettingsError(f"there is no file or folder {path}")
        for file in _files(path, passed):
            given = _input(file, passed)
            if given is not None:
                found.setdefault(file.resolve(), given)
    return sorted(found.values(), key=lambda given: (given.moment, str(given.path)), reverse=True), passed


def open_input(given: Input) -> Opened:
    """Open a file and find out its kind. Raises ``BadInput`` as ``kind_of_file``, and ``OSError``."""
    file = _open(given.path)
    try:
        compressed = file.read(2) == GZIP_MAGIC
        source = Gunzipped(file) if compressed else FileBytes(file)
        head = _head(source)
        return Opened(file, kind_of_file(given.path.name, head, inflated=compressed), compressed)
    except BaseException:
        file.close()
        raise


def moment_in_name(name: str) -> datetime | None:
    """Read a date, perhaps with a time, in a file's name: `CC-NEWS-20260618034512-00001.warc.gz`, `2026-06-18.xml`."""
    for found in _STAMP.finditer(name):
        parts = [int(part) for part in found.groups() if part]
        try:
            return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # three to six numbers
        except ValueError:
            continue
    return None


def _files(path: Path, passed: list[str]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(
        path, onerror=lambda error: passed.append(f"{shown(error.filename)}: {error.strerror}")
    ):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            inside = Path(folder, name)
            if name.startswith("."):
                continue
            if inside.is_symlink():
                passed.append(f"{shown(inside)}: a symbolic link inside a folder is not followed")
            else:
                yield inside


def _input(path: Path, passed: list[str]) -> Input | None:
    try:
        status = path.stat()
    except OSError as error:
        passed.append(f"{shown(path)}: {error.strerror}")
        return None
    if not stat.S_ISREG(status.st_mode):
        passed.append(f"{shown(path)}: not a file")
        return None
    moment = moment_in_name(path.name) or _first_date(path) or datetime.fromtimestamp(status.st_mtime, UTC)
    return Input(path, status.st_size, status.st_mtime_ns, moment)


def _first_date(path: Path) -> datetime | None:
    """Read the date of a WARC file's first record, which a copy keeps, unlike the file's own time."""
    if ".warc" not in path.name.lower():
        return None
    try:
        with _open(path) as file:
            return first_date(file, compressed=file.read(2) == GZIP_MAGIC)
    except OSError:
        return None


def _open(path: Path) -> BinaryIO:
    # Without blocking: the file can have become a pipe since it was found.
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(0, "not a file", str(path))
    return os.fdopen(number, "rb", buffering=_BUFFER)


def _head(source: FileBytes | Gunzipped) -> bytes:
    """Read the first bytes, up to a damaged place."""
    head = b""
    try:
        while len(head) < HEAD and (piece := source.read(HEAD - len(head))):
            head += piece
    except BadInput:
        if not head:
            raise
    return head
