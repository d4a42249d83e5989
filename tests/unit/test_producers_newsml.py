from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats import newsml
from producers.formats.agency import pubstatus, with_dateline
from producers.formats.cleaning import visible_text
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedEntry, ParsedFeed
from producers.formats.parsing_pool import ParsingPool
from schemas.public_records import Media
from stream_apps.text.credits import read_credits
from stream_apps.text.html import paragraphs
from wirecopy.errors import BadInput
from wirecopy.settings import ProducerSettings

EXAMPLES = Path(__file__).parent.parent / "conformance" / "agency"
URL = "https://wire.sps.example/out/"
NAR = 'xmlns="http://iptc.org/std/nar/2006-10-01/"'


def read(name: str) -> ParsedFeed:
    body = (EXAMPLES / name).read_bytes()
    assert newsml.recognises(body)
    return parse_feed(body, URL)


def only(name: str) -> ParsedEntry:
    (entry,) = read(name).entries
    return entry


def item(content: str = "", meta: str = "", item_meta: str = "", attributes: str = 'guid="sps:1"') -> bytes:
    return (
        f"<newsItem {NAR} {attributes}><itemMeta><itemClass qcode='ninat:text'/>{item_meta}</itemMeta>"
        f"<contentMeta>{meta}</contentMeta><contentSet>{content}</contentSet></newsItem>"
    ).encode()


def nitf(body: str) -> str:
    return f"<inlineXML><nitf><body><body.content>{body}</body.content></body></nitf></inlineXML>"


def parsed(body: bytes) -> ParsedEntry:
    (entry,) = parse_feed(body, URL).entries
    return entry


def refused(body: bytes) -> BadInput:
    with pytest.raises(BadInput) as error:
        parse_feed(body, URL)
    return error.value


# ---- what agencies deliver ------------------------------------------------------------------------------------


def test_a_message_with_a_text_two_versions_a_picture_and_a_package() -> None:
    feed = read("newsml/message.xml")
    assert (feed.title, feed.version, feed.dropped, feed.problem) == ("SPS", "newsml-g2", 0, None)
    assert feed.entries == (
        ParsedEntry(
            guid="urn:newsml:sps.example:20260618:dam-1",
            identity="urn:newsml:sps.example:20260618:dam-1",
            headline="Gates of Urmodi dam opened twice in a day",
            byline="Asha Rane",
            summary="<p>The dam is at nine tenths of its capacity.</p>",
            content="<p>Satara, Jun 18 (SPS) Four gates of the Urmodi dam were opened for the second time in a day on "
            "Thursday, officials said.</p> <h3>Rain &amp; release</h3> <p>Water leaves at 4,200 cusecs, the "
            '<a href="https://sps.example/dams?a=1&amp;b=2">bulletin</a> says.</p> <table><tbody><tr><th>Hour</th>'
            "<th>Cusecs</th></tr><tr><td>14:00</td><td>2,000</td></tr></tbody></table> <p>(Reporting by Asha Rane)</p>",
            language="en-IN",
            subjects=("flood", "Satara district", "dam", "medtop:20000500"),
            published=datetime(2026, 6, 18, 9, 0, tzinfo=UTC),
            updated=datetime(2026, 6, 18, 10, 30, tzinfo=UTC),
            creditline="SPS",
            media=(
                Media(
                    href="https://sps.example/p/gates.jpg",
                    contenttype="image/jpeg",
                    title="The gates on Thursday",
                    creditline="R. Gole",
                ),
                Media(
                    href="https://sps.example/p/1-large.jpg",
                    contenttype="image/jpeg",
                    title="Gates of the dam",
                    creditline="SPS / R. Gole",
                ),
            ),
        ),
    )


def test_an_xhtml_item_under_embargo_whose_body_has_its_dateline_in_the_second_paragraph() -> None:
    entry = only("newsml/xhtml-embargoed.xml")
    assert entry.pubstatus == "withheld"
    assert entry.headline == "Minister promises a school bus for every valley"
    assert entry.byline == "Nikhil Bhosale"
    assert entry.creditline == "SPS"
    assert entry.content == (
        "<p>Every valley gets a bus.</p> <p>Mahabaleshwar (SPS) - The minister for schools promised buses.</p> "
        "<h2>Forty valleys</h2> <p>Forty valleys<br>have none.</p>"
    )


