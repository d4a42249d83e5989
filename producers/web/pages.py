"""Reads full texts from the entries' pages, for feeds of teasers (``Feed.full_text``).

Whatever goes wrong with a page, its entry is published as the feed has it, and in time.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from cachetools import FIFOCache
from yarl import URL

from producers.errors import FetchError
from producers.formats.cleaning import visible_text
from producers.formats.page_text import PageText
from producers.web.fetch import Chain, Fetched, Fetcher
from producers.web.hosts import HostGate
from schemas.feed_records import Feed, RawEntry
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings
from wirecopy.telemetry import logger

DEADLINE = 60.0
"""Seconds that the pages of one poll may take, waiting for their host included."""
MAX_PAGE = 4 * 1024 * 1024
_AT_ONCE = 2  # pages of one feed at once in their host's queue, so that other feeds get their turn
_ACCEPT = "text/html, application/xhtml+xml;q=0.9"
_TYPES = frozenset({"text/html", "application/xhtml+xml", ""})
_MAX_WARNED = 5000
_COSTLY = ("parse_timeout", "parse_memory", "parser_died")
_MOST_COSTLY = 3
"""Pages of one poll that may cost a parser its life; the others are then not read."""

# Letters with their combining signs: vowels of Indian scripts, accents, points.
_WORD = re.compile(r"[\w\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u200c\u200d]+")
# Scripts without blanks between words: pairs of characters are compared.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_LEAST_WORD = 4
_LEAST_SHARE = 0.5
_COMPARED = 20_000
"""Characters of an article in which the words of its headline and summary are looked for."""


class Extracts(Protocol):
    """Extracts the article of a page (``ParsingPool``). Raises ``BadInput``."""

    async def extract(self, body: bytes, url: str, content_type: str | None) -> PageText: ...


class Permits(Protocol):
    """Answers whether robots may fetch an address (``Robots``)."""

    async def allowed(self, address: str, behalf: str) -> bool: ...


class _Left(Exception):
    """The reason why an entry stays as the feed has it."""


class _Moved(Exception):
    """A redirect to another address, which needs a permission and a turn of its own."""


class PageReader:
    """Reads the pages of entries, politely: robots.txt, the host's turn, a deadline for each poll.

    ``counted`` is called with the outcome of each page: ``read``, or the reason why the entry stays as it was.
    """

    def __init__(
        self,
        settings: ProducerSettings,
        fetcher: Fetcher,
        pool: Extracts,
        robots: Permits,
        gate: HostGate,
        *,
        counted: Callable[[str], object] = lambda _: None,
        deadline: float = DEADLINE,
    ) -> None:
        self._max_redirects = settings.max_redirects
        self._max_bytes = min(settings.max_bytes, MAX_PAGE)
        self._fetcher = fetcher
        self._pool = pool
        self._robots = robots
        self._gate = gate
        self._counted = counted
        self._deadline = deadline
        self._warned: FIFOCache[tuple[str, str], None] = FIFOCache(_MAX_WARNED)
        self._log = logger("producer")

    async def complete(self, feed: Feed, records: Sequence[RawEntry]) -> tuple[RawEntry, ...]:
        """Return all records in their order, with the full text where the page could be read.

        The caller must not hold a place of the gate: each page waits for one. Reads the newest entries first and
        returns at the deadline at the latest. Raises nothing that a page can cause.
        """
        if not feed.full_text:
            return tuple(records)
        texts: dict[int, RawEntry] = {}
        outcomes: Counter[str] = Counter()
        waiting = [place for place, record in enumerate(records) if _has_page(record)]
        pending = reversed(waiting)

        async def read() -> None:
            for place in pending:
                if sum(outcomes[reason] for reason in _COSTLY) >= _MOST_COSTLY:
                    outcomes["given_up"] += 1
                    continue
                try:
                    texts[place] = await self._read(records[place], feed.url)
                    outcomes["read"] += 1
                except _Left as left:
                    outcomes[str(left)] += 1
                except Exception:  # noqa: BLE001
                    # A bug of ours: the entry is published all the same.
                    self._log.exception("reading a page failed", feed=feed.id, url=records[place].url)
                    outcomes["failed"] += 1

        await self._in_time([asyncio.create_task(read()) for _ in waiting[:_AT_ONCE]])
        outcomes["deadline"] = len(waiting) - outcomes.total()
        self._report(feed, outcomes)
        return tuple(texts.get(place, record) for place, record in enumerate(records))

    async def _in_time(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self._deadline)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, record: RawEntry, feed: str) -> RawEntry:
        """Return the record with the text of its page, fetched on behalf of the feed's address. Raises ``_Left``."""
        assert record.url is not None, "only records with a page are read"
        try:
            fetched = await self._fetch(record.url, feed)
            page = await self._pool.extract(fetched.body, fetched.final_url, fetched.content_type)
        except (FetchError, BadInput) as error:
            raise _Left(error.reason) from None
        reason = unfit(record, page, fetched.final_url)
        if reason is not None:
            raise _Left(reason)
        return record.model_copy(
            update={"content": page.as_html(), "full_text": True, "language": record.language or page.language}
        )

    async def _fetch(self, address: str, feed: str) -> Fetched:
        """Fetch the page; each redirect waits for its own turn and permission. Raises ``FetchError``, ``_Left``."""
        chain = Chain()
        fetcher = self._fetcher.on_behalf_of(feed)
        for _ in range(self._max_redirects + 1):
            url = fetcher.policy.checked(address)
            host = fetcher.policy.spared_host(address)
            if host is not None and self._gate.ready_in(host) > self._deadline:
                raise _Left("paused")
            if not await self._robots.allowed(address, feed):
                raise _Left("robots")
            try:
                return await self._fetch_one(fetcher, str(url), host, chain)
            except _Moved as moved:
                address = str(moved)
        raise FetchError("too_many_redirects", f"more than {self._max_redirects} redirects")

    async def _fetch_one(self, fetcher: Fetcher, address: str, host: str | None, chain: Chain) -> Fetched:
        async def before(asked: str) -> None:
            if asked != address:
                raise _Moved(asked)

        async with self._gate.slot(host):
            try:
                fetched = await fetcher.fetch(
                    address, accept=_ACCEPT, max_bytes=self._max_bytes, types=_TYPES, before=before, chain=chain
                )
            except FetchError as error:
                if host is not None:
                    self._gate.heed(host, error)
                raise
        assert isinstance(fetched, Fetched), "an unconditional request is not answered with 304"
        if not fetched.body:
            raise _Left("not_html")
        return fetched

    def _report(self, feed: Feed, outcomes: Counter[str]) -> None:
        """Count every page, and log each reason once a feed, since it repeats at every poll."""
        for outcome, pages in outcomes.items():
            for _ in range(pages):
                self._counted(outcome)
            if outcome != "read" and pages and (feed.id, outcome) not in self._warned:
                self._warned[feed.id, outcome] = None
                self._log.warning("pages not read; the feed's own text is published", feed=feed.id, reason=outcome)


