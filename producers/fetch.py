"""Fetches one address, safely: what a feed, or a name server, says is not trusted.

Only http and https, only public addresses on web ports (``addresses``), redirects followed by hand under the same
rules, no proxies from the environment, no cookies, bodies and times bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from producers.addresses import AddressPolicy, CheckedResolver
from producers.decoding import BodyDecoder
from producers.errors import FetchError
from wirecopy.settings import ProducerSettings

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_VALIDATOR = 1024
"""Characters of an ETag or Last-Modified that are kept; a longer one is not sent back."""
MAX_RETRY_AFTER = 24 * 3600.0
_STEP_TIMEOUT = 10.0
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Redirect:
    """One step on the way: the status that sent us on, and where to."""

    status: int
    url: str


@dataclass(frozen=True)
class Validators:
    """What makes the next request conditional (RFC 9110, 13.1)."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class Fetched:
    """A body, decoded; ``body_hash`` is 128 bits of BLAKE2b over it.

    ``fresh_for``: seconds that a cache may keep it (RFC 9111). ``hub`` and ``topic``: WebSub, from the Link header.
    """

    body: bytes
    body_hash: str
    status: int
    final_url: str
    content_type: str | None
    validators: Validators
    redirects: tuple[Redirect, ...] = ()
    fresh_for: float | None = None
    hub: str | None = None
    topic: str | None = None


@dataclass(frozen=True)
class NotModified:
    """The server says that nothing has changed."""

    final_url: str
    validators: Validators
    redirects: tuple[Redirect, ...] = ()
    fresh_for: float | None = None


def body_hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class Fetcher:
    """Fetches addresses over connections that it keeps open. Use as an asynchronous context manager."""

    def __init__(self, settings: ProducerSettings, resolver: AbstractResolver | None = None) -> None:
        self.policy = AddressPolicy(settings.allow_hosts)
        self._settings = settings
        self._resolver = CheckedResolver(self.policy, resolver)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=self._resolver, limit=0, ttl_dns_cache=60),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_STEP_TIMEOUT, sock_read=_STEP_TIMEOUT),
            headers={"User-Agent": user_agent(self._settings), "Accept": ACCEPT, "Accept-Encoding": "gzip"},
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, address: str, validators: Validators | None = None) -> Fetched | NotModified:
        """The body at ``address``. Raises ``FetchError``; nothing else that the other side can cause.

        The timeout counts for the whole: redirects and body included. How many fetches run at once is the caller's
        business (``hosts``).
        """
        url = self.policy.checked(address)
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._follow(url, validators or Validators())
        except TimeoutError:
            raise FetchError("timeout", f"no answer within {self._settings.timeout:g} s") from None

    async def _follow(self, url: URL, validators: Validators) -> Fetched | NotModified:
        redirects: list[Redirect] = []
        while True:
            async with self._request(url, validators) as response:
                if response.status not in REDIRECTS:
                    return await self._result(response, tuple(redirects))
                target = self._redirect_target(url, response)
            redirects.append(Redirect(response.status, str(target)))
            if len(redirects) > self._settings.max_redirects:
                raise FetchError("too_many_redirects", f"more than {self._settings.max_redirects} redirects")
            url = target

    @contextlib.asynccontextmanager
    async def _request(self, url: URL, validators: Validators) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None, "the fetcher is not open"
        try:
            async with self._session.get(url, headers=validators.headers(), allow_redirects=False) as response:
                yield response
        except aiohttp.ClientConnectorDNSError as error:
            raise FetchError("dns", f"{url.host}: {error.os_error}") from None
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise FetchError("tls", _short(error)) from None
        except aiohttp.InvalidURL as error:
            raise FetchError("bad_address", _short(error)) from None
        except aiohttp.ServerTimeoutError as error:
            raise FetchError("timeout", _short(error)) from None
        except aiohttp.ClientPayloadError as error:
            raise FetchError("broken_body", _short(error)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise FetchError("connect", f"{url.host}: {_short(error)}") from None

    def _redirect_target(self, url: URL, response: aiohttp.ClientResponse) -> URL:
        location = response.headers.get("Location", "")
        if not location:
            raise FetchError("bad_redirect", f"status {response.status} without a Location", status=response.status)
        try:
            target = url.join(URL(location))
        except ValueError as error:
            raise FetchError("bad_redirect", f"{location[:200]!r}: {error}", status=response.status) from None
        if url.scheme == "https" and target.scheme != "https":
            raise FetchError("bad_redirect", f"from https to {target.scheme}: {target}", status=response.status)
        return self.policy.checked(str(target))

    async def _result(self, response: aiohttp.ClientResponse, redirects: tuple[Redirect, ...]) -> Fetched | NotModified:
        final_url, headers = str(response.url), response.headers
        if response.status == 304:
            return NotModified(final_url, _validators(headers), redirects)
        if response.status != 200:
            raise FetchError(
                "http_status",
                f"{response.status} {(response.reason or '')[:100]}".strip(),
                status=response.status,
                retry_after=retry_after(headers.get("Retry-After"), datetime.now(UTC)),
            )
        body = await self._body(response)
        content_type = headers.get("Content-Type")
        return Fetched(body, body_hash(body), 200, final_url, content_type, _validators(headers), redirects)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        decoder = BodyDecoder(response.headers.get("Content-Encoding", ""), self._settings.max_bytes)
        async for piece in response.content.iter_chunked(_PIECE):
            decoder.feed(piece)
        return decoder.finish()


def user_agent(settings: ProducerSettings) -> str:
    """Who we are, and how a publisher can reach us."""
    return f"{settings.user_agent} (+{settings.contact})" if settings.contact else settings.user_agent


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait (RFC 9110, 10.2.3: a number, or a date), at most a day; none where it says nothing usable."""
    if not value:
        return None
    text = value.strip()[:100]
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _validators(headers: Mapping[str, str]) -> Validators:
    return Validators(_bounded(headers.get("ETag")), _bounded(headers.get("Last-Modified")))


def _bounded(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR and value.isprintable() else None


def _short(error: Exception) -> str:
    return str(error)[:300] or type(error).__name__