def test_an_item_that_takes_another_back_is_the_same_article_without_a_text() -> None:
    entry = only("newsml/canceled.xml")
    assert (entry.identity, entry.pubstatus, entry.content) == (
        "urn:newsml:sps.example:20260618:dam-1", "canceled", None,
    )  # fmt: skip


def test_a_nitf_document_on_its_own() -> None:
    entry = only("newsml/nitf.xml")
    assert (entry.guid, entry.headline, entry.byline) == (
        "sps-20260618-ferry", "Ferry service on the Vashishti resumes", "Meher Sathe",
    )  # fmt: skip
    assert entry.content == (
        "<p>Chiplun, June 18 - The ferry across the Vashishti runs again after nine days.</p> <p>Two boats carry "
        'bicycles.</p><p>A third is being mended.</p> <blockquote> <p>"We missed it."</p> <p>A teacher</p></blockquote>'
    )
    assert (entry.summary, entry.creditline) == ("<p>The ferry runs again.</p>", "Sahyadri Press Service")
    assert entry.subjects == ("Ferries", "river")
    assert entry.published == datetime(2026, 6, 18, 3, 0, tzinfo=UTC)
    assert entry.updated == datetime(2026, 6, 18, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("utf8-declared-latin1", "Café in Pune — सातारा"),
        ("windows1252-declared-utf8", "Café “Pune” – 40 €"),
        ("utf16", "Café “Pune” – 40 €"),
        ("bare-ampersand", "Rail & road & © board"),
    ],
)
def test_encodings_and_ampersands_that_are_not_what_they_should_be(name: str, headline: str) -> None:
    assert only(f"newsml/{name}.xml").headline == headline


def test_a_bare_ampersand_in_cdata_stays_one() -> None:
    assert only("newsml/bare-ampersand.xml").content == "<p>First line &amp; more</p><p>Second&nbsp;line</p>"


def test_plain_text_encoded_text_and_a_body_without_paragraphs() -> None:
    assert parsed(item("<inlineData contenttype='text/plain'>One.\n\nTwo\nlines.</inlineData>")).content == (
        "<p>One.</p><p>Two<br>lines.</p>"
    )
    coded = "<inlineData contenttype='text/plain' encoding='base64'>U2hvcnQu</inlineData>"
    assert parsed(item(coded)).content == "<p>Short.</p>"
    assert parsed(item(nitf("Bare words"))).content == "<p>Bare words</p>"


def test_the_first_content_with_a_text_in_it_counts() -> None:
    empty, marked_up = "<inlineXML/>", nitf("<p>Marked up.</p>")
    assert parsed(item(f"<inlineData>Plain.</inlineData>{empty}{marked_up}")).content == "<p>Marked up.</p>"
    assert parsed(item(f"{empty}<inlineData>Plain.</inlineData>")).content == "<p>Plain.</p>"


def test_items_without_a_text_are_no_entries_and_no_loss() -> None:
    body = f"""<newsMessage {NAR}><itemSet>
        <newsItem guid="p"><itemMeta><itemClass qcode="ninat:picture"/></itemMeta><contentMeta><headline>Gate</headline>
          </contentMeta><contentSet><inlineData>A caption.</inlineData></contentSet></newsItem>
        <newsItem guid="v"><itemMeta><itemClass qcode="ninat:video"/></itemMeta></newsItem>
        <newsItem guid="e"/><conceptItem guid="c"/><planningItem guid="n"/></itemSet></newsMessage>"""
    feed = parse_feed(body.encode(), URL)
    assert (feed.entries, feed.dropped, feed.problem) == ((), 0, None)


def test_a_film_with_a_story_is_an_entry() -> None:
    body = item(nitf(f"<p>{'The script of a long film. ' * 20}</p>"), "<headline>Film</headline>")
    assert parsed(body.replace(b"ninat:text", b"ninat:video")).headline == "Film"


