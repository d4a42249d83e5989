"""Fetch a feed now and say what came of it, for the person who put it on the list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from producers.errors import FetchError
from producers.fetch import Fetched, Fetcher, Redirect
from producers.parsed import ParsedFeed
from producers.parsing_pool import ParsingPool
from schemas.records import Feed
from wirecopy.errors import BadInput


@dataclass(frozen=True)
class Report:
    """What a poll of one feed would meet. ``problems`` do not keep it from being polled, an ``error`` does."""

    feed: str
    url: str
    works: bool
    error: str | None = None
    status: int | None = None
    redirects: tuple[Redirect, ...] = ()
    content_type: str | None = None
    bytes: int = 0
    format: str | None = None
    title: str | None = None
    language: str | None = None
    entries: int = 0
    newest: str | None = None
    problems: tuple[str, ...] = field(default=())

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        yield f"{'ok  ' if self.works else 'FAIL'} {self.feed}  {self.url}"
        for redirect in self.redirects:
            yield f"       {redirect.status} to {redirect.url}"
        if self.error:
            yield f"       {self.error}"
        if self.format:
            language = self.language or "unknown"
            yield f"       {self.format}, {self.entries} entries, {self.bytes} bytes, language {language}"
            yield f"       {self.title or '(no title)'}, newest entry {self.newest or 'without a date'}"
        for problem in self.problems:
            yield f"       note: {problem}"


async def check(feed: Feed, fetcher: Fetcher, pool: ParsingPool) -> Report:
    """Fetch and parse ``feed``; whatever is wrong with it is in the report."""
    try:
        fetched = await fetcher.fetch(feed.url)
    except FetchError as error:
        return Report(feed.id, feed.url, works=False, error=str(error), status=error.status)
    assert isinstance(fetched, Fetched), "an unconditional request is not answered with 304"
    try:
        parsed = await pool.parse(fetched.body, fetched.final_url, fetched.content_type)
    except BadInput as error:
        return Report(
            feed.id, feed.url, works=False, error=str(error), status=fetched.status, redirects=fetched.redirects,
            content_type=fetched.content_type, bytes=len(fetched.body),
        )  # fmt: skip
    return _working(feed, fetched, parsed)


def _working(feed: Feed, fetched: Fetched, parsed: ParsedFeed) -> Report:
    dates = [entry.published or entry.updated for entry in parsed.entries]
    newest = max((date for date in dates if date), default=None)
    return Report(
        feed.id,
        feed.url,
        works=True,
        status=fetched.status,
        redirects=fetched.redirects,
        content_type=fetched.content_type,
        bytes=len(fetched.body),
        format=parsed.version,
        title=parsed.title,
        language=feed.language or parsed.language,
        entries=len(parsed.entries),
        newest=newest.isoformat() if newest else None,
        problems=tuple(_problems(fetched, parsed)),
    )


def _problems(fetched: Fetched, parsed: ParsedFeed) -> Iterator[str]:
    if parsed.problem:
        yield f"not well-formed: {parsed.problem}"
    if parsed.dropped:
        yield f"{parsed.dropped} entries are beyond producer.max_entries and are left out"
    if any(redirect.status in (301, 308) for redirect in fetched.redirects):
        yield f"moved for good: put {fetched.final_url} on the list"
    if not (fetched.validators.etag or fetched.validators.last_modified):
        yield "no ETag and no Last-Modified: every poll fetches the whole feed"
    for count, what in _missing(parsed):
        if count:
            yield f"{count} of {len(parsed.entries)} entries have no {what}"


def _missing(parsed: ParsedFeed) -> Iterator[tuple[int, str]]:
    entries = parsed.entries
    yield sum(1 for entry in entries if not entry.guid), "GUID"
    yield sum(1 for entry in entries if not entry.url), "usable link"
    yield sum(1 for entry in entries if not (entry.published or entry.updated)), "date"
    yield sum(1 for entry in entries if not (entry.content or entry.summary)), "text"
