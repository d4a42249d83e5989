"""A watched folder as a feed: an agency delivers files, over FTP for example, and each is parsed as a feed.

The feed's address is ``file:`` and a path inside one of the folders of ``producer.folders``: a feed list can come from
anywhere and must not be able to name ``/etc``. A file is taken, the oldest first, when it has not been written for two
seconds and its name is not that of an unfinished one. Published and acknowledged files move to ``done/`` in that
folder, unreadable ones to ``failed/``, under another name where the name is taken. The operator deletes old files
there. After a crash between acknowledgement and move the same files are read again, with the same ids and revisions.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from producers.errors import FetchError
from producers.folders import folder as files
from producers.folders.folder import File, Taken
from producers.formats.cleaning import clean_line
from producers.formats.dates import NOT_LISTED, Listed
from producers.formats.parsed import ParsedEntry, ParsedFeed
from producers.messages import MAX_DEAD_LETTER, DeadLetter
from producers.polling.polling import Failed, News, Same, listed
from producers.web.fetch import Fetched, Validators
from schemas.feed_records import Feed
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

_MAX_LOOK = 4
"""Bytes of one look, as a multiple of ``producer.max_bytes``."""
_MAX_SECONDS = 3
"""Time of one look, as a multiple of ``producer.parse_timeout``."""
_MAX_NAME = 200


class Parses(Protocol):
    """The part of ``ParsingPool`` that a look uses."""

    async def parse(
        self, body: bytes, url: str, content_type: str | None, listed: Listed = NOT_LISTED
    ) -> ParsedFeed: ...


@dataclass(frozen=True)
class BadFile:
    """A file that cannot be processed, or only in part; ``original`` is as much of it as a dead letter holds."""

    file: str
    original: bytes
    reason: str
    detail: str


@dataclass(frozen=True)
class InboxLook:
    """The result of a look at the folder.

    ``answer`` is for ``polling.decide``: all entries of the files taken, of one item the latest version. It is
    ``partial``: an entry that no new file holds was not removed. ``more``: files are waiting, look again at once. Call
    ``put_away`` only once entries and dead letters are acknowledged.
    """

    answer: Failed | Same | News
    bad: tuple[BadFile, ...] = ()
    more: bool = False
    _folder: Path | None = None
    _taken: tuple[File, ...] = ()

    def dead_letters(self, feed: Feed) -> tuple[DeadLetter, ...]:
        """Return a dead letter for each bad file."""
        return tuple(DeadLetter(feed.id, bad.original, bad.reason, bad.detail, feed.url) for bad in self.bad)

    async def put_away(self) -> None:
        """Move the files of this look to ``done/`` and ``failed/``.

        A file that was changed or replaced since stays: it is new. Raises ``FetchError`` where files cannot be moved;
        they are read again, which publishes nothing twice.
        """
        if self._folder is not None and self._taken:
            await asyncio.to_thread(files.put_away, self._folder, self._taken, frozenset(bad.file for bad in self.bad))


async def look(feed: Feed, settings: ProducerSettings, pool: Parses) -> InboxLook:
    """Read the files that have come since the last look. Raises nothing that a folder or file can cause."""
    try:
        folder = await asyncio.to_thread(files.watched_folder, feed.url, settings.folders)
        names, more = await asyncio.to_thread(files.whole_files, folder)
    except FetchError as error:
        return InboxLook(Failed(error))
    gathered = _Gathered(feed.url.rstrip("/"), folder, settings, pool, listed(feed))
    until = time.monotonic() + _MAX_SECONDS * settings.parse_timeout
    for name in names:
        if gathered.size >= _MAX_LOOK * settings.max_bytes or (gathered.size and time.monotonic() > until):
            return gathered.look(more=True)
        taken = await asyncio.to_thread(files.read, folder, name, settings.max_bytes)
        if taken is not None and not await gathered.take(taken):
            return gathered.look(more=True)
    return gathered.look(more=more)


@dataclass
class _Gathered:
    """The files of one look so far; ``size`` in bytes."""

    url: str
    folder: Path
    settings: ProducerSettings
    pool: Parses
    listed: Listed = NOT_LISTED
    size: int = 0
    _files: list[File] = field(default_factory=list)
    _bad: list[BadFile] = field(default_factory=list)
    _feeds: list[ParsedFeed] = field(default_factory=list)
    _entries: int = 0
    _hash: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    async def take(self, taken: Taken) -> bool:
        """Parse a file. Returns False and keeps nothing of it where it has too many entries for this look."""
        try:
            parsed = await self._parsed(taken)
        except BadInput as error:
            self._keep(taken)
            self._report(taken, error.reason, error.detail)
            return True
        if self._feeds and self._entries + len(parsed.entries) > self.settings.max_entries:
            return False
        self._keep(taken)
        self._feeds.append(parsed)
        self._entries += len(parsed.entries)
        if parsed.dropped:
            why = parsed.problem or f"{parsed.dropped} entries beyond the first {self.settings.max_entries}"
            self._report(taken, "entries_left_out", f"{why}; {len(parsed.entries)} were published")
        return True

    def look(self, *, more: bool) -> InboxLook:
        answer: Same | News = Same(Validators(), modified=False)
        if self._feeds:
            fetched = Fetched(b"", self._hash.hexdigest(), 200, self.url, None, Validators())
            answer = News(fetched, _merged(self._feeds), partial=True)
        return InboxLook(answer, tuple(self._bad), more, self.folder, tuple(self._files))

    async def _parsed(self, taken: Taken) -> ParsedFeed:
        if taken.wrong is not None:
            raise taken.wrong
        return await self.pool.parse(taken.body, f"{self.url}/{quote(os.fsencode(taken.file.name))}", None, self.listed)

    def _keep(self, taken: Taken) -> None:
        self._files.append(taken.file)
        self.size += len(taken.body)
        for part in (os.fsencode(taken.file.name), taken.body):
            self._hash.update(len(part).to_bytes(8, "big") + part)

    def _report(self, taken: Taken, reason: str, detail: str) -> None:
        name = clean_line(taken.file.name, _MAX_NAME)
        self._bad.append(BadFile(taken.file.name, taken.body[:MAX_DEAD_LETTER], reason, f"{name}: {detail}"))


def _merged(feeds: Iterable[ParsedFeed]) -> ParsedFeed:
    """Merge the feeds of all files: of one entry the latest version stays, or the last where none is later."""
    chosen: dict[str, ParsedEntry] = {}
    given = list(feeds)
    for parsed in given:
        for entry in parsed.entries:
            known = chosen.get(entry.identity)
            if known is None or _moment(entry) >= _moment(known):
                chosen[entry.identity] = entry
    deleted = frozenset[str]().union(*(parsed.deleted for parsed in given)) - chosen.keys()
    last = given[-1]
    return ParsedFeed(last.title, last.version, None, None, None, tuple(chosen.values()), deleted=deleted)


def _moment(entry: ParsedEntry) -> datetime:
    return entry.updated or entry.published or datetime.min.replace(tzinfo=UTC)
