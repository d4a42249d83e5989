"""Decoders of HTTP's content encodings, piece by piece, so that a bomb is noticed before it fills the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

import brotli

from producers.errors import FetchError

ACCEPTED = "gzip, br"
"""What we ask for; ``deflate`` is decoded too, for servers that send it unasked."""
MAX_RATIO = 250
"""How many times its size a body may unfold to: feeds come to 20, and bombs to 1,000 and more."""
MAX_MEMBERS = 1000
"""Gzip members of one body; each costs a new decompressor, however little is in it."""

_RATIO_FROM = 256 * 1024  # a small body may expand by any factor
_STEP = 64 * 1024
_AS_IT_IS = frozenset(("", "identity", "none", "binary", "7bit", "8bit", "plain", "text"))
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_HEADER = b"\x1f\x8b\x08"
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS


class _Codec(Protocol):
    """Decodes an encoded body a bounded step at a time."""

    def decode(self, piece: bytes) -> Iterator[bytes]: ...

    def ended(self) -> bool:
        """Return whether the encoded body is complete."""


class BodyDecoder:
    """Collects a body of at most ``limit`` bytes, before and after decoding.

    ``encoding`` is the value of ``Content-Encoding``: none, ``identity``, ``gzip``, ``br`` or ``deflate``, or a charset
    by mistake; another raises ``FetchError("bad_encoding")``. A body that is gzip after that is decoded once more,
    whatever its headers say: servers compress twice, and serve ``feed.xml.gz`` as it lies on the disk.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = _named(encoding)
        self._codec = _codec(self._encoding)
        self._limit = limit
        self._raw = 0
        self._body = bytearray()

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the body. Raises ``FetchError``: ``too_large``, ``bad_encoding``."""
        self._raw += len(piece)
        if self._raw > self._limit:
            self._too_large()
        self._collect(self._codec.decode(piece) if self._codec and piece else (piece,))

    def finish(self) -> bytes:
        """Return the decoded body. Raises ``FetchError``: ``broken_body`` if it is incomplete, or as ``feed``."""
        self._must_have_ended(self._codec)
        if self._body.startswith(_GZIP_HEADER):
            packed, self._body = bytes(self._body), bytearray()
            inner = _Gzip()
            self._collect(inner.decode(packed))
            self._must_have_ended(inner)
        return bytes(self._body)

    def _collect(self, pieces: Iterable[bytes]) -> None:
        try:
            for piece in pieces:
                self._body += piece
                if len(self._body) > self._limit:
                    self._too_large()
                if len(self._body) > max(_RATIO_FROM, self._raw * MAX_RATIO):
                    raise FetchError("too_large", f"the body unfolds to more than {MAX_RATIO} times its size")
        except (zlib.error, brotli.error) as error:
            raise FetchError("bad_encoding", f"the body is not {self._encoding or 'gzip'}: {error}") from None

    def _must_have_ended(self, codec: _Codec | None) -> None:
        if codec is not None and self._raw and not codec.ended():
            raise FetchError("broken_body", "the compressed body ends in the middle")

    def _too_large(self) -> None:
        raise FetchError("too_large", f"the body is larger than {self._limit} bytes")


def _named(encoding: str) -> str:
    """Return the one encoding of a list to decode. A second gzip is decoded with the body.

    A charset in this header (``utf-8``) is ignored, and so are names for "not encoded".
    """
    names = (name.strip() for name in encoding.lower().split(","))
    named = [name for name in names if name not in _AS_IT_IS and not _is_charset(name)]
    return ", ".join(named) if len(set(named)) > 1 else named[0] if named else ""


def _is_charset(name: str) -> bool:
    try:
        b"x".decode(name)
    except (LookupError, ValueError):
        return False
    return True


def _codec(encoding: str) -> _Codec | None:
    match encoding:
        case "":
            return None
        case "gzip" | "x-gzip":
            return _Gzip()
        case "deflate":
            return _Deflate()
        case "br":
            return _Brotli()
    raise FetchError("bad_encoding", f"content encoding {encoding[:50]!r} was not asked for")


class _Gzip:
    """One or several gzip members in a row (RFC 1952, 2.2); other bytes after them are padding."""

    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None
        self._members = 0
        self._between = b""
        self._padding = False

    def decode(self, piece: bytes) -> Iterator[bytes]:
        while piece and not self._padding:
            if self._member is None or self._member.eof:
                piece, self._between = self._between + piece, b""
                if not self._begin(piece):
                    return
            assert self._member is not None, "a member has begun"
            yield self._member.decompress(piece, _STEP)
            piece = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def ended(self) -> bool:
        return self._member is not None and self._member.eof

    def _begin(self, piece: bytes) -> bool:
        """Return whether a member starts here; a single byte waits for the next piece."""
        if self._member is not None and not piece.startswith(_GZIP_MAGIC):
            if piece == _GZIP_MAGIC[:1]:
                self._between = piece
            else:
                self._padding = True
            return False
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise FetchError("too_large", f"the body has more than {MAX_MEMBERS} gzip members")
        self._member = zlib.decompressobj(_GZIP)
        return True


class _Deflate:
    """HTTP's ``deflate``: zlib (RFC 9110, 8.4.1.2), or the bare stream that some servers send."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    def decode(self, piece: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._stream = zlib.decompressobj(_ZLIB if piece[0] & 0x0F == 8 else _RAW_DEFLATE)
        while piece and not self._stream.eof:
            yield self._stream.decompress(piece, _STEP)
            piece = self._stream.unconsumed_tail

    def ended(self) -> bool:
        return self._stream is not None and self._stream.eof


class _Brotli:
    """Brotli (RFC 7932). A call can return somewhat more than its limit, since the output grows by whole blocks."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def decode(self, piece: bytes) -> Iterator[bytes]:
        output = self._stream.process(piece, output_buffer_limit=_STEP)
        # Ready for more input does not mean that no output is left (google/brotli#1234).
        while output or not self._stream.can_accept_more_data():
            yield output
            if self._stream.is_finished():
                return
            output = self._stream.process(b"", output_buffer_limit=_STEP)

    def ended(self) -> bool:
        return bool(self._stream.is_finished())