def test_an_item_without_a_credit_line_credits_its_sources_then_its_provider() -> None:
    provider = "<provider qcode='nprov:SPS'/>"
    assert parsed(item(meta="<headline>A</headline>", item_meta=provider)).creditline == "SPS"
    source = "<headline>A</headline><infoSource><name>Coast Guard</name></infoSource>"
    assert parsed(item(meta=source, item_meta=provider)).creditline == "Coast Guard"


def test_headlines_and_names_in_the_language_of_the_item_come_first() -> None:
    meta = (
        "<language tag='mr-IN'/><headline xml:lang='en'>In English</headline><headline xml:lang='mr'>मराठीत</headline>"
        "<subject><name xml:lang='en'>rain</name><name xml:lang='mr'>पाऊस</name></subject>"
    )
    entry = parsed(item(meta=meta))
    assert (entry.headline, entry.subjects) == ("मराठीत", ("पाऊस",))


# ---- status, versions, datelines ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "embargoed", "status"),
    [
        ("", None, "usable"),
        ("stat:usable", "2020-01-01T00:00:00Z", "usable"),
        ("stat:usable", "2199-01-01T00:00:00Z", "withheld"),
        ("stat:usable", "", "withheld"),
        ("usable", "YYYYMMDD000000-HHMM", "usable"),
        ("usable", "YYYYMMDDTHHMMSSZ", "usable"),
        ("usable", "0000-00-00T00:00:00", "usable"),
        ("usable", "{{ embargo }}", "usable"),
        ("usable", "dd/MM/yyyy HH:mm", "usable"),
        ("usable", "Y", "withheld"),
        ("usable", "Shhh...", "withheld"),
        ("stat:usable", "until further notice", "withheld"),
        ("stat:canceled", "2199-01-01T00:00:00Z", "canceled"),
        ("Cancelled", None, "canceled"),
        ("http://cv.iptc.org/newscodes/pubstatusg2/withheld", None, "withheld"),
        ("stat:template", None, "withheld"),
    ],
)
def test_publication_status(said: str, embargoed: str | None, status: str) -> None:
    assert pubstatus(said, embargoed) == status


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("By R. IYER<byttl>SPS Business Writer</byttl>", "By R. IYER, SPS Business Writer"),
        ("By <person>R. Iyer</person> and <person>A. Rao</person>", "By R. Iyer and A. Rao"),
        ("By<person>Staff Reporter</person><byttl>SPS</byttl>", "By Staff Reporter, SPS"),
        ("<person><name.given>R.</name.given><name.family>Iyer</name.family></person>, Delhi", "R. Iyer, Delhi"),
        ("R. Iyer, <byttl>Correspondent</byttl>", "R. Iyer, Correspondent"),
        ("<byttl>Our Correspondent</byttl>", "Our Correspondent"),
        ("By {{ author }}", None),
        ("", None),
    ],
)
def test_a_byline_parts_names_from_titles(byline: str, expected: str | None) -> None:
    head = f"<body.head><byline>{byline}</byline></body.head>"
    body = f"<nitf><body>{head}<body.content><p>x</p></body.content></body></nitf>"
    (entry,) = parse_feed(body.encode(), URL).entries
    assert entry.byline == expected


def test_words_on_two_lines_are_two_words() -> None:
    meta = "<by>By R. IYER<br/>SPS Business Writer</by><headline>Ferry<br/>stopped</headline>"
    entry = parsed(item(nitf("<p>High water.</p>"), meta))
    assert (entry.byline, entry.headline) == ("By R. IYER SPS Business Writer", "Ferry stopped")


