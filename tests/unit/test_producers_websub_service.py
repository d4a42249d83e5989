"""What a producer's own part of WebSub does over time: asks hubs, learns what they said, knows when to poll."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from pydantic import SecretStr

from producers.errors import FetchError
from producers.messages import Message
from producers.web.fetch import Posted
from producers.websub import hubs, subscriptions
from producers.websub.callbacks import Callback
from producers.websub.events import event
from producers.websub.hubs import Lanes
from producers.websub.service import WebSub
from schemas.feed_records import Feed, HubEvent
from wirecopy.errors import SettingsError
from wirecopy.local.process import free_port
from wirecopy.settings import Settings

KEY = SecretStr("a key that nobody can guess")
HUB, OTHER_HUB = "https://hub.example/", "https://other-hub.example/"
FEED = Feed(id="lake", url="https://lake-herald.example/feed", outlet="lake-herald.example")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class State:
    """Of a feed's state, what WebSub looks at."""

    hub: str | None = HUB
    topic: str | None = "https://lake-herald.example/feed"
    address: str | None = None
    last_new_entry: datetime | None = None


class Hubs:
    """All hubs there are: what they were asked, and what they say."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[tuple[str, Mapping[str, str]]] = asyncio.Queue()
        self.says: dict[str, Posted | FetchError] = {}

    async def post(self, address: str, form: Mapping[str, str], *, behalf: str) -> Posted:
        self.asked.put_nowait((address, form))
        answer = self.says.get(address, Posted(202, b""))
        if isinstance(answer, FetchError):
            raise answer
        return answer

    async def next(self) -> tuple[str, str, str]:
        """Hub, mode and callback of the next request."""
        address, form = await asyncio.wait_for(self.asked.get(), 5)
        return address, form["hub.mode"], form["hub.callback"]


class World:
    """One producer's WebSub among hubs, with a clock that the test turns."""

    def __init__(self, **producer: object) -> None:
        self.now = NOW
        self.hubs = Hubs()
        self.published: list[Message] = []
        self.listed: bool | None = True
        self.port = free_port()
        given = Settings()
        changes = {"callback": "https://news.example/", "callback_port": self.port, "host_interval": 0.0, **producer}
        settings = given.model_copy(update={"producer": given.producer.model_copy(update=changes)})
        self.websub = WebSub(settings, KEY, self.hubs, self._publish, lambda _, __: self.listed, clock=lambda: self.now)

    async def _publish(self, messages: Sequence[Message]) -> list[Message]:
        self.published += messages
        return []

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)
        self.websub._wake.set()

    def tend(self, feed: Feed = FEED, **state: object) -> datetime | None:
        return self.websub.tend(feed, State(**state))  # type: ignore[arg-type]

    async def ask(self, callback: str, mode: str, **more: str) -> int:
        """A hub's question at the callback."""
        query = {"hub.mode": mode, "hub.topic": FEED.url, "hub.challenge": "c", **more}
        address = f"http://127.0.0.1:{self.port}/{callback.rpartition('/')[2]}"
        async with aiohttp.ClientSession() as session, session.get(address, params=query) as response:
            return response.status

    async def verify(self, callback: str, lease: str = "864000") -> None:
        assert await self.ask(callback, "subscribe", **{"hub.lease_seconds": lease}) == 200
        self.hear()

    def hear(self) -> datetime | None:
        """The latest event, as the owner reads it from Kafka."""
        value = self.published.pop().value
        assert value is not None
        return self.websub.heard(HubEvent.from_bytes(value))

    async def subscribe(self) -> str:
        self.tend()
        hub, mode, callback = await self.hubs.next()
        assert (hub, mode) == (HUB, "subscribe")
        await self.verify(callback)
        assert self.websub.subscribed(FEED.id)
        return callback

    async def nothing_else_was_asked(self, hub: str = HUB) -> None:
        """A hub is asked in order: so the next request is the one of a feed that comes last."""
        last = Feed(id="last", url="https://last.example/feed", outlet="last.example")
        self.tend(last, hub=hub, topic=last.url)
        _, form = await asyncio.wait_for(self.hubs.asked.get(), 5)
        assert form["hub.topic"] == last.url
        assert self.hubs.asked.empty()
        self.websub.release(last.id)

    def news(self, hub: str = HUB) -> datetime | None:
        told = event("news", Callback.of(FEED.id, FEED.outlet, hub, FEED.url), self.now)
        return self.websub.heard(told)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    await made.websub.start()
    yield made
    await made.websub.close()


