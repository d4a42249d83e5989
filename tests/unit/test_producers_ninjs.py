# ruff: noqa: SIM905 -- lists of words read better in one string
from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats import ninjs
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedEntry, ParsedFeed
from schemas.public_records import Media
from wirecopy.errors import BadInput

EXAMPLES = Path(__file__).parent.parent / "conformance" / "agency"
URL = "https://wire.sps.example/out/"
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Kaveri Express",
    "items": [{"id": "1", "url": "https://a.example/1", "content_text": '"uri": 1, "headline": 2', "uri": "x"}],
}


def read(name: str) -> ParsedFeed:
    body = (EXAMPLES / name).read_bytes()
    assert ninjs.recognises(body)
    return parse_feed(body, URL)


def only(name: str) -> ParsedEntry:
    (entry,) = read(name).entries
    return entry


def parsed(**fields: Any) -> ParsedEntry:
    (entry,) = parse_feed(json.dumps({"uri": "urn:sps:1", "type": "text", **fields}).encode(), URL).entries
    return entry


# ---- what agencies deliver ------------------------------------------------------------------------------------


def test_ninjs_1() -> None:
    assert only("ninjs/text-1.6.json") == ParsedEntry(
        guid="http://sps.example/items/20260618-market",
        identity="https://sps.example/items/20260618-market",
        url="https://sps.example/news/market",
        headline="Onion market at Lonand stays shut",
        byline="Vaishali Kadam",
        summary="<p>Traders and growers could not agree on a price.</p>",
        content="<p>Lonand (Maharashtra), June 18 (SPS) The onion market stayed shut for a third day.</p>"
        "<p>Growers left.</p>",
        language="en-IN",
        subjects=("agriculture", "onion", "market", "20000349"),
        published=datetime(2026, 6, 18, 4, 0, tzinfo=UTC),
        updated=datetime(2026, 6, 18, 5, 30, tzinfo=UTC),
        creditline="Sahyadri Press Service",
        media=(
            Media(
                href="https://sps.example/p/9.jpg",
                contenttype="image/jpeg",
                title="Empty yard",
                creditline="S. Jagtap",
            ),
        ),
    )


def test_ninjs_2_withheld() -> None:
    entry = only("ninjs/text-2.2.json")
    assert entry.headline == "Tunnel under the Kumbharli pass opens to buses"
    assert entry.content == "<p>Buses drove first.</p><p>Cars have to wait.</p>"
    assert entry.summary == "<p>Cars have to wait.</p>"
    assert (entry.byline, entry.creditline, entry.pubstatus) == ("Omkar Desai", "Sahyadri Press Service", "withheld")
    assert entry.subjects == ("road transport", "SPS-ROAD")
    assert entry.published == datetime(2026, 6, 17, 14, 30, tzinfo=UTC)
    assert entry.media == (Media(href="https://sps.example/t/f.jpg", contenttype="image/jpeg", creditline="M. Pol"),)


def test_ninjs_3_with_nitf_in_it() -> None:
    entry = only("ninjs/nitf-3.2.json")
    assert entry.content == "<p>Ratnagiri - An orchard picked nine tonnes &amp; more.</p>"
    assert entry.byline == "Tara Naik"
    assert entry.published == datetime(2026, 6, 18, 5, 0, tzinfo=UTC)
    assert entry.updated == datetime(2026, 6, 18, 6, 0, tzinfo=UTC)


def test_a_list_holds_the_latest_version_no_picture_and_what_is_taken_back() -> None:
    feed = read("ninjs/list.json")
    assert [(entry.guid, entry.headline, entry.pubstatus) for entry in feed.entries] == [
        ("urn:sps:2026:a", "Second version", "usable"),
        ("urn:sps:2026:k", "", "canceled"),
    ]
    assert feed.dropped == 0


def test_one_bad_line_does_not_cost_the_others() -> None:
    feed = read("ninjs/lines.ndjson")
    assert [entry.guid for entry in feed.entries] == ["urn:sps:2026:l1", "urn:sps:2026:l3"]
    assert (feed.dropped, feed.problem) == (1, "1 items cannot be read")


def test_a_list_inside_an_answer() -> None:
    body = json.dumps({"_items": [{"uri": "u:1", "headline": "A"}, {"uri": "u:2", "headline": "B"}]})
    assert [entry.guid for entry in parse_feed(body.encode(), URL).entries] == ["u:1", "u:2"]


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"body_text": "One.\n\nTwo\nlines."}, "<p>One.</p><p>Two<br>lines.</p>"),
        ({"body_text": "One.\nTwo."}, "<p>One.</p><p>Two.</p>"),
        ({"body_html": "<p>Html.</p>", "body_text": "Text."}, "<p>Html.</p>"),
        ({"body_html": "", "body_text": "Text."}, "<p>Text.</p>"),
        ({"body_own": "<p>Tags tell.</p>"}, "<p>Tags tell.</p>"),
        ({"body_nitf": "<nitf><body>"}, None),
        ({"body_nitf": "<nitf><body>", "body_text": "Text."}, "<p>Text.</p>"),
        ({"bodies": [{"contentType": "application/xml", "value": "<a>Own</a>"}]}, "<p>Own</p>"),
        ({"bodies": [{"role": "main", "value": "Main."}, {"role": "long", "value": "Long."}]}, "<p>Main.</p>"),
        ({"bodies": {"a": {"value": "By name."}}}, "<p>By name.</p>"),
        ({"body_text": "Rain.", "dateline": "Panaji, June 18 (SPS)"}, "<p>Panaji, June 18 (SPS) Rain.</p>"),
    ],
)
def test_the_best_body_of_an_item_is_taken(fields: dict[str, Any], content: str | None) -> None:
    assert parsed(headline="H", **fields).content == content


