"""``feeds check`` against a feed server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from producers.formats.parsed import ParsedFeed
from producers.formats.parsing_pool import ParsingPool
from producers.registry.check import Checker, FeedCheck, problems
from producers.web.fetch import Fetched, Fetcher, Validators
from producers.web.hosts import HostGate
from schemas.feed_records import Feed, FeedState
from wirecopy.settings import ProducerSettings

NOW = datetime.now(UTC)
LONG = "A bridge was opened over the Sona. " * 30


class Server:
    def __init__(self) -> None:
        self.body = ""
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []

    async def feed(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        return web.Response(text=self.body, status=self.status, headers=self.headers)

    async def moved(self, request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), headers={"Location": "/feed"})


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, str]]:
    state, application = Server(), web.Application()
    application.router.add_get("/feed", state.feed)
    application.router.add_get("/moved/{status}", state.moved)
    running = TestServer(application, host="127.0.0.1")
    await running.start_server()
    yield state, str(running.make_url("/")).rstrip("/")
    await running.close()


@pytest.fixture(scope="module")
def pool() -> Any:
    with ParsingPool(ProducerSettings(parse_processes=1)) as parsers:
        yield parsers


@pytest.fixture
async def checker(server: tuple[Server, str], pool: ParsingPool, tmp_path: Path) -> AsyncIterator[Checker]:
    host = server[1].removeprefix("http://")
    settings = ProducerSettings(allow_hosts=(host,), host_interval=0, folders=(str(tmp_path),))
    async with Fetcher(settings) as fetcher:
        yield Checker(settings, fetcher, pool, Robots(), HostGate(4, 2))


class Robots:
    """Forbids the pages of one site."""

    async def allowed(self, address: str, behalf: str) -> bool:
        return not address.startswith("https://a.example/")


def rss(
    *, age: timedelta = timedelta(0), host: str = "a.example", text: str = LONG, extra: str = "", entries: int = 5
) -> str:
    """A feed of one entry an hour, the newest an hour and ``age`` old."""
    items = "".join(
        f"<item><guid>{host}-{n}</guid><title>Story {n}</title><link>https://{host}/{n}</link>"
        f"<description>{text}</description>"
        f"<pubDate>{format_datetime(NOW - age - timedelta(hours=n + 1))}</pubDate></item>"
        for n in range(entries)
    )
    return (
        f"<rss version='2.0'><channel><title>Ledger</title><link>https://{host}/</link>{extra}{items}</channel></rss>"
    )


def feed(base: str, path: str = "/feed", **changes: object) -> Feed:
    return Feed(id="top", url=f"{base}{path}", outlet="a.example").model_copy(update=changes)


async def test_a_feed_that_works_is_explained(server: tuple[Server, str], checker: Checker) -> None:
    server[0].body = rss(extra="<ttl>120</ttl><skipHours><hour>1</hour><hour>2</hour></skipHours>")
    server[0].headers = {"ETag": '"1"', "Link": '<https://hub.example/>; rel="hub"'}
    report = await checker.check(feed(server[1]))
    assert report.works
    assert (report.entries, report.title, report.problems) == (5, "Ledger", ())
    assert report.polling == (
        "the next poll would come in 2 h: it publishes about hourly, every 60 min while lively",
        "asked with its ETag, so that an unchanged feed need not be sent",
        "asks to be left alone for 2 h (ttl)",
        "asks not to be polled in the hours 1, 2 UTC",
        "names the hub https://hub.example/ (WebSub)",
        "its hub would tell of news at once if producer.callback were set",
    )
    assert "\n".join(report.lines()).startswith(f"ok   top  {server[1]}/feed\n")
    assert "If-None-Match" not in server[0].asked[-1]


async def test_the_next_polls_depend_on_the_list(server: tuple[Server, str], checker: Checker) -> None:
    server[0].body = rss()
    wanted = await checker.check(feed(server[1], interval=30.0))
    assert wanted.polling == ("polled every 30 s: the list wants 30 s",)
    assert "no ETag and no Last-Modified: every poll fetches the whole feed" in wanted.problems
    paused = await checker.check(feed(server[1], paused=True))
    assert paused.polling == ("paused: not polled until `wirecopy feeds resume top`",)


async def test_redirects_are_told_apart(server: tuple[Server, str], checker: Checker) -> None:
    server[0].body = rss()
    for_good, for_now = [await checker.check(feed(server[1], f"/moved/{code}")) for code in (301, 302)]
    assert f"moved for good: put {server[1]}/feed on the list" in for_good.problems
    assert f"redirected for now to {server[1]}/feed: every poll asks both" in for_now.problems


@pytest.mark.parametrize(
    ("status", "error", "polling"),
    [
        (
            410,
            "http_status: 410 Gone",
            "the server says that the feed is gone: it would be retired, and polled no more",
        ),
        (429, "http_status: 429 Too Many Requests", "the next poll would come in 3 h"),
        (500, "http_status: 500 Internal Server Error", "the next poll would come in 3 h"),
    ],
)
async def test_failures_are_explained_with_what_follows(
    server: tuple[Server, str], checker: Checker, status: int, error: str, polling: str
) -> None:
    server[0].status, server[0].headers = status, {"Retry-After": "10800"}
    report = await checker.check(feed(server[1]))
    assert (report.works, report.error, report.status) == (False, error, status)
    assert report.polling == (polling,)
    assert list(report.lines())[1] == f"       {error}"


async def test_the_state_of_a_feed_counts_in_its_check(server: tuple[Server, str], checker: Checker) -> None:
    server[0].status = 500
    given = feed(server[1])
    state = FeedState(feed="top", url=given.url, outlet="a.example", interval=60, next_poll=NOW, failures=50)
    assert (await checker.check(given, state)).polling == ("it only fails: parked, and polled every 24 h",)


async def test_content_that_is_no_feed_is_named_by_its_kind(server: tuple[Server, str], checker: Checker) -> None:
    server[0].body = "<html>moved</html>"
    report = await checker.check(feed(server[1]))
    assert (report.works, report.bytes, report.status) == (False, 18, 200)
    assert (report.error or "").startswith("not_a_feed")


async def test_a_quiet_feed_is_called_quiet(server: tuple[Server, str], checker: Checker) -> None:
    server[0].body = rss(age=timedelta(days=60))
    report = await checker.check(feed(server[1]))
    assert any(line.startswith("quiet since ") for line in report.polling)
    server[0].body = rss()
    report = await checker.check(feed(server[1]))
    assert not any(line.startswith("quiet since ") for line in report.polling)


@pytest.mark.parametrize(
    ("outlet", "home", "told"),
    [
        ("feedburner.com", "https://www.ledger.example/", "set outlet; its home page says ledger.example"),
        ("feedburner.com", None, "set outlet; its home page does not say whose it is"),
        ("ledger.example", "https://www.ledger.example/", None),
    ],
)
def test_a_feed_of_a_service_needs_its_outlet(outlet: str, home: str | None, told: str | None) -> None:
    address = "https://feeds.feedburner.com/ledger"
    fetched = Fetched(b"", "", 200, address, None, Validators('"1"'))
    parsed = ParsedFeed("Ledger", "rss20", home, None, None, ())
    found = list(problems(Feed(id="x", url=address, outlet=outlet), fetched, parsed))
    assert found == (
        [f"feedburner.com delivers this feed for somebody else, and is not its outlet: {told}"] if told else []
    )


async def test_full_text_where_it_is_needed_and_where_it_is_forbidden(
    server: tuple[Server, str], checker: Checker
) -> None:
    server[0].body = rss(text="Read more on our site.")
    assert (
        "its entries only tease (22 characters): with full_text their pages are read"
        in (await checker.check(feed(server[1]))).problems
    )
    told = (await checker.check(feed(server[1], full_text=True))).problems
    assert any(one.startswith("full_text: robots.txt forbids us https://a.example/0, or cannot be") for one in told)
    server[0].body = rss(host="c.example")
    assert not any("full_text" in one for one in (await checker.check(feed(server[1], full_text=True))).problems)


async def test_a_folder_is_looked_into_and_left_alone(checker: Checker, tmp_path: Path) -> None:
    folder = Feed(id="pti", url=tmp_path.as_uri(), outlet="pti.example")
    empty = await checker.check(folder)
    assert (empty.works, empty.entries) == (True, 0)
    outside = await checker.check(folder.model_copy(update={"url": "file:///etc"}))
    assert not outside.works
    assert "producer.folders" in (outside.error or "")


def test_a_report_steers_no_terminal() -> None:
    report = FeedCheck(
        "a", "https://a.example/", works=True, format="rss20", title="\x1b[31mred\u202e", polling=("\x07x",)
    )
    assert not any(c in line for line in report.lines() for c in "\x1b\x07\u202e")
