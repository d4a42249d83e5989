"""The state of an engine on disk, so that a restart reads a file and the end of ``clean`` instead of all of it.

A snapshot only saves time: without one that fits, the state is rebuilt from ``clean``. A forked child writes it, which
has the state of that moment while the engine continues (as Redis does it). Large arrays are stored beside the pickle
(PEP 574), and mapped from the file on reading.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from stream_apps.dedup.state import State

FORMAT = 5
RULES = 5
"""Grows with every change of what the engine decides: snapshots of other rules do not fit, and a new epoch begins."""
_ALIGNMENT = 64
_MAGIC = b"wirecopy snapshot\n"


@dataclass(frozen=True)
class Header:
    """The header of a snapshot, which fits only where all fields but ``position`` are as expected."""

    format: int
    rules: int
    window_days: int
    epoch: int
    position: int
    """The offset in ``clean`` of the first message that it does not hold."""


class ForeignSnapshot(Exception):
    """A snapshot is unreadable, or of another engine, and has to be put aside."""


def write(state: State, path: Path) -> None:
    """Write a snapshot, replacing the last one. Raises ``OSError``."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(state, protocol=5, buffer_callback=buffers.append)
    raw = [buffer.raw() for buffer in buffers]
    header = orjson.dumps({**asdict(header_of(state)), "lengths": [len(pickled), *(view.nbytes for view in raw)]})
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        file.write(_MAGIC + len(header).to_bytes(8, "little") + header)
        parts: list[bytes | memoryview] = [pickled, *raw]
        for part in parts:
            file.write(b"\0" * (-file.tell() % _ALIGNMENT))
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def header_of(state: State) -> Header:
    """Return the header for a snapshot of this state."""
    return Header(FORMAT, RULES, state.engine.window_days, state.epoch, state.position)


def read_header(path: Path) -> Header:
    """Read the header of a snapshot. Raises ``ForeignSnapshot``, or ``FileNotFoundError``."""
    with path.open("rb") as file:
        return _header(file.read(1 << 20), path)[0]


def read(path: Path) -> State:
    """Read the state of a snapshot. Raises ``ForeignSnapshot``, or ``FileNotFoundError``."""
    with path.open("rb") as file:
        header, lengths, at = _header(file.read(1 << 20), path)
        if (header.format, header.rules) != (FORMAT, RULES):
            raise ForeignSnapshot(
                f"{path}: format {header.format} with rules {header.rules}, and this version has {FORMAT} with {RULES}"
            )
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    pickled, *buffers = _parts(mapped, lengths, at)
    try:
        state: Any = pickle.loads(pickled, buffers=buffers)  # noqa: S301  # our own file, in our own folder
    except Exception as error:  # noqa: BLE001  # whatever a damaged pickle raises
        raise ForeignSnapshot(f"{path}: cannot be read ({type(error).__name__}: {error})") from None
    if not isinstance(state, State):
        raise ForeignSnapshot(f"{path}: holds a {type(state).__name__}")
    return state


def _header(start: bytes, path: Path) -> tuple[Header, list[int], int]:
    at = len(_MAGIC) + 8
    length = int.from_bytes(start[len(_MAGIC) : at], "little")
    if not start.startswith(_MAGIC):
        raise ForeignSnapshot(f"{path}: not a snapshot (it does not begin as one)")
    try:
        fields = orjson.loads(start[at : at + length])
        lengths: list[int] = fields.pop("lengths")
        return Header(**fields), lengths, at + length
    except (ValueError, TypeError, KeyError) as error:
        raise ForeignSnapshot(f"{path}: not a snapshot ({error})") from None


def _parts(mapped: memoryview, lengths: Sequence[int], at: int) -> list[memoryview]:
    parts = []
    for length in lengths:
        at += -at % _ALIGNMENT
        if at + length > len(mapped):
            raise ForeignSnapshot("the file is cut short")
        parts.append(mapped[at : at + length])
        at += length
    return parts


class Snapshots:
    """Takes snapshots of one partition's engine while it works, one at a time."""

    def __init__(self, path: Path, every: int) -> None:
        self.path = path
        self._every = every
        self._child: int | None = None
        self._taken_at = 0

    def load(self, epoch: int, window_days: int, until: int) -> State | None:
        """Load the state of the snapshot; None where none fits. Raises ``ForeignSnapshot``.

        ``until``: the snapshot may not include messages from this offset on.
        """
        try:
            header = read_header(self.path)
        except FileNotFoundError:
            return None
        if header.epoch != epoch or header.window_days != window_days or header.position > until:
            return None
        state = read(self.path)
        self._taken_at = state.position
        return state

    def take_if_due(self, state: State) -> None:
        """Begin a snapshot if enough messages have come since the last one, and that is done."""
        if state.position - self._taken_at >= self._every and self._is_free():
            self._taken_at = state.position
            self._begin(state)

    def finish(self) -> None:
        """Wait for a snapshot under way."""
        if self._child is not None:
            os.waitpid(self._child, 0)
            self._child = None

    def _is_free(self) -> bool:
        if self._child is not None and os.waitpid(self._child, os.WNOHANG)[0]:
            self._child = None
        return self._child is None

    def _begin(self, state: State) -> None:
        child = os.fork()
        if child:
            self._child = child
            return
        status = 1
        try:
            gc.disable()
            os.nice(10)
            write(state, self.path)
            status = 0
        finally:
            os._exit(status)
