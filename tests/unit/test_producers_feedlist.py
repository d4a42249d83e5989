from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.registry.feedlist import outlet_of, parse_feed_list, slug
from schemas.feed_records import Feed
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
            title="Top",
            home="https://www.bharatledger.example/",
        ),
        Feed(
            id="sport",
            url="https://www.gangatimes.example/rss/sport",
            outlet="gangatimes.example",
            tags=("India",),
            title="Sport",
        ),
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
        (b"- {url: 'file:///srv/agency'}", "entry 1: outlet is missing"),
        (b"- {url: 'file://host/srv', outlet: a.example}", "entry 1: url 'file://host/srv' is not file:///path"),
        (b"- {url: 'file:srv', outlet: a.example}", "entry 1: url 'file:srv' is not file:///path"),
        (b"- {url: 'gopher://a.example/f'}", "entry 1: url 'gopher://a.example/f' is not an http"),
        (b"- {url: 'javascript:alert(1)', outlet: a}", "is not an http"),
        (b'- {url: "https://a.example/f\\u202egpj"}', "control characters"),
        (b"- {url: 'https://a.example/" + b"f" * 3000 + b"'}", "too long"),
        (b"- {url: 'https://a.example/f', tags: x}", "entry 1: tags must be a list"),
        (b"- {url: 'https://a.example/f', tags: [[x]]}", "entry 1: a tag must be"),
        (b"- {url: 'https://a.example/f', paused: perhaps}", "entry 1: paused must be true or false, not 'perhaps'"),
        (b"- {url: 'https://a.example/f', home: 'ftp://a'}", "entry 1: home 'ftp://a'"),
        (b"- {url: 'https://a.example/f', title: [a]}", "entry 1: title must be"),
        (b"- {url: 'https://a.example/f', interval: .nan}", "entry 1: interval"),
        (b"- {id: !!int ''}", "is not YAML"),
        (b"[" * 200_000, "is not YAML: nested more than"),
        (b"- {url: 'https://u:p@a.example/f'}", "entry 1: an address with a user name"),
        (b"- {url: 'https://a.example:99999/f'}", "entry 1"),
        (b"- {url: 'https://a.example/f', intervall: 3}", "entry 1: unknown key intervall"),
        (b"- {url: 'https://a.example/f', interval: soon}", "entry 1: interval"),
        (b"- {url: 'https://a.example/f', language: English}", "entry 1: language 'English'"),
        (b"- {url: 'https://a.example/f', timezone: IST}", "entry 1: timezone 'IST' is not a name of the IANA's"),
        (b"- {url: 'https://a.example/f', timezone: ../../etc}", "entry 1: timezone"),
        (b"- {url: 'https://a.example/f'}\n- 3", "entry 2 must hold"),
        (b"- {id: a, url: 'https://a.example/1'}\n- {id: a, url: 'https://a.example/2'}", "two feeds with the id a"),
        (b"just words", "must hold a list"),
        (b"- [", "is not YAML"),
        (b"<opml><body><outline xmlUrl='ftp://x/y' text='T'/></body></opml>", "outline 1 (T): url 'ftp://x/y'"),
        (b"<opml><body><outline type='rss' text='T'/></body></opml>", "outline 1 (T): url is missing"),
        (b"<opml><body><outline xmlUrl='http://a.example/' fullText='2'/></body></opml>", "full_text must be true or"),
        (b"<?xml version='1.0' encoding='klingon'?><opml/>", "is not OPML"),
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


def test_a_feed_in_several_folders_has_all_tags() -> None:
    content = b"""<opml><body>
      <outline text="India"><outline text="A" xmlUrl="https://a.example/f" category="/World/Asia,top"/></outline>
      <outline text="Sport"><outline text="B" xmlUrl="https://a.example/f" id="a" language="hi"/></outline>
    </body></opml>"""
    (feed,) = parse_feed_list(content, "f.opml")
    assert (feed.id, feed.title, feed.tags) == ("a", "A", ("India", "World/Asia", "top", "Sport"))


def test_yaml_tags_beside_the_folder() -> None:
    content = b"""- {url: https://a.example/f, folder: India, tags: [ /Sport/ , 'A // B', India], title: "T\\u202e",
                      home: https://www.a.example/, full_text: true, paused: true}"""
    (feed,) = parse_feed_list(content, "f.yaml")
    assert feed.tags == ("India", "Sport", "A/B")
    assert (feed.title, feed.home, feed.full_text, feed.paused) == ("T", "https://www.a.example/", True, True)


def test_a_folder_of_this_machine_stands_only_in_a_list_of_this_machine() -> None:
    content = b"- {url: 'file:///srv/agency', outlet: agency.example}"
    assert [feed.url for feed in parse_feed_list(content, "feeds.yaml")] == ["file:///srv/agency"]
    for name in ("https://lists.example/feeds.yaml", "HTTP://lists.example/feeds.yaml"):
        with pytest.raises(SettingsError, match=r"entry 1: .*may not name folders"):
            parse_feed_list(content, name)


def test_a_feed_without_id_keeps_that_of_the_known_one_with_its_address() -> None:
    known = [Feed(id="top", url="http://www.a.example/f/", outlet="a.example"),
             Feed(id="a-example-g", url="https://a.example/other", outlet="a.example")]  # fmt: skip
    content = b"- url: https://a.example/f\n- url: https://a.example/g\n"
    assert [feed.id for feed in parse_feed_list(content, "f.yaml", known)] == ["top", "a-example-g-2"]
    named = b"- {url: https://a.example/moved, id: top}\n- url: https://a.example/f\n"
    assert [feed.id for feed in parse_feed_list(named, "f.yaml", known)] == ["top", "a-example-f"]


def test_the_feed_scheme_and_blanks_are_understood() -> None:
    content = b"- {id: a, url: 'feed://a.example/f'}\n- {id: b, url: 'feed:https://a.example/a b'}\n"
    assert [feed.url for feed in parse_feed_list(content, "f")] == ["http://a.example/f", "https://a.example/a%20b"]


def test_a_yaml_bomb_does_not_go_off() -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    for key in ("url", "title", "tags", "outlet", "interval", "paused", "id"):
        content = f"{bomb}feeds: [{{url: 'http://a.example/f', {key}: *a11}}]".replace(
            "url: 'http://a.example/f', url", "url"
        )
        with pytest.raises(SettingsError, match="entry 1"):
            parse_feed_list(content.encode(), "bomb")


@given(
    st.binary(max_size=200)
    | st.text(alphabet="-[]{}:!&*<>#|'\" \naburlfeeds0123456789./", max_size=120).map(str.encode)
)
def test_whatever_the_bytes_a_bad_list_is_a_settings_error(content: bytes) -> None:
    with contextlib.suppress(SettingsError):
        parse_feed_list(content, "any")


def test_outlet_and_slug() -> None:
    assert outlet_of("https://www.thehindu.com/news/feeder/default.rss") == "thehindu.com"
    assert outlet_of("https://rss.example/") == "rss.example"
    assert slug("https://www.example.in/rss/top.xml") == "example-in-rss-top-xml"


def test_a_scheme_in_capitals_is_the_scheme() -> None:
    (feed,) = parse_feed_list(b"- url: HttpS://coast.example/Feed.xml", "feeds.yaml")
    assert feed.url == "https://coast.example/Feed.xml"


def test_an_address_that_is_none_has_a_name_too() -> None:
    """Archives tell addresses that nobody could ask for."""
    assert slug("http://[::ffff:12:ffff.1]/rss") == "http-ffff-12-ffff-1-rss"
