"""Reads WARC files (ISO 28500): first a catalogue of the useful records, then one record at a time.

warcio parses the headers; this module bounds the rest: the length of headers, how far a member inflates, how much of a
payload is held. A damaged record is lost alone, without the rest of its file.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Literal

from warcio.bufferedreaders import ChunkedDataReader
from warcio.limitreader import LimitReader
from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from producers.backfill.sniffing import is_feed, is_page, may_be_feed
from producers.backfill.streams import PIECE, Buffered, Expansion, FileBytes, GzipMember
from producers.errors import FetchError
from producers.formats import dates
from producers.web.decoding import BodyDecoder
from wirecopy.errors import BadInput

RecordKind = Literal["feed", "page", "damage"]

_VERSIONS = ["WARC/1.1", "WARC/1.0", "WARC/0.17", "WARC/0.18"]
_HTTP = ["HTTP/1.0", "HTTP/1.1"]
_MAX_LINE = 64 * 1024
_MAX_HEADERS = 512 * 1024
_MAX_DAMAGES = 1000
_MAX_TRIES = 10_000
"""Places looked at for the next whole record after a damaged one."""
_GZIP_MEMBER = b"\x1f\x8b\x08"
_HEAD = 16 * 1024


@dataclass(frozen=True)
class WarcEntry:
    """A useful record, or a damaged place: its offset, and the time of its capture."""

    offset: int
    kind: RecordKind
    date: datetime | None = None
    detail: str = ""


@dataclass(frozen=True)
class Capture:
    """The answer of a web server when the archive was made."""

    body: bytes
    url: str
    content_type: str | None
    date: datetime | None


@dataclass(frozen=True)
class _Http:
    status: int
    content_type: str | None = None
    encoding: str = ""
    chunked: bool = False


class _Headers:
    """The input of warcio's header parser: lines, bounded in length and number."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._room = _MAX_HEADERS

    def readline(self) -> bytes:
        line: bytes = self._stream.readline(_MAX_LINE)
        self._room -= len(line)
        if self._room < 0 or (len(line) == _MAX_LINE and not line.endswith(b"\n")):
            raise BadInput("bad_record", "the headers of the record have no end")
        return line


class WarcRecord:
    """One record, opened at its offset. Read ``payload`` before ``end``, or not at all."""

    def __init__(self, file: BinaryIO, offset: int, expansion: Expansion | None) -> None:
        """``expansion`` is None for a file that is not compressed. Raises ``EOFError`` after the last record."""
        self._member = None if expansion is None else GzipMember(file, offset, expansion)
        self._stream = Buffered(self._member or FileBytes(file, offset))
        self._offset = offset
        self._headers = self._read_headers()
        self._length = _length(self._headers.get_header("Content-Length"))
        self._start = self._stream.position
        self.payload = LimitReader(self._stream, self._length)
        self.type = str(self._headers.get_header("WARC-Type") or "").lower()
        self.url = str(self._headers.get_header("WARC-Target-URI") or "").strip("<> ").replace(" ", "%20")
        self.date = dates.from_iso(self._headers.get_header("WARC-Date"))
        self.is_first_segment = self._headers.get_header("WARC-Segment-Number") in (None, "1")
        self.content_type: str | None = self._headers.get_header("Content-Type")

    def _read_headers(self) -> Any:
        line = self._stream.readline(_MAX_LINE)
        if not line:
            raise EOFError
        if not line.strip():
            raise BadInput("bad_record", "a blank line where a record should begin")
        try:
            return StatusAndHeadersParser(_VERSIONS).parse(_Headers(self._stream), line)
        except (StatusAndHeadersParserException, EOFError):
            raise BadInput("bad_record", f"a record begins with {line[:60]!r}") from None

    def http(self) -> _Http:
        """Return the HTTP headers of the payload; success without any where the record holds the bare body."""
        if self.type != "response" or not self.url.startswith(("http:", "https:")):
            return _Http(200, self.content_type)
        try:
            found = StatusAndHeadersParser(_HTTP, verify=False).parse(_Headers(self.payload))
        except (StatusAndHeadersParserException, EOFError):
            raise BadInput("bad_record", "the record holds no answer of a web server") from None
        code = str(found.statusline or "").split(" ")[0]
        return _Http(
            int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0,
            found.get_header("Content-Type"),
            str(found.get_header("Content-Encoding") or "").strip().lower(),
            str(found.get_header("Transfer-Encoding") or "").strip().lower() == "chunked",
        )

    def end(self, size: int) -> int:
        """Return the offset of the next record, in a file of ``size`` bytes.

        Raises ``BadInput``: ``truncated``; ``not_per_record`` where a gzip member holds more than this record.
        """
        if self._member is None:
            behind = self._offset + self._start + self._length
            if behind > size:
                raise BadInput("truncated", "the file ends in the middle of a record")
            return behind
        left = self._length - (self._stream.position - self._start)
        while left > 0:
            piece = self._stream.read(min(left, PIECE))
            if not piece:
                raise BadInput("truncated", "the record is shorter than it says")
            left -= len(piece)
        while piece := self._stream.read(PIECE):
            if piece.strip():
                raise BadInput(
                    "not_per_record",
                    "several records in one gzip member: `warcio recompress OLD NEW` makes it readable",
                )
        return self._member.raw_position


