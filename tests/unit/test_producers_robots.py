from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from producers.web import robots
from producers.web.fetch import Fetcher
from producers.web.hosts import HostGate
from producers.web.robots import KEPT, MAX_RULES, UNREACHABLE, Robots, product_token, rules_for
from wirecopy.settings import ProducerSettings


def permits(text: str, path: str) -> bool:
    rules = rules_for(text, "wirecopy")
    assert rules is not None
    return Protego.parse(rules).can_fetch(f"https://a.example{path}", "wirecopy")


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private", "/private/x", False),
        ("User-agent: *\nDisallow: /private", "/public", True),
        ("User-agent: *\nDisallow: /\nUser-agent: wirecopy\nDisallow: /private", "/public", True),
        ("User-agent: WireCopy/2.0\nDisallow: /", "/x", False),
        ("User-agent: wirecopybot\nDisallow: /", "/x", True),
        ("User-agent: other\nUser-agent: wirecopy\nDisallow: /a\n\nUser-agent: wirecopy\nDisallow: /b", "/a", False),
        ("User-agent: other\nUser-agent: wirecopy\nDisallow: /a\n\nUser-agent: wirecopy\nDisallow: /b", "/b", False),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: wirecopy\nSitemap: https://a.example/s\nUser-agent: other\nDisallow: /x", "/x", False),
        ("User-agent: *\nDisallow: /\nAllow: /news/", "/news/1", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", True),
        ("User-agent: *\nDisallow: /%7ejoe", "/~joe", False),
        ("User-agent: *\nDisallow:", "/x", True),
        ("\r\nuser-agent:*#all\rdisallow:/x # no\r", "/x", False),
        ("Disallow: /", "/x", True),
        ("User-agent: *\nDisallow: /" + "x" * 5000 + "\nUser-agent: wirecopy\nDisallow: /y", "/z", True),
        ("User-agent: *\nDisallow: /x\u2028User-agent: wirecopy\u2028Allow: /", "/x", True),
        ("<html><body>Not found</body></html>", "/x", True),
        ("", "/x", True),
    ],
)
def test_the_rules_for_our_robot_apply(text: str, path: str, allowed: bool) -> None:
    assert permits(text, path) is allowed


LINES = st.sampled_from(
    ["User-agent: *", "User-agent: wirecopy", "User-agent: other", "Disallow: /", "Disallow: /a", "Allow: /a/b", "",
     "Disallow:", "Sitemap: https://a.example/s", "Crawl-delay: 3", "# nothing", "Nonsense"]
)  # fmt: skip


@given(st.lists(LINES, max_size=12), st.sampled_from(["/", "/a", "/a/b", "/c"]))
def test_dropping_rules_of_other_robots_changes_no_answer(lines: list[str], path: str) -> None:
    kept = [line for line in lines if line != "Nonsense"]  # protego takes it for a rule, RFC 9309 for nothing
    whole = Protego.parse("\n".join(kept)).can_fetch(f"https://a.example{path}", "wirecopy")
    assert permits("\n".join(lines), path) == whole


def test_files_built_to_be_slow_are_read_in_time() -> None:
    many = "".join(f"User-agent: a{number}\n" for number in range(15_000))
    hostile = [
        many + "".join(f"Disallow: /{number}\n" for number in range(20_000)),
        many + "User-agent: *\n" + "".join(f"Disallow: /{number}\n" for number in range(5_000)),
        "User-agent: *\n" + "Disallow: /*a*a*a*a*a*a*a*b\n" * 9_000,
        "User-agent: *\nDisallow: /" + "*a" * 200_000,
        "User-agent: *\n" * 30_000,
        "user-agent" + " " * 400_000 + ":",
        "\u2028" * 150_000,
    ]
    started = time.process_time()
    for text in hostile:
        permits(text, "/" + "a" * 2000)
    assert time.process_time() - started < 5


def test_a_file_with_too_many_rules_allows_nothing() -> None:
    assert rules_for("User-agent: *\n" + "Disallow: /x\n" * MAX_RULES, "wirecopy") is None
    assert rules_for("User-agent: other\n" + "Disallow: /x\n" * MAX_RULES, "wirecopy") == ""


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [("wirecopy/0.1 (feed reader)", "wirecopy"), ("My-News_Bot", "my-news_bot"), ("123", "wirecopy"), ("", "wirecopy")],
)
def test_the_product_token_is_the_first_word_of_the_user_agent(user_agent: str, token: str) -> None:
    assert product_token(user_agent) == token


OWN = "http://127.0.0.1/feed"
"""A feed on the host that is allowed."""


class Site:
    """A web site with a robots.txt that a test can change."""

    def __init__(self) -> None:
        self.status = 200
        self.text = "User-agent: *\nDisallow: /private"
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.now = 0.0
        self.address = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path == "/robots.txt" and self.status in (301, 302):
            return web.Response(status=self.status, headers={"Location": "/robots2.txt"})
        status = 200 if request.path == "/robots2.txt" else self.status
        return web.Response(status=status, text=self.text, headers=self.headers)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    application = web.Application()
    application.router.add_get("/{tail:.*}", site.handle)
    async with TestServer(application, host="127.0.0.1") as server:
        site.address = f"http://127.0.0.1:{server.port}"
        yield site


