from __future__ import annotations

import contextlib
import html
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats.cleaning import plain_line, visible_text, web_address, without_tracking
from producers.formats.dates import from_feed
from producers.formats.language import language_tag
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedEntry, ParsedFeed
from wirecopy.errors import BadInput

URL = "https://feeds.kaveriexpress.example/rss/top.xml"


def rss(items: str, channel: str = "", attributes: str = "") -> bytes:
    namespaces = (
        "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/' "
        "xmlns:media='http://search.yahoo.com/mrss/'"
    )
    return f"<rss version='2.0' {namespaces} {attributes}><channel>{channel}{items}</channel></rss>".encode()


def only(body: bytes, content_type: str | None = None) -> ParsedEntry:
    (entry,) = parse_feed(body, URL, content_type).entries
    return entry


def test_an_rss_item() -> None:
    feed = parse_feed(
        rss(
            """<item><title>Bridge at Manali &amp;amp; two roads reopen</title><link>https://kaveriexpress.example/a?utm_source=rss</link>
            <guid isPermaLink="false">story-12</guid><dc:creator>PTI</dc:creator><category>India</category>
            <category domain="x">Himachal</category><category>India</category>
            <pubDate>Wed, 18 Jun 2025 10:30:00 +0530</pubDate>
            <description><![CDATA[<p>Short.</p>]]></description>
            <content:encoded><![CDATA[<p>Much longer text.</p>]]></content:encoded></item>""",
            "<title>Kaveri Express</title><language>en_in</language><ttl>5</ttl>",
        ),
        URL,
    )
    assert (feed.title, feed.version, feed.language, feed.ttl) == ("Kaveri Express", "rss20", "en-IN", 300.0)
    assert feed.entries == (
        ParsedEntry(
            guid="story-12",
            url="https://kaveriexpress.example/a?utm_source=rss",
            headline="Bridge at Manali &amp; two roads reopen",
            byline="PTI",
            summary="<p>Short.</p>",
            content="<p>Much longer text.</p>",
            language="en-IN",
            subjects=("India", "Himachal"),
            published=datetime(2025, 6, 18, 5, 0, tzinfo=UTC),
            identity="story-12",
        ),
    )


