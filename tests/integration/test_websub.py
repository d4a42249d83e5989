"""WebSub from end to end: a real hub, two producers behind one public address, real Kafka between them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kafka import KafkaConsumer, TopicPartition
from pydantic import SecretStr

from producers.publish import Publisher
from producers.web.fetch import Fetcher
from producers.websub.service import WebSub
from schemas.feed_records import Feed, HubEvent
from schemas.topics import FEED_PUSHES
from wirecopy.cli import topics
from wirecopy.kafka import client_config, partition_numbers
from wirecopy.local.process import free_port
from wirecopy.settings import Settings

pytestmark = pytest.mark.servers
KEY = SecretStr("a key that nobody can guess")
BODY = b"<feed><entry>the ferry is late</entry></feed>"


@dataclass
class State:
    """Of a feed's state, what WebSub looks at."""

    hub: str | None
    topic: str | None
    address: str | None = None
    last_new_entry: datetime | None = None


@dataclass
class Hub:
    """A hub after the Recommendation: takes requests, verifies intent afterwards, signs what it distributes."""

    subscribers: dict[tuple[str, str], str] = field(default_factory=dict)
    verified: asyncio.Queue[tuple[str, int, bool]] = field(default_factory=asyncio.Queue)
    verifying: set[asyncio.Task[None]] = field(default_factory=set)

    async def handle(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        task = asyncio.create_task(self.verify(form))
        self.verifying.add(task)
        return web.Response(status=202)

    async def moved(self, _: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/hub"})

    async def verify(self, form: dict[str, str]) -> None:
        mode, topic, callback = (form[f"hub.{name}"] for name in ("mode", "topic", "callback"))
        query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": "7 lanterns", "hub.lease_seconds": "3600"}
        async with aiohttp.ClientSession() as session, session.get(callback, params=query) as response:
            agreed = response.status == 200 and await response.text() == "7 lanterns"
            self.verified.put_nowait((mode, response.status, agreed))
        if agreed and mode == "subscribe":
            self.subscribers[topic, callback] = form["hub.secret"]
        elif agreed:
            del self.subscribers[topic, callback]

    async def distribute(self, body: bytes, secret: str | None = None) -> list[int]:
        statuses = []
        async with aiohttp.ClientSession() as session:
            for (_, callback), own in self.subscribers.items():
                signature = hmac.new((secret or own).encode(), body, hashlib.sha256).hexdigest()
                headers = {"X-Hub-Signature": f"sha256={signature}", "Content-Type": "application/atom+xml"}
                async with session.post(callback, data=body, headers=headers) as response:
                    statuses.append(response.status)
        return statuses


@pytest.fixture
async def hub() -> AsyncIterator[tuple[Hub, str]]:
    made, application = Hub(), web.Application()
    application.router.add_post("/hub", made.handle)
    application.router.add_post("/old-hub", made.moved)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server()
    yield made, str(server.make_url("/old-hub"))
    await asyncio.gather(*made.verifying)
    await server.close()


class Pushes:
    """What is in ``feed-pushes``, read on from where the last look ended."""

    def __init__(self, settings: Settings) -> None:
        self._consumer = KafkaConsumer(**client_config(settings.kafka), group_id=None, enable_auto_commit=False)
        name = FEED_PUSHES.full_name(settings.kafka.topic_prefix)
        places = [TopicPartition(name, number) for number in partition_numbers(settings.kafka, name)]
        self._consumer.assign(places)
        self._consumer.seek_to_beginning(*places)

    def read(self) -> list[HubEvent]:
        """At least one event, within 10 seconds."""
        batches = self._consumer.poll(timeout_ms=10_000)
        return [HubEvent.from_bytes(message.value) for messages in batches.values() for message in messages]

    def close(self) -> None:
        self._consumer.close()


async def started(
    stack: AsyncExitStack, settings: Settings, port: int, public_port: int, listed: Callable[[str, str], bool | None]
) -> WebSub:
    """One producer's WebSub, with its own connections to hubs and to Kafka."""
    changes = {
        "callback": f"http://127.0.0.1:{public_port}/wirecopy/",
        "callback_port": port,
        "allow_hosts": ("127.0.0.1",),
        "host_interval": 0.0,
    }
    own = settings.model_copy(update={"producer": settings.producer.model_copy(update=changes)})
    fetcher = await stack.enter_async_context(Fetcher(own.producer))
    publisher = await stack.enter_async_context(Publisher(own.kafka))
    websub = WebSub(own, KEY, fetcher, publisher.publish, listed)
    await websub.start()
    stack.push_async_callback(websub.close)
    return websub


async def test_subscribed_told_of_news_and_unsubscribed(settings: Settings, hub: tuple[Hub, str]) -> None:
    """The hub reaches only the producer that does not own the feed, and is sent on to another address once."""
    topics.apply(settings.kafka)
    served, address = hub
    feed = Feed(id="lake", url="http://127.0.0.1:1/feed", outlet="lake-herald.example")
    state = State(address, feed.url)
    pushes = Pushes(settings)
    own_port, public_port = free_port(), free_port()
    async with AsyncExitStack() as stack:
        owner = await started(stack, settings, own_port, public_port, lambda _, __: True)
        await started(stack, settings, public_port, public_port, lambda _, __: None)

        assert owner.tend(feed, state) is None
        assert not owner.subscribed(feed.id)
        assert await asyncio.wait_for(served.verified.get(), 15) == ("subscribe", 200, True)
        (verified,) = await asyncio.to_thread(pushes.read)
        assert (verified.event, verified.lease) == ("verified", 3600.0)
        assert owner.heard(verified) is None
        assert owner.subscribed(feed.id)

        assert await served.distribute(BODY, secret="guessed") == [202]
        assert await served.distribute(BODY) == [202]
        assert await served.distribute(BODY) == [202]
        (news,) = await asyncio.to_thread(pushes.read)
        assert news.event == "news"
        assert owner.heard(news) is not None

        owner.drop(feed.id)
        assert await asyncio.wait_for(served.verified.get(), 15) == ("unsubscribe", 200, True)
        (ended,) = await asyncio.to_thread(pushes.read)
        assert ended.event == "unsubscribed"
        assert owner.heard(ended) is None
        assert not owner.subscribed(feed.id)
    await asyncio.gather(*served.verifying)
    assert served.subscribers == {}
    pushes.close()