def _has_page(record: RawEntry) -> bool:
    return record.url is not None and record.removed is None and not record.full_text and record.pubstatus == "usable"


def unfit(record: RawEntry, page: PageText, final_url: str) -> str | None:
    """Return the reason why the page's text does not replace the feed's; None where it does.

    It has to be longer, and plausibly the same article: a login page, a cookie wall, the front page behind a deleted
    article, or another article share too few words with the headline or the summary.
    """
    text = "\n".join(page.paragraphs)
    given = max((visible_text(record.content), visible_text(record.summary)), key=len)
    if len(text) <= len(given):
        return "shorter"
    if _is_front_page(final_url) and not _is_front_page(record.url or ""):
        return "other_article"
    start = frozenset(_words(text[:_COMPARED]))
    teasers = (visible_text(record.headline), given[:_COMPARED])
    return None if any(_shares(teaser, start) for teaser in teasers) else "other_article"


def _is_front_page(address: str) -> bool:
    url = URL(address)
    return url.path in ("", "/") and not url.query_string


def _shares(teaser: str, words: frozenset[str]) -> bool:
    teased = frozenset(_words(teaser))
    return bool(teased) and len(teased & words) >= max(_LEAST_SHARE * len(teased), min(2, len(teased)))


def _words(text: str) -> Iterator[str]:
    """Return the longer words of a text; pairs of neighbouring characters where it has no blanks."""
    for found in _WORD.finditer(text.casefold()):
        word = found.group()
        if _UNSPACED.search(word):
            yield from (word[at : at + 2] for at in range(len(word) - 1))
        elif len(word) >= _LEAST_WORD or not word.isascii():
            yield word