def test_unfilled_template_fields_are_ignored() -> None:
    body = """<nitf><head><title>Ferry stopped</title>
    <docdata management-status="usable"><doc-id id-string="${doc.id}"/>
    <date.issue norm="YYYYMMDDTHHMMSSZ"/><date.release norm="YYYYMMDD000000-HHMM"/></docdata></head><body><body.head>
    <hedline><hl1>{{headline}}</hl1></hedline><dateline><location><city>Panaji</city><state>Goa</state></location>
    </dateline><distributor>%%AGENCY%%</distributor></body.head><body.content><p>High water.</p></body.content></body>
    </nitf>"""
    (entry,) = parse_feed(body.encode(), URL).entries
    assert (entry.guid, entry.headline, entry.published, entry.creditline) == (None, "Ferry stopped", None, None)
    assert (entry.pubstatus, entry.content) == ("usable", "<p>Panaji, Goa - High water.</p>")


def test_the_highest_version_stays_and_of_equal_ones_the_latest() -> None:
    def version(number: int, created: str, headline: str) -> str:
        meta = f"<itemMeta><versionCreated>2026-06-{created}T00:00:00Z</versionCreated></itemMeta>"
        head = f"<contentMeta><headline>{headline}</headline></contentMeta>"
        return f"<newsItem guid='a' version='{number}'>{meta}{head}</newsItem>"

    versions = [version(9, "20", "Nine"), version(10, "18", "Early"), version(10, "19", "Late"), version(1, "30", "1")]
    for order in (versions, versions[::-1]):
        body = f"<newsMessage {NAR}><itemSet>{''.join(order)}</itemSet></newsMessage>"
        assert [entry.headline for entry in parse_feed(body.encode(), URL).entries] == ["Late"]


@pytest.mark.parametrize(
    ("dateline", "content", "expected"),
    [
        ("Panaji, Jun 18 (SPS)", "<p>Rain.</p>", "<p>Panaji, Jun 18 (SPS) Rain.</p>"),
        ("Panaji, Jun 18", "<p>Rain.</p>", "<p>Panaji, Jun 18 - Rain.</p>"),
        ("PANAJI (SPS) --", "<p>Rain.</p>", "<p>PANAJI (SPS) -- Rain.</p>"),
        ("A & <b>", "<p>Rain.</p>", "<p>A &amp; &lt;b&gt; - Rain.</p>"),
        ("Panaji, Jun 18 (SPS)", "<p>PANAJI, Jun 18 (SPS): Rain.</p>", None),
        ("Panaji, 18 June", "<p>Panaji, June 18 (SPS) Rain.</p>", None),
        ("Panaji", "<p>A teaser.</p><p>Panaji - Rain.</p>", None),
        ("Goa", "<p>Goals fell.</p>", "<p>Goa - Goals fell.</p>"),
        ("Goa", "<p>Goa has voted.</p>", None),
        ("", "<p>Rain.</p>", None),
        ("Panaji", "Rain.", "Panaji - Rain."),
    ],
)
def test_a_dateline_becomes_the_first_words_unless_it_is_there(
    dateline: str, content: str, expected: str | None
) -> None:
    assert with_dateline(content, dateline) == (content if expected is None else expected)


def test_a_dateline_is_read_as_the_credit_that_it_is() -> None:
    body = item(nitf("<p>The harbour was closed on Thursday.</p>"), "<dateline>Panaji, Jun 18 (PTI)</dateline>")
    reading = read_credits("\n".join(paragraphs(parsed(body).content or "")), None, "")
    assert [(credit.agency, credit.evidence) for credit in reading.credits] == [("PTI", "dateline")]
    assert reading.dateline is not None
    assert reading.dateline.place == "Panaji"


# ---- recognising ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"<rss version='2.0'><channel><newsItem/></channel></rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><newsItem/></entry></feed>",
        b"<!-- <newsItem> --><rdf:RDF xmlns:rdf='x'><newsMessage/></rdf:RDF>",
        b"<?xml version='1.0'?><NewsML Version='1.2'><NewsItem/></NewsML>",
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "<newsItem>", "items": []}',
        b"some <newsItem> in a text", b"", b"<", b"<newsItem", b"<newsItems>",
    ],
)  # fmt: skip
def test_what_is_no_newsml(body: bytes) -> None:
    assert not newsml.recognises(body)


