"""The callback server, for real on loopback, with hubs that are honest, broken or hostile."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from pydantic import SecretStr

from producers.websub import metrics, server
from producers.websub.callbacks import Callback, Keys
from producers.websub.server import CallbackServer
from schemas.feed_records import HubEvent
from wirecopy.errors import ServerError
from wirecopy.local.process import free_port
from wirecopy.settings import ProducerSettings

TOPIC = "https://lake-herald.example/feed"
KEYS = Keys("https://news.example/wirecopy/", SecretStr("a key that nobody can guess"))
CALLBACK = Callback.of("lake", "lake-herald.example", "https://hub.example/", TOPIC)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BODY = b"<feed>the ferry is late</feed>"


class World:
    """A running callback server, and what it has told."""

    def __init__(self, **changes: object) -> None:
        self.port = free_port()
        self.told: list[tuple[HubEvent, str]] = []
        self.wanted: bool | None = None
        self.kafka = asyncio.Event()
        self.kafka.set()
        self.broken: Exception | None = None
        values = {"callback_port": self.port, "timeout": 5, "max_bytes": 100_000, **changes}
        settings = ProducerSettings.model_validate(values)
        self.server = CallbackServer(settings, KEYS, self._wants, self._tell, lambda: NOW)

    def _wants(self, _: Callback) -> bool | None:
        return self.wanted

    async def _tell(self, told: HubEvent, outlet: str) -> None:
        await self.kafka.wait()
        if self.broken is not None:
            raise self.broken
        self.told.append((told, outlet))

    def address(self, token: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/wirecopy/{token or KEYS.token(CALLBACK)}"

    async def get(self, token: str = "", **changes: str | None) -> aiohttp.ClientResponse:
        fields = {"mode": "subscribe", "topic": TOPIC, "challenge": "c-1", "lease_seconds": "600", **changes}
        query = {f"hub.{name}": value for name, value in fields.items() if value is not None}
        return await self.request("GET", self.address(token), params=query)

    async def post(self, body: Any = BODY, token: str = "", **headers: str) -> aiohttp.ClientResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", self.address(token), data=body, headers=given)

    async def request(self, method: str, address: str, **rest: Any) -> aiohttp.ClientResponse:
        async with aiohttp.ClientSession() as session, session.request(method, address, **rest) as response:
            await response.read()
            return response


@contextlib.asynccontextmanager
async def running(**changes: object) -> AsyncIterator[World]:
    world = World(**changes)
    await world.server.start()
    try:
        yield world
    finally:
        world.kafka.set()
        await world.server.close()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running() as started:
        yield started


def signature(body: bytes = BODY, method: str = "sha256", secret: str | None = None) -> str:
    key = (KEYS.secret(CALLBACK) if secret is None else secret).encode()
    return f"{method}={hmac.new(key, body, getattr(hashlib, method)).hexdigest()}"


def deliveries(outcome: str) -> float:
    return float(metrics.DELIVERIES.labels(outcome)._value.get())


# ---- verification of intent -----------------------------------------------------------------------------------


async def test_intent_is_verified_and_the_owner_told(world: World) -> None:
    response = await world.get()
    assert (response.status, await response.text()) == (200, "c-1")
    ((told, outlet),) = world.told
    assert (told.event, told.feed, told.lease, outlet) == ("verified", "lake", 600.0, "lake-herald.example")
    assert told.binding == CALLBACK.binding()
    assert told.received == NOW


async def test_a_challenge_comes_back_as_text_that_nothing_runs(world: World) -> None:
    script = "<script>alert(1)</script>"
    response = await world.get(challenge=script)
    assert await response.text() == script
    assert response.content_type == "text/plain"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["Server"] == "wirecopy"


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "https://lake-herald.example/other"}, {"topic": None}, {"challenge": None}, {"challenge": "x" * 5000},
        {"challenge": "a\r\nSet-Cookie: b"}, {"mode": "publish"}, {"lease_seconds": "0"},
    ],
)  # fmt: skip
async def test_what_we_did_not_ask_for_is_not_confirmed(world: World, changes: dict[str, Any]) -> None:
    response = await world.get(**changes)
    assert (response.status, await response.text(), world.told) == (404, "", [])


@pytest.mark.parametrize(
    ("mode", "wanted", "status"),
    [
        ("subscribe", True, 200), ("subscribe", None, 200), ("subscribe", False, 404),
        ("unsubscribe", True, 404), ("unsubscribe", None, 200), ("unsubscribe", False, 200),
    ],
)  # fmt: skip
async def test_what_the_owner_no_longer_wants_is_refused(
    world: World, mode: str, wanted: bool | None, status: int
) -> None:
    world.wanted = wanted
    assert (await world.get(mode=mode)).status == status
    kind = {"subscribe": "verified", "unsubscribe": "unsubscribed"}[mode]
    assert [told.event for told, _ in world.told] == ([kind] if status == 200 else [])


async def test_a_denial_is_passed_on_with_its_reason(world: World) -> None:
    response = await world.get(mode="denied", challenge=None, lease_seconds=None, reason="not <b>here</b>\x00")
    assert response.status == 200
    ((told, _),) = world.told
    assert (told.event, told.reason) == ("denied", "not <b>here</b>")


async def test_a_topic_of_the_greatest_length_fits(world: World) -> None:
    topic = "https://lake-herald.example/" + "é" * 2000
    made = Callback.of("lake", "lake-herald.example", "https://hub.example/", topic)
    assert (await world.get(KEYS.token(made), topic=topic)).status == 200


# ---- strangers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["x", "a" * 60, "..%2f..%2fetc%2fpasswd", "%00", "a" * 4000])
async def test_unknown_paths(world: World, token: str) -> None:
    assert (await world.get(token)).status == 404
    assert (await world.post(token=token, X_Hub_Signature=signature())).status == 404
    assert world.told == []


async def test_a_path_made_with_another_key(world: World) -> None:
    other = Keys("https://news.example/", SecretStr("another key, as good as it"))
    assert (await world.post(token=other.token(CALLBACK), X_Hub_Signature=signature())).status == 404


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods(world: World, method: str) -> None:
    assert (await world.request(method, world.address())).status == 405


# ---- deliveries -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_a_signed_delivery_is_announced_without_its_body(world: World, method: str) -> None:
    response = await world.post(X_Hub_Signature=signature(method=method))
    assert (response.status, await response.text()) == (202, "")
    ((told, outlet),) = world.told
    assert (told.event, told.feed, outlet) == ("news", "lake", "lake-herald.example")


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, "missing"),
        ({"X_Hub_Signature": "sha256=" + "0" * 64}, "wrong"),
        ({"X_Hub_Signature": signature(BODY + b"!")}, "wrong"),
        ({"X_Hub_Signature": signature(secret="")}, "wrong"),
        ({"X_Hub_Signature": "md5=" + "0" * 32}, "missing"),
        ({"X_Hub_Signature": signature(method="sha1") + ",sha256=" + "0" * 64}, "wrong"),
    ],
)
async def test_a_delivery_that_is_not_the_hubs_is_dropped_and_counted(
    world: World, headers: dict[str, str], outcome: str
) -> None:
    before = deliveries(outcome)
    assert (await world.post(**headers)).status == 202
    assert world.told == []
    assert deliveries(outcome) == before + 1


async def test_the_secret_of_another_feed_signs_nothing_here(world: World) -> None:
    other = Callback.of("river", "lake-herald.example", "https://hub.example/", TOPIC)
    await world.post(X_Hub_Signature=signature(secret=KEYS.secret(other)))
    assert world.told == []


async def test_the_same_delivery_twice_is_one_announcement(world: World) -> None:
    for _ in range(3):
        assert (await world.post(X_Hub_Signature=signature())).status == 202
    await world.post(BODY + b"2", X_Hub_Signature=signature(BODY + b"2"))
    assert len(world.told) == 2


@pytest.mark.parametrize("signed", ["compressed", "plain"])
async def test_compressed_deliveries_signed_either_way(world: World, signed: str) -> None:
    body = gzip.compress(BODY)
    header = signature(body if signed == "compressed" else BODY)
    assert (await world.post(body, Content_Encoding="gzip", X_Hub_Signature=header)).status == 202
    assert len(world.told) == 1


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(b"0" * 10_000_000), "gzip", 413),
        (b"not gzip", "gzip", 400),
        (gzip.compress(BODY)[:-4], "gzip", 400),
        (BODY, "x-unheard-of", 400),
    ],
    ids=["bomb", "no gzip", "cut", "unknown encoding"],
)
async def test_bad_encodings(world: World, body: bytes, encoding: str, status: int) -> None:
    assert (await world.post(body, Content_Encoding=encoding, X_Hub_Signature=signature(b"?"))).status == status
    assert world.told == []


async def test_a_delivery_said_to_be_huge_is_not_read(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(f"POST /{KEYS.token(CALLBACK)} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n".encode())
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_an_endless_delivery_is_cut_off(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(f"POST /{KEYS.token(CALLBACK)} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    for _ in range(20):
        writer.write(b"4000\r\n" + b"0" * 0x4000 + b"\r\n")
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_a_slow_delivery_is_cut_off() -> None:
    async with running(timeout=1.5) as world:
        reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
        writer.write(f"POST /{KEYS.token(CALLBACK)} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab".encode())
        assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
        await asyncio.wait_for(reader.read(), 5)  # and the connection is closed
        writer.close()
        assert (await world.post(X_Hub_Signature=signature())).status == 202


async def test_a_broken_delivery_is_no_error_of_ours(world: World, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(f"POST /{KEYS.token(CALLBACK)} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    writer.write(b"2\r\nab\r\nzz\r\n")
    assert b" 400 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert (await world.post(X_Hub_Signature=signature())).status == 202
    assert caplog.records == []


async def test_a_bug_of_ours_is_logged_and_says_nothing(world: World) -> None:
    world.server._recent = None  # type: ignore[assignment]
    with structlog.testing.capture_logs() as logged:
        response = await world.post(X_Hub_Signature=signature())
    assert (response.status, await response.text()) == (500, "")
    assert [line["event"] for line in logged] == ["a request of a hub failed"]


async def test_a_feed_that_is_gone_is_gone(world: World) -> None:
    world.wanted = False
    assert (await world.post(X_Hub_Signature=signature())).status == 410
    assert world.told == []


# ---- Kafka, and too much --------------------------------------------------------------------------------------


async def test_nothing_is_acknowledged_before_kafka_has_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PUBLISH_WITHIN", 0.05)
    world.kafka.clear()
    response = await world.post(X_Hub_Signature=signature())
    assert (response.status, response.headers["Retry-After"]) == (503, "60")
    assert (await world.get()).status == 503
    world.kafka.set()
    assert (await world.post(X_Hub_Signature=signature())).status == 202
    assert "news" in [told.event for told, _ in world.told]


async def test_a_publisher_that_has_ended_is_not_an_acknowledgement(world: World) -> None:
    world.broken = ServerError("Kafka did not acknowledge before the end")
    assert (await world.post(X_Hub_Signature=signature())).status == 503
    world.broken = None
    assert (await world.post(X_Hub_Signature=signature())).status == 202


async def test_while_kafka_is_away_only_so_much_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PUBLISH_WITHIN", 0.01)
    monkeypatch.setattr(server, "MAX_UNPUBLISHED", 3)
    world.kafka.clear()
    for number in range(6):
        body = str(number).encode()
        assert (await world.post(body, X_Hub_Signature=signature(body))).status == 503
    world.kafka.set()
    assert (await world.post(X_Hub_Signature=signature())).status in {202, 503}
    assert len(world.told) <= 4


async def test_one_hub_cannot_take_all_slots(world: World) -> None:
    """Two deliveries never end, and more of that hub come: another hub is served, and when the two hang up, all are."""
    writers = []
    head = f"POST /{KEYS.token(CALLBACK)} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab".encode()
    for _ in range(2):
        _, writer = await asyncio.open_connection("127.0.0.1", world.port)
        writer.write(head)
        writers.append(writer)
    statuses = [(await world.post(str(number).encode())).status for number in range(20)]
    assert statuses[-1] == 503
    other = Callback.of("river", "lake-herald.example", "https://hub.example/", TOPIC)
    assert (await world.post(BODY, KEYS.token(other))).status == 202
    for writer in writers:
        writer.close()
    tries = [(await world.post(b"after", X_Hub_Signature=signature(b"after"))).status for _ in range(20)]
    assert tries[-1] == 202


async def test_a_flood_is_turned_away(world: World) -> None:
    statuses = {(await world.post(b"", X_Hub_Signature="sha1=" + "0" * 40)).status for _ in range(80)}
    assert statuses == {202, 503}


async def test_producers_of_one_machine_share_the_port(world: World) -> None:
    second = World(callback_port=world.port)
    await second.server.start()
    await world.server.close()
    try:
        assert (await world.get()).status == 200
        assert len(second.told) == 1
    finally:
        await second.server.close()


async def test_a_port_of_another_program_stops_the_start(world: World) -> None:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    taken = World(callback_port=port)
    with pytest.raises(ServerError, match="callback_port"):
        await taken.server.start()
    await runner.cleanup()
