from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from producers.errors import FetchError
from producers.formats.article_text import article_text
from producers.formats.page_text import PageText
from producers.web.fetch import Fetcher
from producers.web.hosts import HostGate
from producers.web.pages import PageReader, unfit
from producers.web.robots import Robots
from schemas.feed_records import Feed, RawEntry
from tests.unit.page_examples import COOKIE_WALL, FRONT_PAGE, HEADLINE, LEDE, STORY, page
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

NOW = datetime(2026, 6, 18, 9, 0, tzinfo=UTC)


class Direct:
    """Extracts in this process."""

    async def extract(self, body: bytes, url: str, content_type: str | None) -> PageText:
        return article_text(body, url, content_type)


class Site:
    """A newspaper: ``pages`` by path; a status, or an address to redirect to, in place of a page."""

    def __init__(self) -> None:
        self.pages: dict[str, str | int | bytes] = {}
        self.robots: str | int = ""
        self.asked: list[str] = []
        self.under_way = self.most = 0
        self.headers: dict[str, str] = {}
        self.visited = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()
        self.address = ""

    async def handle(self, request: web.Request) -> web.Response:
        if request.path == "/robots.txt":
            return web.Response(text=self.robots) if isinstance(self.robots, str) else web.Response(status=self.robots)
        self.asked.append(request.path)
        self.visited.set()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.hold.wait()
        finally:
            self.under_way -= 1
        answer = self.pages.get(request.path, 404)
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/pdf")
        if isinstance(answer, int):
            return web.Response(status=answer, headers=self.headers)
        if answer.startswith("http"):
            return web.Response(status=302, headers={"Location": answer})
        return web.Response(text=answer, content_type="text/html")

    def feed(self) -> Feed:
        return Feed(id="coastal", url=f"{self.address}/feed", outlet="coastal.example", full_text=True)

    def entry(self, path: str = "/bridge", **changes: object) -> RawEntry:
        entry = RawEntry(
            article=f"{len(path):032x}",
            revision=1,
            content_hash="1",
            feed="coastal",
            outlet="coastal.example",
            url=f"{self.address}{path}",
            headline=HEADLINE,
            summary=f"<p>{LEDE[:60]} &hellip;</p>",
            first_seen=NOW,
            fetched=NOW,
        )
        return entry.model_copy(update=changes)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    application = web.Application()
    application.router.add_get("/{tail:.*}", site.handle)
    async with TestServer(application, host="127.0.0.1") as server:
        site.address = f"http://127.0.0.1:{server.port}"
        yield site
        site.hold.set()


class Reading:
    """A reader of pages, and what it counted."""

    def __init__(self, fetcher: Fetcher, settings: ProducerSettings) -> None:
        self.fetcher, self.settings = fetcher, settings
        self.gate = HostGate(8, 8)
        self.robots = Robots(settings, fetcher, self.gate)
        self.counted: Counter[str] = Counter()
        self.deadline = 10.0
        self.pool: Direct = Direct()

    def reader(self) -> PageReader:
        def count(outcome: str) -> None:
            self.counted[outcome] += 1

        return PageReader(
            self.settings, self.fetcher, self.pool, self.robots, self.gate, counted=count, deadline=self.deadline
        )

    async def complete(self, site: Site, *records: RawEntry) -> tuple[RawEntry, ...]:
        return await self.reader().complete(site.feed(), records)


@pytest.fixture
async def reading() -> AsyncIterator[Reading]:
    settings = ProducerSettings(allow_hosts=("127.0.0.1",), timeout=5)
    async with Fetcher(settings) as fetcher:
        yield Reading(fetcher, settings)


async def test_a_teaser_becomes_the_full_text(site: Site, reading: Reading) -> None:
    site.pages["/bridge"] = page(behind="<div>(With inputs from PTI)</div>")
    entry = site.entry()
    [full] = await reading.complete(site, entry)
    assert full.content == "".join(f"<p>{line}</p>" for line in (*STORY, "(With inputs from PTI)"))
    assert (full.full_text, full.language) == (True, "en-IN")
    assert full.model_copy(update={"content": None, "full_text": False, "language": None}) == entry
    assert reading.counted == {"read": 1}


async def test_a_feed_that_does_not_ask_for_it_and_entries_without_a_page_are_left_alone(
    site: Site, reading: Reading
) -> None:
    site.pages["/bridge"] = page()
    plain = site.feed().model_copy(update={"full_text": False})
    assert await reading.reader().complete(plain, [site.entry()]) == (site.entry(),)
    entries = [
        site.entry(url=None),
        site.entry(removed=NOW),
        site.entry(full_text=True),
        site.entry(pubstatus="canceled"),
    ]
    assert await reading.complete(site, *entries) == tuple(entries)
    assert await reading.complete(site) == ()
    assert not site.asked


