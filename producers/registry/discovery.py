"""Finds the feeds of a site by its address, for ``feeds add``.

The steps, until one finds a feed: the address itself; alternates that the page and its ``Link`` header name; the usual
paths of feeds; links in the page that look like feeds. Each of a bounded number of candidates is fetched under the same
rules as a feed (``addresses``) and parsed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from lxml import etree

from producers.errors import FetchError
from producers.formats.cleaning import clean_line, web_address
from producers.formats.parsed import ParsedFeed
from producers.formats.parsing_pool import ParsingPool
from producers.registry.feedlist import address_key, outlet_of, without_feed_scheme
from producers.web.fetch import PERMANENT, Fetched, Fetcher, Redirect
from producers.web.hosts import HostGate
from producers.web.response import Link, media_type
from wirecopy.errors import BadInput, NotFound
from wirecopy.settings import ProducerSettings

MAX_PROBES = 16
"""Candidates that are fetched for one address, beside the address itself."""
USUAL_PLACES = ("/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml")
FEED_SERVICES = frozenset({
    "acast.com", "anchor.fm", "buzzsprout.com", "feed43.com", "feedblitz.com", "feedburner.com", "feedpress.com",
    "feedpress.me", "feedproxy.google.com", "feedrabbit.com", "fetchrss.com", "fivefilters.org",
    "kill-the-newsletter.com", "libsyn.com", "megaphone.fm", "morss.it", "openrss.org", "politepaul.com",
    "politepol.com", "rss.app", "rss.com", "rsshub.app", "simplecast.com",
})  # fmt: skip
"""Hosts that deliver feeds of others: their names do not tell who publishes."""

_FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"}
_PERHAPS_TYPES = {"application/json", "application/xml", "text/xml"}
_LOOKS_LIKE_A_FEED = re.compile(
    r"(?:^|[/._=?&-])(?:rss2?|atom|feeds?|rdf)(?:$|[/._=&-])|\.(?:rss|atom|rdf|xml)$", re.IGNORECASE
)
_COMMENTS = re.compile(r"/comments/|[?&]feed=comments", re.IGNORECASE)

How = Literal["the address itself", "named by the page", "named in the Link header", "in a usual place", "linked"]


@dataclass(frozen=True)
class Candidate:
    """An address that may be a feed's, and how it was found."""

    url: str
    how: How


@dataclass(frozen=True)
class FoundFeed:
    """A feed that was fetched and parsed. ``also``: addresses with the same entries in another format."""

    url: str
    how: How
    title: str
    format: str
    language: str | None
    home: str | None
    entries: int
    newest: datetime | None
    links: frozenset[str]
    also: tuple[str, ...] = ()

    @property
    def of_comments(self) -> bool:
        """Return whether this is a feed of readers' comments, which WordPress has beside the feed of a site."""
        return _COMMENTS.search(self.url) is not None

    def as_json(self) -> dict[str, Any]:
        """Return the feed for programs."""
        return {
            "url": self.url,
            "how": self.how,
            "title": self.title,
            "format": self.format,
            "language": self.language,
            "home": self.home,
            "entries": self.entries,
            "newest": self.newest.isoformat() if self.newest else None,
            "also": list(self.also),
        }

    def line(self) -> str:
        """Return one line for a person."""
        newest = f"newest {self.newest:%Y-%m-%d %H:%M} UTC" if self.newest else "no dates"
        also = f", also at {', '.join(self.also)}" if self.also else ""
        return f"{self.url}  {self.title or '(no title)'}: {self.format}, {self.entries} entries, {newest}{also}"


def candidates(body: bytes, base: str, content_type: str | None) -> tuple[list[Candidate], list[Candidate]]:
    """Return the feeds that a page names, and its links that look like feeds; each with the likeliest first. Pure."""
    root = _page(body, content_type)
    if root is None:
        return [], []
    named: list[tuple[bool, str]] = []
    linked: list[str] = []
    site = outlet_of(base)
    base = _base(root, base)
    for element in root.iter("link", "a"):
        target = web_address(without_feed_scheme(str(element.get("href") or "").strip()), base)
        if target is None:
            continue
        relations, kind = str(element.get("rel") or "").lower().split(), media_type(element.get("type"))
        if _is_alternate(relations, kind):
            named.append((kind in _PERHAPS_TYPES, target))
        elif element.tag == "a" and _looks_like_a_feed(target, site):
            linked.append(target)
    ordered = [target for _, target in sorted(named, key=lambda one: (one[0], _COMMENTS.search(one[1]) is not None))]
    return _distinct(ordered, "named by the page"), _distinct(linked, "linked")


