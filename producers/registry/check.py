"""Checks a feed: fetches it now, and reports the result and the polls to come, for the person who lists it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from producers.folders import inbox
from producers.folders.folder import is_folder
from producers.formats.cleaning import clean_line, visible_text
from producers.formats.parsed import ParsedFeed
from producers.formats.parsing_pool import ParsingPool
from producers.polling.entries import initial_state
from producers.polling.polling import Answer, Circumstances, Failed, News, Unreadable, ask, decide
from producers.registry import status
from producers.registry.discovery import feed_service, settled_outlet
from producers.web.fetch import PERMANENT, Fetched, Fetcher, Redirect
from producers.web.hosts import HostGate
from producers.web.pages import Permits
from schemas.feed_records import Feed, FeedState
from wirecopy.settings import ProducerSettings

_TEASER = 500
"""Characters: entries shorter than that, most of them, only tease."""


@dataclass(frozen=True)
class FeedCheck:
    """The result of checking one feed. ``problems`` do not stop its polls, an ``error`` does.

    ``polling`` describes the next polls.
    """

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
    polling: tuple[str, ...] = field(default=())

    def lines(self) -> Iterator[str]:
        """Return the report for a person."""
        yield f"{'ok  ' if self.works else 'FAIL'} {self.feed}  {self.url}"
        for redirect in self.redirects:
            yield f"       {redirect.status} to {redirect.url}"
        if self.error:
            yield f"       {clean_line(self.error, 500)}"
        if self.format:
            language = self.language or "unknown"
            yield f"       {self.format}, {self.entries} entries, {self.bytes} bytes, language {language}"
            title = clean_line(self.title, 200) or "(no title)"
            yield f"       {title}, newest entry {self.newest or 'without a date'}"
        for sentence in self.polling:
            yield f"       {clean_line(sentence, 500)}"
        for problem in self.problems:
            yield f"       note: {clean_line(problem, 500)}"


class Checker:
    """Checks feeds, several at once."""

    def __init__(
        self, settings: ProducerSettings, fetcher: Fetcher, pool: ParsingPool, robots: Permits, gate: HostGate
    ) -> None:
        self._settings = settings
        self._fetcher = fetcher
        self._pool = pool
        self._robots = robots
        self._gate = gate

    async def check(self, feed: Feed, state: FeedState | None = None) -> FeedCheck:
        """Fetch and parse ``feed``. Every fault is in the report. ``state`` is that of its polling."""
        now = datetime.now(UTC)
        never_polled = initial_state(feed, now, self._settings.interval)
        answer = await self._answer(feed, never_polled)
        report = _described(feed, answer)
        at = Circumstances(self._settings, now, self._fetcher.policy.is_own(feed.url))
        after = decide(feed, state or never_polled, answer, at).state
        polling = [*_schedule(feed, after)]
        odd = [*report.problems]
        if isinstance(answer, News):
            polling += _wishes(after, self._settings)
            odd += await self._pages(feed, answer.parsed)
        return replace(report, polling=tuple(polling), problems=tuple(odd))

    async def _answer(self, feed: Feed, never_polled: FeedState) -> Answer:
        """Poll as for the first time: without validators, and without moving files of a folder."""
        if is_folder(feed.url):
            return (await inbox.look(feed, self._settings, self._pool)).answer
        async with self._gate.slot(self._fetcher.policy.spared_host(feed.url)):
            return await ask(feed, never_polled, self._fetcher, self._pool)

    async def _pages(self, feed: Feed, parsed: ParsedFeed) -> list[str]:
        """Describe the reading of texts from the entries' pages."""
        if is_folder(feed.url):
            return []
        if not feed.full_text:
            lengths = [len(visible_text(entry.content or entry.summary)) for entry in parsed.entries]
            if lengths and statistics.median(lengths) < _TEASER:
                typical = f"{statistics.median(lengths):.0f}"
                return [f"its entries only tease ({typical} characters): with full_text their pages are read"]
            return []
        page = next((entry.url for entry in parsed.entries if entry.url), None)
        if page is None:
            return ["full_text is set, but no entry has a page"]
        if await self._robots.allowed(page, feed.url):
            return []
        return [f"full_text: robots.txt forbids us {page}, or cannot be read: its entries stay as the feed has them"]