def test_an_atom_entry_with_plain_text_and_the_feeds_author() -> None:
    entry = only(
        b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="hi"><author><name>Vindhya Daily</name></author>
        <entry><id>tag:vindhya.example,2025:1</id><title type="text">T</title>
        <link rel="self" href="/self"/><link rel="alternate" type="text/html" href="/desh/1"/>
        <summary type="text">a &lt; b\n\nsecond</summary>
        <published>2025-06-18T10:30:00+05:30</published><updated>2025-06-18T11:30:00+05:30</updated></entry></feed>"""
    )
    assert entry.url == "https://feeds.kaveriexpress.example/desh/1"
    assert entry.summary == "<p>a &lt; b</p><p>second</p>"
    assert (entry.byline, entry.language) == ("Vindhya Daily", "hi")
    assert (entry.published, entry.updated) == (
        datetime(2025, 6, 18, 5, 0, tzinfo=UTC),
        datetime(2025, 6, 18, 6, 0, tzinfo=UTC),
    )


def test_json_feed() -> None:
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "authors": [{"name": "Desk"}],
        "items": [
            {"id": 7, "url": "/a", "content_text": "One & one.\n\nTwo.", "date_published": "2025-06-18T10:30:00+05:30"},
            {"id": "b", "title": "B", "content_html": "<p>x</p>", "tags": ["A", 3], "author": {"name": "R. Iyer"}},
            "not an item",
        ],
    }
    first, second = parse_feed(json.dumps(document).encode(), URL).entries
    assert (first.guid, first.url, first.content, first.byline) == (
        "7",
        "https://feeds.kaveriexpress.example/a",
        "<p>One &amp; one.</p><p>Two.</p>",
        "Desk",
    )
    assert first.published == datetime(2025, 6, 18, 5, 0, tzinfo=UTC)
    assert (second.subjects, second.byline) == (("A",), "R. Iyer")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"   ", b"plain words", b"<html><body>404</body></html>", b"<note><to>x</to></note>", b"{", b"{}",
        b'{"version": "1"}', b'{"version": 1, "items": []}', b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe\x00",
        b"\0" * 50,
    ],
)  # fmt: skip
def test_what_is_no_feed_is_bad_input(body: bytes) -> None:
    with pytest.raises(BadInput) as error:
        parse_feed(body, URL)
    assert error.value.reason == "not_a_feed"


@pytest.mark.parametrize(
    "body",
    [rss(""), b"<feed xmlns='http://www.w3.org/2005/Atom'/>", b"<?xml version='1.0'?><rdf:RDF></rdf:RDF>"],
)
def test_an_empty_feed_is_a_feed(body: bytes) -> None:
    assert parse_feed(body, URL).entries == ()


def test_guids_are_names_and_not_resolved() -> None:
    entry = only(rss("<item><guid>12345</guid><title>T</title></item>"))
    assert (entry.guid, entry.url, entry.identity) == ("12345", None, "12345")
    entry = only(rss("<item><guid>https://kaveriexpress.example/p/1?fbclid=x</guid></item>"))
    assert entry.url == "https://kaveriexpress.example/p/1?fbclid=x"
    assert entry.identity == "https://kaveriexpress.example/p/1"


def test_relative_links_are_taken_from_xml_base_then_the_home_page_of_another_host_then_the_feed() -> None:
    item = "<item><link>/a</link></item>"
    assert only(rss(item)).url == "https://feeds.kaveriexpress.example/a"
    assert (
        only(rss(item, "<link>https://www.kaveriexpress.example/</link>")).url == "https://www.kaveriexpress.example/a"
    )
    assert only(rss(item, "", "xml:base='https://cdn.example/x/'")).url == "https://cdn.example/a"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://u:p@a.example/"]
)
def test_addresses_that_are_no_web_pages_are_dropped(link: str) -> None:
    entry = only(rss(f"<item><guid isPermaLink='true'>{link}</guid><link>{link}</link><title>T</title></item>"))
    assert entry.url is None


def test_without_guid_the_address_and_without_address_the_text_is_the_identity() -> None:
    feed = rss(
        "<item><link>https://a.example/1?utm_source=x&amp;id=2</link></item>"
        "<item><title>Only a headline</title></item><item><title>Only a headline</title></item>"
        "<item><title>Another</title></item>"
    )
    identities = [entry.identity for entry in parse_feed(feed, URL).entries]
    assert identities[0] == "https://a.example/1?id=2"
    assert len(identities) == len(set(identities)) == 3
    assert all(identity.startswith("text:") for identity in identities[1:])


def test_a_guid_given_to_several_addresses_names_nothing() -> None:
    feed = parse_feed(
        rss(
            "<item><guid isPermaLink='false'>0</guid><link>https://a.example/1</link></item>"
            "<item><guid isPermaLink='false'>0</guid><link>https://a.example/2</link></item>"
        ),
        URL,
    )
    assert [entry.identity for entry in feed.entries] == ["https://a.example/1", "https://a.example/2"]


def test_of_two_versions_of_one_entry_the_later_stays_in_any_order() -> None:
    old = "<item><guid>g</guid><title>Old</title><pubDate>Wed, 18 Jun 2025 10:00:00 GMT</pubDate></item>"
    new = "<item><guid>g</guid><title>New</title><pubDate>Wed, 18 Jun 2025 11:00:00 GMT</pubDate></item>"
    assert only(rss(old + new)) == only(rss(new + old))
    assert only(rss(old + new)).headline == "New"


def test_more_entries_than_allowed_are_counted() -> None:
    body = rss("".join(f"<item><guid>{number}</guid></item>" for number in range(10)))
    feed = parse_feed(body, URL, max_entries=4)
    assert (len(feed.entries), feed.dropped) == (4, 6)


def test_every_item_is_kept_even_one_that_says_almost_nothing() -> None:
    assert len(parse_feed(rss("<item><author>a@b.example (A)</author></item><item/>"), URL).entries) == 2


@pytest.mark.parametrize(
    ("declared", "encoding", "content_type"),
    [
        ("utf-8", "utf-8", "text/xml"),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "utf-8", None),
        ("windows-1252", "windows-1252", None),
        ("utf-16", "utf-16", "application/xml"),
        ("utf-8", "windows-1252", None),
        ("iso-8859-1", "windows-1252", "text/xml; charset=windows-1252"),
    ],
)
def test_wrong_and_right_declarations_of_the_encoding(declared: str, encoding: str, content_type: str | None) -> None:
    text = f"<?xml version='1.0' encoding='{declared}'?>" + rss("<item><title>Café “Été”</title></item>").decode()
    assert only(text.encode(encoding), content_type).headline == "Café “Été”"


def test_one_broken_character_costs_only_itself() -> None:
    words = "पुणे में बारिश " * 40
    body = rss(f"<item><title>{words}</title></item>").replace("बारिश".encode(), "बारिश".encode() + b"\xe0\xa4", 1)
    headline = only(body).headline
    assert "पुणे में बारिश" in headline
    assert headline.count("\ufffd") <= 2


@pytest.mark.parametrize("content_type", [None, "text/xml; charset=utf-8", "text/xml; charset=iso-8859-1"])
@pytest.mark.parametrize("broken", [b"\xe2\x80", b"\x92", b"\xff\xfe", b"\xe0\xa4"])
def test_whole_sequences_outvote_broken_ones_whatever_is_declared(content_type: str | None, broken: bytes) -> None:
    titles = [f"State’s plan for town {number}" for number in range(12)]
    items = "".join(f"<item><title>{title}</title></item>" for title in titles)
    body = rss(items + "<item><title>Cut @</title></item>").replace(b"@", broken)
    assert [entry.headline for entry in parse_feed(body, URL, content_type).entries][:-1] == titles


def test_one_broken_byte_in_json_turns_nothing_into_another_script() -> None:
    body = json.dumps([{"uri": f"u:{n}", "headline": f"बाँध {n}"} for n in range(3)], ensure_ascii=False).encode()
    found = parse_feed(body.replace(b"2", b"\xe0\xa4"), URL)
    assert [entry.headline for entry in found.entries][:2] == ["बाँध 0", "बाँध 1"]


@pytest.mark.parametrize(
    ("authors", "byline"),
    [
        ({"name": "PTI"}, "PTI"),
        (["PTI", {"name": "R. Iyer"}], "PTI, R. Iyer"),
        ("UNI", "UNI"),
        ([{"url": "https://a.example/"}], None),
        ({"name": ["PTI"]}, None),
        (7, None),
    ],
)
@pytest.mark.parametrize("key", ["authors", "author"])
def test_authors_of_a_json_feed_in_any_form(authors: object, byline: str | None, key: str) -> None:
    document = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "T", key: authors}]}
    assert only(json.dumps(document).encode()).byline == byline


@pytest.mark.parametrize(
    ("source", "credit"),
    [
        ("<source url='https://www.sps.example/'>Sahyadri Press Service</source>", "Sahyadri Press Service"),
        ("<source>PTI</source>", "PTI"),
        ("<source url='https://kaveriexpress.example/rss'>Top stories</source>", None),
        ("<source url='https://rss.kaveriexpress.example/'>Top stories</source>", None),
        ("<source>Kaveri Express</source>", None),
        ("<source url='https://a.example/'/>", None),
        ("<source>https://a.example/rss</source>", None),
    ],
)
def test_the_source_of_an_item_is_its_credit_unless_it_is_the_outlet(source: str, credit: str | None) -> None:
    channel = "<title>Kaveri Express</title><link>https://www.kaveriexpress.example/</link>"
    assert only(rss(f"<item><title>T</title>{source}</item>", channel)).creditline == credit


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("www.kaveriexpress.example/f", "https://www.kaveriexpress.example/f"),
        ("kaveriexpress.example/f", "https://kaveriexpress.example/f"),
        ("http:/www.a.example/f", "http://www.a.example/f"),
        ("https:///www.a.example/f", "https://www.a.example/f"),
        ("http//www.a.example/f", "http://www.a.example/f"),
        ("http://https://www.a.example/f", "https://www.a.example/f"),
        ("//www.a.example/f", "https://www.a.example/f"),
        ("https://www.a.example/http://b.example/", "https://www.a.example/http://b.example/"),
        ("/f", "https://www.kaveriexpress.example/f"),
        ("www-2026/f", "https://www.kaveriexpress.example/www-2026/f"),
    ],
)
def test_links_without_a_scheme_are_followed_as_they_were_meant(link: str, url: str) -> None:
    entry = only(
        rss(f"<item><title>T</title><link>{link}</link></item>", "<link>https://www.kaveriexpress.example/</link>")
    )
    assert entry.url == url


def test_links_are_resolved_against_the_base_of_their_own_place() -> None:
    entry = only(
        b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://k.example/"><title>K</title><id>u</id>
        <entry xml:base="e/"><id>u:1</id><title>A</title><link href="1"/><summary type="html" xml:base="s/">
        &lt;a href="m"&gt;x&lt;/a&gt;</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
        <a href="m">out</a><p xml:base="in/"><a href="m">in</a></p></div></content></entry></feed>"""
    )
    assert entry.url == "https://k.example/e/1"
    assert entry.summary == '<a href="https://k.example/e/s/m">x</a>'
    assert re.findall('href="([^"]*)"', entry.content or "") == ["https://k.example/e/m", "https://k.example/e/in/m"]


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("Nifty&lt;Sensex gap widens", "Nifty<Sensex gap widens"),
        ("Rate &lt; 5 per cent", "Rate < 5 per cent"),
        ("Kept &lt;script", "Kept script"),
        ("Kept &lt;img src=x", "Kept img src=x"),
        ("Kept &lt;x onclick=y", "Kept x onclick=y"),
        ("Kept &lt;b>bold&lt;/b>", "Kept bold"),
        ("Kept &lt;svg/onload", "Kept svg/onload"),
    ],
)
def test_a_less_than_sign_stays_and_what_may_be_a_tag_goes(title: str, headline: str) -> None:
    assert only(rss(f"<item><title>{title}</title></item>")).headline == headline