def _page(body: bytes, content_type: str | None) -> etree._Element | None:
    """Parse the page; ``huge_tree`` stays off, so that the depth is bounded."""
    charset = re.search(r"charset=[\"']?([\w-]{1,40})", content_type or "", re.IGNORECASE)
    for encoding in (charset.group(1) if charset else None, None):
        try:
            parser = etree.HTMLParser(encoding=encoding, no_network=True, remove_comments=True)
            return etree.fromstring(body, parser)
        except LookupError:
            continue
        except (etree.XMLSyntaxError, ValueError):
            return None
    return None


def _base(root: etree._Element, url: str) -> str:
    element = next(root.iter("base"), None)
    return (web_address(str(element.get("href") or ""), url) if element is not None else None) or url


def _is_alternate(relations: Collection[str], kind: str) -> bool:
    if "feed" in relations:
        return True
    return "alternate" in relations and "stylesheet" not in relations and kind in _FEED_TYPES | _PERHAPS_TYPES


def _looks_like_a_feed(target: str, site: str) -> bool:
    """Return whether a link of the site, or to a feed service, looks like a feed; other sites' feeds are not meant."""
    parts = urlsplit(target)
    host = outlet_of(target)
    if not (host == site or host.endswith(f".{site}") or site.endswith(f".{host}") or feed_service(target)):
        return False
    return _LOOKS_LIKE_A_FEED.search(f"{parts.path}?{parts.query}" if parts.query else parts.path) is not None


def in_link_header(links: Iterable[Link], base: str) -> list[Candidate]:
    """Return the feeds that a ``Link`` header names."""
    feeds = (link.target for link in links if _is_alternate(link.relations, link.media_type or ""))
    addresses = (web_address(target, base) for target in feeds)
    return _distinct((address for address in addresses if address), "named in the Link header")


def in_usual_places(url: str) -> list[Candidate]:
    """Return the usual addresses of feeds, at the root of a site."""
    return _distinct((urljoin(url, place) for place in USUAL_PLACES), "in a usual place")


def _distinct(urls: Iterable[str], how: How) -> list[Candidate]:
    first: dict[str, str] = {}
    for url in urls:
        first.setdefault(address_key(url), url)
    return [Candidate(url, how) for url in first.values()]


def feed_service(address: str) -> str | None:
    """Return the feed service of an address; None where the host is the publisher's own."""
    host = outlet_of(address)
    return next((name for name in sorted(FEED_SERVICES) if host == name or host.endswith(f".{name}")), None)


def settled_outlet(url: str, home: str | None) -> str | None:
    """Return the outlet of a feed: its host or, where a service delivers it, that of its home page; else None."""
    if feed_service(url) is None:
        return outlet_of(url) or None
    at_home = outlet_of(home or "")
    return at_home if "." in at_home and feed_service(home or "") is None else None


async def find_feeds(settings: ProducerSettings, address: str) -> list[FoundFeed]:
    """Find the feeds of ``address`` with a new fetcher and new parsers. Raises as ``Finder.find``."""
    with ParsingPool(settings, processes=min(settings.parse_processes, settings.per_host)) as pool:
        async with Fetcher(settings) as fetcher:
            return await Finder(settings, fetcher, pool).find(address)


