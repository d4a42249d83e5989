"""What editors do on the desk, by clicks, over a real Kafka that the indexing stage follows."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from kafka import KafkaProducer
from playwright.sync_api import BrowserContext, Page, expect

from producers.registry import edits
from producers.registry.feeds_topic import feed_message, read_feeds
from schemas import dead_letters
from schemas.feed_records import Feed
from schemas.topics import DEAD_LETTERS, RAW
from stream_apps.indexing import indices
from stream_apps.indexing.client import connect
from tests.browser.axe import violations
from tests.browser.conftest import served
from tests.browser.test_everywhere import WAYS
from tests.integration.reading import read
from wirecopy.cli import topics
from wirecopy.dlq.topic import read_notes
from wirecopy.kafka import client_config
from wirecopy.local.stages import workplace
from wirecopy.settings import KafkaSettings, Loaded, Settings

FEED = (
    "<rss version='2.0'><channel><title>Coastal Observer</title>"
    "<item><guid>1</guid><title>Harbour reopens</title><link>http://{host}{path}/1</link></item></channel></rss>"
)
SITE = "<html><head>{}</head></html>".format(
    "".join(f"<link rel='alternate' type='application/rss+xml' href='/{name}.rss'>" for name in ("news", "sport"))
)
BODY = b"<script>window.broken = 1</script>\x1b[2J\xe2\x80\xaegnp.exe"
FEEDS = (
    Feed(id="alpha", url="https://alpha.example/rss", outlet="alpha.example"),
    Feed(id="beta", url="https://beta.example/rss", outlet="beta.example", origin="ours.opml"),
)


PARSERS = 30_000
"""Milliseconds that starting the processes that parse, and fetching, may take."""


class Site(BaseHTTPRequestHandler):
    """A site with two feeds."""

    def do_GET(self) -> None:  # the name that the base class calls
        found = {"/": SITE, **{path: FEED.format(host="site", path=path) for path in ("/news.rss", "/sport.rss")}}
        body = found.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not to the output of the tests."""


@dataclass(frozen=True)
class Place:
    """A desk for editors, its Kafka, and a site that it may ask."""

    address: str
    kafka: KafkaSettings
    site: str


