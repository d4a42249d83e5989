"""The sink against a server that misbehaves as real ones do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from prometheus_client import REGISTRY

from stream_apps.indexing import sink as sink_module
from stream_apps.indexing.bulk_operations import Operation
from stream_apps.indexing.client import connect, open_client, verify
from stream_apps.indexing.metrics import BULK_ITEMS
from stream_apps.indexing.sink import Backoff, BulkSink, SinkStopped
from wirecopy.errors import ServerError
from wirecopy.settings import ElasticsearchSettings

PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
AT_ONCE = Backoff(first=0, longest=0)
Behaviour = Callable[[web.Request, "FakeServer", bytes], Awaitable[web.StreamResponse]]


def error(kind: str, status: int) -> dict[str, Any]:
    return {"status": status, "error": {"type": kind, "reason": "as the test wants"}}


def reply(content: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(content),
        status=status,
        headers={**PRODUCT, "Content-Type": "application/vnd.elasticsearch+json;compatible-with=9"},
    )


def parse(body: bytes) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    lines = iter(map(orjson.loads, body.splitlines()))
    for line in lines:
        ((action, meta),) = line.items()
        yield action, meta, next(lines) if action == "index" else None


@dataclass
class FakeServer:
    """Keeps documents with external versions; ``behaviours`` answer the first requests, one each."""

    behaviours: list[Behaviour] = field(default_factory=list)
    item_trouble: Callable[[str], dict[str, Any] | None] = lambda _: None
    version: str = "9.5.3"
    stored: dict[str, tuple[int, dict[str, Any] | None]] = field(default_factory=dict)
    requests: list[int] = field(default_factory=list)

    async def bulk(self, request: web.Request) -> web.StreamResponse:
        assert request.query["require_alias"] == "true"
        body = await request.read()
        self.requests.append(len(list(parse(body))))
        if self.behaviours:
            return await self.behaviours.pop(0)(request, self, body)
        return self.normal(body)

    def normal(self, body: bytes) -> web.Response:
        return reply({"items": [{action: self.item(action, meta, source)} for action, meta, source in parse(body)]})

    def item(self, action: str, meta: dict[str, Any], source: dict[str, Any] | None) -> dict[str, Any]:
        trouble = self.item_trouble(meta["_id"])
        if trouble is not None:
            return trouble
        version, present = self.stored.get(meta["_id"], (-1, None))
        if meta["version"] < version:
            return error("version_conflict_engine_exception", 409)
        self.stored[meta["_id"]] = (meta["version"], source)
        return {"status": 201 if action == "index" else (200 if present else 404)}

    async def info(self, _: web.Request) -> web.Response:
        return reply({"version": {"number": self.version}})


async def reset(request: web.Request, _: FakeServer, __: bytes) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def reset_after_writing(request: web.Request, server: FakeServer, body: bytes) -> web.StreamResponse:
    """The write is done, and its acknowledgement lost."""
    server.normal(body)
    return await reset(request, server, body)


def refuse(status: int, kind: str = "some_exception") -> Behaviour:
    async def behaviour(_: web.Request, __: FakeServer, ___: bytes) -> web.StreamResponse:
        return reply({"error": {"type": kind, "reason": "as the test wants"}, "status": status}, status)

    return behaviour


async def proxy_page(_: web.Request, __: FakeServer, ___: bytes) -> web.StreamResponse:
    return web.Response(text="<h1>bad gateway</h1>", status=502, content_type="text/html")


async def half_an_answer(_: web.Request, __: FakeServer, ___: bytes) -> web.StreamResponse:
    return web.Response(body=b'{"items": [', headers={**PRODUCT, "Content-Type": "application/json"})


async def silence(_: web.Request, __: FakeServer, ___: bytes) -> web.StreamResponse:
    await asyncio.sleep(3600)
    return web.Response()


@asynccontextmanager
async def running(server: FakeServer, **options: Any) -> AsyncIterator[BulkSink]:
    application = web.Application(client_max_size=64 * 1024 * 1024)
    application.router.add_put("/_bulk", server.bulk)
    application.router.add_get("/", server.info)
    async with TestServer(application, host="127.0.0.1") as http:
        client = open_client(settings_of(http, request_timeout=options.pop("request_timeout", 5)))
        try:
            yield BulkSink(client, **({"backoff": AT_ONCE} | options))
        finally:
            await client.close()


def settings_of(http: BaseTestServer, request_timeout: float = 5) -> ElasticsearchSettings:
    return ElasticsearchSettings(url=str(http.make_url("/")).rstrip("/"), request_timeout=request_timeout)


def index(number: int, version: int = 1) -> Operation:
    return Operation("index", "test-articles-write", str(number), version, {"id": str(number), "version": version})


def outcomes(outcome: str) -> float:
    index, outcome = BULK_ITEMS.bounded(("test-articles-write", outcome))  # after many indices of a run: "other"
    labels = {"index": index, "outcome": outcome}
    return REGISTRY.get_sample_value("wirecopy_bulk_items_total", labels) or 0.0


async def test_everything_is_stored_in_chunks() -> None:
    server = FakeServer()
    async with running(server, documents=10) as sink:
        assert await sink.write([index(n) for n in range(25)]) == []
    assert server.requests == [10, 10, 5]
    version, document = server.stored["7"]
    assert (version, document and document["id"]) == (1, "7")
    assert document is not None
    assert document["indexed"].endswith("Z")


async def test_nothing_to_write_asks_nothing() -> None:
    server = FakeServer()
    async with running(server) as sink:
        assert await sink.write([]) == []
    assert server.requests == []


@pytest.mark.parametrize(
    "trouble",
    [reset, refuse(429), refuse(503), refuse(502), refuse(504), refuse(500), proxy_page, half_an_answer,
     refuse(429, "cluster_block_exception"), refuse(403, "cluster_block_exception")],
)  # fmt: skip
async def test_a_request_is_repeated_until_it_is_answered(trouble: Behaviour) -> None:
    server = FakeServer(behaviours=[trouble] * 12)
    async with running(server) as sink:
        assert await sink.write([index(n) for n in range(5)]) == []
    assert server.requests == [5] * 13
    assert len(server.stored) == 5


async def test_a_lost_acknowledgement_changes_nothing() -> None:
    server = FakeServer(behaviours=[reset_after_writing])
    async with running(server) as sink:
        assert await sink.write([index(n) for n in range(5)]) == []
    assert server.requests == [5, 5]
    assert len(server.stored) == 5


async def test_a_server_that_says_nothing_is_asked_again() -> None:
    server = FakeServer(behaviours=[silence])
    async with running(server, request_timeout=1.5) as sink:
        assert await sink.write([index(1)]) == []
    assert server.requests == [1, 1]


async def test_a_server_that_is_away_is_waited_for() -> None:
    server = FakeServer()
    application = web.Application()
    application.router.add_put("/_bulk", server.bulk)
    http = TestServer(application, host="127.0.0.1")
    await http.start_server()
    settings, port = settings_of(http), http.port
    await http.close()
    client = open_client(settings)
    writing = asyncio.create_task(BulkSink(client, backoff=Backoff(first=0.01, longest=0.01)).write([index(1)]))
    try:
        await wait_for(lambda: retries("ConnectionError") > 2)
        again = web.Application()
        again.router.add_put("/_bulk", server.bulk)
        async with TestServer(again, host="127.0.0.1", port=port):
            assert await writing == []
    finally:
        writing.cancel()
        await client.close()
    assert len(server.stored) == 1


async def test_only_items_that_were_refused_for_now_are_sent_again() -> None:
    busy = {"3": 4, "4": 1}

    def trouble(document: str) -> dict[str, Any] | None:
        if busy.get(document, 0) == 0:
            return None
        busy[document] -= 1
        return error("es_rejected_execution_exception", 429)

    server = FakeServer(item_trouble=trouble)
    async with running(server) as sink:
        assert await sink.write([index(n) for n in range(6)]) == []
    assert server.requests == [6, 2, 1, 1, 1]
    assert len(server.stored) == 6


async def test_a_storm_of_everything_loses_nothing_and_overwrites_nothing() -> None:
    chance = random.Random(20261120)
    kinds: list[Behaviour] = [reset, reset_after_writing, refuse(429), refuse(503), proxy_page, half_an_answer]

    async def normal(_: web.Request, server: FakeServer, body: bytes) -> web.StreamResponse:
        return server.normal(body)

    def trouble(document: str) -> dict[str, Any] | None:
        if chance.random() < 0.3:
            return error("es_rejected_execution_exception", chance.choice([429, 503]))
        return error("document_parsing_exception", 400) if document == "13" else None

    server = FakeServer(
        behaviours=[chance.choice([*kinds, normal, normal]) for _ in range(200)],
        item_trouble=trouble,
        stored={"5": (9, {"id": "5", "version": 9})},
    )
    async with running(server, documents=7) as sink:
        rejected = []
        for version in (2, 1, 3):
            rejected += await sink.write([index(n, version) for n in range(40)])
    assert {r.operation.id for r in rejected} == {"13"}
    assert len(rejected) == 3
    versions = {document: version for document, (version, _) in server.stored.items()}
    assert versions == {str(n): 9 if n == 5 else 3 for n in range(40) if n != 13}


async def test_a_stale_version_is_success() -> None:
    server = FakeServer(stored={"1": (5, {"id": "1"})})
    before = outcomes("stale")
    async with running(server) as sink:
        assert await sink.write([index(1, version=4)]) == []
    assert server.stored["1"] == (5, {"id": "1"})
    assert outcomes("stale") == before + 1


async def test_a_malformed_document_comes_back_and_the_others_are_stored() -> None:
    server = FakeServer(item_trouble=lambda i: error("document_parsing_exception", 400) if i == "2" else None)
    before = outcomes("rejected")
    async with running(server) as sink:
        rejected = await sink.write([index(n) for n in range(4)])
    assert [(r.operation, r.reason) for r in rejected] == [(index(2), "document_parsing_exception")]
    assert set(server.stored) == {"0", "1", "3"}
    assert outcomes("rejected") == before + 1


async def test_deleting_what_is_not_there_is_success() -> None:
    server = FakeServer()
    async with running(server) as sink:
        assert await sink.write([Operation("delete", "test-stories-write", "x", 3)]) == []


async def test_of_one_id_the_newest_operation_alone_is_sent() -> None:
    server = FakeServer()
    async with running(server) as sink:
        await sink.write([index(1, 1), index(1, 3), index(1, 2), index(2, 1)])
    assert server.requests == [2]
    assert server.stored["1"][0] == 3


def refuse_request_with(bad: str, status: int, kind: str) -> Behaviour:
    """As Elasticsearch refuses a whole request for one operation in it."""

    async def behaviour(request: web.Request, server: FakeServer, body: bytes) -> web.StreamResponse:
        server.behaviours.append(behaviour)
        if any(meta["_id"] == bad for _, meta, _ in parse(body)):
            return await refuse(status, kind)(request, server, body)
        return server.normal(body)

    return behaviour


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (413, "content_too_long", "too_large"),
        (400, "action_request_validation_exception", "action_request_validation_exception"),
    ],
)
async def test_the_operation_that_spoils_a_request_is_singled_out(status: int, kind: str, reason: str) -> None:
    server = FakeServer(behaviours=[refuse_request_with("11", status, kind)])
    async with running(server) as sink:
        rejected = await sink.write([index(n) for n in range(20)])
    assert [(r.operation.id, r.reason) for r in rejected] == [("11", reason)]
    assert set(server.stored) == {str(n) for n in range(20)} - {"11"}


async def test_a_document_larger_than_a_chunk_goes_alone() -> None:
    server = FakeServer()
    large = Operation("index", "test-articles-write", "large", 1, {"text": "x" * 5000})
    async with running(server, size=1000) as sink:
        assert await sink.write([index(1), large, index(2)]) == []
    assert server.requests == [1, 1, 1]


async def test_a_document_too_large_for_any_request_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_module, "MAX_OPERATION", 2000)
    server = FakeServer()
    large = Operation("index", "test-articles-write", "large", 1, {"text": "x" * 5000})
    async with running(server) as sink:
        rejected = await sink.write([large, index(1)])
    assert [(r.operation.id, r.reason) for r in rejected] == [("large", "too_large")]
    assert set(server.stored) == {"1"}


@pytest.mark.parametrize(
    ("trouble", "advice"),
    [
        (refuse(401, "security_exception"), "credentials"),
        (refuse(403, "security_exception"), "privileges"),
        (refuse(404, "index_not_found_exception"), "wirecopy index apply"),
        (refuse(400, "media_type_header_exception"), "media_type_header_exception"),
    ],
)
async def test_a_refusal_that_a_person_has_to_mend_is_raised(trouble: Behaviour, advice: str) -> None:
    server = FakeServer(behaviours=[trouble])
    async with running(server) as sink:
        with pytest.raises(ServerError, match=advice):
            await sink.write([index(n) for n in range(3)])
    assert server.requests == [3]


async def test_a_server_that_refuses_everything_stops_the_stage_and_not_the_news() -> None:
    server = FakeServer(item_trouble=lambda _: error("strict_dynamic_mapping_exception", 400))
    async with running(server, documents=50) as sink:
        with pytest.raises(ServerError, match="wirecopy index apply"):
            await sink.write([index(n) for n in range(sink_module.REFUSALS_IN_A_ROW)])


async def test_a_server_that_keeps_failing_on_one_document_gives_it_back() -> None:
    server = FakeServer(item_trouble=lambda i: error("null_pointer_exception", 500) if i == "2" else None)
    async with running(server) as sink:
        rejected = await sink.write([index(n) for n in range(4)])
    assert [(r.operation.id, r.reason) for r in rejected] == [("2", "null_pointer_exception")]
    assert len(server.requests) == sink_module.DOUBTFUL_TRIES


async def test_stopping_ends_the_wait_and_leaves_the_batch_unacknowledged() -> None:
    stopping = asyncio.Event()
    server = FakeServer(item_trouble=lambda _: error("unavailable_shards_exception", 503))
    async with running(server, stopping=stopping, backoff=Backoff(first=3600, longest=3600, draw=lambda: 1.0)) as sink:
        writing = asyncio.create_task(sink.write([index(1)]))
        await wait_for(lambda: server.requests == [1])
        stopping.set()
        with pytest.raises(SinkStopped, match="1 documents waited"):
            await asyncio.wait_for(writing, 10)


async def test_a_wait_can_be_cancelled() -> None:
    server = FakeServer(item_trouble=lambda _: error("unavailable_shards_exception", 503))
    async with running(server, backoff=Backoff(first=3600, longest=3600, draw=lambda: 1.0)) as sink:
        writing = asyncio.create_task(sink.write([index(1)]))
        await wait_for(lambda: server.requests == [1])
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing


async def test_a_full_disk_raises_the_alert_and_lowers_it_again() -> None:
    seen: list[float | None] = []

    def blocked(_: str) -> dict[str, Any] | None:
        seen.append(REGISTRY.get_sample_value("wirecopy_bulk_blocked"))
        return error("cluster_block_exception", 429) if len(seen) < 3 else None

    async with running(FakeServer(item_trouble=blocked)) as sink:
        assert await sink.write([index(1)]) == []
    assert seen == [0.0, 1.0, 1.0]
    assert REGISTRY.get_sample_value("wirecopy_bulk_blocked") == 0.0


def test_backoff_doubles_to_a_limit_and_is_fully_jittered() -> None:
    longest = [Backoff(first=0.1, longest=5, draw=lambda: 1.0).delay(attempt) for attempt in range(8)]
    assert longest == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5])
    assert Backoff(draw=lambda: 0.0).delay(1_000_000) == 0
    drawn = {Backoff().delay(9) for _ in range(20)}
    assert len(drawn) > 10


@pytest.mark.parametrize(("version", "works"), [("9.0.0", True), ("8.19.3", False), ("10.0.0", False)])
async def test_only_a_server_of_our_major_version_is_taken(version: str, works: bool) -> None:
    server = FakeServer(version=version)
    application = web.Application()
    application.router.add_get("/", server.info)
    async with TestServer(application, host="127.0.0.1") as http:
        if works:
            async with connect(settings_of(http)) as client:
                assert await verify(client, "") == version
        else:
            with pytest.raises(ServerError, match=version):
                async with connect(settings_of(http)):
                    pass


async def test_a_key_that_may_only_write_is_enough() -> None:
    async def forbidden(_: web.Request) -> web.Response:
        return reply({"error": {"type": "security_exception", "reason": "no monitor"}, "status": 403}, 403)

    application = web.Application()
    application.router.add_get("/", forbidden)
    async with TestServer(application, host="127.0.0.1") as http, connect(settings_of(http)) as client:
        assert await verify(client, "") is None


async def test_another_kind_of_server_is_named_as_such() -> None:
    async def page(_: web.Request) -> web.Response:
        return web.json_response({"hello": "world"})

    application = web.Application()
    application.router.add_get("/", page)
    async with TestServer(application, host="127.0.0.1") as http:
        with pytest.raises(ServerError, match="not Elasticsearch"):
            async with connect(settings_of(http)):
                pass


async def wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in the client
            await asyncio.sleep(0.005)


def retries(reason: str) -> float:
    return REGISTRY.get_sample_value("wirecopy_bulk_retries_total", {"reason": reason}) or 0.0