async def test_the_language_that_is_known_stays_and_the_order_too(site: Site, reading: Reading) -> None:
    site.pages |= {"/bridge": page(), "/other/": page()}
    entries = [site.entry(language="en-GB"), site.entry("/gone"), site.entry("/other/")]
    full = await reading.complete(site, *entries)
    assert [record.full_text for record in full] == [True, False, True]
    assert [record.url for record in full] == [entry.url for entry in entries]
    assert full[0].language == "en-GB"
    assert full[1] == entries[1]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (404, "http_status"),
        (410, "http_status"),
        (500, "http_status"),
        (COOKIE_WALL, "other_article"),
        (page(["A short note of the editors on how the paper is printed and delivered."]), "other_article"),
        ("<html><body><p>Nothing</p></body></html>", "shorter"),
        ("<html></html>", "no_article"),
        (b"%PDF-1.7", "not_html"),
        ("http://10.0.0.1/secret", "forbidden_address"),
        ("http://127.0.0.1:1/x", "robots"),
        ("https://", "bad_address"),
    ],
)
async def test_any_failure_of_a_page_leaves_the_entry_as_it_was(
    site: Site, reading: Reading, answer: str | int | bytes, reason: str
) -> None:
    site.pages["/bridge"] = answer
    entry = site.entry()
    with capture_logs() as logs:
        assert await reading.complete(site, entry) == (entry,)
    assert reading.counted == {reason: 1}
    assert [log["reason"] for log in logs if log.get("reason")] == [reason]


async def test_a_reason_is_logged_once_a_feed(site: Site, reading: Reading) -> None:
    reader = reading.reader()
    with capture_logs() as logs:
        for _ in range(3):
            await reader.complete(site.feed(), [site.entry("/1"), site.entry("/2")])
    assert len([log for log in logs if log.get("reason") == "http_status"]) == 1
    assert reading.counted == {"http_status": 6}


async def test_robots_txt_is_honoured_at_every_address_on_the_way(site: Site, reading: Reading) -> None:
    site.robots = "User-agent: wirecopy\nDisallow: /bridge\nDisallow: /hidden"
    site.pages |= {
        "/bridge": page(),
        "/public": f"{site.address}/hidden",
        "/hidden": page(),
        "/moved": f"{site.address}/2",
    }
    site.pages["/2"] = page()
    full = await reading.complete(site, *(site.entry(path) for path in ("/bridge", "/public", "/moved")))
    assert [record.full_text for record in full] == [False, False, True]
    assert reading.counted == {"robots": 2, "read": 1}
    assert sorted(site.asked) == ["/2", "/moved", "/public"]


async def test_a_site_that_cannot_say_is_left_alone(site: Site, reading: Reading) -> None:
    site.robots = 503
    site.pages["/bridge"] = page()
    assert not (await reading.complete(site, site.entry()))[0].full_text
    assert not site.asked


async def test_redirects_have_an_end_and_a_deleted_article_is_not_the_front_page(site: Site, reading: Reading) -> None:
    site.pages |= {"/bridge": f"{site.address}/bridge", "/gone": f"{site.address}/", "/": FRONT_PAGE}
    await reading.complete(site, site.entry(), site.entry("/gone"))
    assert reading.counted == {"too_many_redirects": 1, "other_article": 1}


async def test_a_page_that_hangs_costs_the_deadline_and_no_other_entry(site: Site, reading: Reading) -> None:
    site.pages |= {f"/{number}": page() for number in range(9)}
    site.hold.clear()
    reading.deadline = 0.3
    entries = [site.entry(f"/{number}") for number in range(9)]
    async with asyncio.timeout(30):
        assert await reading.complete(site, *entries) == tuple(entries)
    assert reading.counted == {"deadline": 9}
    assert site.most == 2
    assert site.asked == ["/8", "/7"]  # the newest first


async def test_cancelling_a_read_leaves_nothing_running(site: Site, reading: Reading) -> None:
    site.hold.clear()
    site.pages["/bridge"] = page()
    before = asyncio.all_tasks()
    task = asyncio.create_task(reading.complete(site, site.entry()))
    await site.visited.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left = {one for one in asyncio.all_tasks() - before if "complete" in repr(one) or "read" in one.get_name()}
    assert not left