def catalogue(file: BinaryIO, size: int, *, compressed: bool, pages: bool) -> Iterator[WarcEntry | int]:
    """Yield the useful records and the damaged places of a file, and between them, as numbers, the bytes read so far.

    Raises ``BadInput("not_per_record")`` or ``BadInput("bomb")``, which end the whole file.
    """
    expansion = Expansion() if compressed else None
    offset, damages = 0, 0
    while (offset := offset if compressed else _behind_blank_lines(file, offset)) < size:
        try:
            record = WarcRecord(file, offset, expansion)
            kind = _kind(record, pages=pages)
            behind = record.end(size)
        except EOFError:
            # An empty gzip member, since the file does not end here.
            assert expansion is not None
            offset = _behind_member(file, offset, expansion)
            continue
        except BadInput as error:
            if error.reason in ("not_per_record", "bomb"):
                raise
            damages += 1
            yield WarcEntry(offset, "damage", detail=str(error))
            if damages == _MAX_DAMAGES:
                return
            behind = _next_record(file, offset + 1, compressed=compressed)
        else:
            if kind is not None:
                yield WarcEntry(offset, kind, record.date)
        offset = behind
        yield offset


def first_date(file: BinaryIO, *, compressed: bool) -> datetime | None:
    """Return the date of the first record; None where there is no record."""
    try:
        return WarcRecord(file, 0, Expansion() if compressed else None).date
    except (BadInput, EOFError):
        return None


def read_capture(file: BinaryIO, offset: int, *, compressed: bool, limit: int) -> Capture:
    """Read the record at ``offset``. Raises ``BadInput``: ``too_large``, ``broken_body``, or as a damaged file does."""
    record = WarcRecord(file, offset, Expansion() if compressed else None)
    http = record.http()
    raw = _read_at_most(record.payload, limit + 1)
    if len(raw) > limit:
        raise BadInput("too_large", f"the body is larger than {limit} bytes")
    if http.chunked:
        raw = ChunkedDataReader(io.BytesIO(raw)).read()
    return Capture(_decoded(raw, http.encoding, limit), record.url, http.content_type, record.date)


def _kind(record: WarcRecord, *, pages: bool) -> RecordKind | None:
    """Return how to read a record; None for records without a body, captures of errors and redirects, other content."""
    if record.type not in ("response", "resource") or not record.is_first_segment:
        return None
    http = record.http()
    if http.status != 200:
        return None
    start = _start(record, http)
    if is_feed(start, http.content_type) or (not start and may_be_feed(http.content_type)):
        return "feed"
    return "page" if pages and is_page(start, http.content_type) else None


def _start(record: WarcRecord, http: _Http) -> bytes:
    """Return the first decoded bytes of a body; empty if they are not known before all of it is decoded."""
    raw = _read_at_most(record.payload, _HEAD)
    if http.chunked:
        raw = ChunkedDataReader(io.BytesIO(raw)).read()
    if http.encoding in ("", "identity") or not raw.startswith((b"\x1f\x8b", b"\x78")):
        return b"" if http.encoding == "br" else raw
    try:
        return zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(raw, _HEAD)
    except zlib.error:
        return b""


def _decoded(raw: bytes, encoding: str, limit: int) -> bytes:
    try:
        decoder = BodyDecoder(encoding, limit)
        decoder.feed(raw)
        return decoder.finish()
    except FetchError as error:
        if error.reason == "bad_encoding":
            # Many crawlers store the decoded body with the server's header.
            return raw
        raise BadInput(error.reason, error.detail) from None


def _read_at_most(stream: Any, limit: int) -> bytes:
    body = bytearray()
    while len(body) < limit and (piece := stream.read(min(PIECE, limit - len(body)))):
        body += piece
    return bytes(body)


def _length(value: str | None) -> int:
    if value is None or not (value.isascii() and value.isdigit()) or len(value) > 15:
        raise BadInput("bad_record", f"the record's length is {value!r:.40}")
    return int(value)


def _next_record(file: BinaryIO, offset: int, *, compressed: bool) -> int:
    """Return the offset of the next record after a damaged place; the end of the file if there is none."""
    mark = _GZIP_MEMBER if compressed else b"\nWARC/"
    place = _find(file, mark, offset - 1 if not compressed else offset)
    tries = 0
    while place is not None and tries < _MAX_TRIES:
        if not compressed:
            return place + 1
        if _begins_record(file, place):
            return place
        tries += 1
        place = _find(file, mark, place + 1)
    return file.seek(0, io.SEEK_END)


def _behind_blank_lines(file: BinaryIO, offset: int) -> int:
    """Return the offset of the next record in an uncompressed file, where blank lines separate records."""
    file.seek(offset)
    while piece := file.read(PIECE):
        rest = piece.lstrip(b"\r\n")
        offset += len(piece) - len(rest)
        if rest:
            break
    return offset


def _behind_member(file: BinaryIO, offset: int, expansion: Expansion) -> int:
    member = GzipMember(file, offset, expansion)
    while member.read(PIECE):
        pass
    return member.raw_position


def _begins_record(file: BinaryIO, offset: int) -> bool:
    try:
        return _read_at_most(GzipMember(file, offset, Expansion()), 5) == b"WARC/"
    except BadInput:
        return False


def _find(file: BinaryIO, mark: bytes, offset: int) -> int | None:
    file.seek(offset)
    kept = b""
    while piece := file.read(1024 * 1024):
        window = kept + piece
        at = window.find(mark)
        if at >= 0:
            return offset - len(kept) + at
        offset += len(piece)
        kept = window[-(len(mark) - 1) :]
    return None
