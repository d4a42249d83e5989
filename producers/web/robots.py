"""The check of ``robots.txt`` (RFC 9309) before a page is fetched; the file is fetched once a day and site.

Only the rules for us are kept, as text, and are parsed for each question: a file with ten thousand robots before ten
thousand rules would otherwise become a hundred million rules.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from weakref import WeakValueDictionary

from cachetools import LRUCache
from protego import Protego
from yarl import URL

from producers.errors import FetchError
from producers.web.fetch import Fetched, Fetcher
from producers.web.hosts import HostGate
from wirecopy.settings import ProducerSettings

MAX_BYTES = 500 * 1024
MAX_RULES = 10_000
"""Rules that concern us in one file. A file of more is none that a person wrote: nothing of its site is fetched."""
KEPT = 24 * 3600.0
"""Seconds that an answer holds (RFC 9309, 2.4)."""
UNREACHABLE = 3600.0
"""Seconds until a server that could not say is asked again."""
MAX_CACHED = 16 * 1024 * 1024
"""Characters of rules that are remembered in all."""
MAX_SITES = 20_000

_ACCEPT = "text/plain, */*;q=0.1"
_MAX_LINE = 4096
_AGENT = re.compile(r"user[- ]?agent\s*(?::\s*|\s)(.*)", re.IGNORECASE)
_RULE = re.compile(r"(?:allow|disallow|dissallow|dissalow|disalow|diasllow|disallaw|crawl[- ]delay)\b", re.IGNORECASE)
_TOKEN = re.compile(r"[a-z_-]+", re.IGNORECASE)


@dataclass(frozen=True)
class _Answer:
    """The rules of one site for us; None forbids everything there."""

    rules: str | None
    until: float


class Robots:
    """Answers for all sites. Fetches each file once, in turn with its host's other requests."""

    def __init__(
        self,
        settings: ProducerSettings,
        fetcher: Fetcher,
        gate: HostGate,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = fetcher
        self._gate = gate
        self._clock = clock
        self._token = product_token(settings.user_agent)
        self._answers: LRUCache[str, _Answer] = LRUCache(MAX_CACHED, _size)
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def allowed(self, address: str, behalf: str) -> bool:
        """Return whether we may fetch an http or https address that the feed at ``behalf`` has led to.

        Passes a ``Crawl-delay`` on to the gate. An unreachable file forbids everything (RFC 9309, 2.3.1.4), unless an
        older answer is known. Waits for the host's turn if the file has to be fetched.
        """
        url, fetcher = URL(address), self._fetcher.on_behalf_of(behalf)
        rules = (await self._answer(url, fetcher)).rules
        if rules is None:
            return False
        parsed = Protego.parse(rules)
        delay = parsed.crawl_delay(self._token)
        if delay and (host := fetcher.policy.spared_host(address)) is not None:
            self._gate.space(host, delay)
        return parsed.can_fetch(address, self._token)

    async def _answer(self, url: URL, fetcher: Fetcher) -> _Answer:
        # Two answers for a site of ours: a refusal to foreign feeds must not apply to our own.
        site = f"{'own ' if fetcher.policy.is_own(str(url)) else ''}{url.origin()}"
        lock = self._asking.setdefault(site, asyncio.Lock())
        async with lock:
            known = self._answers.get(site)
            if known is None or known.until <= self._clock():
                known = await self._ask(url, fetcher, known)
                self._answers[site] = known
            return known

    async def _ask(self, url: URL, fetcher: Fetcher, known: _Answer | None) -> _Answer:
        host = fetcher.policy.spared_host(str(url))
        try:
            async with self._gate.slot(host):
                fetched = await fetcher.fetch(
                    str(url.origin().with_path("/robots.txt")), accept=_ACCEPT, max_bytes=MAX_BYTES
                )
        except FetchError as error:
            if host is not None:
                self._gate.heed(host, error)
            if _says_nothing(error):
                return _Answer("", self._clock() + KEPT)
            return _Answer(known.rules if known else None, self._clock() + UNREACHABLE)
        assert isinstance(fetched, Fetched), "an unconditional request is not answered with 304"
        return _Answer(rules_for(fetched.body.decode("utf-8-sig", "replace"), self._token), self._clock() + KEPT)


def _size(answer: _Answer) -> int:
    """Return the size of an answer in the cache: its characters, but so many that no more than ``MAX_SITES`` fit."""
    return max(len(answer.rules or ""), MAX_CACHED // MAX_SITES)


def _says_nothing(error: FetchError) -> bool:
    """Return whether the server works and has no such file, or only redirects (RFC 9309, 2.3.1.2 and 2.3.1.3)."""
    if error.reason == "too_many_redirects":
        return True
    return error.reason == "http_status" and error.status is not None and error.status < 500 and error.status != 429


def product_token(user_agent: str) -> str:
    """Return our name in robots.txt.

    >>> product_token("wirecopy/0.1 (feed reader)")
    'wirecopy'
    """
    found = _TOKEN.match(user_agent)
    return found.group().lower() if found else "wirecopy"


def rules_for(text: str, token: str) -> str | None:
    """Return the groups of a robots.txt for this robot and for all (``*``); None if they are too many."""
    lines: list[str] = []
    for line in _relevant(text, token):
        lines.append(line)
        if len(lines) > MAX_RULES:
            return None
    return "\n".join(lines)


def _relevant(text: str, token: str) -> Iterator[str]:
    agents: set[str] = set()
    in_rules = False
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        named = _AGENT.match(line)
        if named is not None:
            if in_rules:
                agents, in_rules = set(), False
            name = _agent(named.group(1))
            if name in (token, "*") and name not in agents:
                agents.add(name)
                yield f"User-agent: {name}"
        elif _RULE.match(line):
            in_rules = True
            if agents:
                # Even a rule too long to match any address ends the list of agents.
                yield line if len(line) <= _MAX_LINE else "Disallow:"


def _agent(value: str) -> str:
    found = _TOKEN.match(value)
    return found.group().lower() if found else value.strip()[:1]