@pytest.mark.parametrize(
    ("fields", "byline"),
    [
        ({"byline": "A"}, "A"),
        ({"by": "B"}, "B"),
        ({"bylines": [{"byline": "C", "name": "not"}, {"name": "D"}]}, "C, D"),
        ({"authors": [{"name": "E"}, {"name": "E"}, 7]}, "E"),
        ({}, None),
    ],
)
def test_a_byline_is_read_from_each_field_that_may_hold_it(fields: dict[str, Any], byline: str | None) -> None:
    assert parsed(headline="H", **fields).byline == byline


def test_an_embargo_withholds_until_its_end() -> None:
    assert parsed(headline="H", embargoed="2199-01-01T00:00:00Z").pubstatus == "withheld"
    assert parsed(headline="H", embargoed="2020-01-01T00:00:00Z").pubstatus == "usable"
    assert parsed(headline="H", embargoed=None).pubstatus == "usable"


def test_a_picture_with_its_alternative_text_is_no_article() -> None:
    body = {"uri": "u:1", "type": "picture", "headline": "A gate", "body_text": "A gate in the rain."}
    assert parse_feed(json.dumps(body).encode(), URL).entries == ()


def test_windows_text_that_claims_to_be_json() -> None:
    body = '{"uri": "u:1", "headline": "Café – 40 €"}'.encode("cp1252")
    assert [entry.headline for entry in parse_feed(body, URL).entries] == ["Café – 40 €"]
    wide = '{"uri": "u:1", "headline": "Café"}'.encode("utf-16")
    assert [entry.headline for entry in ninjs.parse_ninjs(wide, URL, 10).entries] == ["Café"]


# ---- recognising ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(JSON_FEED).encode(),
        json.dumps(JSON_FEED, sort_keys=True).replace("https://j", "http:\\/\\/j").encode(),
        json.dumps({"title": "no feed at all", "items": []}).encode(),
        b'{"uri": "only"}', b'{"headline": "A", "byline": "B"}', b"<rss/>", b"", b"uri headline", b'"uri": "headline":',
    ],
)  # fmt: skip
def test_what_is_no_ninjs(body: bytes) -> None:
    assert not ninjs.recognises(body)


def test_a_json_feed_is_still_read_as_one() -> None:
    feed = parse_feed(json.dumps(JSON_FEED).encode(), URL)
    assert (feed.version, len(feed.entries)) == ("json", 1)


# ---- hostile --------------------------------------------------------------------------------------------------


def test_no_script_no_address_but_http_and_any_type_in_any_field() -> None:
    entry = only("hostile/script.json")
    assert entry.content == "<p>Calm seas ahead</p>"
    assert entry.media == (Media(href="https://sps.example/p/b.jpg"),)
    assert (entry.byline, entry.updated, entry.language, entry.subjects) == (None, None, None, ("sea",))


def test_markup_nested_too_deep_keeps_its_text() -> None:
    body = "<div>" * 20_000 + "<p>Deep &amp; down.</p>" + "</div>" * 20_000
    assert parsed(headline="H", body_html=body).content == "<p>Deep &amp; down.</p>"


@pytest.mark.parametrize(
    "body",
    [
        b'{"uri": "a", "headline": ' + b"[" * 100_000,
        b'{"uri": "a", "headline": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"uri": "a", "headline": "cut',
        b'{"uri": "", "headline": "nameless"}',
        b'["uri", "headline"]',
        b'[{"uri": 7, "headline": "not a name"}]',
        b'{"uri": "a", "headline": "\n{"\n}',
    ],
)
def test_what_cannot_be_read(body: bytes) -> None:
    with pytest.raises(BadInput) as error:
        ninjs.parse_ninjs(body, URL, 100)
    assert error.value.reason == "not_ninjs"


def test_five_thousand_items_are_cut_at_the_limit_and_counted() -> None:
    items = [{"uri": f"u:{number}", "headline": f"H {number}"} for number in range(5000)]
    feed = parse_feed(json.dumps(items).encode(), URL, max_entries=2000)
    assert (len(feed.entries), feed.dropped, feed.entries[1999].guid) == (2000, 3000, "u:1999")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = (
    "type version versioncreated firstcreated embargoed pubstatus headline headlines byline bylines by body_text "
    "body_xhtml body_nitf bodies description_text descriptions subject subjects keywords renditions associations "
    "language creditline dateline"
).split()


@given(st.dictionaries(st.sampled_from(_FIELDS), _VALUES), st.sampled_from(["u:1", "https://sps.example/1?utm_id=3"]))
def test_every_field_may_be_of_any_type(fields: dict[str, Any], uri: str) -> None:
    feed = ninjs.parse_ninjs(json.dumps({**fields, "uri": uri}).encode(), URL, 10)
    assert [entry.guid for entry in feed.entries] in ([uri], [])


@given(st.binary(max_size=200), st.sampled_from([b"", b'{"uri": "a", "headline": "b"', b"[", b'{"uri": "a"}\n']))
def test_nothing_but_bad_input_is_raised(noise: bytes, start: bytes) -> None:
    with contextlib.suppress(BadInput):
        ninjs.parse_ninjs(start + noise, URL, 10)
