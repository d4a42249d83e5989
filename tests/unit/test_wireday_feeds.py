from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import feedparser
import lxml.html
import pytest
import yaml
from defusedxml import ElementTree

from tests.unit.wireday_support import product_day, product_items
from wirecopy.wireday.feeds import Entry, feed_list, feed_xml, opml
from wirecopy.wireday.outlets import Outlet, load_outlets

OUTLETS = load_outlets()


def entries_of(outlet: Outlet) -> list[Entry]:
    return [(item, item.versions[-1]) for item in product_items() if item.outlet.id == outlet.id]


def body(entry: Any) -> str:
    return str(entry.content[0].value if "content" in entry else entry.summary)


def paragraphs(markup: str) -> Iterator[str]:
    """What stands on lines of their own when a browser shows the markup."""
    broken = re.sub(r"<br\s*/?>|</?(?:p|div|figure)\b[^>]*>", "\n", markup.replace("\n", " "))
    for line in broken.split("\n"):
        text = "".join(map(str, lxml.html.fromstring(f"<span>{line}</span>").itertext())).replace("\xa0", " ")
        if text.strip():
            yield " ".join(text.split())


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.id)
def test_a_reader_gets_back_what_was_put_in(outlet: Outlet) -> None:
    entries = entries_of(outlet)
    content = feed_xml(outlet, entries)
    ElementTree.fromstring(content, forbid_dtd=True)
    parsed = feedparser.parse(content)
    assert not parsed.bozo
    assert parsed.version == {"rss": "rss20", "atom": "atom10"}[outlet.feed.format]
    assert len(parsed.entries) == len(entries) > 0
    for read, (item, version) in zip(parsed.entries, entries, strict=True):
        assert (read.id, read.link, unescape(read.title)) == (item.guid, item.url, version.headline)
        assert read.author == version.byline
        assert calendar.timegm(read.published_parsed) == item.published.timestamp()
        assert list(paragraphs(body(read))) == [" ".join(p.split()) for p in version.paragraphs]


def test_the_feeds_are_of_many_shapes() -> None:
    shapes = {(o.feed.format, o.feed.body, o.feed.wrapping, o.feed.paragraphs) for o in OUTLETS}
    assert {shape[0] for shape in shapes} == {"rss", "atom"}
    assert {shape[1] for shape in shapes} == {"content", "description"}
    assert {shape[2] for shape in shapes} == {"cdata", "escaped", "xhtml"}
    assert {shape[3] for shape in shapes} == {"p", "br", "div"}
    everything = b"".join(feed_xml(outlet, entries_of(outlet)) for outlet in OUTLETS)
    for piece in (b"&rsquo;", b"&nbsp;", b"<img ", b"<br/>", b'<a href="https://', b"&amp;", "’".encode()):
        assert piece in everything


def test_a_feed_can_be_empty() -> None:
    for outlet in OUTLETS:
        parsed = feedparser.parse(feed_xml(outlet, []))
        assert not parsed.bozo
        assert parsed.entries == []


def test_markup_in_a_headline_is_text() -> None:
    item, version = entries_of(OUTLETS[0])[0]
    odd = type(version)(version.at, "A & B <b>not bold</b> ]]>", version.byline, ("x ]]> y & z < w", "two"))
    parsed = feedparser.parse(feed_xml(item.outlet, [(item, odd)]))
    assert not parsed.bozo
    assert list(paragraphs(body(parsed.entries[0]))) == ["x ]]> y & z < w", "two"]


def test_the_lists_name_every_feed_once() -> None:
    base = "http://127.0.0.1:1"
    rows = yaml.safe_load(feed_list(OUTLETS, base, 2))
    assert [set(row) for row in rows] == [{"id", "url", "outlet", "language", "interval", "folder"}] * len(OUTLETS)
    outlines = [o for o in ElementTree.fromstring(opml(OUTLETS, base)).iter("outline") if o.get("xmlUrl")]
    assert {o.get("xmlUrl") for o in outlines} == {row["url"] for row in rows}
    assert {str(o.get("htmlUrl")).removeprefix("https://www.").rstrip("/") for o in outlines} == {
        row["outlet"] for row in rows
    }


def test_a_dozen_outlets_and_seven_agencies() -> None:
    assert len(product_day().carriers) == 12
    assert set(product_day().agencies) == {"PTI", "IANS", "ANI", "UNI", "Reuters", "AP", "AFP"}
