"""Packed records by number, in a few large buffers for each day: no object per article, and a day is freed as a whole.

Full buffers never change again: a snapshot writes them as they are, and a restart maps them from its file.
"""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import numpy.typing as npt

Buffer = bytearray | npt.NDArray[np.uint8]

CHUNK = 16 * 1024 * 1024
"""Bytes of a buffer."""
_LENGTH_BITS, _START_BITS = 21, 25
_LONGEST = 2**_LENGTH_BITS - 1


class Blobs:
    """Blobs of up to 2 MB by number; ``b""`` where there is none."""

    def __init__(self) -> None:
        self._chunks: dict[int, Buffer] = {}
        self._of_day: dict[int, list[int]] = {}
        """Day: its buffers, the last one being filled."""
        self._where = array("Q")
        """Number: the buffer, the start and the length, packed; 0 where there is none."""
        self._next = 1

    def __getstate__(self) -> dict[str, Any]:
        chunks = {at: np.frombuffer(chunk, np.uint8) for at, chunk in self._chunks.items()}
        return {**self.__dict__, "_chunks": chunks}

    def put(self, number: int, day: int, blob: bytes) -> None:
        """Keep a blob with those of a day, in place of its last. Raises ``ValueError`` where it is too long."""
        if len(blob) > _LONGEST:
            raise ValueError(f"{len(blob)} bytes are more than a blob can have")
        chunk = self._room(day, len(blob))
        buffer = self._chunks[chunk]
        assert isinstance(buffer, bytearray), "only what is being filled has room"
        if number >= len(self._where):
            self._where.extend([0] * (number + 1 - len(self._where)))
        self._where[number] = (chunk << _START_BITS | len(buffer)) << _LENGTH_BITS | len(blob)
        buffer += blob

    def __getitem__(self, number: int) -> bytes:
        packed = self._where[number] if number < len(self._where) else 0
        if not packed:
            return b""
        length, start = packed & _LONGEST, packed >> _LENGTH_BITS & (2**_START_BITS - 1)
        return bytes(self._chunks[packed >> _LENGTH_BITS + _START_BITS][start : start + length])

    def forget(self, number: int) -> None:
        """Remove a blob; its memory is freed with the day."""
        if number < len(self._where):
            self._where[number] = 0

    def drop(self, day: int) -> None:
        """Free the buffers of a day, of which no number is asked for any more."""
        for chunk in self._of_day.pop(day, ()):
            del self._chunks[chunk]

    @property
    def nbytes(self) -> int:
        return sum(len(chunk) for chunk in self._chunks.values()) + 8 * len(self._where)

    def _room(self, day: int, length: int) -> int:
        chunks = self._of_day.setdefault(day, [])
        if not chunks or not self._fits(self._chunks[chunks[-1]], length):
            chunks.append(self._next)
            self._chunks[self._next] = bytearray()
            self._next += 1
        return chunks[-1]

    @staticmethod
    def _fits(buffer: Buffer, length: int) -> bool:
        return isinstance(buffer, bytearray) and len(buffer) + length <= CHUNK
