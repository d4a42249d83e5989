"""Content encodings of HTTP, decoded piece by piece so that a bomb is noticed before it fills the memory."""

from __future__ import annotations

import zlib

from producers.errors import FetchError

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS


class BodyDecoder:
    """Collects a body of at most ``limit`` bytes, before and after decoding.

    ``encoding`` is the value of ``Content-Encoding``: none, ``identity``, ``gzip`` or ``deflate``; another raises
    ``FetchError("bad_encoding")``.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise FetchError("bad_encoding", f"content encoding {encoding[:50]!r} was not asked for")
        self._limit = limit
        self._raw = 0
        self._body = bytearray()
        self._inflater: zlib._Decompress | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next bytes as they came. Raises ``FetchError``: ``too_large``, ``bad_encoding``."""
        self._raw += len(piece)
        if self._raw > self._limit:
            self._too_large()
        if self._encoding in ("", "identity"):
            self._body += piece
        else:
            self._inflate(piece)

    def finish(self) -> bytes:
        """The decoded body. Raises ``FetchError("broken_body")`` if it ends in the middle."""
        if self._inflater is not None and not self._inflater.eof:
            raise FetchError("broken_body", "the compressed body ends in the middle")
        return bytes(self._body)

    def _inflate(self, piece: bytes) -> None:
        while piece:
            inflater = self._inflater = self._inflater or self._new_inflater(piece)
            if inflater.eof:
                # A gzip body may be several members in a row (RFC 1952, 2.2); anything else behind it is padding.
                if not piece.startswith(b"\x1f\x8b"):
                    return
                inflater = self._inflater = zlib.decompressobj(_GZIP)
            piece = self._step(inflater, piece)

    def _step(self, inflater: zlib._Decompress, piece: bytes) -> bytes:
        room = self._limit - len(self._body)
        try:
            self._body += inflater.decompress(piece, room + 1)
        except zlib.error as error:
            raise FetchError("bad_encoding", f"the body is not {self._encoding}: {error}") from None
        if len(self._body) > self._limit:
            self._too_large()
        return inflater.unused_data if inflater.eof else inflater.unconsumed_tail

    def _new_inflater(self, start: bytes) -> zlib._Decompress:
        if self._encoding != "deflate":
            return zlib.decompressobj(_GZIP)
        # "deflate" means zlib (RFC 9110, 8.4.1.2), but some servers send the bare stream.
        return zlib.decompressobj(_ZLIB if start[0] & 0x0F == 8 else _RAW_DEFLATE)

    def _too_large(self) -> None:
        raise FetchError("too_large", f"the body is larger than {self._limit} bytes")
