from __future__ import annotations

import itertools

import pytest

from producers.feedlist import outlet_of, parse_feed_list, slug
from schemas.records import Feed
from wirecopy.errors import SettingsError

OPML = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>Ours</title></head><body>
  <outline text="India">
    <outline text="Agencies">
      <outline type="rss" text="Top" xmlUrl="https://feeds.bharatledger.example/top.xml"
               htmlUrl="https://www.bharatledger.example/" language="hi_in" interval="30"/>
    </outline>
    <outline type="rss" text="Sport" xmlUrl="https://www.gangatimes.example/rss/sport" id="sport"
             outlet="gangatimes.example"/>
  </outline>
</body></opml>"""


def test_opml_folders_outlets_and_ids() -> None:
    assert parse_feed_list(OPML, "ours.opml") == (
        Feed(
            id="bharatledger-example-top-xml",
            url="https://feeds.bharatledger.example/top.xml",
            outlet="bharatledger.example",
            language="hi-IN",
            interval=30.0,
            tags=("India/Agencies",),
        ),
        Feed(id="sport", url="https://www.gangatimes.example/rss/sport", outlet="gangatimes.example", tags=("India",)),
    )


def test_yaml_as_a_list_or_under_feeds() -> None:
    entries = b"- {id: a, url: 'https://rss.coastalobserver.example/a', interval: 1}\n"
    url = "https://rss.coastalobserver.example/a"
    expected = (Feed(id="a", url=url, outlet="coastalobserver.example", interval=1.0),)
    assert parse_feed_list(entries, "f.yaml") == expected
    assert parse_feed_list(b"feeds:\n" + entries, "f.yaml") == expected


def test_ids_are_made_unique_whatever_the_order_of_the_list() -> None:
    urls = ["https://a.example/x?y=1", "https://www.a.example/x/y/1", "https://a.example/x-y-1"]
    results = set()
    for order in itertools.permutations(urls):
        feeds = parse_feed_list("".join(f"- url: '{url}'\n" for url in order).encode(), "f.yaml")
        results.add(frozenset((feed.id, feed.url) for feed in feeds))
    assert len(results) == 1
    assert {name for name, _ in results.pop()} == {"a-example-x-y-1", "a-example-x-y-1-2", "a-example-x-y-1-3"}


def test_one_address_twice_is_one_feed() -> None:
    assert len(parse_feed_list(b"- url: https://a.example/f\n- url: https://a.example/f\n", "f.yaml")) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"- {id: a}", "entry 1: url is missing"),
        (b"- {url: 'file:///etc/passwd'}", "entry 1: url 'file:///etc/passwd' is not an http"),
        (b"- {url: 'https://u:p@a.example/f'}", "entry 1: an address with a user name"),
        (b"- {url: 'https://a.example:99999/f'}", "entry 1"),
        (b"- {url: 'https://a.example/f', intervall: 3}", "entry 1: unknown key intervall"),
        (b"- {url: 'https://a.example/f', interval: soon}", "entry 1: interval"),
        (b"- {url: 'https://a.example/f', language: English}", "entry 1: language 'English'"),
        (b"- {url: 'https://a.example/f'}\n- 3", "entry 2 must hold"),
        (b"- {id: a, url: 'https://a.example/1'}\n- {id: a, url: 'https://a.example/2'}", "two feeds with the id a"),
        (b"just words", "must hold a list"),
        (b"- [", "is not YAML"),
        (b"<opml><body><outline xmlUrl='ftp://x/y' text='T'/></body></opml>", "outline 1 (T): url 'ftp://x/y'"),
        (b"<rss/>", "is not OPML"),
        (b"<opml><body>", "is not OPML"),
        (b"<!DOCTYPE o [<!ENTITY a 'b'>]><opml><body/></opml>", "is not OPML"),
    ],
)
def test_a_bad_list_is_named_with_its_entry(content: bytes, told: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_feed_list(content, "the-list")
    assert "the-list" in str(error.value)
    assert told in str(error.value)


def test_deeply_nested_opml_is_read() -> None:
    deep = 3000
    content = (
        b"<opml><body>"
        + b"<outline>" * deep
        + b"<outline xmlUrl='https://a.example/f'/>"
        + b"</outline>" * deep
        + b"</body></opml>"
    )
    assert [feed.url for feed in parse_feed_list(content, "deep")] == ["https://a.example/f"]


def test_outlet_and_slug() -> None:
    assert outlet_of("https://www.thehindu.com/news/feeder/default.rss") == "thehindu.com"
    assert outlet_of("https://rss.example/") == "rss.example"
    assert slug("https://www.example.in/rss/top.xml") == "example-in-rss-top-xml"
