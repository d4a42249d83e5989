"""The check of addresses before they are fetched: protection against feeds that point into our network (SSRF).

A host name is judged by the addresses it resolves to, and the connection goes to the address that was judged, so that a
name server cannot give another answer the second time (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from producers.errors import FetchError

WEB_PORTS = frozenset({80, 443})
MAX_ADDRESS = 2048
_MAX_HOST = 253
_LOOKUPS = 32
"""Names that are looked up at once."""

# Host names; an underscore is forbidden and in use.
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSEEN = re.compile("[\x00-\x1f\x7f]")

_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
# Ranges that `is_global` allows in some Python versions, or that embed an IPv4 address we cannot judge.
_REFUSED = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "3fff::/20", "fc00::/7", "fe80::/10", "fec0::/10",
    )
)  # fmt: skip


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet. IPv4 addresses inside IPv6 are unwrapped.

    An address with a zone (``fe80::1%eth0``) is on a link of ours.

    >>> is_public("93.184.216.34"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    try:
        ip = _unwrapped(ip_address(address if "%" not in address else ""))
    except ValueError:
        return False
    if any(ip.version == network.version and ip in network for network in _REFUSED):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside a mapped, translated (NAT64) or tunnelled (6to4) one."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _SIX_TO_FOUR:
        return IPv4Address((int(ip) >> 80) & 0xFFFFFFFF)
    return ip


class AddressPolicy:
    """Decides which addresses may be fetched; ``allow_hosts`` (``host`` or ``host:port``) always may."""

    def __init__(self, allow_hosts: Iterable[str] = ()) -> None:
        self._allowed = frozenset(host.strip().lower() for host in allow_hosts)

    def allows(self, host: str, port: int) -> bool:
        """Return whether the operator allows this host by name."""
        shown = f"[{host}]" if ":" in host else host
        return bool(self._allowed & {host, shown, f"{shown}:{port}"})

    def is_own(self, address: str) -> bool:
        """Return whether the operator allows the host of this address by name: it is ours, and has no limits."""
        try:
            url = URL(address)
            return url.raw_host is not None and self.allows(url.raw_host, url.port or 0)
        except ValueError:
            return False

    def spared_host(self, address: str) -> str | None:
        """Return the host whose limits apply to a request (``HostGate.slot``); None for our own."""
        return None if self.is_own(address) else host_of(address)

    def checked(self, address: str) -> URL:
        """Check an address before its host is resolved, and return it; ``check_resolved`` checks the rest.

        Raises ``FetchError``: ``bad_address``, ``forbidden_port``, ``forbidden_address``.
        """
        url = _parsed(address)
        host, port = url.raw_host or "", url.port or 0
        if self.allows(host, port):
            return url
        if port not in WEB_PORTS:
            raise FetchError("forbidden_port", f"port {port} of {host} is neither 80 nor 443")
        if _is_literal(host) and not is_public(host):
            raise FetchError("forbidden_address", f"{host} is not a public address")
        return url

    def check_resolved(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Check the addresses of a resolved host. Raises ``FetchError`` if one of them is not public."""
        if self.allows(host, port):
            return
        for address in addresses:
            if not is_public(address):
                raise FetchError("forbidden_address", f"{host} resolves to {address}, which is not public")


def host_of(address: str) -> str | None:
    """Return the host of an address; None without one."""
    try:
        return URL(address).host
    except ValueError:
        return None


def _parsed(address: str) -> URL:
    if len(address) > MAX_ADDRESS:
        raise FetchError("bad_address", f"the address is longer than {MAX_ADDRESS} characters")
    if _UNSEEN.search(address):
        raise FetchError("bad_address", f"{address!r} holds control characters")
    try:
        url = URL(address)
        port = url.port
    except ValueError as error:
        raise FetchError("bad_address", f"{address!r}: {error}") from None
    if url.scheme not in ("http", "https") or not url.raw_host or port is None:
        raise FetchError("bad_address", f"{address!r} is not an http or https address")
    if url.user is not None or url.password is not None:
        raise FetchError("bad_address", f"an address with a user name or password is not fetched: {url.host}")
    if not _is_host(url.raw_host):
        raise FetchError("bad_address", f"{url.raw_host[:100]!r} is not the name of a host")
    return url


def _is_host(host: str) -> bool:
    """Return whether this is a host name, or an IP address in its usual form.

    Many resolvers take ``2130706433``, ``0x7f.1`` and ``0177.0.0.1`` for 127.0.0.1: a host that ends in a number and is
    no plain IPv4 address is refused (WHATWG URL, 3.5). An IPv6 zone (``fe80::1%eth0``) names an interface of ours.
    """
    if _is_literal(host):
        return "%" not in host
    if len(host) > _MAX_HOST or not _NAME.fullmatch(host):
        return False
    return not _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2])


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class SystemResolver(AbstractResolver):
    """The system's resolver, in threads of its own.

    In the event loop's few threads, a handful of dead names, at ten seconds each, would delay every feed.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="wirecopy-dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port, family)
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST
            )
            for kind, protocol, address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[tuple[int, int, str]]:
    """Return family, protocol and address of each answer; a zone is part of the address."""
    flags = socket.AI_ADDRCONFIG
    found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=flags)
    return [
        (kind, protocol, f"{address[0]}%{address[3]}" if len(address) == 4 and address[3] else str(address[0]))
        for kind, _, protocol, _, address in found
    ]


class CheckedResolver(AbstractResolver):
    """Resolves host names for aiohttp, and returns only addresses that the policy allows."""

    def __init__(self, policy: AddressPolicy, inner: AbstractResolver | None = None) -> None:
        self._policy = policy
        self._inner = inner or SystemResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        self._policy.check_resolved(host, port, (result["host"] for result in found))
        return found

    async def close(self) -> None:
        await self._inner.close()