class Finder:
    """Finds feeds over the network. Use it for one address only."""

    def __init__(self, settings: ProducerSettings, fetcher: Fetcher, pool: ParsingPool) -> None:
        self._fetcher = fetcher
        self._pool = pool
        self._gate = HostGate(settings.concurrency, settings.per_host, settings.host_interval)
        self._left = MAX_PROBES
        self._asked: set[str] = set()

    async def find(self, address: str) -> list[FoundFeed]:
        """Find the feeds of ``address``, the likeliest first, without those of comments where there are others.

        Raises ``FetchError`` if the address itself cannot be fetched, ``NotFound`` if it leads to no feed.
        """
        address, answer = await self._first(address)
        # The operator has named the page, not what it leads to.
        self._fetcher = self._fetcher.on_behalf_of(address)
        self._left, self._asked = MAX_PROBES, {address_key(address), address_key(answer.final_url)}
        try:
            parsed = await self._pool.parse(answer.body, answer.final_url, answer.content_type)
            return [_found(_settled(address, answer.redirects), "the address itself", parsed)]
        except BadInput as error:
            if error.reason != "not_a_feed":
                raise
        for step in _steps(answer):
            feeds = without_copies([feed for feed in await self._probe(step) if feed is not None])
            if feeds:
                return [feed for feed in feeds if not feed.of_comments] or feeds
        places = ", ".join(USUAL_PLACES)
        raise NotFound(f"{answer.final_url} is no feed, names none, and has none in the usual places ({places})")

    async def _first(self, address: str) -> tuple[str, Fetched]:
        """Fetch the address; one without a scheme over https, and over http where https does not answer."""
        if "://" in address:
            return address, await self._fetch(address)
        try:
            return f"https://{address}", await self._fetch(f"https://{address}")
        except FetchError as error:
            if error.reason not in ("connect", "tls", "timeout"):
                raise
            try:
                return f"http://{address}", await self._fetch(f"http://{address}")
            except FetchError:
                raise error from None

    async def _fetch(self, address: str) -> Fetched:
        async with self._gate.slot(self._fetcher.policy.spared_host(address)):
            answer = await self._fetcher.fetch(address)
        assert isinstance(answer, Fetched), "an unconditional request is not answered with 304"
        return answer

    async def _probe(self, step: Iterable[Candidate]) -> list[FoundFeed | None]:
        new = [candidate for candidate in step if address_key(candidate.url) not in self._asked][: self._left]
        self._left -= len(new)
        self._asked |= {address_key(candidate.url) for candidate in new}
        return await asyncio.gather(*(self._verified(candidate) for candidate in new))

    async def _verified(self, candidate: Candidate) -> FoundFeed | None:
        try:
            answer = await self._fetch(candidate.url)
            parsed = await self._pool.parse(answer.body, answer.final_url, answer.content_type)
        except (FetchError, BadInput):
            return None
        return _found(_settled(candidate.url, answer.redirects), candidate.how, parsed)


def _steps(page: Fetched) -> Iterator[list[Candidate]]:
    named, linked = candidates(page.body, page.final_url, page.content_type)
    yield [*named, *in_link_header(page.links, page.final_url)]
    yield in_usual_places(page.final_url)
    yield linked


def _settled(address: str, redirects: Sequence[Redirect]) -> str:
    """Return the address to keep: permanent redirects are followed."""
    for redirect in redirects:
        if redirect.status not in PERMANENT:
            break
        address = redirect.url
    return address


def _found(url: str, how: How, parsed: ParsedFeed) -> FoundFeed:
    dates = [date for entry in parsed.entries if (date := entry.published or entry.updated)]
    return FoundFeed(
        url=url,
        how=how,
        title=clean_line(parsed.title, 500),
        format=parsed.version or "unknown format",
        language=parsed.language,
        home=parsed.home,
        entries=len(parsed.entries),
        newest=max(dates, default=None),
        links=frozenset(entry.url for entry in parsed.entries if entry.url),
    )


def without_copies(feeds: Iterable[FoundFeed]) -> list[FoundFeed]:
    """Keep the first of feeds with the same entries: in RSS and Atom, or at two addresses."""
    kept: list[FoundFeed] = []
    for feed in feeds:
        for place, other in enumerate(kept):
            if address_key(other.url) == address_key(feed.url):
                break
            if feed.links and feed.links == other.links:
                kept[place] = replace(other, also=(*other.also, feed.url))
                break
        else:
            kept.append(feed)
    return kept