async def test_a_feed_with_a_hub_is_subscribed_once(world: World) -> None:
    await world.subscribe()
    world.tend()
    world.tend()
    await world.nothing_else_was_asked()
    world.pass_time(days=11)
    assert not world.websub.subscribed(FEED.id)


async def test_an_event_of_the_callback_goes_to_the_outlets_partition(world: World) -> None:
    world.tend()
    _, _, callback = await world.hubs.next()
    assert await world.ask(callback, "subscribe") == 200
    (message,) = world.published
    assert (message.topic, message.key) == ("wirecopy.feed-pushes.v1", b"lake")
    assert message.partitioned_by == b"lake-herald.example"


async def test_another_producer_can_verify_and_the_owner_learns_of_it(world: World) -> None:
    world.tend()
    _, _, callback = await world.hubs.next()
    other = World()
    other.listed = None
    await other.websub.start()
    assert await other.ask(callback, "subscribe", **{"hub.lease_seconds": "600"}) == 200
    await other.websub.close()
    world.published += other.published
    world.hear()
    assert world.websub.subscribed(FEED.id)


async def test_a_subscription_is_renewed_before_it_ends(world: World) -> None:
    callback = await world.subscribe()
    world.pass_time(days=8.6)
    assert await world.hubs.next() == (HUB, "subscribe", callback)
    assert world.websub.subscribed(FEED.id)
    await world.verify(callback)
    world.pass_time(days=5)
    assert world.websub.subscribed(FEED.id)


async def test_a_hub_that_does_not_verify_is_asked_again_later(world: World) -> None:
    world.tend()
    first = await world.hubs.next()
    world.pass_time(seconds=subscriptions.VERIFY_WITHIN)
    await world.nothing_else_was_asked()
    world.pass_time(minutes=10)
    assert await world.hubs.next() == first


async def test_a_hub_that_rejects_is_left_alone_for_hours(world: World) -> None:
    world.hubs.says[HUB] = Posted(404, b"no such topic")
    world.tend()
    first = await world.hubs.next()
    world.pass_time(hours=5.9)
    world.hubs.says = {}
    await world.nothing_else_was_asked()
    world.pass_time(hours=2)
    assert await world.hubs.next() == first


async def test_a_hub_that_denies_is_left_alone_for_a_week(world: World) -> None:
    callback = await world.subscribe()
    assert await world.ask(callback, "denied", **{"hub.reason": "closed"}) == 200
    world.hear()
    assert not world.websub.subscribed(FEED.id)
    world.pass_time(days=6.9)
    world.tend()
    await world.nothing_else_was_asked()
    world.pass_time(days=1)
    assert await world.hubs.next() == (HUB, "subscribe", callback)


async def test_a_hub_that_ends_it_unasked_is_asked_again(world: World) -> None:
    callback = await world.subscribe()
    assert await world.ask(callback, "unsubscribe") == 404
    binding = Callback.of(FEED.id, FEED.outlet, HUB, FEED.url)
    world.websub.heard(event("unsubscribed", binding, world.now))  # another process could not know better
    assert not world.websub.subscribed(FEED.id)
    world.pass_time(minutes=10)
    assert await world.hubs.next() == (HUB, "subscribe", callback)


async def test_a_feed_that_leaves_is_unsubscribed(world: World) -> None:
    callback = await world.subscribe()
    world.listed = False
    world.websub.drop(FEED.id)
    assert await world.hubs.next() == (HUB, "unsubscribe", callback)
    assert await world.ask(callback, "unsubscribe") == 200
    assert await world.ask(callback, "subscribe") == 404
    async with aiohttp.ClientSession() as session:
        address = f"http://127.0.0.1:{world.port}/{callback.rpartition('/')[2]}"
        async with session.post(address, data=b"") as response:
            assert response.status == 410
    assert not world.websub.subscribed(FEED.id)