def test_control_and_direction_characters_are_removed_and_joiners_kept() -> None:
    body = rss("<item><title>a\x0bb\u202ec\u200dd\u2066e</title><author>x\u202ey</author></item>")
    entry = only(body)
    assert entry.headline == "abc\u200dde"
    assert entry.byline == "xy"


def test_markup_in_names_and_subjects_is_dropped() -> None:
    entry = only(
        rss(
            "<item><dc:creator>&lt;b onclick='x'&gt;R. Iyer&lt;/b&gt;</dc:creator>"
            "<category>A &amp;amp; B</category></item>"
        )
    )
    assert (entry.byline, entry.subjects) == ("R. Iyer", ("A & B",))


def test_a_body_is_never_taken_for_the_name_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret.xml"
    file.write_bytes(rss("<item><guid>secret</guid></item>"))
    for body in (str(file).encode(), file.as_uri().encode(), b"/dev/zero", b"http://127.0.0.1:1/feed.xml"):
        with pytest.raises(BadInput) as error:
            parse_feed(body, URL)
        assert error.value.reason == "not_a_feed"


@pytest.mark.parametrize("field", ["title", "author", "category", "dc:creator", "guid"])
@pytest.mark.parametrize(
    "attack",
    [
        "<script>x()</script>",
        "<img src=x onerror=x()>",
        "<svg/onload=x()>",
        "<a href='javascript:x()'>y</a>",
        "<scr<b>ipt>x()",
    ],
)
@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_no_script_survives_in_a_line(field: str, attack: str, rounds: int) -> None:
    for _ in range(rounds):
        attack = html.escape(attack)
    entry = only(rss(f"<item><{field}>Kept {attack}</{field}></item>"))
    for line in (entry.headline, entry.byline or "", *entry.subjects):
        assert not re.search(r"<[a-z/!]", line, re.IGNORECASE)
    assert "Kept" in " ".join((entry.headline, entry.byline or "", entry.guid or "", *entry.subjects))


