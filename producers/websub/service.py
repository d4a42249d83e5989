"""The WebSub service of a producer: subscriptions of its feeds, and the callback server."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from cachetools import FIFOCache
from pydantic import SecretStr

from producers.errors import FetchError
from producers.messages import Message
from producers.web.addresses import AddressPolicy
from producers.websub import announcements, metrics, subscriptions
from producers.websub.announcements import Heard
from producers.websub.callbacks import Callback, Keys
from producers.websub.due import DueQueue
from producers.websub.events import event_message
from producers.websub.hubs import Answer, Lanes, Mode, Posts, ask_hub, form_of, secure_address
from producers.websub.server import CallbackServer
from producers.websub.subscriptions import STATES, Subscription
from schemas.feed_records import Feed, HubEvent
from wirecopy.errors import SettingsError
from wirecopy.settings import Settings
from wirecopy.telemetry import logger

MAX_LEFT = 10_000
"""Callbacks given up that are remembered, so that their hubs get a clear answer."""
_TICK = 10.0

Publish = Callable[[Sequence[Message]], Awaitable[object]]
Listed = Callable[[str, str], bool | None]
"""Of a feed id and its outlet: whether the feed is to be polled; none where another process owns the outlet."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Polled(Protocol):
    """The fields of a feed's state after a poll (``FeedState``)."""

    @property
    def hub(self) -> str | None: ...
    @property
    def topic(self) -> str | None: ...
    @property
    def address(self) -> str | None: ...
    @property
    def last_new_entry(self) -> datetime | None: ...