async def test_a_feed_that_comes_back_at_once_stays(world: World) -> None:
    callback = await world.subscribe()
    world.websub.drop(FEED.id)
    world.tend()
    assert await world.hubs.next() == (HUB, "subscribe", callback)
    assert await world.ask(callback, "unsubscribe") == 404
    await world.nothing_else_was_asked()


async def test_a_feed_that_another_process_takes_over_keeps_its_subscription(world: World) -> None:
    callback = await world.subscribe()
    world.websub.release(FEED.id)
    world.listed = None
    await world.nothing_else_was_asked()
    assert not world.websub.subscribed(FEED.id)
    assert await world.ask(callback, "subscribe") == 200


async def test_a_feed_dropped_here_may_be_wanted_elsewhere_later(world: World) -> None:
    """Paused here, then moved to another process and resumed there: what we remember must not stand in its way."""
    callback = await world.subscribe()
    world.websub.drop(FEED.id)
    await world.hubs.next()
    world.listed = None
    assert await world.ask(callback, "subscribe") == 200


async def test_who_owns_the_outlet_knows_that_a_feed_is_gone(world: World) -> None:
    world.tend()
    _, _, callback = await world.hubs.next()
    world.websub.release(FEED.id)
    world.listed = False
    assert await world.ask(callback, "subscribe") == 404
    assert await world.ask(callback, "unsubscribe") == 200


async def test_another_hub_is_followed_but_not_at_every_poll(world: World) -> None:
    await world.subscribe()
    for _ in range(5):
        world.tend(hub=OTHER_HUB)
        world.tend(hub=HUB)
    await world.nothing_else_was_asked(OTHER_HUB)
    world.pass_time(hours=2)
    world.tend(hub=OTHER_HUB)
    asked = {(await world.hubs.next())[:2] for _ in range(2)}
    assert asked == {(HUB, "unsubscribe"), (OTHER_HUB, "subscribe")}
    assert world.news(HUB) is None
    assert world.news(OTHER_HUB) is not None


async def test_a_feed_without_its_hub_is_unsubscribed(world: World) -> None:
    await world.subscribe()
    world.tend(hub=None)
    assert world.websub.subscribed(FEED.id)
    world.pass_time(hours=2)
    world.tend(hub=None)
    assert (await world.hubs.next())[:2] == (HUB, "unsubscribe")


@pytest.mark.parametrize(
    "hub",
    [
        "", "hub", "javascript:alert(1)", "file:///etc/passwd", "http://127.0.0.1/", "https://10.0.0.1/",
        "http://[::1]/", "https://hub.example:8080/", "https://u:p@hub.example/", "http://[", "x" * 5000,
    ],
)  # fmt: skip
async def test_hubs_that_are_not_asked(world: World, hub: str) -> None:
    world.tend(hub=hub)
    await world.nothing_else_was_asked()


@pytest.mark.parametrize("topic", ["", "ftp://a.example/", "x" * 5000])
async def test_a_topic_that_is_none_is_the_feeds_address_or_nothing(world: World, topic: str) -> None:
    world.tend(topic=topic)
    if not topic:
        assert (await world.hubs.next())[0] == HUB
    await world.nothing_else_was_asked()


async def test_without_a_topic_it_is_the_address_that_the_feed_has_moved_to(world: World) -> None:
    world.tend(topic=None, address="https://lake-herald.example/moved")
    _, form = await asyncio.wait_for(world.hubs.asked.get(), 5)
    assert form["hub.topic"] == "https://lake-herald.example/moved"


async def test_a_hub_may_send_us_on_a_few_times(world: World) -> None:
    world.hubs.says[HUB] = Posted(307, b"", "/v2")
    world.tend()
    assert (await world.hubs.next())[0] == HUB
    assert (await world.hubs.next())[0] == HUB + "v2"