@pytest.fixture
async def ask(site: Site) -> AsyncIterator[Robots]:
    settings = ProducerSettings(allow_hosts=("127.0.0.1",), timeout=2)
    async with Fetcher(settings) as fetcher:
        yield Robots(settings, fetcher, HostGate(4, 2), clock=lambda: site.now)


async def test_a_site_is_asked_once_a_day(site: Site, ask: Robots) -> None:
    assert not await ask.allowed(f"{site.address}/private", OWN)
    assert await ask.allowed(f"{site.address}/public", OWN)
    site.text, site.now = "", KEPT - 1
    assert not await ask.allowed(f"{site.address}/private", OWN)
    site.now = KEPT
    assert await ask.allowed(f"{site.address}/private", OWN)
    assert site.asked == ["/robots.txt"] * 2


async def test_a_site_is_asked_once_by_all_who_want_to_know(site: Site, ask: Robots) -> None:
    answers = await asyncio.gather(*(ask.allowed(f"{site.address}/{number}", OWN) for number in range(20)))
    assert all(answers)
    assert len(site.asked) == 1


async def test_a_cancelled_question_leaves_the_others_waiting(site: Site, ask: Robots) -> None:
    first = asyncio.create_task(ask.allowed(f"{site.address}/1", OWN))
    second = asyncio.create_task(ask.allowed(f"{site.address}/2", OWN))
    await asyncio.sleep(0)
    first.cancel()
    assert await second


@pytest.mark.parametrize(
    ("status", "allowed", "again"),
    [(404, True, KEPT), (403, True, KEPT), (401, True, KEPT), (204, True, KEPT), (429, False, UNREACHABLE),
     (500, False, UNREACHABLE), (503, False, UNREACHABLE)],
)  # fmt: skip
async def test_errors_of_a_robots_txt_allow_or_forbid_as_rfc_9309_says(
    site: Site, ask: Robots, status: int, allowed: bool, again: float
) -> None:
    site.status = status
    assert await ask.allowed(f"{site.address}/private", OWN) is allowed
    site.now = again - 1
    await ask.allowed(f"{site.address}/private", OWN)
    assert len(site.asked) == 1
    site.now, site.status = again, 200
    assert not await ask.allowed(f"{site.address}/private", OWN)
    assert await ask.allowed(f"{site.address}/public", OWN)
    assert len(site.asked) == 2


async def test_an_old_answer_holds_while_the_server_is_away(site: Site, ask: Robots) -> None:
    assert await ask.allowed(f"{site.address}/public", OWN)
    site.status, site.now = 500, KEPT
    assert await ask.allowed(f"{site.address}/public", OWN)
    assert not await ask.allowed(f"{site.address}/private", OWN)


async def test_redirects_are_followed(site: Site, ask: Robots) -> None:
    site.status = 302
    assert not await ask.allowed(f"{site.address}/private", OWN)
    assert site.asked == ["/robots.txt", "/robots2.txt"]


async def test_a_server_that_is_not_there_and_a_file_without_end(site: Site, ask: Robots) -> None:
    assert not await ask.allowed("http://127.0.0.1:1/x", OWN)
    site.text = "# nothing\n" * 60_000
    assert not await ask.allowed(f"{site.address}/public", OWN)


async def test_a_crawl_delay_is_passed_on_to_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    spaced: list[tuple[str, float]] = []
    gate = HostGate(4, 2)
    monkeypatch.setattr(gate, "space", lambda host, seconds: spaced.append((host, seconds)))
    settings = ProducerSettings(timeout=2)
    async with Fetcher(settings) as fetcher:
        ask = Robots(settings, fetcher, gate)
        ask._answers["https://a.example"] = robots._Answer("User-agent: *\nCrawl-delay: 7", time.monotonic() + 60)
        assert await ask.allowed("https://a.example/x", OWN)
    assert spaced == [("a.example", 7)]


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "MAX_CACHED", 10_000)
    monkeypatch.setattr(robots, "MAX_SITES", 100)
    settings = ProducerSettings()
    async with Fetcher(settings) as fetcher:
        answers = Robots(settings, fetcher, HostGate(4, 2))._answers
        for number in range(500):
            answers[f"https://h{number}.example"] = robots._Answer("x" * 10, 1)
        assert len(answers) == 100
        for number in range(500):
            answers[f"https://h{number % 7}.example"] = robots._Answer("x" * 4000, 1)
        assert len(answers) == 2
        answers["https://large.example"] = robots._Answer("x" * robots.MAX_CACHED, 1)
        assert list(answers) == ["https://large.example"]


def test_the_longest_file_can_be_remembered() -> None:
    assert robots.MAX_BYTES < robots.MAX_CACHED
