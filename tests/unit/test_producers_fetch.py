from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import brotli
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from producers.errors import FetchError
from producers.web import addresses
from producers.web.fetch import Fetched, Fetcher, NotModified, Posted, Validators, user_agent
from tests.unit.test_producers_addresses import FixedResolver
from wirecopy.settings import ProducerSettings

BODY = b"<rss version='2.0'><channel><title>T</title></channel></rss>"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server on loopback for one handler; gives its address."""
    servers: list[TestServer] = []

    async def start(handler: Handler) -> str:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", handler)
        server = TestServer(application, host="127.0.0.1")
        await server.start_server()
        servers.append(server)
        return str(server.make_url("/feed"))

    yield start
    for server in servers:
        await server.close()


def allowing(**changes: object) -> ProducerSettings:
    return ProducerSettings.model_validate({"allow_hosts": ("127.0.0.1",), "timeout": 5, **changes})


async def fetch(address: str, validators: Validators | None = None, **changes: object) -> Fetched | NotModified:
    async with Fetcher(allowing(**changes)) as fetcher:
        return await fetcher.fetch(address, validators)


async def reason(address: str, **changes: object) -> FetchError:
    with pytest.raises(FetchError) as error:
        await fetch(address, None, **changes)
    return error.value


async def test_a_body_with_its_validators(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "gzip, br"
        return web.Response(body=BODY, headers={"ETag": '"1"', "Content-Type": "application/rss+xml"})

    answer = await fetch(await serve(handler))
    assert isinstance(answer, Fetched)
    assert (answer.body, answer.content_type) == (BODY, "application/rss+xml")
    assert answer.validators == Validators('"1"', None)


async def test_a_conditional_request(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=304 if request.headers.get("If-None-Match") == '"1"' else 200, body=None)

    assert isinstance(await fetch(await serve(handler), Validators('"1"')), NotModified)


@pytest.mark.parametrize(
    ("packed", "header"),
    [
        (gzip.compress(BODY), "gzip"),
        (brotli.compress(BODY), "br"),
        (zlib.compress(BODY), "deflate"),
        (gzip.compress(BODY), ""),
        (gzip.compress(BODY[:10]) + gzip.compress(BODY[10:]) + b"\0\0padding", "gzip"),
    ],
)
async def test_compressed_bodies(serve: Serve, packed: bytes, header: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": header} if header else {})

    answer = await fetch(await serve(handler))
    assert isinstance(answer, Fetched)
    assert answer.body == BODY


@pytest.mark.parametrize(
    ("packed", "header", "expected"),
    [
        (gzip.compress(b"\0" * 20_000_000), "gzip", "too_large"),
        (brotli.compress(b"\0" * 20_000_000, quality=5), "br", "too_large"),
        (gzip.compress(b"\0" * 20_000_000), "", "too_large"),
        (b"x" * 200_000, "", "too_large"),
        (gzip.compress(BODY)[:-12], "gzip", "broken_body"),
        (b"not compressed", "gzip", "bad_encoding"),
        (BODY, "zstd", "bad_encoding"),
        (BODY, "gzip, gzip", "bad_encoding"),
    ],
)
async def test_bodies_that_are_refused(serve: Serve, packed: bytes, header: str, expected: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": header} if header else {})

    assert (await reason(await serve(handler), max_bytes=100_000)).reason == expected


async def test_an_endless_body_ends_with_the_size_and_a_slow_one_with_the_time(serve: Serve) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 10_000)

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    assert (await reason(await serve(endless), max_bytes=100_000)).reason == "too_large"
    assert (await reason(await serve(slow), timeout=0.5)).reason == "timeout"


async def test_redirects_are_followed_and_told(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/feed":
            return web.Response(status=301, headers={"Location": "/new"})
        return web.Response(body=BODY)

    answer = await fetch(await serve(handler))
    assert isinstance(answer, Fetched)
    assert [(step.status, step.url) for step in answer.redirects] == [(301, answer.final_url)]
    assert answer.final_url.endswith("/new")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://10.0.0.1/", "forbidden_address"),
        ("http://[::1]/", "forbidden_address"),
        ("http://a.example:6379/", "forbidden_port"),
        ("file:///etc/passwd", "bad_address"),
        ("javascript:alert(1)", "bad_address"),
        ("", "bad_redirect"),
        ("http://[broken", "bad_redirect"),
    ],
)
async def test_redirects_that_are_refused(serve: Serve, location: str, expected: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location} if location else {})

    assert (await reason(await serve(handler))).reason == expected


async def test_a_redirect_loop_ends(serve: Serve) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": "/feed"})

    assert (await reason(await serve(handler), max_redirects=3)).reason == "too_many_redirects"
    assert len(asked) == 4


def walled(*steps: str) -> Handler:
    """Sends everybody on, with a cookie at each step, until all of them come back."""

    async def handler(request: web.Request) -> web.Response:
        if all(request.cookies.get(step) == "1" for step in steps):
            return web.Response(body=BODY)
        step = next(step for step in steps if step not in request.cookies)
        headers = {"Location": str(request.url), "Set-Cookie": f"{step}=1; path=/"}
        return web.Response(status=302, headers=headers)

    return handler


@pytest.mark.parametrize("steps", [("seen",), ("seen", "region", "consent")])
async def test_a_cookie_lives_within_one_chain_of_redirects(serve: Serve, steps: tuple[str, ...]) -> None:
    address = await serve(walled(*steps))
    async with Fetcher(allowing()) as fetcher:
        for _ in range(2):
            found = await fetcher.fetch(address)
            assert isinstance(found, Fetched)
            assert (found.body, len(found.redirects)) == (BODY, len(steps))


async def test_a_cookie_goes_to_nobody_but_the_host_that_set_it(serve: Serve) -> None:
    asked: list[str] = []

    async def other(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Cookie", ""))
        return web.Response(body=BODY)

    target = (await serve(other)).replace("127.0.0.1", "localhost")

    async def first(request: web.Request) -> web.Response:
        headers = {"Location": target, "Set-Cookie": "secret=1; path=/"}
        return web.Response(status=302, headers=headers)

    await fetch(await serve(first), allow_hosts=("127.0.0.1", "localhost"))
    assert asked == [""]


@pytest.mark.parametrize(("length", "fits"), [(9_000, True), (60_000, True), (70_000, False)])
async def test_headers_may_be_long_and_not_without_end(serve: Serve, length: int, fits: bool) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=BODY, headers={"Content-Security-Policy": "x" * length})

    address = await serve(handler)
    if fits:
        assert isinstance(await fetch(address), Fetched)
    else:
        assert (await reason(address)).reason == "broken_body"


async def test_a_name_that_resolves_into_our_network_is_not_connected_to(serve: Serve) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=BODY)

    port = (await serve(handler)).split(":")[2].split("/")[0]
    settings = ProducerSettings(allow_hosts=(f"other.example:{port}",), timeout=5)
    async with Fetcher(settings, FixedResolver("127.0.0.1")) as fetcher:
        with pytest.raises(FetchError) as error:
            await fetcher.fetch("http://rebound.example/feed")
        assert error.value.reason == "forbidden_address"
        assert not asked
        assert await fetcher.fetch(f"http://other.example:{port}/feed")
    assert asked == ["/feed"]


async def test_the_proxy_of_the_environment_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=BODY)

    assert isinstance(await fetch(await serve(handler)), Fetched)


async def test_a_refusal_tells_when_to_come_back(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "120"})

    error = await reason(await serve(handler))
    assert (error.reason, error.status, error.retry_after) == ("http_status", 429, 120.0)


async def test_a_refused_connection_is_a_fetch_error() -> None:
    assert (await reason("http://127.0.0.1:1/feed")).reason == "connect"
    async with Fetcher(allowing()) as fetcher:
        with pytest.raises(FetchError) as error:
            await fetcher.fetch("http://127.1/feed")
    assert error.value.reason in ("bad_address", "forbidden_address")


def test_requests_carry_our_user_agent() -> None:
    settings = ProducerSettings(user_agent="ours/1", contact="https://ours.example/bot")
    assert user_agent(settings) == "ours/1 (+https://ours.example/bot)"


async def test_what_the_headers_say_beside_the_body(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        headers = {
            "Cache-Control": "max-age=600",
            "Age": "100",
            "Link": '<https://hub.example/>; rel="hub", </self>; rel=self',
        }
        if "If-None-Match" in request.headers:
            return web.Response(status=304, headers=headers)
        return web.Response(body=BODY, headers=headers)

    address = await serve(handler)
    answer = await fetch(address)
    assert isinstance(answer, Fetched)
    assert (answer.fresh_for, answer.hub) == (500, "https://hub.example/")
    assert answer.topic == address.replace("/feed", "/self")
    unchanged = await fetch(address, Validators('"1"'))
    assert isinstance(unchanged, NotModified)
    assert unchanged.fresh_for == 500


async def test_a_caller_asks_for_less_and_for_other_types(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Accept"] == "text/html"
        return web.Response(body=b"x" * 1000, content_type=request.query["type"])

    address = await serve(handler)
    async with Fetcher(allowing()) as fetcher:
        types = frozenset({"text/html"})
        page = await fetcher.fetch(f"{address}?type=text/html", accept="text/html", types=types)
        film = await fetcher.fetch(f"{address}?type=video/mp4", accept="text/html", types=types)
        assert isinstance(page, Fetched)
        assert isinstance(film, Fetched)
        assert (len(page.body), len(film.body), film.content_type) == (1000, 0, "video/mp4")
        with pytest.raises(FetchError) as error:
            await fetcher.fetch(f"{address}?type=text/html", accept="text/html", max_bytes=999)
    assert error.value.reason == "too_large"


async def test_a_caller_is_told_of_each_address_before_it_is_asked(serve: Serve) -> None:
    class Stop(Exception):
        pass

    asked: list[str] = []
    told: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": "/other"})

    async def before(address: str) -> None:
        told.append(URL(address).path)
        if address.endswith("/other"):
            raise Stop

    address = await serve(handler)
    async with Fetcher(allowing()) as fetcher:
        with pytest.raises(Stop):
            await fetcher.fetch(address, before=before)
    assert (told, asked) == (["/feed", "/other"], ["/feed"])


async def test_a_form_is_posted_and_redirects_are_told(serve: Serve) -> None:
    form = {"hub.mode": "subscribe", "hub.topic": "https://a.example/f?x=1&y=\u00e9"}

    async def handler(request: web.Request) -> web.Response:
        posted = dict(await request.post())
        if posted["hub.mode"] == "away":
            return web.Response(status=307, headers={"Location": "http://10.0.0.1/", "Retry-After": "9"})
        assert posted == form
        assert request.content_type == "application/x-www-form-urlencoded"
        return web.Response(status=202, body=b"x" * 1000)

    address = await serve(handler)
    async with Fetcher(allowing()) as fetcher:
        assert await fetcher.post(address, form, behalf=address, max_bytes=10) == Posted(202, b"x" * 10)
        assert await fetcher.post(address, {"hub.mode": "away"}, behalf=address) == Posted(
            307, b"", "http://10.0.0.1/", 9
        )
        with pytest.raises(FetchError) as error:
            await fetcher.post("http://10.0.0.1/hub", form, behalf=address)
    assert error.value.reason == "forbidden_address"


# ---- exceptions for our own hosts -------------------------------------------------------------------------------


@pytest.fixture
async def outside(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """Servers on 127.0.0.2, which for once is the public internet; 127.0.0.1 stays ours."""
    servers: list[TestServer] = []
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.2")

    async def start(handler: Handler) -> str:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", handler)
        server = TestServer(application, host="127.0.0.2")
        await server.start_server()
        servers.append(server)
        monkeypatch.setattr(addresses, "WEB_PORTS", frozenset({server.port}))
        return f"http://127.0.0.2:{server.port}/feed"

    yield start
    for server in servers:
        await server.close()


async def ours(request: web.Request) -> web.Response:
    return web.Response(body=BODY)


async def test_somebody_elses_feed_does_not_lead_to_our_own_hosts(serve: Serve, outside: Serve) -> None:
    own = await serve(ours)

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": own})

    assert (await reason(await outside(away))).reason in ("forbidden_address", "forbidden_port")
    assert isinstance(await fetch(own), Fetched)


async def test_a_name_of_ours_is_not_looked_up_for_others(serve: Serve, outside: Serve) -> None:
    own = URL(await serve(ours))
    named = str(own.with_host("intranet.example"))

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": named})

    theirs = await outside(away)
    monkeypatched = frozenset({own.port, URL(theirs).port})
    async with Fetcher(allowing(allow_hosts=("intranet.example",)), FixedResolver("127.0.0.1")) as fetcher:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(addresses, "WEB_PORTS", monkeypatched)
            assert isinstance(await fetcher.fetch(named), Fetched)  # and the connection is kept open
            with pytest.raises(FetchError, match="forbidden_address"):
                await fetcher.fetch(theirs)
            with pytest.raises(FetchError, match="forbidden_address"):
                await fetcher.on_behalf_of(theirs).fetch(named)
            with pytest.raises(FetchError, match="forbidden_address"):
                await fetcher.post(named, {}, behalf=theirs)
            assert (await fetcher.post(named, {}, behalf=named)).status == 200


async def test_our_own_feed_may_lead_to_our_own_hosts(serve: Serve) -> None:
    own = await serve(ours)

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": own})

    assert isinstance(await fetch(await serve(away)), Fetched)
