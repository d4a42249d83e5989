"""Child processes with a log file, stopped by process id, that end when we end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from wirecopy.errors import ServerError
from wirecopy.settings import without_secrets

GUARD = Path(__file__).with_name("child_guard.py")
LOG_LIMIT = 20 * 1024 * 1024
"""Bytes of a log after which the next start begins a new one and keeps the old one beside it."""
DISK_FULL = "the disk is full"
_FULL = ("No space left on device", "Disk quota exceeded", "disk is full", "flood stage disk watermark")
_LOOKED_THROUGH = 200
"""Lines of a log in which the reason for an end is looked for."""
POLL = 0.1
"""Seconds between two looks at something that is not ready yet."""


@dataclass
class Child:
    """A child process.

    Call ``start`` from a thread that lives as long as the child should: the kernel ends the child with that thread.
    """

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=lambda: without_secrets(os.environ))
    cwd: Path | None = None
    user: int | None = None
    grace: float = 30.0
    """Seconds between asking it to stop and killing it."""
    process: subprocess.Popen[bytes] | None = None
    log_start: int = 0

    def start(self) -> None:
        """Start the program. Raises ``ServerError`` where the log file cannot be written."""
        user = "-" if self.user is None else str(self.user)
        guarded = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), user, *self.command]
        with _open_log(self.log) as log:
            self.log_start = log.tell()
            # A process group of its own: Ctrl-C in a terminal must reach only us, and we stop the children in order.
            self.process = subprocess.Popen(
                guarded, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self.cwd,
                env=dict(self.env), process_group=0,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} has not been started"
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """Return the exit code; None while the program runs, and before it was started."""
        return None if self.process is None else self.process.poll()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Terminate the program, kill it after a timeout, and wait for its end."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(self.grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def last_lines(self, count: int = 20) -> str:
        """Return the last lines of its log since this start."""
        return last_lines(self.log, count, self.log_start)


def wait_until(ready: Callable[[], bool], child: Child, timeout: float, setting: str = "") -> None:
    """Poll until ``ready``. Raises ``ServerError`` with the end of the log when the child ends or at the timeout."""
    deadline = time.monotonic() + timeout
    while not ready():
        if not child.running:
            raise ServerError(f"{child.name} ended with exit code {child.exit_code} while starting.{_ending(child)}")
        if time.monotonic() > deadline:
            raise ServerError(f"{child.name} was not ready after {timeout:.0f} s{setting}.{_ending(child)}")
        time.sleep(POLL)


def _ending(child: Child) -> str:
    full = f" {DISK_FULL}: free space where {child.log.parent.parent} is." if disk_was_full(child) else ""
    return f"{full} The end of {child.log}:\n{child.last_lines()}"


def disk_was_full(child: Child) -> bool:
    """Return whether the last lines of its log name a full disk, in the words of the system, Java or SQLite."""
    return any(words in child.last_lines(_LOOKED_THROUGH) for words in _FULL)


def last_lines(path: Path, count: int, since: int = 0) -> str:
    """Return the last lines of a file, from byte ``since`` on; reads at most 64 KiB."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since, size - 65536))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-count:])
    except OSError:
        return ""


def last_words(text: str) -> str:
    """Return the last line with words, without the frame that typer draws around it."""
    lines = [line.strip("│ ") for line in text.splitlines() if any(map(str.isalnum, line))]
    return lines[-1] if lines else "it said nothing"


def require_free_port(port: int, setting: str, patience: float = 0.0) -> None:
    """Wait for a free port. Raises ``ServerError`` naming ``setting`` where it is in use after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not port_is_free(port):
        if time.monotonic() >= deadline:
            raise ServerError(f"port {port} is in use by another program: stop it, or set {setting} to a free port")
        time.sleep(POLL)


def port_is_free(port: int) -> bool:
    """Return whether we could listen on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_answers(port: int) -> bool:
    """Return whether a program accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def child_of(pid: int) -> int | None:
    """Return a child of a process, of any of its threads; None on other systems than Linux."""
    children: list[str] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += thread.read_text(encoding="ascii").split()
    return int(children[0]) if children else None


def _open_log(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(path.suffix + ".1"))
        log = path.open("ab")
    except OSError as error:
        raise ServerError(f"cannot write the log {path}: {error.strerror}") from error
    log.seek(0, os.SEEK_END)
    return log
