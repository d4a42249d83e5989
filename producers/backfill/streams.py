"""Reads archives in bounded pieces: plain files, gzip members, lines of at most a given length."""

from __future__ import annotations

import zlib
from typing import BinaryIO, Protocol

from wirecopy.errors import BadInput

GZIP_MAGIC = b"\x1f\x8b"
PIECE = 16 * 1024
_MAX_RATIO = 200
"""Text deflates to a tenth, a log of repetitions to a fiftieth; what goes far beyond is made to fill memory or time."""
_FREE = 64 * 1024 * 1024
"""Bytes that a file may inflate to whatever its ratio."""


class Source(Protocol):
    """Reads up to ``size`` bytes; empty at the end. Raises ``BadInput`` where the rest cannot be read."""

    def read(self, size: int) -> bytes: ...


class Expansion:
    """Limits how far one file inflates in all."""

    def __init__(self) -> None:
        self._raw = 0
        self._inflated = 0

    def add(self, raw: int, inflated: int) -> None:
        """Add bytes read and inflated. Raises ``BadInput("bomb")`` beyond the ratio of any archive of news."""
        self._raw += raw
        self._inflated += inflated
        if self._inflated > _FREE and self._inflated > _MAX_RATIO * self._raw:
            raise BadInput("bomb", f"{self._raw} bytes inflate to more than {self._inflated}")


class FileBytes:
    """Reads a plain file from ``offset`` on."""

    def __init__(self, file: BinaryIO, offset: int = 0) -> None:
        self._file = file
        self.raw_position = offset
        file.seek(offset)

    def read(self, size: int) -> bytes:
        piece = self._file.read(size)
        self.raw_position += len(piece)
        return piece


class GzipMember:
    """Reads one member of a gzip file, inflated."""

    def __init__(self, file: BinaryIO, offset: int, expansion: Expansion) -> None:
        self._file = file
        self._expansion = expansion
        self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._fed = offset
        file.seek(offset)

    @property
    def raw_position(self) -> int:
        """Return the position in the file of the first unused byte; after the member, once it is read to its end."""
        # At the end zlib may put the same bytes in both.
        return self._fed - len(self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail)

    def read(self, size: int) -> bytes:
        """Read inflated bytes. Raises ``BadInput``: ``bad_gzip``, ``truncated``, ``bomb``."""
        while not self._inflater.eof:
            before = self.raw_position
            piece = self._inflater.unconsumed_tail
            if not piece:
                piece = self._file.read(PIECE)
                self._fed += len(piece)
            inflated = self._inflate(piece, size)
            self._expansion.add(self.raw_position - before, len(inflated))
            if inflated:
                return inflated
            if not piece and not self._inflater.eof:
                raise BadInput("truncated", "the file ends in the middle of a gzip member")
        return b""

    def _inflate(self, piece: bytes, size: int) -> bytes:
        try:
            return self._inflater.decompress(piece, size)
        except zlib.error as error:
            raise BadInput("bad_gzip", f"not gzip, or damaged: {error}") from None


class Gunzipped:
    """Reads all members of a gzip file (RFC 1952, 2.2). Bytes after the last one are padding."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._expansion = Expansion()
        self._member = GzipMember(file, 0, self._expansion)

    @property
    def raw_position(self) -> int:
        return self._member.raw_position

    def read(self, size: int) -> bytes:
        """Read inflated bytes. Raises as ``GzipMember.read``."""
        while True:
            piece = self._member.read(size)
            if piece:
                return piece
            behind = self._member.raw_position
            self._file.seek(behind)
            if self._file.read(2) != GZIP_MAGIC:
                return b""
            self._member = GzipMember(self._file, behind, self._expansion)


class Buffered:
    """Reads a source by bytes or by lines. ``position`` counts the bytes returned."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._piece = b""
        self._at = 0
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; empty at the end."""
        if self._at == len(self._piece) and not self._fill():
            return b""
        taken = self._piece[self._at : self._at + size]
        self._at += len(taken)
        self.position += len(taken)
        return taken

    def readline(self, limit: int) -> bytes:
        """Return the rest of a line with its line feed, or ``limit`` bytes of it; empty at the end."""
        parts: list[bytes] = []
        room = limit
        while room > 0 and (self._at < len(self._piece) or self._fill()):
            feed = self._piece.find(b"\n", self._at, self._at + room)
            stop = feed + 1 if feed >= 0 else min(len(self._piece), self._at + room)
            parts.append(self._piece[self._at : stop])
            room -= stop - self._at
            self._at = stop
            if feed >= 0:
                break
        line = b"".join(parts)
        self.position += len(line)
        return line

    def read_all(self, limit: int) -> bytes:
        """Return the rest. Raises ``BadInput("too_large")`` if it is longer than ``limit``."""
        body = bytearray()
        while piece := self.read(PIECE):
            body += piece
            if len(body) > limit:
                raise BadInput("too_large", f"more than {limit} bytes")
        return bytes(body)

    def _fill(self) -> bool:
        self._piece, self._at = self._source.read(PIECE), 0
        return bool(self._piece)
