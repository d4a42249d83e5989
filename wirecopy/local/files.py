"""Folders of the local servers: their places, owners and locks."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wirecopy.errors import MissingSoftware, ServerError

NOBODY = 65534
"""The user that Elasticsearch runs as where we are root: it refuses to run as root."""
SHARED_ROOT = Path("/var/tmp")  # noqa: S108  # survives a restart of the machine; our folders in it are checked below
DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "local"


def deploy_file(*parts: str) -> Path:
    """Return a file of ``deploy/local``. Raises ``MissingSoftware`` outside of a checkout."""
    path = DEPLOY.joinpath(*parts)
    if not path.exists():
        raise MissingSoftware(f"{path} is missing: local servers start from a checkout of wirecopy, not from a wheel")
    return path


def in_checkout() -> bool:
    """Return whether local servers can be started here; a wheel has no files for them."""
    return DEPLOY.is_dir()


def is_root() -> bool:
    return os.geteuid() == 0


def reachable_for_others(path: Path) -> bool:
    """Return whether others than owner and group can enter all folders above ``path``."""
    resolved = path.resolve()
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents if parent.exists())


def elasticsearch_folder(base: Path) -> Path:
    """Return Elasticsearch's folder for ``base``: inside it, or a stable folder that the node's user can reach.

    A clone under ``/root``, or a folder of ``mktemp -d``, is closed to the user to which we drop.
    """
    base = base.resolve()
    if not is_root() or reachable_for_others(base / "inside"):
        return base
    return SHARED_ROOT / f"wirecopy-{hashlib.sha256(str(base).encode()).hexdigest()[:16]}"


def make_folder(path: Path, owner: int | None = None) -> Path:
    """Make a folder that everyone may read, and give it to ``owner`` where allowed. An existing folder keeps its mode.

    Raises ``ServerError`` where it cannot be made, or where someone else has put something in its place: names of
    folders under ``/var/tmp`` can be guessed.
    """
    wanted = os.geteuid() if owner is None else owner
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            path.chmod(0o755)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {0, os.geteuid(), wanted}:
            raise ServerError(f"{path} belongs to another user: remove it, or set local.data_dir and local.cache_dir")
        if is_root() and found.st_uid != wanted:
            os.chown(path, wanted, wanted, follow_symlinks=False)
    except OSError as error:
        raise ServerError(f"cannot write {path}: {error.strerror}; set local.data_dir and local.cache_dir") from error
    return path


def give(path: Path, owner: int) -> None:
    """Give a file that we have just written to the user that will read it."""
    if is_root():
        os.chown(path, owner, owner, follow_symlinks=False)


def write_if_changed(path: Path, content: str) -> None:
    """Write a file atomically, if its content changes."""
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


@contextmanager
def locked(path: Path, busy: str | None = None) -> Iterator[None]:
    """Hold a lock that ends with this process, however it ends.

    Waits for the lock, or raises ``ServerError(busy)`` at once where a message is given.
    """
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            file.seek(0)
            raise ServerError(f"{busy} (process {file.read().strip() or 'unknown'})") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        with suppress(OSError):
            file.truncate(0)