def _described(feed: Feed, answer: Answer) -> FeedCheck:
    match answer:
        case Failed(error):
            return FeedCheck(feed.id, feed.url, works=False, error=str(error), status=error.status)
        case Unreadable(fetched, bad):
            return _fetched(FeedCheck(feed.id, feed.url, works=False, error=str(bad)), fetched)
        case News(fetched, parsed):
            return _working(feed, fetched, parsed)
        case _:
            return FeedCheck(feed.id, feed.url, works=True, polling=("nothing has come since the last look",))


def _fetched(report: FeedCheck, fetched: Fetched) -> FeedCheck:
    return replace(
        report,
        status=fetched.status,
        redirects=fetched.redirects,
        content_type=fetched.content_type,
        bytes=len(fetched.body),
    )


def _working(feed: Feed, fetched: Fetched, parsed: ParsedFeed) -> FeedCheck:
    dates = [entry.published or entry.updated for entry in parsed.entries]
    newest = max((date for date in dates if date), default=None)
    report = FeedCheck(
        feed.id,
        feed.url,
        works=True,
        format=parsed.version,
        title=parsed.title,
        language=feed.language or parsed.language,
        entries=len(parsed.entries),
        newest=newest.isoformat() if newest else None,
        problems=tuple(problems(feed, fetched, parsed)),
    )
    return _fetched(report, fetched)


def problems(feed: Feed, fetched: Fetched, parsed: ParsedFeed) -> Iterator[str]:
    """Return the oddities of a working feed. Pure."""
    if parsed.problem:
        yield f"not well-formed: {parsed.problem}"
    if parsed.dropped:
        yield f"{parsed.dropped} entries are beyond producer.max_entries and are left out"
    if not is_folder(feed.url):
        yield from _address_problems(feed, fetched, parsed)
    for count, what in _missing(parsed):
        if count:
            yield f"{count} of {len(parsed.entries)} entries have no {what}"


def _address_problems(feed: Feed, fetched: Fetched, parsed: ParsedFeed) -> Iterator[str]:
    statuses = [redirect.status for redirect in fetched.redirects]
    if statuses and PERMANENT.issuperset(statuses):
        yield f"moved for good: put {fetched.final_url} on the list"
    elif statuses:
        yield f"redirected for now to {fetched.final_url}: every poll asks both"
    if not (fetched.validators.etag or fetched.validators.last_modified):
        yield "no ETag and no Last-Modified: every poll fetches the whole feed"
    service = feed_service(feed.url)
    if service and feed_service(f"http://{feed.outlet}/"):
        at_home = settled_outlet(feed.url, parsed.home)
        hint = f"its home page says {at_home}" if at_home else "its home page does not say whose it is"
        yield f"{service} delivers this feed for somebody else, and is not its outlet: set outlet; {hint}"


def _missing(parsed: ParsedFeed) -> Iterator[tuple[int, str]]:
    entries = parsed.entries
    yield sum(1 for entry in entries if not entry.guid), "GUID"
    yield sum(1 for entry in entries if not entry.url), "usable link"
    yield sum(1 for entry in entries if not (entry.published or entry.updated)), "date"
    yield sum(1 for entry in entries if not (entry.content or entry.summary)), "text"


def _schedule(feed: Feed, after: FeedState) -> Iterator[str]:
    """Describe when the next polls come, and why."""
    if feed.paused:
        yield f"paused: not polled until `wirecopy feeds resume {feed.id}`"
        return
    every = status.span(after.interval)
    if after.retired:
        yield "the server says that the feed is gone: it would be retired, and polled no more"
    elif after.parked:
        yield f"it only fails: parked, and polled every {every}"
    elif after.failures:
        yield f"the next poll would come in {every}"
    elif feed.interval is not None:
        yield f"polled every {every}: the list wants {status.span(feed.interval)}"
    elif after.typical_gap:
        lively = f", every {status.span(after.short_gap)} while lively" if after.short_gap else ""
        yield f"the next poll would come in {every}: it publishes {status.rhythm(after.typical_gap)}{lively}"
    else:
        yield f"the next poll would come in {every}: it has no rhythm yet"
    if after.quiet_since:
        yield f"quiet since {status.moment(after.quiet_since)}: longer than its rhythm explains"
    if (after.etag or after.last_modified) and not after.failures:
        named = "ETag" if after.etag else "Last-Modified"
        yield f"asked with its {named}, so that an unchanged feed need not be sent"


def _wishes(after: FeedState, settings: ProducerSettings) -> Iterator[str]:
    """Describe what the feed asks of its pollers."""
    yield from status.wishes(after)
    if after.hub and settings.callback is None:
        yield "its hub would tell of news at once if producer.callback were set"
