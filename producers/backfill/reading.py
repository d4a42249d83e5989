"""Reads the files of a job as a series of units: feeds, lines, damaged places, each with its origin.

Plain generators that block; ``run`` reads them in a thread. The same files give the same units in the same order, on
which positions rely.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from producers.backfill import lines, warc
from producers.backfill.catalogue import Catalogue, Placed, Versioned, microseconds
from producers.backfill.inputs import Input, Opened, open_input, shown
from producers.backfill.job import Position
from producers.backfill.lines import Line
from producers.backfill.selection import Origin, Terms
from producers.backfill.sniffing import FileKind, is_feed
from producers.backfill.streams import Buffered
from producers.backfill.warc import WarcEntry
from producers.formats.dates import NOT_LISTED, Listed
from producers.messages import DeadLetter
from producers.registry.feedlist import address_key, outlet_of, slug
from schemas.feed_records import Feed
from wirecopy.errors import BadInput

_DAMAGE_SHOWN = 64 * 1024
_MAX_NAME = 120
_ENDINGS = re.compile(r"(\.(gz|warc|xml|rss|atom|json\w*|ndjson|rdf))+$")


@dataclass(frozen=True)
class Unit:
    """A piece of a file: a ``body`` to parse, or a ``letter`` where it cannot be parsed.

    ``share``: the part of the file read so far, this unit included. With ``line``, the body stands for that line. An
    ``older`` unit is a version of an article that has a newer one in the same file; a ``useless`` one is no feed.
    """

    position: Position
    origin: Origin
    share: float
    body: bytes = b""
    url: str = ""
    content_type: str | None = None
    page: bool = False
    line: Line | None = None
    letter: DeadLetter | None = None
    older: bool = False
    useless: bool = False


@dataclass(frozen=True)
class FileEnd:
    """The end of a file; ``problem`` is the reason why it, or the rest of it, was not read."""

    position: Position
    size: int
    other: int = 0
    problem: str | None = None
    letter: DeadLetter | None = None


@dataclass
class ReadOptions:
    """Options of reading: the operator's terms, the known feeds, the limit of memory, and whether to go on."""

    terms: Terms
    catalogue: Catalogue
    max_bytes: int
    pages: bool = False
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    stopped: Callable[[], bool] = lambda: False
    looking_at: str = ""


class ReadingStopped(Exception):
    """The process was asked to end."""


def feeds_by_address(feeds: Mapping[str, Feed]) -> dict[str, Feed]:
    """Return known feeds by the keys of their addresses."""
    return {address_key(feed.url): feed for _, feed in sorted(feeds.items(), reverse=True)}


def read_inputs(inputs: list[Input], start: Position, how: ReadOptions) -> Iterator[Unit | FileEnd]:
    """Yield all units from ``start`` on, file by file. Raises ``ReadingStopped``."""
    for number in range(start.file, len(inputs)):
        skip = start.unit if number == start.file else 0
        yield from _read_input(inputs[number], Position(number, skip), how)


def _read_input(given: Input, start: Position, how: ReadOptions) -> Iterator[Unit | FileEnd]:
    end = Position(start.file + 1)
    how.looking_at = shown(given.path.name)
    try:
        opened = open_input(given)
    except OSError as error:
        yield FileEnd(end, given.size, problem=f"{given.name}: {error.strerror}")
        return
    except BadInput as error:
        yield _broken(given, end, error)
        return
    with opened.file:
        file = _File(given, opened, start.file, how)
        try:
            yield from _READERS[opened.kind](file, start.unit)
        except BadInput as error:
            yield _broken(given, end, error)
            return
        except OSError as error:
            yield FileEnd(end, given.size, problem=f"{given.name}: {error.strerror}")
            return
    contained = how.catalogue.contained(start.file)
    how.catalogue.forget(start.file)
    yield FileEnd(end, given.size, contained.other if contained else 0)


def _broken(given: Input, end: Position, error: BadInput) -> FileEnd:
    letter = DeadLetter(feed_name(given.path.name), _head(given.path), error.reason, error.detail, given.name)
    return FileEnd(end, given.size, problem=f"{given.name}: {error}", letter=letter)


@dataclass(frozen=True)
class _File:
    """A file being read."""

    given: Input
    opened: Opened
    number: int
    how: ReadOptions

    @property
    def name(self) -> str:
        return feed_name(self.given.path.name)

    def origin(self, where: str = "") -> Origin:
        """Return the origin of a unit without metadata, at a place in the file."""
        fallback = self.given.moment if self.how.terms.date_from_file else None
        return Origin(f"{self.given.name}{where}", self.name, fallback=fallback)

    def shown(self, place: int) -> bytes:
        """Return the bytes at a damaged place."""
        self.opened.file.seek(place)
        return self.opened.file.read(_DAMAGE_SHOWN)

    def check(self) -> None:
        if self.how.stopped():
            raise ReadingStopped


# ---- a file that is one feed ------------------------------------------------------------------------------------


def _feed(file: _File, skip: int) -> Iterator[Unit]:
    if skip == 0:
        body = file.opened.stream()[0].read_all(file.how.max_bytes)
        yield Unit(Position(file.number, 0), file.origin(), 1.0, body)


# ---- JSON lines -------------------------------------------------------------------------------------------------


