from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from producers.errors import FetchError
from producers.formats.parsing_pool import ParsingPool
from producers.registry.adding import Wanted, added, added_folder
from producers.registry.discovery import (
    MAX_PROBES,
    Candidate,
    Finder,
    FoundFeed,
    candidates,
    feed_service,
    in_link_header,
    settled_outlet,
    without_copies,
)
from producers.web.fetch import Fetcher
from producers.web.response import links
from schemas.feed_records import Feed
from wirecopy.errors import NotFound, SettingsError
from wirecopy.settings import ProducerSettings

PAGE = "https://www.bharatledger.example/india/"


def found(url: str = "https://www.bharatledger.example/f", **changes: object) -> FoundFeed:
    given = FoundFeed(
        url=url, how="linked", title="T", format="rss20", language=None, home="https://bharatledger.example/",
        entries=1, newest=datetime(2026, 11, 22, tzinfo=UTC), links=frozenset({f"{url}#1"}),
    )  # fmt: skip
    return FoundFeed(**{**vars(given), **changes})


def urls(candidates: list[Candidate]) -> list[str]:
    return [candidate.url for candidate in candidates]


# ---- what a page says -----------------------------------------------------------------------------------------


def test_a_page_names_its_feeds() -> None:
    page = b"""<html><head>
      <link rel="alternate" type="application/json" href="/wp-json/">
      <link rel="alternate" type="application/rss+xml" href="/comments/feed/">
      <LINK REL="Alternate" TYPE="application/rss+xml; charset=utf-8" HREF="top.xml" title="Top">
      <link rel="alternate" type="application/atom+xml" href="//feeds.bharatledger.example/atom">
      <link rel="alternate" type="application/feed+json" href="feed://bharatledger.example/feed.json">
      <link rel="feed" href="/other">
      <link rel="alternate" hreflang="hi" href="/hi/"> <link rel="stylesheet" type="text/css" href="/feed.css">
      <link rel="alternate stylesheet" type="application/rss+xml" href="/style">
      <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
      <link rel="alternate" type="application/rss+xml" href="top.xml#again">
      <link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">
      <link rel="alternate" type="application/rss+xml">
    </head><body><a href="/rss/">RSS</a></body></html>"""
    named, linked = candidates(page, PAGE, "text/html; charset=utf-8")
    assert urls(named) == [
        "https://www.bharatledger.example/india/top.xml",
        "https://feeds.bharatledger.example/atom",
        "http://bharatledger.example/feed.json",
        "https://www.bharatledger.example/other",
        "https://www.bharatledger.example/comments/feed/",
        "https://www.bharatledger.example/wp-json/",
    ]
    assert urls(linked) == ["https://www.bharatledger.example/rss/"]


def test_addresses_are_taken_from_the_base_of_the_page() -> None:
    page = b"<base href='https://cdn.bharatledger.example/x/'><link rel=alternate type=application/rss+xml href=f.xml>"
    assert urls(candidates(page, PAGE, None)[0]) == ["https://cdn.bharatledger.example/x/f.xml"]
    page = page.replace(b"https://cdn.bharatledger.example/x/", b"data:,")
    assert urls(candidates(page, PAGE, None)[0]) == ["https://www.bharatledger.example/india/f.xml"]


def test_links_that_look_like_feeds_are_of_the_site_or_a_service() -> None:
    good = ["/rss", "/rss/top", "/top.rss", "/a/feed/", "/?feed=rss2", "/news.xml", "https://blog.bharatledger.example/atom.xml",
            "https://feeds.feedburner.com/ledger/rss"]  # fmt: skip
    bad = [
        "/feedback",
        "/rssa",
        "/newsfeeder",
        "https://feedly.example/i/rss",
        "/about",
        "mailto:rss@a.example",
        "#rss",
    ]
    page = "".join(f'<a href="{link}">x</a>' for link in (*good, *bad)).encode()
    assert len(candidates(page, PAGE, None)[1]) == len(good)


NO_PAGES = [
    b"", b"\0", b"<", b"<!DOCTYPE html>", b"<div>" * 200_000 + b"<link rel=alternate>", b"\xff\xfe<\0l\0i\0",
    b"%PDF-1.7",
]  # fmt: skip


@pytest.mark.parametrize("page", NO_PAGES)
def test_what_is_no_html_page_has_no_candidates(page: bytes) -> None:
    assert candidates(page, PAGE, "text/html; charset=klingon") == ([], [])


@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_page_gives_candidates_within_bounds(page: bytes, content_type: str) -> None:
    candidates(b"<link rel=alternate type=text/xml href='" + page, PAGE, content_type)


