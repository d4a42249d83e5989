"""The folder behind a ``file:`` address: finds complete files, reads them, moves them away.

An agency's login can write there, so links, pipes and devices are never followed.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from producers.errors import FetchError
from wirecopy.errors import BadInput

DONE, FAILED = "done", "failed"
MAX_FILES = 200
"""Files of one look; what is left is taken by the next."""
SETTLED = 2.0
"""Seconds without a write after which a file counts as whole."""
_UNFINISHED = (".tmp", ".part", ".filepart", ".writing")
_MAX_NAME = 200
_HOW = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class File:
    """One file as it was when it was read: only the same file is moved away later."""

    name: str
    inode: int
    modified: int
    size: int

    @classmethod
    def of(cls, name: str, status: os.stat_result) -> File:
        return cls(name, status.st_ino, status.st_mtime_ns, status.st_size)


@dataclass(frozen=True)
class Taken:
    """A file, its bytes, and the reason why they are not parsed."""

    file: File
    body: bytes
    wrong: BadInput | None = None


def is_folder(url: str) -> bool:
    """Return whether a feed is a folder and not an address to fetch."""
    return url[:5].lower() == "file:"


def watched_folder(url: str, allowed: Iterable[str]) -> Path:
    """Return the folder of a ``file:`` address, links resolved. Raises ``FetchError`` if it may not be watched."""
    path = _path(url)
    try:
        folder = path.resolve(strict=True)
        roots = [Path(name).resolve() for name in allowed]
    except (OSError, RuntimeError, ValueError) as error:
        raise _unusable(path, error) from None
    if not any(folder.is_relative_to(root) for root in roots):
        raise FetchError("forbidden_address", f"{path} is in none of the folders that producer.folders names")
    if not folder.is_dir():
        raise FetchError("connect", f"{path} is not a folder")
    return folder


def _path(url: str) -> Path:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise FetchError("bad_address", f"{url[:200]!r}: {error}") from None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise FetchError("bad_address", f"{url[:200]!r} is not file: and the path of a folder on this machine")
    path = unquote(parts.path)
    if not path or "\0" in path:
        raise FetchError("bad_address", f"{url[:200]!r} names no folder")
    return Path(path)


def _unusable(path: Path, error: Exception) -> FetchError:
    why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    return FetchError("connect", f"the folder {path} cannot be used: {why}")


# ---- reading --------------------------------------------------------------------------------------------------


def whole_files(folder: Path) -> tuple[tuple[str, ...], bool]:
    """Return the names of complete files, the oldest first, and whether there are more.

    Raises ``FetchError`` where files can be read and not moved: they would be read for ever.
    """
    try:
        for name in (DONE, FAILED):
            _make_writable(folder / name)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(0, "it cannot be written to, so that files could not be put away")
        with os.scandir(folder) as entries:
            first = heapq.nsmallest(MAX_FILES + 1, _settled(entries))
    except OSError as error:
        raise _unusable(folder, error) from None
    return tuple(name for _, name in first[:MAX_FILES]), len(first) > MAX_FILES


def _make_writable(folder: Path) -> None:
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise NotADirectoryError(0, f"{folder.name} in it is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(0, f"{folder.name} in it cannot be written to")


def _settled(entries: Iterable[os.DirEntry[str]]) -> Iterator[tuple[int, str]]:
    now = time.time()
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
            continue
        with contextlib.suppress(FileNotFoundError):
            status = entry.stat(follow_symlinks=False)
            # A time in the future comes of a wrong clock, not of a file that is being written.
            if not stat.S_ISDIR(status.st_mode) and abs(now - status.st_mtime) >= SETTLED:
                yield status.st_mtime_ns, entry.name


def read(folder: Path, name: str, max_bytes: int) -> Taken | None:
    """Read a file; None where it is gone, or is written to meanwhile."""
    try:
        descriptor = os.open(folder / name, _HOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        return _refused(folder, name, error.strerror)
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            return _refused(folder, name, None)
        return _contents(file, name, before, max_bytes)


def _contents(file: BinaryIO, name: str, before: os.stat_result, max_bytes: int) -> Taken | None:
    taken, wrong = File.of(name, before), None
    try:
        body = file.read(min(before.st_size, max_bytes) + 1)
    except OSError as error:
        return Taken(taken, b"", BadInput("unreadable", str(error.strerror)))
    if taken != File.of(name, os.fstat(file.fileno())):
        return None
    if len(body) > max_bytes:
        wrong = BadInput("too_large", f"{before.st_size} bytes; {max_bytes} are allowed")
    return Taken(taken, body, wrong)


def _refused(folder: Path, name: str, why: str | None) -> Taken | None:
    try:
        status = (folder / name).lstat()
    except OSError:
        return None
    if stat.S_ISREG(status.st_mode):
        return Taken(File.of(name, status), b"", BadInput("unreadable", why or "it cannot be opened"))
    return Taken(File.of(name, status), b"", BadInput("not_a_file", "links, pipes and devices are not read"))


# ---- putting away ---------------------------------------------------------------------------------------------


def put_away(folder: Path, files: Iterable[File], failed: frozenset[str]) -> None:
    """Move files to ``done/``, those named ``failed`` to ``failed/``; a file that has changed since stays.

    Raises ``FetchError`` where some cannot be moved, after the others.
    """
    problem: OSError | None = None
    for file in files:
        try:
            _move(folder, file, folder / (FAILED if file.name in failed else DONE))
        except OSError as error:
            problem = error
    if problem is not None:
        raise _unusable(folder, problem)


def _move(folder: Path, file: File, target: Path) -> None:
    source, moved = folder / file.name, _free(target, file.name)
    if not _is(source, file):
        return
    try:
        source.rename(moved)
    except FileNotFoundError:
        if os.path.lexists(source):  # the target is gone, not the file
            raise
        return
    if not _is(moved, file):  # replaced between the check and the move: a new file, not read yet
        moved.rename(_free(folder, file.name))


def _is(path: Path, file: File) -> bool:
    """Return whether the file is still the one that was read."""
    try:
        return File.of(file.name, path.lstat()) == file
    except FileNotFoundError:
        return False


def _free(folder: Path, name: str) -> Path:
    """Return a free path in ``folder``: the name, or the name with the current time."""
    wanted = folder / name
    while os.path.lexists(wanted):
        short = os.fsdecode(os.fsencode(name)[:_MAX_NAME])
        wanted = folder / f"{short}.{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    return wanted