def _lines(file: _File, skip: int) -> Iterator[Unit]:
    if file.how.catalogue.contained(file.number) is None:
        file.how.catalogue.add_lines(file.number, _versions(file))
    stream, source = file.opened.stream()
    for number, text in enumerate(_bounded_lines(stream, file.how.max_bytes)):
        if number >= skip and text.strip():
            yield _line(file, number, text, min(1.0, source.raw_position / max(file.given.size, 1)))


def _line(file: _File, number: int, text: bytes, share: float) -> Unit:
    position, origin, most = Position(file.number, number), file.origin(f":{number + 1}"), file.how.max_bytes
    try:
        line = _readable(text, most)
    except BadInput as error:
        original = text[:_DAMAGE_SHOWN] if len(text) > most else text.rstrip(b"\r\n")
        letter = DeadLetter(origin.feed, original, error.reason, error.detail, origin.source)
        return Unit(position, origin, share, letter=letter)
    name = lines.key_of(line)
    older = name is not None and not line.removed and file.how.catalogue.newest_line(file.number, name) != number
    origin = dataclasses.replace(
        origin, feed=lines.feed_of(line) or origin.feed, outlet=line.outlet, captured=line.seen
    )
    return Unit(position, origin, share, lines.as_json_feed(line), line=line, older=older)


def _readable(text: bytes, most: int) -> Line:
    if len(text) > most:
        raise BadInput("too_large", f"a line of more than {most} bytes; this is its beginning")
    return lines.read_line(text)


def _versions(file: _File) -> Iterator[Versioned]:
    """Yield the versions among the lines. A damaged place ends this reading as it does the second one."""
    with contextlib.suppress(BadInput):
        for number, text in enumerate(_bounded_lines(file.opened.stream()[0], file.how.max_bytes)):
            file.check()
            if text.strip() and (version := _version(text, number, file.how.max_bytes)) is not None:
                yield version


def _version(text: bytes, number: int, most: int) -> Versioned | None:
    try:
        line = _readable(text, most)
    except BadInput:
        return None
    name = lines.key_of(line)
    return None if name is None or line.removed else Versioned(name, *lines.version_of(line), number)


def _bounded_lines(stream: Buffered, most: int) -> Iterator[bytes]:
    """Yield every line; of a line that is too long, one byte more than the limit."""
    while text := stream.readline(most + 1):
        rest = text
        while len(text) > most and rest and not rest.endswith(b"\n"):
            rest = stream.readline(_DAMAGE_SHOWN)
        yield text


# ---- WARC -------------------------------------------------------------------------------------------------------


def _records(file: _File, skip: int) -> Iterator[Unit]:
    catalogue = file.how.catalogue
    contained = catalogue.contained(file.number) or catalogue.add_records(file.number, _places(file))
    file.how.looking_at = shown(file.given.path.name)
    for number, placed in enumerate(catalogue.records(file.number, skip), skip):
        position, share = Position(file.number, number), (number + 1) / contained.units
        yield (_damage if placed.kind == "damage" else _capture)(file, placed, position, share)


def _places(file: _File) -> Iterator[Placed | None]:
    """Yield the entries of the file's catalogue; None for each useless record."""
    size, found = file.given.size, False
    for step in warc.catalogue(file.opened.file, size, compressed=file.opened.compressed, pages=file.how.pages):
        file.check()
        if isinstance(step, WarcEntry):
            found = True
            yield Placed(step.offset, microseconds(step.date), step.kind, step.detail)
        else:
            file.how.looking_at = f"{shown(file.given.path.name)}: finding its records, {100 * step // max(size, 1)} %"
            if not found:
                yield None
            found = False


def _capture(file: _File, placed: Placed, position: Position, share: float) -> Unit:
    origin = file.origin(f"@{placed.place}")
    try:
        capture = warc.read_capture(
            file.opened.file, placed.place, compressed=file.opened.compressed, limit=file.how.max_bytes
        )
    except BadInput as error:
        letter = DeadLetter(origin.feed, file.shown(placed.place), error.reason, error.detail, origin.source)
        return Unit(position, origin, share, letter=letter)
    feed = file.how.feeds.get(address_key(capture.url))
    return Unit(
        position,
        dataclasses.replace(
            origin,
            feed=feed.id if feed else slug(capture.url),
            outlet=feed.outlet if feed else outlet_of(capture.url),
            language=feed.language if feed else None,
            listed=Listed(feed.language, feed.timezone) if feed else NOT_LISTED,
            captured=capture.date,
        ),
        share,
        capture.body,
        capture.url,
        capture.content_type,
        page=placed.kind == "page",
        useless=placed.kind == "feed" and not is_feed(capture.body, capture.content_type),
    )


def _damage(file: _File, placed: Placed, position: Position, share: float) -> Unit:
    reason, _, detail = placed.detail.partition(": ")
    origin = file.origin(f"@{placed.place}")
    letter = DeadLetter(origin.feed, file.shown(placed.place), reason, detail, origin.source)
    return Unit(position, origin, share, letter=letter)


_READERS: dict[FileKind, Callable[[_File, int], Iterator[Unit]]] = {"feed": _feed, "lines": _lines, "warc": _records}


def feed_name(file: str) -> str:
    """Return a file's name as the id of a feed: `top_2026-06-18.xml.gz` becomes `top-2026-06-18`."""
    stem = _ENDINGS.sub("", file.lower())
    return "-".join(re.findall(r"[a-z0-9]+", stem))[:_MAX_NAME] or "archive"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_DAMAGE_SHOWN)
    except OSError:
        return b""
