from __future__ import annotations

from datetime import UTC, datetime

import defusedxml.ElementTree
from hypothesis import given
from hypothesis import strategies as st

from producers.formats.cleaning import clean_line
from producers.registry.feedlist import clean_tags, parse_feed_list, write_yaml
from producers.registry.opml import read_opml, write_opml
from schemas.feed_records import Feed

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

HOSTILE = st.sampled_from([
    "<script>alert(1)</script>", "]]>", "&amp;amp;", 'A, B & "C"', "100%", "%2C", "%252C,", "\x00\x1b[31m",
    "a\u202egpj",
    "क्\u200dष", "\ud800", "🗞️", "[bold]x[/bold]", "true", "null", "- a: b", "1.5", "\u2028line", "  ", "id",
    "\ufffe",
])  # fmt: skip
WORDS = HOSTILE | st.text(max_size=40)
LINES = WORDS.map(lambda text: clean_line(text, 500))
# What str.isprintable lets through, and a blank.
PRINTABLE = st.text(
    st.characters(exclude_categories=["Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"], include_characters=" "),
    max_size=20,
).map(lambda text: text.strip() or "x")
HOSTS = st.text("ab", min_size=1)
PATHS = st.lists(WORDS, min_size=1, max_size=4).map("/".join)


@st.composite
def feed_lists(draw: st.DrawFn) -> list[Feed]:
    """Feeds as a registry can hold them, whatever people and other programs have called them."""
    ids = draw(st.lists(PRINTABLE, unique=True, max_size=5))
    return [
        Feed(
            id=name,
            url=f"{draw(st.sampled_from(['http', 'https']))}://{draw(HOSTS)}.example/{number}?a=1&b=<>",
            outlet=draw(PRINTABLE),
            language=draw(st.sampled_from([None, "en-IN", "hi"])),
            timezone=draw(st.sampled_from([None, "Asia/Kolkata", "UTC"])),
            interval=draw(st.none() | st.floats(0.2, 86400)),
            tags=clean_tags(draw(st.lists(PATHS, max_size=4)), "test"),
            title=draw(LINES) or None,
            home=draw(st.sampled_from([None, "https://a.example/", "https://www.b.example/?x=1&y='2'"])),
            full_text=draw(st.booleans()),
            paused=draw(st.booleans()),
        )
        for number, name in enumerate(ids)
    ]


@given(feed_lists())
def test_an_exported_list_is_imported_unchanged(feeds: list[Feed]) -> None:
    content = write_opml(feeds, "Ours", NOW)
    found = parse_feed_list(content, "ours.opml")
    assert {feed.id: feed for feed in found} == {feed.id: feed for feed in feeds}
    assert parse_feed_list(write_yaml(feeds).encode(), "ours.yaml") == tuple(feeds)


@given(feed_lists())
def test_an_export_is_opml_2(feeds: list[Feed]) -> None:
    root = defusedxml.ElementTree.fromstring(write_opml(feeds, "O\x00urs", NOW), forbid_dtd=True)
    assert root.tag == "opml"
    assert root.attrib == {"version": "2.0"}
    assert [child.tag for child in root] == ["head", "body"]
    assert root.findtext("head/title") == "Ours"
    assert root.findtext("head/dateCreated") == "Sun, 22 Nov 2026 12:00:00 +0000"
    outlines = root.findall("body//outline")
    assert all(outline.get("text") for outline in outlines)
    subscriptions = [outline for outline in outlines if outline.get("type") == "rss"]
    assert sorted(outline.get("xmlUrl", "") for outline in subscriptions) == sorted(feed.url for feed in feeds)
    assert all("xmlUrl" not in outline.attrib for outline in outlines if outline not in subscriptions)


def test_folders_are_the_first_tag_and_categories_the_others() -> None:
    feeds = [
        Feed(id="a", url="https://a.example/f", outlet="a.example", tags=("News/India, national", "World", "x/y,z")),
        Feed(id="b", url="https://b.example/f", outlet="b.example", tags=("News",), title="B"),
        Feed(id="c", url="https://c.example/f", outlet="c.example"),
    ]
    root = defusedxml.ElementTree.fromstring(write_opml(feeds, "Ours", NOW))
    body = root.find("body")
    assert body is not None
    assert [outline.get("text") for outline in body] == ["News", "c"]
    news = body[0]
    assert [outline.get("text") for outline in news] == ["India, national", "B"]
    assert news[0][0].attrib["category"] == "World,/x/y%2Cz"
    assert "category" not in news[1].attrib


def test_a_list_of_another_program_is_understood() -> None:
    content = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
    <opml version="1.0"><head/><body>
      <outline text="Caf\xe9" title="Caf\xe9">
        <outline type="rss" text="A" title="" xmlURL="https://a.example/f" htmlUrl="about:blank"
                 category="/x//y/, ,100%"/>
        <outline text="B" isComment="true" xmlUrl="not an address"><outline xmlUrl="ftp://b.example/"/></outline>
        <outline type="link" text="C" url="https://c.example/"/>
      </outline>
    </body></opml>"""
    (feed,) = parse_feed_list(content, "theirs.opml")
    assert feed == Feed(
        id="a-example-f", url="https://a.example/f", outlet="a.example", title="A", tags=("Café", "x/y", "100%")
    )


def test_a_deep_path_of_folders_is_refused_and_does_not_grow() -> None:
    deep = 5000
    content = b"<opml><body>" + b"<outline text='folder'>" * deep + b"<outline xmlUrl='https://a.example/f'/>"
    ((where, entry),) = read_opml(content + b"</outline>" * deep + b"</body></opml>", "deep")
    assert where == "outline 1 ()"
    assert len(entry["tags"][0]) <= 2048