@pytest.mark.parametrize("body", [b"<newsItem>", b"\xef\xbb\xbf <!-- c --><!DOCTYPE nitf>\n<g2:packageItem a='b'>"])
def test_what_is_newsml(body: bytes) -> None:
    assert newsml.recognises(body)


# ---- hostile --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [("billion-laughs", "xml_entities"), ("xxe", "xml_entities"), ("truncated", "not_well_formed")],
)
def test_documents_that_are_refused(name: str, reason: str) -> None:
    assert refused((EXAMPLES / "hostile" / f"{name}.xml").read_bytes()).reason == reason


def test_entities_cannot_be_hidden_in_another_encoding() -> None:
    body = (EXAMPLES / "hostile" / "xxe.xml").read_text().removeprefix('<?xml version="1.0"?>')
    assert refused(body.encode("utf-16")).reason == "xml_entities"


def test_no_script_and_no_address_but_http_gets_through() -> None:
    entry = only("hostile/script.xml")
    assert entry.content == "<p>Calm seas ahead.</p> <p>&lt;img src=x onerror=alert(6)&gt;</p>"
    assert entry.media == ()
    assert entry.byline == "AB"


def test_deep_nesting_is_refused_at_once() -> None:
    body = f"<newsItem {NAR}>".encode() + b"<a>" * 100_000
    before = time.process_time()
    assert refused(body).reason == "xml_limits"
    assert refused(body + b"</a>" * 100_000 + b"</newsItem>").reason == "xml_limits"
    assert time.process_time() - before < 2


def test_damage_is_repaired_and_what_the_repair_swallows_is_counted() -> None:
    whole = "<newsItem guid='a'><contentMeta><headline>A</headline></contentMeta></newsItem>"
    damaged = "<newsItem guid='b' x=1><contentMeta><headline>B</headline></contentMeta></newsItem>"
    other = whole.replace("'a'", "'c'")
    for items, left in (((whole, damaged, other), ["a"]), ((whole, other, damaged), ["a", "c"])):
        feed = parse_feed(f"<newsMessage {NAR}><itemSet>{''.join(items)}</itemSet></newsMessage>".encode(), URL)
        assert [entry.guid for entry in feed.entries] == left
        assert (feed.dropped, bool(feed.problem)) == (3 - len(left), True)
    assert refused(damaged.encode()).reason == "not_well_formed"


def test_five_thousand_items_are_cut_at_the_limit_and_counted() -> None:
    one = "<newsItem guid='g{0}'><contentMeta><headline>H {0}</headline></contentMeta></newsItem>"
    items = "".join(one.format(number) for number in range(5000))
    feed = parse_feed(f"<newsMessage {NAR}><itemSet>{items}</itemSet></newsMessage>".encode(), URL, max_entries=2000)
    assert (len(feed.entries), feed.dropped, feed.entries[1999].guid) == (2000, 3000, "g1999")


async def test_in_the_parsing_pool() -> None:
    with ParsingPool(ProducerSettings(), processes=1) as pool:
        feed = await pool.parse((EXAMPLES / "newsml" / "message.xml").read_bytes(), URL, "application/xml")
        assert feed == read("newsml/message.xml")
        with pytest.raises(BadInput) as error:
            await pool.parse((EXAMPLES / "hostile" / "xxe.xml").read_bytes(), URL, None)
    assert error.value.reason == "xml_entities"


@given(st.binary(max_size=300), st.sampled_from([b"", item(nitf("<p>x</p>"))[:-30], b"<newsItem>", b"<nitf><body>"]))
def test_nothing_but_bad_input_is_raised(noise: bytes, start: bytes) -> None:
    body = start + noise
    newsml.recognises(body)
    try:
        feed = parse_feed(body, URL)
    except BadInput:
        return
    assert all(entry.identity for entry in feed.entries)


@given(st.text(max_size=200))
def test_a_text_comes_out_as_it_went_in(text: str) -> None:
    escaped = "".join(f"&#{ord(char)};" if char.isprintable() else " " for char in text)
    body = item(nitf(f"<p>{escaped}</p>"), "<headline>H</headline>")
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    assert visible_text(parsed(body).content) == plain
