"""Very many short rows of numbers, in as little memory as they can be changed in: one string of bytes a row."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from stream_apps.dedup.events.columns import Numbers

_ENTRY = struct.Struct("<IH")
_KEY = struct.Struct("<I")
_BYTES_OBJECT = 48
"""What a string of bytes needs beside its content: its head, the place in the list, what the allocator rounds up."""
_HALVES = _ENTRY.size // 2


class PackedRows:
    """Rows of entries, each of a number below 2^32 and a value below 2^16: six bytes. No order is kept within a row."""

    def __init__(self, count: int = 0) -> None:
        self._rows = [b""] * count

    def __len__(self) -> int:
        return len(self._rows)

    def __getstate__(self) -> tuple[npt.NDArray[np.uint32], bytes]:
        return np.fromiter(map(len, self._rows), np.uint32, len(self._rows)), b"".join(self._rows)

    def __setstate__(self, state: tuple[npt.NDArray[np.uint32], bytes]) -> None:
        lengths, content = state
        ends = np.cumsum(lengths, dtype=np.int64).tolist()
        self._rows = [content[start:end] for start, end in pairwise([0, *ends])]

    @property
    def nbytes(self) -> int:
        return sum(8 if not row else len(row) + _BYTES_OBJECT for row in self._rows)

    def grow(self, count: int) -> None:
        self._rows += [b""] * (count - len(self._rows))

    def add(self, row: int, number: int, value: int) -> None:
        self._rows[row] += _ENTRY.pack(number, value)

    def discard(self, row: int, number: int, value: int) -> None:
        """Take out one entry; nothing happens where it is not."""
        self._cut(row, _ENTRY.pack(number, value))

    def discard_all_of(self, row: int, number: int) -> None:
        """Take out the one entry of a number, whatever its value."""
        self._cut(row, _KEY.pack(number))

    def _cut(self, row: int, start: bytes) -> None:
        content = self._rows[row]
        at = content.find(start)
        while at >= 0 and at % _ENTRY.size:
            at = content.find(start, at + 1)
        if at >= 0:
            self._rows[row] = content[:at] + content[at + _ENTRY.size :]

    def put(self, row: int, numbers: Numbers, values: Numbers) -> None:
        """Write a row anew."""
        content = np.empty((len(numbers), _HALVES), np.dtype("<u2"))
        content[:, 0], content[:, 1], content[:, 2] = numbers & 0xFFFF, numbers >> 16, values
        self._rows[row] = content.tobytes()

    def of(self, rows: Iterable[int], least: int = 0) -> tuple[Numbers, Numbers]:
        """The numbers and the values of all entries of some rows with a value of at least so much, row after row."""
        content = b"".join([self._rows[row] for row in rows])
        halves = np.frombuffer(content, np.dtype("<u2")).reshape(-1, _HALVES)
        if least:
            halves = halves[halves[:, 2] >= least]
        return _numbers(halves), halves[:, 2].astype(np.int64)

    def with_values(self, rows: Sequence[int], values: Sequence[int]) -> Numbers:
        """The numbers of those entries of each row that have its value."""
        contents = [self._rows[row] for row in rows]
        halves = np.frombuffer(b"".join(contents), np.dtype("<u2")).reshape(-1, _HALVES)
        wanted = np.repeat(np.array(values, np.uint16), [len(content) // _ENTRY.size for content in contents])
        return _numbers(halves[halves[:, 2] == wanted])

    def lengths(self, rows: Sequence[int]) -> Numbers:
        return np.array([len(self._rows[row]) // _ENTRY.size for row in rows])


def _numbers(halves: npt.NDArray[np.uint16]) -> Numbers:
    return halves[:, 0] + (halves[:, 1].astype(np.int64) << 16)