def test_the_link_header() -> None:
    value = (
        '<https://a.example/wp-json/>; rel="https://api.w.org/", </feed>; rel="alternate"; type="application/rss+xml"; '
        'title="News, of today", <https://hub.example/>; rel=hub, <atom.xml>;rel=alternate;type=application/atom+xml, '
        '<javascript:x>; rel=alternate; type="application/rss+xml"'
    )
    assert urls(in_link_header(links(CIMultiDict({"Link": value})), "https://a.example/x/")) == [
        "https://a.example/feed",
        "https://a.example/x/atom.xml",
    ]
    assert in_link_header(links(CIMultiDict({"Link": "<" * 9000})), "https://a.example/") == []


# ---- whose it is ----------------------------------------------------------------------------------------------


def test_the_outlet_is_the_host_or_behind_a_service_that_of_the_home_page() -> None:
    assert settled_outlet("https://www.bharatledger.example/f", "https://elsewhere.example/") == "bharatledger.example"
    assert (
        settled_outlet("https://feeds.feedburner.com/ledger", "https://www.bharatledger.example/")
        == "bharatledger.example"
    )
    assert settled_outlet("https://feeds.feedburner.com/ledger", None) is None
    assert settled_outlet("https://feeds.feedburner.com/ledger", "http://feeds2.feedburner.com/ledger") is None
    assert settled_outlet("https://rss.app/feeds/x.xml", "http://localhost/") is None
    assert feed_service("https://notfeedburner.com/") is None
    assert feed_service("https://feeds2.feedburner.com/x") == "feedburner.com"


def test_what_was_found_becomes_a_feed() -> None:
    wanted = Wanted(None, ("India/States", "top"), 90.0, full_text=True, id="top")
    (change,) = added({}, [found(title="T\x1b[31m")], wanted)
    assert change.feed == Feed(
        id="top", url="https://www.bharatledger.example/f", outlet="bharatledger.example", interval=90.0,
        tags=("India/States", "top"), title="T[31m", home="https://bharatledger.example/", full_text=True,
    )  # fmt: skip


def test_ids_are_made_and_given_ids_must_be_free() -> None:
    known = {"bharatledger-example-f": Feed(id="bharatledger-example-f", url="https://x.example/", outlet="x.example")}
    pair = [found(), found("https://bharatledger.example/f/")]
    assert [change.feed.id for change in added(known, pair, Wanted())] == [
        "bharatledger-example-f-2", "bharatledger-example-f-3",
    ]  # fmt: skip
    with pytest.raises(SettingsError, match="the id bharatledger-example-f is that of https://x"):
        added(known, [found()], Wanted(id="bharatledger-example-f"))
    with pytest.raises(SettingsError, match="the id one is that of"):
        added({}, pair, Wanted(id="one"))


def test_a_feed_of_a_service_without_a_home_page_needs_an_outlet() -> None:
    feed = found("https://feeds.feedburner.com/ledger", home=None)
    with pytest.raises(SettingsError, match=r"feedburner.com does not tell who publishes it: say --outlet"):
        added({}, [feed], Wanted())
    (change,) = added({}, [feed], Wanted(outlet="bharatledger.example"))
    assert change.feed.outlet == "bharatledger.example"


def test_a_folder_needs_an_outlet() -> None:
    assert added_folder({}, "file:///srv/pti", Wanted(outlet="pti.example")).feed.url == "file:///srv/pti"
    with pytest.raises(SettingsError, match="outlet is missing"):
        added_folder({}, "file:///srv/pti", Wanted())


def test_one_feed_in_two_formats_is_one() -> None:
    links = frozenset({"https://a.example/1"})
    rss, atom = found("https://a.example/rss", links=links), found("https://a.example/atom", links=links)
    other, empty = found("https://a.example/b"), found("https://a.example/e", links=frozenset())
    kept = without_copies(
        [rss, atom, other, empty, found("http://a.example/rss/"), found("https://a.example/e2", links=frozenset())]
    )
    assert [one.url for one in kept] == [rss.url, other.url, empty.url, "https://a.example/e2"]
    assert kept[0].also == (atom.url,)
    assert f"also at {atom.url}" in kept[0].line()


# ---- over the network -----------------------------------------------------------------------------------------


def rss(name: str, entries: int = 2, home: str = "https://bharatledger.example/") -> str:
    items = "".join(
        f"<item><title>{name} {n}</title><link>https://bharatledger.example/{name}/{n}</link>"
        f"<pubDate>Sun, 22 Nov 2026 0{n}:00:00 GMT</pubDate></item>"
        for n in range(entries)
    )
    return f"<rss version='2.0'><channel><title>{name}</title><link>{home}</link>{items}</channel></rss>"