class WebSub:
    """Subscribes the feeds of this process at their hubs, and answers any hub.

    All calls but ``start`` and ``close`` return at once and raise nothing: polling goes on whatever hubs do.
    """

    def __init__(
        self,
        settings: Settings,
        secret: SecretStr | None,
        poster: Posts,
        publish: Publish,
        listed: Listed,
        *,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Raises ``SettingsError`` where callback or secret cannot be used."""
        if settings.producer.callback is None:
            raise SettingsError("producer.callback is not set: WebSub is off")
        self._keys = Keys(settings.producer.callback, secret)
        self._policy = AddressPolicy(settings.producer.allow_hosts)
        self._prefix = settings.kafka.topic_prefix
        self._poster = poster
        self._publish = publish
        self._listed = listed
        self._clock = clock
        self._subscriptions: dict[str, Subscription] = {}
        self._heard: dict[str, Heard] = {}
        self._left: FIFOCache[Callback, None] = FIFOCache(MAX_LEFT)
        self._due = DueQueue()
        self._lanes = Lanes(settings.producer.host_interval)
        self._server = CallbackServer(settings.producer, self._keys, self._wants, self._publish_event, clock)
        self._chance = random.Random()  # noqa: S311  # jitter, not a secret
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._log = logger("websub")

    async def start(self) -> None:
        """Raises ``ServerError`` if the callback port cannot be listened on."""
        await self._server.start()
        self._task = asyncio.create_task(self._work(), name="websub")

    async def close(self) -> None:
        """Subscriptions stay with their hubs: for the process that takes over, or this one when it starts again."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._lanes.close()
        await self._server.close()

    def tend(self, feed: Feed, polled: Polled) -> datetime | None:
        """After each successful poll: subscribe, follow another hub. Returns when to poll again, no later than that,
        where a hub has announced news that this poll has not found; else none.
        """
        now = self._clock()
        self._heard[feed.id], again, came_true = announcements.polled(
            self._heard.get(feed.id, Heard()), polled.last_new_entry, now, relied=self._is_active(feed.id, now)
        )
        if came_true is not None:
            metrics.ANNOUNCEMENTS.labels("news" if came_true else "vain").inc()
        self._follow(feed, polled.hub, polled.topic or polled.address or feed.url, now)
        return again

    def subscribed(self, feed_id: str) -> bool:
        """Whether a hub announces this feed's news, so that it may be polled less often."""
        return self._is_active(feed_id, self._clock()) and self._heard.get(feed_id, Heard()).is_trusted()

    def drop(self, feed_id: str) -> None:
        """The feed has left the list, or is paused: unsubscribe."""
        self._heard.pop(feed_id, None)
        self._leave(feed_id)

    def release(self, feed_id: str) -> None:
        """Another process polls the feed from now on, and renews its subscription."""
        self._heard.pop(feed_id, None)
        self._due.discard(feed_id)
        self._subscriptions.pop(feed_id, None)

    def heard(self, push: HubEvent) -> datetime | None:
        """Take an event of ``feed-pushes`` about a feed that this process polls; events of others are not for it.

        Returns when to poll the feed, if at all. That is for a feed that works: a failing one keeps to its own pace.
        """
        now = self._clock()
        subscription = self._subscriptions.get(push.feed)
        if subscription is not None and push.binding != subscription.callback.binding():
            return None
        if push.event == "news":
            self._heard[push.feed], at = announcements.announced(self._heard.get(push.feed, Heard()), now)
            return at
        if subscription is not None:
            self._keep(self._after(push, subscription, now))
        return None

    # ---- subscriptions ----------------------------------------------------------------------------------------

    def _follow(self, feed: Feed, hub: str | None, topic: str, now: datetime) -> None:
        current = self._subscriptions.get(feed.id)
        if hub is None:
            if current is not None and current.is_settled(now):
                self._leave(feed.id)
            return
        wanted = self._wanted(feed, hub, topic, now)
        if wanted is None or (current is not None and current.callback == wanted.callback):
            return
        if current is None or current.is_settled(now):
            self._leave(feed.id)
            self._left.pop(wanted.callback, None)
            self._keep(wanted)

    def _wanted(self, feed: Feed, hub: str, topic: str, now: datetime) -> Subscription | None:
        try:
            policy = self._policy if self._policy.is_own(feed.url) else AddressPolicy()
            address = str(policy.checked(secure_address(hub, own=policy.is_own(hub))))
            callback = Callback.of(feed.id, feed.outlet, address, topic)
            return subscriptions.wanted(callback, address, topic, feed.url, now)
        except (FetchError, ValueError) as error:
            self._log.debug("a feed's hub cannot be used", feed=feed.id, hub=hub, why=str(error))
            return None

    def _is_active(self, feed_id: str, now: datetime) -> bool:
        subscription = self._subscriptions.get(feed_id)
        return subscription is not None and subscription.is_active(now)

    def _keep(self, subscription: Subscription) -> None:
        self._subscriptions[subscription.callback.feed] = subscription
        self._due.put(subscription.callback.feed, subscription.due)
        self._wake.set()

    def _leave(self, feed_id: str) -> None:
        subscription = self._subscriptions.pop(feed_id, None)
        self._due.discard(feed_id)
        if subscription is None:
            return
        self._left[subscription.callback] = None
        if subscription.asked is not None:
            self._lanes.submit(subscription.hub, lambda: self._unsubscribe(subscription))

    def _after(self, push: HubEvent, subscription: Subscription, now: datetime) -> Subscription:
        feed = push.feed
        if push.event == "verified":
            after = subscriptions.verified(subscription, push.received, push.lease or 0.0, now, self._chance)
            if not subscription.is_active(now) and after.is_active(now):
                self._log.info("subscribed", feed=feed, hub=subscription.hub, until=str(after.until))
            return after
        if push.event == "denied":
            if not subscription.refused:
                self._log.warning("the hub denies the subscription", feed=feed, hub=subscription.hub, why=push.reason)
            return subscriptions.refused(subscription, push.reason or "no reason given", now)
        if subscription.is_active(now):
            self._log.warning("the hub has ended the subscription", feed=feed, hub=subscription.hub)
        return subscriptions.ended(subscription, now, self._chance)

    def _wants(self, callback: Callback) -> bool | None:
        listed = self._listed(callback.feed, callback.outlet)
        if not listed:
            return listed  # what we remember of a feed that has moved to another process may not hold any more
        current = self._subscriptions.get(callback.feed)
        if current is not None:
            return current.callback == callback
        # Listed and not subscribed: given up for another hub, or not polled yet since the start.
        return False if callback in self._left else None

    # ---- asking hubs ------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            now = self._clock()
            for feed_id in self._due.take(now):
                self._submit(feed_id, now)
            self._count(now)
            await self._rest(now)

    async def _rest(self, now: datetime) -> None:
        next_at = self._due.next_at()
        seconds = _TICK if next_at is None else min((next_at - now).total_seconds(), _TICK)
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`: before Python 3.12 it can swallow the cancellation by which `close` ends us.
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._wake.wait()
        self._wake.clear()

    def _submit(self, feed_id: str, now: datetime) -> None:
        subscription = self._subscriptions[feed_id]
        if subscriptions.is_overdue(subscription, now):
            why = "the hub took the request and has not verified it: can it reach producer.callback?"
            self._log.warning("not subscribed", feed=feed_id, hub=subscription.hub, why=why)
            self._keep(subscriptions.failed(subscription, why, now, self._chance))
            return
        self._lanes.submit(subscription.hub, lambda: self._subscribe(subscription))

    async def _subscribe(self, planned: Subscription) -> bool:
        feed_id = planned.callback.feed
        subscription = self._subscriptions.get(feed_id)
        if subscription is not planned:
            return True  # dropped, or verified, since it was queued
        waiting = subscriptions.asked(subscription, self._clock())
        self._keep(waiting)
        answer = await self._ask("subscribe", subscription)
        current = self._subscriptions.get(feed_id)
        if answer.outcome != "accepted" and current is waiting:
            self._log.info("a hub cannot be used", feed=feed_id, hub=subscription.hub, why=answer.why)
            self._keep(subscriptions.failed(waiting, answer.why, self._clock(), self._chance, answer.wait))
        return answer.healthy

    async def _unsubscribe(self, subscription: Subscription) -> bool:
        """Tried once: what a hub does not take ends with the lease, and its deliveries get a 410 until then."""
        if subscription.callback not in self._left:
            return True  # wanted again since it was queued
        answer = await self._ask("unsubscribe", subscription)
        self._log.info("unsubscribed", feed=subscription.callback.feed, hub=subscription.hub, outcome=answer.outcome)
        return answer.healthy

    async def _ask(self, mode: Mode, subscription: Subscription) -> Answer:
        form = form_of(mode, subscription.callback, subscription.topic, self._keys)
        return await ask_hub(self._poster, mode, subscription.hub, form, subscription.feed)

    async def _publish_event(self, push: HubEvent, outlet: str) -> None:
        await self._publish([event_message(push, outlet, self._prefix)])

    def _count(self, now: datetime) -> None:
        states = Counter(subscription.state(now) for subscription in self._subscriptions.values())
        for state in STATES:
            metrics.SUBSCRIPTIONS.labels(state).set(states[state])
