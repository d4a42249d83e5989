"""Passes secrets to child processes in files that only we can read, never in arguments or an environment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from wirecopy.errors import ServerError
from wirecopy.settings import Settings, secrets, variable


@contextlib.contextmanager
def secret_files(settings: Settings, folder: Path) -> Iterator[dict[str, str]]:
    """Write each secret to a file in ``folder``, and yield variables that name them; the block's end removes them.

    Raises ``ServerError`` where they cannot be written.
    """
    written: dict[str, Path] = {}
    try:
        for name, value in secrets(settings).items():
            written[variable(name) + "_FILE"] = write_secret(folder / name, value)
        yield {name: str(path) for name, path in written.items()}
    finally:
        for path in written.values():
            path.unlink(missing_ok=True)


def write_secret(path: Path, content: str) -> Path:
    """Write or replace a file that only we can read. Raises ``ServerError``."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        # Created with its mode: an existing file could be open elsewhere, or be a link.
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise ServerError(f"cannot write {path}: {error.strerror}") from error
    return path
