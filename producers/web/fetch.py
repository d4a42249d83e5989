"""Fetches one address safely: feeds, pages and name servers are not trusted.

Only http and https, only public addresses on web ports (``addresses``), redirects followed by hand under the same
rules, no proxies from the environment, bodies and times bounded. A cookie lives within one chain of redirects, for
servers that redirect until they get it back; none is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from producers.errors import FetchError
from producers.web.addresses import AddressPolicy, CheckedResolver
from producers.web.decoding import ACCEPTED, BodyDecoder
from producers.web.response import Headers, Link, fresh_for, links, media_type, retry_after, websub_links
from wirecopy.settings import ProducerSettings

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
"""The redirects that say that the old address is not to be used any more."""
MAX_VALIDATOR = 1024
"""Characters of an ETag or Last-Modified that are kept; a longer one is not sent back."""
MAX_IDLE = 64
"""Connections that are kept open for a next request, in all: feeds are minutes apart, pages of one site seconds."""
_KEPT_ALIVE = 5.0
_SPARE_CONNECTIONS = 64  # beside the fetches of feeds: posts, and fetches of other parts
_NAMES_KEPT = 60
_MAX_NAMES = 4096
_STEP_TIMEOUT = 10.0
_PIECE = 64 * 1024
_LONGEST_HEADER = 64 * 1024
"""Bytes of one header: policies that name every host of an advertiser are longer than the usual 8 KB."""
_MAX_COOKIES = 50
_MAX_ANSWER = 64 * 1024

Before = Callable[[str], Awaitable[None]]
"""Told of each address before it is asked; stops the fetch by raising."""


@dataclass(frozen=True)
class Redirect:
    """One redirect: its status and its target."""

    status: int
    url: str


@dataclass(frozen=True)
class Validators:
    """The validators of a conditional request (RFC 9110, 13.1)."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class Fetched:
    """A decoded body; ``body_hash`` is 128 bits of BLAKE2b over it.

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
    links: tuple[Link, ...] = ()
    hub: str | None = None
    topic: str | None = None


@dataclass(frozen=True)
class NotModified:
    """The answer that nothing has changed (304)."""

    final_url: str
    validators: Validators
    redirects: tuple[Redirect, ...] = ()
    fresh_for: float | None = None


def body_hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class Chain:
    """The cookies of one chain of redirects: each returns to its own host, and all end with the chain."""

    def __init__(self) -> None:
        self._jar = aiohttp.CookieJar(unsafe=True)  # also for hosts that are IP addresses

    def keep(self, response: aiohttp.ClientResponse) -> None:
        if len(self._jar) + len(response.cookies) <= _MAX_COOKIES:
            self._jar.update_cookies(response.cookies, response.url)

    def cookies(self, url: URL) -> dict[str, str]:
        return {name: found.value for name, found in self._jar.filter_cookies(url).items()}


@dataclass(frozen=True)
class _Wish:
    """The options of a fetch."""

    validators: Validators
    accept: str
    max_bytes: int
    types: Container[str] | None
    before: Before | None
    chain: Chain

    def headers(self) -> dict[str, str]:
        return {"Accept": self.accept, "Accept-Encoding": ACCEPTED, **self.validators.headers()}


class _Connector(aiohttp.TCPConnector):
    """Keeps at most ``MAX_IDLE`` idle connections open.

    aiohttp bounds only connections in use. Ten thousand hosts within a few seconds would leave as many sockets open.
    """

    def _release(self, key: Any, protocol: Any, *, should_close: bool = False) -> None:
        idle = sum(map(len, self._conns.values()))
        super()._release(key, protocol, should_close=should_close or idle >= MAX_IDLE)


@dataclass(frozen=True)
class Posted:
    """The answer to a form: any status, and the beginning of the body."""

    status: int
    body: bytes
    location: str | None = None
    retry_after: float | None = None


class Fetcher:
    """Fetches addresses over connections of its own. Use as an asynchronous context manager.

    The hosts of ``producer.allow_hosts`` may be fetched for addresses of the operator, and not because a foreign feed,
    page or server leads to them. Fetches on behalf of another address go through a second fetcher without exceptions,
    which shares neither connections nor resolved names.
    """

    def __init__(
        self, settings: ProducerSettings, resolver: AbstractResolver | None = None, *, exceptions: bool = True
    ) -> None:
        """Without ``exceptions``, ``producer.allow_hosts`` does not apply."""
        allowed = settings.allow_hosts if exceptions else ()
        self.policy = AddressPolicy(allowed)
        self._strict = Fetcher(settings, resolver, exceptions=False) if allowed else None
        self._settings = settings
        self._resolver = CheckedResolver(self.policy, resolver)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                resolver=self._resolver,
                limit=self._settings.concurrency + _SPARE_CONNECTIONS,
                keepalive_timeout=_KEPT_ALIVE,
                ttl_dns_cache=_NAMES_KEPT,
                dns_cache_max_size=_MAX_NAMES,
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_STEP_TIMEOUT, sock_read=_STEP_TIMEOUT),
            headers={"User-Agent": user_agent(self._settings)},
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            trust_env=False,
        )
        if self._strict is not None:
            await self._strict.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._strict is not None:
            await self._strict.__aexit__()
        if self._session is not None:
            await self._session.close()
        await self._resolver.close()

    def on_behalf_of(self, address: str) -> Fetcher:
        """Return the fetcher for addresses that this one (of a feed, say) leads to."""
        return self if self._strict is None or self.policy.is_own(address) else self._strict

    async def fetch(
        self,
        address: str,
        validators: Validators | None = None,
        *,
        accept: str = ACCEPT,
        max_bytes: int | None = None,
        types: Container[str] | None = None,
        before: Before | None = None,
        chain: Chain | None = None,
    ) -> Fetched | NotModified:
        """Fetch the body at ``address``. Raises ``FetchError``; nothing else that the other side can cause.

        The timeout covers redirects and body. The caller limits how many fetches run at once (``hosts``).
        ``max_bytes`` replaces the setting that bounds the body; with ``types``, the body of any other media type is not
        read, and is empty. ``before`` is awaited with every address before its request, redirects included; an error
        of it ends the fetch. A caller that follows redirects by fetching again passes ``chain``.

        The fetch is on behalf of ``address`` itself; for an address out of a feed or page, see ``on_behalf_of``.
        """
        fetcher = self.on_behalf_of(address)
        if fetcher is not self:
            return await fetcher.fetch(
                address, validators, accept=accept, max_bytes=max_bytes, types=types, before=before, chain=chain
            )
        url = self.policy.checked(address)
        limit = max_bytes or self._settings.max_bytes
        wish = _Wish(validators or Validators(), accept, limit, types, before, chain or Chain())
        async with self._deadline():
            return await self._follow(url, wish)

    async def post(self, address: str, form: Mapping[str, str], *, behalf: str, max_bytes: int = _MAX_ANSWER) -> Posted:
        """Send a form on behalf of an address. Redirects are returned, not followed.

        Reads ``max_bytes`` of the answer's body. Raises ``FetchError`` where there is no answer at all.
        """
        fetcher = self.on_behalf_of(behalf)
        if fetcher is not self:
            return await fetcher.post(address, form, behalf=behalf, max_bytes=max_bytes)
        url = self.policy.checked(address)
        identity = {"Accept-Encoding": "identity"}
        async with self._deadline(), self._request("POST", url, identity, form) as response:
            body = bytearray()
            async for piece in response.content.iter_chunked(_PIECE):
                body += piece[: max_bytes - len(body)]
                if len(body) >= max_bytes:
                    break
            wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            return Posted(response.status, bytes(body), response.headers.get("Location"), wait)

    @contextlib.asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._settings.timeout):
                yield
        except TimeoutError:
            raise FetchError("timeout", f"no answer within {self._settings.timeout:g} s") from None

    async def _follow(self, url: URL, wish: _Wish) -> Fetched | NotModified:
        redirects: list[Redirect] = []
        while True:
            if wish.before is not None:
                await wish.before(str(url))
            async with self._request("GET", url, wish.headers(), cookies=wish.chain.cookies(url)) as response:
                if response.status not in REDIRECTS:
                    return await self._result(response, tuple(redirects), wish)
                wish.chain.keep(response)
                target = self._redirect_target(url, response)
            redirects.append(Redirect(response.status, str(target)))
            if len(redirects) > self._settings.max_redirects:
                raise FetchError("too_many_redirects", f"more than {self._settings.max_redirects} redirects")
            url = target

    @contextlib.asynccontextmanager
    async def _request(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None, "the fetcher is not open"
        try:
            async with self._session.request(
                method, url, headers=headers, data=form, cookies=cookies, allow_redirects=False
            ) as response:
                yield response
        except aiohttp.ClientConnectorDNSError as error:
            raise FetchError("dns", f"{url.host}: {error.os_error}") from None
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise FetchError("tls", _short(error)) from None
        except aiohttp.InvalidURL as error:
            raise FetchError("bad_address", _short(error)) from None
        except aiohttp.ServerTimeoutError as error:
            raise FetchError("timeout", _short(error)) from None
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
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

    async def _result(
        self, response: aiohttp.ClientResponse, redirects: tuple[Redirect, ...], wish: _Wish
    ) -> Fetched | NotModified:
        final_url, headers, now = str(response.url), response.headers, datetime.now(UTC)
        if response.status == 304:
            return NotModified(final_url, _validators(headers), redirects, fresh_for(headers, now))
        if response.status != 200:
            raise FetchError(
                "http_status",
                f"{response.status} {response.reason or ''}"[:100].strip(),
                status=response.status,
                retry_after=retry_after(headers.get("Retry-After"), now),
            )
        content_type = headers.get("Content-Type")
        wanted = wish.types is None or media_type(content_type) in wish.types
        body = await _body(response, wish.max_bytes) if wanted else b""
        named = tuple(links(headers))
        websub = websub_links(named, final_url)
        return Fetched(
            body=body,
            body_hash=body_hash(body),
            status=200,
            final_url=final_url,
            content_type=content_type,
            validators=_validators(headers),
            redirects=redirects,
            fresh_for=fresh_for(headers, now),
            links=named,
            hub=websub.hub,
            topic=websub.topic,
        )


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if (response.content_length or 0) > limit:
        raise FetchError("too_large", f"the body is said to have {response.content_length} bytes, more than {limit}")
    decoder = BodyDecoder(response.headers.get("Content-Encoding", ""), limit)
    async for piece in response.content.iter_chunked(_PIECE):
        decoder.feed(piece)
    return decoder.finish()


def user_agent(settings: ProducerSettings) -> str:
    """Return the ``User-Agent``: our name, and how a publisher can reach us."""
    return f"{settings.user_agent} (+{settings.contact})" if settings.contact else settings.user_agent


def _validators(headers: Headers) -> Validators:
    return Validators(_bounded(headers.get("ETag")), _bounded(headers.get("Last-Modified")))


def _bounded(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR and value.isprintable() else None


def _short(error: Exception) -> str:
    return str(error)[:300] or type(error).__name__