class Site:
    """A site on loopback: a path is a text, or a status with a location."""

    def __init__(self) -> None:
        self.pages: dict[str, str | tuple[int, str]] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        page = self.pages.get(request.path_qs)
        if page is None:
            return web.Response(status=404)
        if isinstance(page, tuple):
            return web.Response(status=page[0], headers={"Location": page[1]})
        kind = "application/xml" if page.startswith("<rss") else "text/html"
        return web.Response(text=page, content_type=kind, headers=self.headers)


@pytest.fixture
async def site() -> AsyncIterator[tuple[Site, str]]:
    state, application = Site(), web.Application()
    application.router.add_get("/{path:.*}", state.handle)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server()
    yield state, str(server.make_url("/")).rstrip("/")
    await server.close()


@pytest.fixture
async def finder(site: tuple[Site, str]) -> AsyncIterator[Finder]:
    host = site[1].removeprefix("http://")
    settings = ProducerSettings(allow_hosts=(host,), parse_processes=1, host_interval=0)
    with ParsingPool(settings) as pool:
        async with Fetcher(settings) as fetcher:
            yield Finder(settings, fetcher, pool)


async def test_the_address_of_a_feed_is_the_feed(site: tuple[Site, str], finder: Finder) -> None:
    site[0].pages = {"/f": rss("Top")}
    (feed,) = await finder.find(f"{site[1]}/f")
    assert (feed.url, feed.how, feed.title, feed.entries) == (f"{site[1]}/f", "the address itself", "Top", 2)
    assert feed.newest == datetime(2026, 11, 22, 1, tzinfo=UTC)
    assert json.dumps(feed.as_json())
    assert feed.line() == f"{site[1]}/f  Top: {feed.format}, 2 entries, newest 2026-11-22 01:00 UTC"


async def test_named_feeds_come_before_guesses_and_comments_only_alone(site: tuple[Site, str], finder: Finder) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="{}">'
    site[0].pages = {
        "/": "<html>" + "".join(map(link.format, ("/comments/feed", "/a", "/gone", "/page", "/b"))),
        "/a": rss("A"), "/b": rss("B"), "/comments/feed": rss("C"), "/page": "<html>", "/feed": rss("D"),
    }  # fmt: skip
    assert [feed.title for feed in await finder.find(f"{site[1]}/")] == ["A", "B"]
    assert "/feed" not in site[0].asked
    site[0].pages |= {"/": "<html>" + link.format("/comments/feed")}
    assert [feed.title for feed in await finder.find(f"{site[1]}/")] == ["C"]


async def test_then_the_usual_places_and_then_links(site: tuple[Site, str], finder: Finder) -> None:
    site[0].pages = {
        "/news/": "<html><a href='rss/top'>RSS</a>",
        "/rss.xml": rss("Usual"),
        "/news/rss/top": rss("Linked"),
    }
    (feed,) = await finder.find(f"{site[1]}/news/")
    assert (feed.title, feed.how) == ("Usual", "in a usual place")
    del site[0].pages["/rss.xml"]
    (feed,) = await finder.find(f"{site[1]}/news/")
    assert (feed.title, feed.how) == ("Linked", "linked")
    del site[0].pages["/news/rss/top"]
    with pytest.raises(NotFound, match="is no feed, names none"):
        await finder.find(f"{site[1]}/news/")


async def test_a_redirect_for_good_is_the_address_and_one_for_now_is_not(
    site: tuple[Site, str], finder: Finder
) -> None:
    site[0].pages = {"/old": (301, "/new"), "/new": (302, "/today"), "/today": rss("Top")}
    (feed,) = await finder.find(f"{site[1]}/old")
    assert feed.url == f"{site[1]}/new"


async def test_a_page_cannot_have_us_ask_without_end_or_elsewhere(site: tuple[Site, str], finder: Finder) -> None:
    state, base = site
    link = '<link rel="alternate" type="application/rss+xml" href="{}">'
    inside = ("http://127.0.0.1:1/f", "http://169.254.169.254/latest", "http://[::1]/f", "https://localhost:9/f")
    state.pages = {"/": "<html>" + "".join(map(link.format, (*inside, *(f"/{n}" for n in range(100)))))}
    with pytest.raises(NotFound):
        await finder.find(f"{base}/")
    assert len(state.asked) == 1 + MAX_PROBES - len(inside)


async def test_a_page_that_cannot_be_fetched_is_an_error(site: tuple[Site, str], finder: Finder) -> None:
    with pytest.raises(FetchError, match="404"):
        await finder.find(f"{site[1]}/none")
    with pytest.raises(FetchError, match="forbidden_address"):
        await finder.find("http://10.0.0.1/")


async def test_without_a_scheme_https_is_tried_and_then_http(site: tuple[Site, str], finder: Finder) -> None:
    site[0].pages = {"/": rss("Top")}
    (feed,) = await finder.find(site[1].removeprefix("http://"))
    assert feed.url == site[1]
