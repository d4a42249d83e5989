"""Servers that do not keep to HTTP, and name servers that change their mind."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult
from aiohttp.test_utils import TestServer
from yarl import URL

from producers.errors import FetchError
from producers.web.fetch import MAX_IDLE, Fetched, Fetcher
from tests.unit.test_producers_addresses import FixedResolver
from wirecopy.settings import ProducerSettings

BODY = b"<rss version='2.0'><channel><title>T</title></channel></rss>"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def raw_server(answer: Answer) -> AsyncIterator[str]:
    """A server that writes what it likes."""
    visits: set[asyncio.Task[None]] = set()

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                await reader.readuntil(b"\r\n\r\n")
                await answer(writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.add(asyncio.create_task(visit(reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed"
        for task in visits:
            task.cancel()
        await asyncio.gather(*visits, return_exceptions=True)


def saying(said: bytes, endless: bytes = b"", pause: float = 0.0) -> Answer:
    """First this, then that without end."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        while endless:
            writer.write(endless)
            await writer.drain()
            await asyncio.sleep(pause)
        await writer.drain()

    return answer


async def reason(address: str, **changes: object) -> str:
    settings = ProducerSettings.model_validate({"allow_hosts": ("127.0.0.1",), **changes})
    async with Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as error:
            await fetcher.fetch(address)
    return error.value.reason


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (saying(OK + b"Content-Length: 1000\r\n\r\nshort"), {"broken_body"}),
        (saying(OK + b"Content-Length: 99999999999\r\n\r\nx"), {"too_large"}),
        (saying(OK + b"Content-Length: -5\r\n\r\nx"), {"broken_body"}),
        (saying(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), {"broken_body"}),
        (saying(CHUNKED + b"zz\r\nxx"), {"broken_body"}),
        (saying(CHUNKED + b"5\r\nab"), {"broken_body"}),
        (saying(CHUNKED + b"5;", b"x" * 5000), {"broken_body", "timeout"}),
        (saying(CHUNKED + b"0\r\n", b"A: b\r\n" * 500), {"broken_body"}),
        (saying(OK, b"X-Header: " + b"x" * 1000 + b"\r\n"), {"broken_body"}),
        (saying(OK + b"X-Header: ", b"x" * 5000), {"broken_body"}),
        (saying(OK, b"a: b\r\n", 0.02), {"broken_body", "timeout"}),
        (saying(b"HTTP/1.1 200 ", b"x" * 5000), {"broken_body"}),
        (saying(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 200), {"timeout"}),
        (saying(b"", b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", 0.02), {"timeout"}),
        (saying(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), {"http_status"}),
        (saying(b"SSH-2.0-OpenSSH_9.6\r\n"), {"broken_body"}),
        (saying(b"\x16\x03\x01\x02\x00"), {"broken_body"}),
        (saying(b""), {"connect"}),
        (saying(b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\n\r\n"), {"bad_address", "bad_redirect"}),
        (saying(OK + b"\r\n", b"x", 0.02), {"timeout"}),
        (saying(OK + b"\r\n", b"x" * 5000), {"too_large"}),
    ],
)
async def test_servers_that_break_http_cost_bounded_time(answer: Answer, expected: set[str]) -> None:
    async with raw_server(answer) as address, asyncio.timeout(5):
        assert await reason(address, timeout=0.7, max_bytes=100_000) in expected


async def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    fetcher = Fetcher(ProducerSettings(allow_hosts=("127.0.0.1",)))
    async with raw_server(saying(b"HTTP/1.0 200 OK\r\n\r\n" + BODY)) as address, fetcher:
        answer = await fetcher.fetch(address)
    assert isinstance(answer, Fetched)
    assert answer.body == BODY


class TurningResolver(FixedResolver):
    """An attacker's name server: one answer the first time, another the next."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.addresses = (self.answers[min(self.asked, len(self.answers) - 1)],)
        self.asked += 1
        return await super().resolve(host, port, family)


async def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    async def start_connection(addr_infos: list[tuple[object, ...]], **_: object) -> None:
        connected.extend(cast("tuple[str, int]", info[4])[0] for info in addr_infos)
        raise ConnectionRefusedError

    monkeypatch.setattr("aiohappyeyeballs.start_connection", start_connection)
    resolver = TurningResolver("93.184.215.14", "127.0.0.1")
    async with Fetcher(ProducerSettings(timeout=5), resolver) as fetcher:
        with pytest.raises(FetchError) as error:
            await fetcher.fetch("http://rebound.example/feed")
    assert (error.value.reason, connected, resolver.asked) == ("connect", ["93.184.215.14"], 1)


async def test_a_redirect_to_a_name_of_our_network_is_not_followed() -> None:
    said = b"HTTP/1.1 302 Found\r\nLocation: http://inside.example/secret\r\nContent-Length: 0\r\n\r\n"
    async with raw_server(saying(said)) as address:
        resolver = FixedResolver("127.0.0.1")
        async with Fetcher(ProducerSettings(allow_hosts=("127.0.0.1",)), resolver) as fetcher:
            with pytest.raises(FetchError) as error:
                await fetcher.fetch(address)
    assert error.value.reason == "forbidden_address"


async def test_many_hosts_leave_few_connections_open() -> None:
    connections: set[asyncio.Transport] = set()

    async def handler(request: web.Request) -> web.Response:
        assert isinstance(request.transport, asyncio.Transport)
        connections.add(request.transport)
        return web.Response(body=BODY)

    application = web.Application()
    application.router.add_get("/feed", handler)
    async with TestServer(application, host="127.0.0.1") as server:
        hosts = [f"h{number}.example:{server.port}" for number in range(3 * MAX_IDLE)]
        settings = ProducerSettings(allow_hosts=tuple(hosts), timeout=10)
        async with Fetcher(settings, FixedResolver("127.0.0.1")) as fetcher:
            for host in hosts:
                await fetcher.fetch(f"http://{host}/feed")
            assert fetcher._session is not None
            connector = cast("aiohttp.TCPConnector", fetcher._session.connector)
            assert sum(map(len, connector._conns.values())) == MAX_IDLE
            # The server learns of the latest ones a moment later.
            assert sum(not connection.is_closing() for connection in connections) <= MAX_IDLE + 5
    assert len(connections) == len(hosts)


async def test_a_host_asked_again_soon_is_asked_over_the_same_connection() -> None:
    connections: set[object] = set()

    async def handler(request: web.Request) -> web.Response:
        connections.add(request.transport)
        return web.Response(body=BODY)

    application = web.Application()
    application.router.add_get("/feed", handler)
    fetcher = Fetcher(ProducerSettings(allow_hosts=("127.0.0.1",)))
    async with TestServer(application, host="127.0.0.1") as server, fetcher:
        for _ in range(5):
            await fetcher.fetch(f"http://127.0.0.1:{server.port}/feed")
    assert len(connections) == 1


@pytest.mark.parametrize(
    ("location", "expected"),
    [("http://other.example/", "bad_redirect"), ("/feed2", ""), ("https://other.example/", "")],
)
def test_nobody_is_led_from_https_to_http(location: str, expected: str) -> None:
    moved = SimpleNamespace(headers={"Location": location}, status=302)
    fetcher = Fetcher(ProducerSettings(), FixedResolver("8.8.8.8"))
    found = ""
    try:
        target = fetcher._redirect_target(URL("https://a.example/feed"), cast("aiohttp.ClientResponse", moved))
        assert target.scheme == "https"
    except FetchError as error:
        found = error.reason
    assert found == expected


async def test_what_a_server_says_beside_its_status_cannot_command_a_terminal() -> None:
    said = b"HTTP/1.1 500 \x1b[2J\x1b]0;owned\x07 \xe2\x80\xaedone\r\nContent-Length: 0\r\n\r\n"
    async with raw_server(saying(said)) as address, Fetcher(ProducerSettings(allow_hosts=("127.0.0.1",))) as fetcher:
        with pytest.raises(FetchError) as error:
            await fetcher.fetch(address)
    assert error.value.status in (500, None)
    assert str(error.value).isprintable(), str(error.value)
    assert error.value.detail.isprintable()
