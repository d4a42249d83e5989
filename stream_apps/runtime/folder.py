"""A folder of its own for each worker of a host."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path

LOCK = "lock"


@dataclass(frozen=True)
class OwnFolder:
    """A folder that no other process uses while this one lives."""

    path: Path
    lock: int
    """An open file; the lock goes with it, or with the process."""

    def release(self) -> None:
        os.close(self.lock)


def own_folder(base: Path) -> OwnFolder:
    """Take the first of ``base/0``, ``base/1`` … that no living process uses; create it if it is missing.

    Raises ``OSError`` where it cannot be made.
    """
    for number in count():
        path = base / str(number)
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return OwnFolder(path, lock)
    raise AssertionError("count() does not end")