@pytest.mark.parametrize(
    "scheme", ["javascript:x()", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "JAVASCRIPT:x"]
)
def test_no_address_but_web_addresses_in_any_field(scheme: str) -> None:
    feed = parse_feed(
        rss(
            f"""<item><guid>{scheme}</guid><link>{scheme}</link><enclosure url="{scheme}"/>
            <media:content url="{scheme}"/><media:thumbnail url="{scheme}"/><image>{scheme}</image>
            <content src="{scheme}"/>
            <description>&lt;a href="{scheme}"&gt;a&lt;/a&gt;&lt;img src="{scheme}"&gt;</description></item>""",
            f"<link>{scheme}</link><atom:link rel='hub' href='{scheme}'/><atom:link rel='self' href='{scheme}'/>",
            f"xml:base='{scheme}' xmlns:atom='http://www.w3.org/2005/Atom'",
        ),
        URL,
    )
    assert "javascript" not in repr(feed).lower().replace(repr(feed.problem).lower(), "")
    assert (feed.home, feed.hub, feed.topic) == (None, None, None)
    assert (feed.entries[0].guid, feed.entries[0].url, feed.entries[0].media) in ((None, None, ()), (scheme, None, ()))


def test_an_entrys_media_are_bounded_and_each_is_named_once() -> None:
    contents = "".join(f"<media:content url='/{number % 60}.jpg' type='image/jpeg'/>" for number in range(500))
    media = only(rss(f"<item><guid>1</guid>{contents}<enclosure url='/0.jpg' type='image/png'/></item>")).media
    assert len(media) == len({medium.href for medium in media}) == 20
    assert media[0].href == "https://feeds.kaveriexpress.example/0.jpg"