async def test_but_not_in_circles(world: World) -> None:
    world.hubs.says[HUB] = Posted(308, b"", HUB)
    world.tend()
    for _ in range(hubs.MAX_REDIRECTS + 1):
        assert (await world.hubs.next())[0] == HUB
    await world.nothing_else_was_asked(OTHER_HUB)


async def test_news_is_looked_for_until_it_is_found(world: World) -> None:
    await world.subscribe()
    world.pass_time(minutes=5)
    assert world.news() == world.now
    again = world.tend()
    assert again is not None
    assert again > world.now
    world.now = again
    assert world.tend(last_new_entry=world.now) is None


async def test_news_counts_before_the_first_poll_and_without_a_subscription(world: World) -> None:
    assert world.news() == world.now


async def test_a_hub_that_forgets_to_tell_is_not_relied_upon(world: World) -> None:
    await world.subscribe()
    for _ in range(3):
        assert world.websub.subscribed(FEED.id)
        world.pass_time(hours=1)
        world.tend(last_new_entry=world.now)
    assert not world.websub.subscribed(FEED.id)
    world.news()
    assert world.websub.subscribed(FEED.id)


async def test_an_error_of_the_network_does_no_harm(world: World) -> None:
    world.hubs.says[HUB] = FetchError("connect", "refused")
    world.tend()
    await world.hubs.next()
    assert not world.websub.subscribed(FEED.id)
    world.tend()


def test_without_a_callback_there_is_none() -> None:
    async def publish(_: Sequence[Message]) -> list[Message]:
        return []

    with pytest.raises(SettingsError, match="WebSub is off"):
        WebSub(Settings(), KEY, Hubs(), publish, lambda _, __: None)


# ---- lanes ----------------------------------------------------------------------------------------------------


class Pauses:
    """In place of sleeping: how long it would have been."""

    def __init__(self, enough: int) -> None:
        self.seconds: list[float] = []
        self.enough = enough
        self.done = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) == self.enough:
            self.done.set()
        await asyncio.sleep(0)


async def test_a_hub_that_is_down_is_asked_less_and_less_whoever_asks() -> None:
    pauses, healthy = Pauses(16), [False] * 14 + [True] * 2
    lanes = Lanes(1.0, pauses)

    async def job() -> bool:
        return healthy.pop(0)

    for _ in range(16):
        lanes.submit(HUB, job)
    await asyncio.wait_for(pauses.done.wait(), 5)
    assert pauses.seconds[:4] == [2.0, 4.0, 8.0, 16.0]
    assert pauses.seconds[12:] == [hubs.MAX_PAUSE, hubs.MAX_PAUSE, 1.0, 1.0]
    await lanes.close()


async def test_a_slow_hub_does_not_hold_up_another() -> None:
    lanes, never, served = Lanes(0.0), asyncio.Event(), asyncio.Event()

    async def slow() -> bool:
        return await never.wait()

    async def quick() -> bool:
        served.set()
        return True

    lanes.submit(HUB, slow)
    lanes.submit(HUB, quick)
    lanes.submit(OTHER_HUB, quick)
    await asyncio.wait_for(served.wait(), 5)
    await lanes.close()


async def test_a_bug_of_ours_does_not_stop_a_lane() -> None:
    lanes, served = Lanes(0.0), asyncio.Event()

    async def bug() -> bool:
        raise KeyError("oops")

    async def quick() -> bool:
        served.set()
        return True

    lanes.submit(HUB, bug)
    lanes.submit(HUB, quick)
    await asyncio.wait_for(served.wait(), 5)
    await lanes.close()


async def test_somebody_elses_feed_cannot_name_a_hub_on_a_host_of_ours() -> None:
    own = "http://127.0.0.1:8080/hub"
    ours = FEED.model_copy(update={"id": "ours", "url": "http://127.0.0.1:8080/feed"})
    world = World(allow_hosts=("127.0.0.1:8080",))
    await world.websub.start()
    try:
        world.tend(hub=own)
        world.tend(ours, hub=own, topic=ours.url)
        hub, _, _ = await world.hubs.next()
        assert (hub, list(world.websub._subscriptions)) == (own, ["ours"])
        assert world.hubs.asked.empty()
    finally:
        await world.websub.close()
