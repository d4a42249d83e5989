"""Alerts of a producer from their cause to the alarm: its feeds, their hub and their pages go wrong, and Kafka does.

One real producer; what it tells before a fault and after it is what Prometheus is asked about.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests import alerts
from tests.alerts import Shot, assert_alarm, scraped
from wirecopy.cli import topics
from wirecopy.local.process import free_port
from wirecopy.local.servers import LocalServers
from wirecopy.settings import Settings, environment

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
FEEDS = [f"feed{number}" for number in range(12)]
SHOWN = 25
"""Entries of a feed: its newest."""


@dataclass
class FeedServer:
    """Feeds that a test breaks, with the pages of their entries and their hub."""

    address: str = ""
    status: dict[str, int] = field(default_factory=dict)
    """What a feed answers in place of its entries."""
    entries: dict[str, int] = field(default_factory=lambda: dict.fromkeys([*FEEDS, "ended", "full"], SHOWN))
    """How many have come so far."""
    turning: set[str] = field(default_factory=set)
    """Feeds that hold nothing of what they held before whenever they are asked."""
    hub: str | None = None
    pages: int = 0

    async def feed(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name in self.status:
            return web.Response(status=self.status[name])
        if name in self.turning:
            self.entries[name] += SHOWN
        last = self.entries[name]
        shown = "".join(self._item(name, number) for number in range(last - SHOWN, last))
        hub = f"<atom:link rel='hub' href='{self.hub}'/>" if self.hub else ""
        head = "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>T</title>"
        return web.Response(text=f"{head}{hub}{shown}</channel></rss>")

    def _item(self, name: str, number: int) -> str:
        item = f"<guid>{name}-{number}</guid><title>Ferry {number}</title><link>{self.address}page/{number}</link>"
        if name == "ended":  # an entry an hour, until sixty days ago
            dated = datetime.now(UTC) - timedelta(days=60, hours=-number)
            item += f"<pubDate>{format_datetime(dated)}</pubDate>"
        return f"<item>{item}</item>"

    async def robots(self, _: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nDisallow: /page/\n")

    async def refuses(self, _: web.Request) -> web.Response:
        return web.Response(status=403, text="not you")


@dataclass
class Watched:
    """A producer of these feeds."""

    settings: Settings
    server: FeedServer
    folder: Path
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.poll_these(*FEEDS)
        wanted = {
            "kafka.bootstrap": self.settings.kafka.bootstrap,
            "kafka.topic_prefix": self.settings.kafka.topic_prefix,
            "producer.feeds": self.folder / "feeds.yaml",
            "producer.allow_hosts": ("127.0.0.1",),
            "producer.parse_processes": 1,
            "producer.park_after": 4,
            "producer.callback": f"{self.server.address}callback/",
            "producer.callback_port": free_port(),
            "producer.callback_secret": "a key that nobody can guess",
            "telemetry.metrics_port": self.port,
        }
        with (self.folder / "producer.log").open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "wirecopy", "run", "producer", env=os.environ | environment(wanted), stderr=log
            )

    def poll_these(self, *names: str) -> None:
        lines = [
            f"- {{id: {name}, url: '{self.server.address}feed/{name}', outlet: {name}.example, interval: 0.3"
            f"{', full_text: true' if name == 'full' else ''}}}\n"
            for name in names
        ]
        (self.folder / "feeds.yaml").write_text("".join(lines))

    async def shot(self, alert: str) -> Shot:
        return scraped(alert, await asyncio.to_thread(alerts.asked, self.port))

    async def when(self, alert: str, holds: Callable[[Shot], bool]) -> Shot:
        """What the producer tells as soon as it is so."""
        deadline = time.monotonic() + 60
        while not holds(shot := await self.shot(alert)):
            assert time.monotonic() < deadline, f"{alert}: {shot}\n{(self.folder / 'producer.log').read_text()[-4000:]}"
            await asyncio.sleep(0.1)
        return shot

    async def rising(self, alert: str, times: int, wanted: str = "") -> list[Shot]:
        """Shots between each of which the counters have grown."""
        shots = [await self.shot(alert)]
        while len(shots) < times:
            last = total(shots[-1], wanted)
            shots.append(await self.when(alert, lambda shot: total(shot, wanted) > last))  # noqa: B023
        return shots


def total(shot: Shot, wanted: str = "") -> float:
    """Of all series whose names hold this."""
    return sum(value for series, value in shot.items() if wanted in series)


@pytest.fixture
async def watched(settings: Settings, tmp_path: Path) -> AsyncIterator[Watched]:
    await asyncio.to_thread(topics.apply, settings.kafka)
    served, application = FeedServer(), web.Application()
    application.router.add_get("/feed/{name}", served.feed)
    application.router.add_get("/robots.txt", served.robots)
    application.router.add_post("/hub", served.refuses)
    running = TestServer(application, host="127.0.0.1")
    await running.start_server()
    served.address = str(running.make_url("/"))
    producer = Watched(settings, served, tmp_path)
    await producer.start()
    yield producer
    assert producer.process is not None
    if producer.process.returncode is None:
        producer.process.kill()
        await producer.process.wait()
    await running.close()


async def test_what_goes_wrong_with_feeds(watched: Watched, servers: LocalServers, tmp_path: Path) -> None:
    served = watched.server
    await watched.when("FeedsFailing", lambda shot: total(shot, "wirecopy_feeds{") == len(FEEDS))
    await watched.when("NothingPublished", lambda shot: total(shot, "published") == SHOWN * len(FEEDS))

    async def becomes(alert: str, series: str, at_least: int) -> None:
        """Prometheus is asked about what is told now, and once it is so."""
        after = await watched.when(alert, lambda shot: total(shot, series) >= at_least)
        assert_alarm(alert, [calm[alert]], [after], tmp_path, *moments.get(alert, ()))

    calm = {
        alert: await watched.shot(alert)
        for alert in ("FeedsFailing", "FeedsParked", "FeedsRetired", "FeedsQuiet", "FullTextsMissing",
                      "SubscriptionsFailed", "PublishingWaits", "ProcessDown")
    }  # fmt: skip
    moments = {"FullTextsMissing": (7 * 60,)}

    # Whole windows that nobody has seen, over and over.
    missed = [await watched.shot("EntriesMissed")]
    served.turning = set(FEEDS[:2])
    publishing = await watched.rising("NothingPublished", 6, "published")
    turned = await watched.rising("EntriesMissed", 9)
    assert_alarm("EntriesMissed", missed, turned[1:], tmp_path, apart=30)

    # Then nothing any more.
    served.turning = set()
    asked = total(await watched.shot("NothingPublished"), "published")
    silent = await watched.when("NothingPublished", lambda shot: total(shot, "published") >= asked)
    assert_alarm("NothingPublished", publishing, [silent], tmp_path)

    # Servers that fail and go on failing, and one that says that its feed is gone.
    served.status = dict.fromkeys(FEEDS[:3], 500) | {FEEDS[3]: 410}
    await becomes("FeedsFailing", '"failing"', 2)
    await becomes("FeedsParked", '"parked"', 3)
    await becomes("FeedsRetired", '"retired"', 1)

    # A feed that ended long ago, one whose pages no robot may read, a hub that does not want us.
    served.hub = f"{served.address}hub"
    watched.poll_these(*FEEDS, "ended", "full")
    await becomes("FeedsQuiet", '"quiet"', 1)
    await becomes("FullTextsMissing", 'outcome="robots"', SHOWN)
    await becomes("SubscriptionsFailed", '"failed"', 1)

    # Kafka that takes connections and answers nothing.
    broker = next(child for child in servers.children if child.name == "Kafka")
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        served.turning = set(FEEDS[5:7])
        await becomes("PublishingWaits", "waiting", 1)
    finally:
        os.kill(broker.pid, signal.SIGCONT)

    # And the producer itself.
    assert watched.process is not None
    watched.process.kill()
    assert await watched.process.wait() == -signal.SIGKILL
    assert_alarm("ProcessDown", [calm["ProcessDown"]], [await watched.shot("ProcessDown")], tmp_path)