def test_external_entities_are_not_read() -> None:
    body = b"""<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>
    <item><title>T &x;</title></item></channel></rss>"""
    assert only(body).headline in ("T", "T &x;")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wed, 18 Jun 2025 10:30:00 IST", datetime(2025, 6, 18, 5, 0, tzinfo=UTC)),
        ("18 June 2025, 10:30 IST", datetime(2025, 6, 18, 5, 0, tzinfo=UTC)),
        ("2025-06-18T10:30:00Z", datetime(2025, 6, 18, 10, 30, tzinfo=UTC)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("soon", None),
        ("10:30", None),
        ("", None),
    ],
)
def test_the_date_of_an_item_is_read(text: str, expected: datetime | None) -> None:
    assert only(rss(f"<item><guid>1</guid><pubDate>{text}</pubDate></item>")).published == expected


def test_language_tags() -> None:
    assert [language_tag(tag) for tag in ("en_in", "EN-us", "zh-hant-tw", "English", "", None, "x")] == [
        "en-IN", "en-US", "zh-Hant-TW", None, None, None, None,
    ]  # fmt: skip


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_bad_input(body: bytes) -> None:
    for whole in (body, b"<rss version='2.0'><channel><item><title>" + body, b'{"version":"1","items":[{"id":"' + body):
        with contextlib.suppress(BadInput):
            assert isinstance(parse_feed(whole, URL), ParsedFeed)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "url", "title", "authors", "author", "name", "tags", "content_text", "summary"]),
                inner,
            )
        ),
    )
)
def test_json_items_of_any_shape(item: object) -> None:
    body = json.dumps({"version": "1", "items": [item, {"id": item, "title": item, "tags": item, "authors": item}]})
    assert parse_feed(body.encode(), URL).entries


@given(st.text())
def test_text_helpers_accept_any_text(text: str) -> None:
    assert "\n" not in plain_line(text, 100)
    visible_text(text)
    without_tracking(text)
    from_feed(text, None)
    address = web_address(text, URL)
    assert address is None or address.startswith(("http://", "https://"))


def test_tracking_parameters_go_and_clean_addresses_stay() -> None:
    assert without_tracking("https://a.example/x?utm_source=a&id=1&fbclid=2#top") == "https://a.example/x?id=1#top"
    assert without_tracking("https://a.example/x?utm_source=a") == "https://a.example/x"
    for clean in ("https://a.example/x?id=1&&y#utm_source=x", "https://a.example/?", "tag:a.example,2025:1"):
        assert without_tracking(clean) == clean