@pytest.fixture(scope="module")
def place(
    desk: str, make_settings: Callable[[Path], Settings], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """Two feeds, one of a list, and two dead letters, in topics and indices of their own."""
    folder = tmp_path_factory.mktemp("editing")
    settings = make_settings(folder)
    topics.apply(settings.kafka)
    with ThreadPoolExecutor() as threads:  # in this one, Playwright's own loop runs
        threads.submit(asyncio.run, _prepare(settings)).result()
    _write_letters(settings.kafka)
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server, workplace(Loaded(settings, {}), _known(settings)) as at:
        threading.Thread(target=server.serve_forever).start()
        indexing = at.child("indexing", ["run", "indexing"])
        indexing.start()
        site = f"127.0.0.1:{server.server_port}"
        web = settings.web.model_copy(update={"editing": True, "open_role": "editor"})
        producer = settings.producer.model_copy(update={"allow_hosts": (site,), "parse_processes": 1})
        with served(settings.model_copy(update={"web": web, "producer": producer})) as address:
            yield Place(address, settings.kafka, site)
        indexing.stop()
        server.shutdown()


async def _prepare(settings: Settings) -> None:
    async with connect(settings.elasticsearch) as client:
        await indices.apply(client, settings.elasticsearch)
    await edits.send(settings.kafka, [feed_message(feed, settings.kafka.topic_prefix) for feed in FEEDS])


def _write_letters(kafka: KafkaSettings) -> None:
    producer = KafkaProducer(**client_config(kafka))
    why = dead_letters.headers("fingerprint", "schema", "an \x1b[31merror <b>", "raw", at=(1, 5))
    of_a_feed = dead_letters.headers("producer", "not_a_feed", "", "http://feed.example/")
    for headers in (why, of_a_feed):
        producer.send(DEAD_LETTERS.full_name(kafka.topic_prefix), BODY, b"a1", headers=list(headers), partition=0)
    producer.close()


def _known(settings: Settings) -> dict[str, object]:
    kafka, search = settings.kafka, settings.elasticsearch
    return {
        "kafka.bootstrap": kafka.bootstrap, "kafka.topic_prefix": kafka.topic_prefix, "elasticsearch.url": search.url,
        "elasticsearch.index_prefix": search.index_prefix, "faust.data_dir": settings.faust.data_dir,
    }  # fmt: skip


@pytest.fixture
def plain(open_context: Callable[..., BrowserContext], place: Place) -> Page:
    """A page of a browser without JavaScript, on feeds that the index holds."""
    page = open_context(base_url=place.address, java_script_enabled=False).new_page()
    shown(page, "/feeds", "alpha")
    return page


def shown(page: Page, address: str, text: str) -> None:
    """Load a page until the index shows this there."""
    for _ in range(120):
        page.goto(address)
        if page.get_by_text(text, exact=True).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{address} never shows {text}")


def test_a_feed_is_paused_and_resumed(plain: Page, place: Place) -> None:
    plain.get_by_role("button", name="Pause alpha").click()
    expect(plain.locator(".notice.done")).to_contain_text("Paused: alpha.")
    row = plain.locator("tbody tr", has_text="alpha")
    expect(row.locator(".condition-paused")).to_be_visible()
    assert read_feeds(place.kafka)["alpha"].paused
    plain.get_by_role("button", name="Resume alpha").click()
    expect(plain.locator(".notice.done")).to_have_text("Resumed: alpha.")
    expect(row.locator(".condition-paused")).to_have_count(0)
    assert not read_feeds(place.kafka)["alpha"].paused
    address = plain.url
    plain.goto(address.replace("feed=alpha", "feed=beta"))
    expect(plain.locator(".notice.done")).to_have_count(0)


def test_a_feed_of_a_site_is_chosen_added_and_removed(plain: Page, place: Place) -> None:
    plain.get_by_role("link", name="Add a feed").click()
    plain.get_by_label("Address").fill(f"http://{place.site}/")
    plain.get_by_label("Outlet").fill("coast.example")
    plain.get_by_label("Tags").fill("India/Coast, ports")
    plain.get_by_role("button", name="Look and add").click()
    expect(plain.get_by_role("heading", name="2 feeds there: which?")).to_be_visible(timeout=PARSERS)
    plain.get_by_role("button", name=f"Add http://{place.site}/sport.rss").click()
    expect(plain.locator(".notice.done")).to_contain_text("Added: ")
    (added,) = [feed for feed in read_feeds(place.kafka).values() if feed.outlet == "coast.example"]
    assert (added.url, added.tags) == (f"http://{place.site}/sport.rss", ("India/Coast", "ports"))
    row = plain.locator("tbody tr", has_text="coast.example")
    row.locator("summary").click()
    row.get_by_role("button", name="for good").click()
    expect(plain.locator(".notice.done")).to_have_text(f"Removed: {added.id}.")
    assert added.id not in read_feeds(place.kafka)


def test_what_cannot_be_added_is_said_beside_the_form(plain: Page, place: Place) -> None:
    plain.goto("/feeds/add")
    for address, why in (
        ("http://127.0.0.1:1/", "neither 80 nor 443"),
        ("https://alpha.example/rss/", "is polled already, as alpha"),
        (f"http://{place.site}/nowhere", "404"),
    ):
        plain.get_by_label("Address").fill(address)
        plain.get_by_role("button", name="Look and add").click()
        expect(plain.get_by_role("alert")).to_contain_text(why)
        expect(plain.get_by_label("Address")).to_have_value(address)
    plain.get_by_role("button", name="Add it all the same").click()
    expect(plain.locator(".notice.done")).to_contain_text("nowhere")
    assert f"http://{place.site}/nowhere" in {feed.url for feed in read_feeds(place.kafka).values()}


def test_a_feed_of_a_list_is_not_removed_here(plain: Page) -> None:
    row = plain.locator("tbody tr", has_text="beta.example")
    expect(row.get_by_role("button", name="Pause beta")).to_be_visible()
    expect(row.locator("summary")).to_have_count(0)


def test_a_dead_letter_is_looked_at_and_sent_again(open_context: Callable[..., BrowserContext], place: Place) -> None:
    page = open_context(base_url=place.address).new_page()
    shown(page, "/dead-letters", "0:0")
    page.get_by_role("link", name="0:0").click()
    message = page.locator("pre.message")
    expect(message).to_have_text("<script>window.broken = 1</script>\\x1b[2J\\u202egnp.exe")
    assert page.evaluate("window.broken") is None
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".notice.done")).to_contain_text("It was sent again.")
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    (sent,) = read(place.kafka, RAW)
    assert (sent.partition, sent.key, sent.value, dict(sent.headers)["x-dlq-attempt"]) == (1, b"a1", BODY, b"1")
    assert {str(letter): done for letter, done in read_notes(place.kafka).items()} == {"0:0": "sent again"}
    shown(page, "/dead-letters", "sent again")
    page.goto("/dead-letter/0:1")
    expect(page.locator(".notice.near")).to_contain_text("a producer reads its feed anew by itself")
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)


@pytest.mark.parametrize("way", WAYS)
def test_axe_finds_nothing_and_nothing_sticks_out(
    open_context: Callable[..., BrowserContext], place: Place, way: str
) -> None:
    page = open_context(base_url=place.address, **WAYS[way]).new_page()
    for address in ("/operations", "/feeds", "/feeds/add", "/dead-letters", "/dead-letter/0:0"):
        page.goto(address)
        if way != "narrow":  # it has the colours of light
            assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