async def test_a_host_that_answers_429_is_paused(site: Site) -> None:
    """Only a host that is not ours is spared, so the fetch is a made-up one."""
    asked: list[str] = []

    class Busy(Fetcher):
        async def fetch(self, address: str, *_: object, **__: object) -> None:  # type: ignore[override]
            asked.append(address)
            raise FetchError("http_status", "429", status=429, retry_after=3600)

    class Open:
        async def allowed(self, address: str, behalf: str) -> bool:
            return True

    settings = ProducerSettings()
    gate = HostGate(8, 2)
    counted: list[str] = []
    reader = PageReader(settings, Busy(settings), Direct(), Open(), gate, counted=counted.append)
    first = site.entry(url="https://coastal.example/1")
    assert await reader.complete(site.feed(), [first]) == (first,)
    assert gate.ready_in("coastal.example") > 3500
    await reader.complete(site.feed(), [site.entry(url=f"https://coastal.example/{number}") for number in range(50)])
    assert asked == ["https://coastal.example/1"]
    assert counted == ["http_status"] + ["paused"] * 50


async def test_a_bug_of_ours_costs_one_page(site: Site, reading: Reading) -> None:
    class Broken(Direct):
        async def extract(self, body: bytes, url: str, content_type: str | None) -> PageText:
            if url.endswith("/2"):
                raise ZeroDivisionError
            return await super().extract(body, url, content_type)

    site.pages |= {"/1": page(), "/2": page(), "/3": page()}
    reading.pool = Broken()
    full = await reading.complete(site, *(site.entry(f"/{number}") for number in (1, 2, 3)))
    assert [record.full_text for record in full] == [True, False, True]
    assert reading.counted == {"read": 2, "failed": 1}


async def test_pages_that_cost_parsers_are_soon_left_alone(site: Site, reading: Reading) -> None:
    class Dying(Direct):
        async def extract(self, body: bytes, url: str, content_type: str | None) -> PageText:
            raise BadInput("parser_died", "gone")

    site.pages |= {f"/{number}": page() for number in range(9)}
    reading.pool = Dying()
    entries = [site.entry(f"/{number}") for number in range(9)]
    assert await reading.complete(site, *entries) == tuple(entries)
    assert reading.counted["parser_died"] in (3, 4)  # the other one was under way
    assert reading.counted["given_up"] == 9 - reading.counted["parser_died"]


HINDI = "पुल की मरम्मत के बाद यातायात शुरू"
JAPANESE = "\u6e2f\u306e\u6a4b\u304c\u4fee\u7406\u5f8c\u306b\u518d\u958b\u3057\u305f"


@pytest.mark.parametrize(
    ("headline", "summary", "text", "final_url", "reason"),
    [
        (HEADLINE, LEDE[:50], " ".join(STORY), "https://c.example/1", None),
        (HEADLINE, None, " ".join(STORY), "https://c.example/1", None),
        ("Update", LEDE[:60], " ".join(STORY), "https://c.example/1", None),
        (HEADLINE, LEDE[:50], " ".join(STORY), "https://c.example/", "other_article"),
        (HEADLINE, LEDE[:50], " ".join(STORY), "https://c.example/?p=7", None),
        (HEADLINE, " ".join(STORY), " ".join(STORY), "https://c.example/1", "shorter"),
        (
            HEADLINE,
            LEDE,
            "Please log in to read this story on the harbour. " * 9,
            "https://c.example/login",
            "other_article",
        ),
        ("", "", " ".join(STORY), "https://c.example/1", "other_article"),
        ("Harbour news", None, "Something quite different happened. " * 9, "https://c.example/1", "other_article"),
        (HINDI, None, HINDI + ", \u0905\u0927\u093f\u0915\u093e\u0930\u0940 " * 9, "https://c.example/1", None),
        (
            HINDI,
            None,
            "\u092e\u094c\u0938\u092e \u0938\u093e\u092b \u0930\u0939\u0947\u0917\u093e " * 9,
            "https://c.example/1",
            "other_article",
        ),
        (
            JAPANESE,
            None,
            JAPANESE + "\u3002" + "\u5e02\u306e\u767a\u8868\u306b\u3088\u308b\u3068\u3002" * 9,
            "https://c.example/1",
            None,
        ),
        (
            JAPANESE,
            None,
            "\u660e\u65e5\u306e\u5929\u6c17\u306f\u6674\u308c\u3067\u3059\u3002" * 9,
            "https://c.example/1",
            "other_article",
        ),
    ],
)
def test_what_is_plausibly_the_same_article(
    headline: str, summary: str | None, text: str, final_url: str, reason: str | None
) -> None:
    entry = Site().entry(url="https://c.example/1", headline=headline, summary=summary)
    assert unfit(entry, PageText((text,)), final_url) == reason