def item(inside: bytes, before: bytes = b"") -> bytes:
    media = b" xmlns:media='http://search.yahoo.com/mrss/'"
    return before + b"<rss version='2.0'" + media + b"><channel><item>" + inside + b"</item></channel></rss>"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMBS = {
    "200,000 items": b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 200_000,
    "200,000 empty items": b"<rss version='2.0'><channel>" + b"<item/>" * 200_000 + b"</channel></rss>",
    "200,000 deep": b"<rss version='2.0'><channel><item>" + b"<a>" * 200_000,
    "200,000 deep and closed": item(b"<a>" * 200_000 + b"</a>" * 200_000),
    "1 MB of unclosed tags": item(b"<description>" + b"<p><b>" * 170_000),
    "billion laughs": item(b"<title>&l11;</title>", f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]>'.encode()),
    "quadratic blow-up": item(b"&a;" * 100_000, b"<!DOCTYPE r [<!ENTITY a '" + b"a" * 100_000 + b"'>]>"),
    "quadratic blow-up with quotation marks": item(
        b"&a;" * 90_000, b'<!DOCTYPE r [\n<!ENTITY a "%b">\n]>' % (b"a" * 30_000)
    ),
    "10 MB in one word": item(b"<title>" + b"x" * 10_000_000 + b"</title>"),
    "10 MB in one name": item(b"<" + b"x" * 10_000_000 + b"/>"),
    "10 MB in one author": item(b"<author>" + b"a" * 10_000_000 + b"</author>"),
    "blanks before the feed": item(b"", b"<?xml version='1.0'?>" + b"\n" * 1_000_000),
    "a document type without end": item(b"", b"<?xml version='1.0'?>" + b"\n<!ENTITY x" * 100_000),
    "encodings without end": item(b"", b"<?xml " + b"encoding='" * 100_000 + b"?>"),
    "100,000 subjects": item(b"".join(b"<category>%d</category>" % number for number in range(100_000))),
    "100,000 media": item(b"<media:content url='http://a.example/'>" * 100_000),
    "deep HTML": item(b"<description><![CDATA[" + b"<div>" * 200_000 + b"]]></description>"),
    "deep JSON": b'{"version":"1","items":' + b"[" * 200_000,
    "a number without end": b'{"version":"1","items":[{"id":"a","x":' + b"9" * 1_000_000 + b"}]}",
    "200,000 JSON items": b'{"version":"1","items":[' + b'{"id":"x"},' * 200_000 + b'{"id":"y"}]}',
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_refused_within_seconds(name: str) -> None:
    started = time.monotonic()
    with contextlib.suppress(BadInput):
        parsed = parse_feed(BOMBS[name], URL)
        assert len(parsed.entries) <= 2000
        assert len(repr(parsed)) < 20_000_000
    assert time.monotonic() - started < 15


def test_what_was_read_before_elements_went_too_deep_is_kept() -> None:
    feed = parse_feed(
        rss("<item><guid>1</guid></item><item><guid>2</guid>" + "<a>" * 5000 + "</a>" * 5000 + "</item>"), URL
    )
    assert [entry.guid for entry in feed.entries] == ["1", "2"]
    assert "deep" in str(feed.problem)


def test_all_that_a_feed_holds_twice_and_too_many_times_is_counted() -> None:
    feed = parse_feed(BOMBS["200,000 items"] + b"</channel></rss>", URL, max_entries=10)
    assert feed.dropped == 199_990


@pytest.mark.parametrize(
    ("encoding", "headline", "text"),
    [
        ("cp1251", "Мост открыт раньше срока", "Новый мост через реку открыли на месяц раньше срока."),
        ("shift_jis", "橋が予定より早く開通", "川にかかる新しい橋が一か月早く開通した。"),
        ("gbk", "新桥提前通车", "跨河新桥比计划提前一个月通车。"),
        ("iso8859-7", "Η γέφυρα άνοιξε νωρίτερα", "Η νέα γέφυρα άνοιξε έναν μήνα νωρίτερα."),
        ("cp1252", "Un pont déjà ouvert", "Le pont a été inauguré un mois plus tôt."),
    ],
)
@pytest.mark.parametrize("declared", ['<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-8"?>'])
def test_an_encoding_that_is_not_named_is_guessed(declared: str, encoding: str, headline: str, text: str) -> None:
    feed = f"{declared}<rss version='2.0'><channel><item><title>{headline}</title><description>{text}</description>"
    parsed = parse_feed((feed + "</item></channel></rss>").encode(encoding), "https://a.example/rss")
    assert [(entry.headline, entry.summary) for entry in parsed.entries] == [(headline, text)]


@pytest.mark.parametrize(
    "address", ["ht\rtp://a.example/x", "http\r://a.example/x", "http://a.exam\nple/x", "\thttp://a.example/\rx"]
)
def test_line_breaks_are_no_part_of_an_address(address: str) -> None:
    """Found by fuzzing: a carriage return in the scheme made another scheme of it."""
    assert web_address(address) == "http://a.example/x"
