"""Asking hubs: one request at a time to each, spaced, and a hub that fails is left alone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from yarl import URL

from producers.errors import FetchError
from producers.formats.cleaning import clean_line
from producers.web.fetch import Posted
from producers.websub import metrics
from producers.websub.callbacks import Callback, Keys
from producers.websub.intent import LEASE
from wirecopy.telemetry import logger

MAX_AT_ONCE = 8
"""Requests to all hubs together."""
FIRST_PAUSE, MAX_PAUSE = 2.0, 3600.0
"""Seconds that a hub which fails is left alone, for all its feeds; doubled each time."""
REJECTED_FOR = 6 * 3600.0
"""Seconds at least until a hub is asked again for what it has answered with 4xx."""
MAX_REDIRECTS = 3
_REDIRECTS = frozenset({307, 308})
_TRY_AGAIN = frozenset({408, 425, 429})

Mode = Literal["subscribe", "unsubscribe"]


class Posts(Protocol):
    """``Fetcher.post``: a form to an address that is not trusted, on behalf of a feed's; redirects are told and not
    followed.

    Raises ``FetchError``, nothing else that the other side can cause.
    """

    async def post(self, address: str, form: Mapping[str, str], *, behalf: str) -> Posted: ...


@dataclass(frozen=True)
class Answer:
    """``healthy``: whether the hub works at all, whatever it says to this request."""

    outcome: Literal["accepted", "rejected", "failed"]
    why: str = ""
    healthy: bool = True
    wait: float = 0.0


def secure_address(hub: str, *, own: bool) -> str:
    """The hub's address, https in any case (WebSub, 8.2): the request carries the secret. A host of our own may stay.

    Raises ``ValueError`` where it is no address.
    """
    url = URL(hub)
    if url.scheme == "http" and not own:
        return str(url.with_scheme("https").with_port(None))
    return hub


def form_of(mode: Mode, callback: Callback, topic: str, keys: Keys) -> dict[str, str]:
    """The parameters of a request (5.1). ``hub.verify`` is for hubs of PubSubHubbub 0.3, which insist on it."""
    form = {"hub.mode": mode, "hub.topic": topic, "hub.callback": keys.address(callback), "hub.verify": "async"}
    if mode == "subscribe":
        form |= {"hub.lease_seconds": str(int(LEASE)), "hub.secret": keys.secret(callback)}
    return form


def reading(posted: Posted) -> Answer:
    """Read a hub's answer: 2xx, it will verify; 4xx, it will not, whatever we do; else try again."""
    status = posted.status
    if 200 <= status < 300:
        return Answer("accepted")
    why = f"{status} {clean_line(posted.body[:1000].decode(errors='replace'), 200)}".strip()
    if 400 <= status < 500 and status not in _TRY_AGAIN:
        return Answer("rejected", why, wait=REJECTED_FOR)
    return Answer("failed", why, healthy=False, wait=posted.retry_after or 0.0)


async def ask_hub(poster: Posts, mode: Mode, hub: str, form: Mapping[str, str], feed: str) -> Answer:
    """Send one request on behalf of the feed's address, and count it. Raises nothing that a hub can cause."""
    try:
        answer = reading(await _posted(poster, hub, form, feed))
    except FetchError as error:
        answer = Answer("failed", str(error), healthy=False)
    metrics.REQUESTS.labels(mode, answer.outcome).inc()
    return answer


async def _posted(poster: Posts, hub: str, form: Mapping[str, str], feed: str) -> Posted:
    """The answer of the hub, or of the one that it sends us on to with 307 or 308 (5.1.2)."""
    for _ in range(MAX_REDIRECTS + 1):
        posted = await poster.post(hub, form, behalf=feed)
        if posted.status not in _REDIRECTS:
            return posted
        hub = redirected(hub, posted.location)
    raise FetchError("too_many_redirects", f"more than {MAX_REDIRECTS} redirects")


def redirected(hub: str, location: str | None) -> str:
    """Where to ask in place of ``hub``: over https, or at the same host of our own. ``post`` judges the address."""
    before, shown = URL(hub), (location or "nowhere")[:200]
    try:
        target = before.join(URL(location or ""))
    except ValueError as error:
        raise FetchError("bad_redirect", f"{shown!r}: {error}") from None
    in_the_clear = target.scheme != "https" and (before.scheme == "https" or target.host != before.host)
    if not location or in_the_clear:
        raise FetchError("bad_redirect", f"from {before.scheme} to {shown!r}")
    return str(target)


Job = Callable[[], Awaitable[bool]]
"""Asks the hub something; returns whether the hub is healthy."""


@dataclass
class _Lane:
    jobs: deque[Job] = field(default_factory=deque)
    failures: int = 0
    task: asyncio.Task[None] | None = None

    def pause(self, interval: float) -> float:
        if not self.failures:
            return interval
        return max(interval, min(FIRST_PAUSE * 2.0 ** min(self.failures - 1, 20), MAX_PAUSE))


class Lanes:
    """A queue for each hub: jobs of one hub run one after the other, ``interval`` seconds apart.

    Where a thousand feeds name a hub that is down, it is asked for one of them now and then, and for the others when
    it works again.
    """

    def __init__(self, interval: float, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._interval = interval
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}
        self._at_once = asyncio.Semaphore(MAX_AT_ONCE)
        self._log = logger("websub")

    def submit(self, hub: str, job: Job) -> None:
        host = URL(hub).host or hub
        lane = self._lanes.setdefault(host, _Lane())
        lane.jobs.append(job)
        if lane.task is None:
            lane.task = asyncio.create_task(self._work(host, lane), name=f"websub hub {host}")

    async def _work(self, host: str, lane: _Lane) -> None:
        try:
            while lane.jobs:
                job = lane.jobs.popleft()
                async with self._at_once:
                    healthy = await self._run(job)
                lane.failures = 0 if healthy else lane.failures + 1
                await self._sleep(lane.pause(self._interval))
        finally:
            del self._lanes[host]

    async def _run(self, job: Job) -> bool:
        try:
            return await job()
        except Exception:  # noqa: BLE001  # a bug of ours met one feed: the others of this hub go on
            self._log.exception("asking a hub failed")
            return True

    async def close(self) -> None:
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
