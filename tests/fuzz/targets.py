"""What is fuzzed: every function that foreign bytes reach first, each with what has to hold whatever they are.

A target returns for what is fine, the refusals that its function promises included, and raises for a finding.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from multidict import CIMultiDict
from protego import Protego
from pydantic import SecretStr

from producers.backfill import lines, sniffing, warc
from producers.errors import FetchError
from producers.formats import dates, encoding
from producers.formats.article_text import article_text
from producers.formats.cleaning import clean, plain_line, web_address, without_tracking, without_tracking_fragment
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedFeed
from producers.formats.repair import repaired
from producers.formats.sanitise import safe_html
from producers.polling.memory import Memory, UnreadableMemory, link_hash, mark_of
from producers.registry import discovery
from producers.registry.feedlist import address_key, outlet_of, parse_feed_list, slug
from producers.web import response
from producers.web.addresses import AddressPolicy, host_of
from producers.web.decoding import BodyDecoder
from producers.web.robots import rules_for
from producers.websub.callbacks import Callback, Keys
from producers.websub.signatures import judge, strongest
from schemas import feed_records, internal_records, public_records
from schemas.clean import Clean
from schemas.features import Features, unpack_shingles
from schemas.feed_records import RawEntry
from schemas.record import Record, RecordError
from stream_apps.dedup.state import State
from stream_apps.fingerprint.stage import publish
from stream_apps.indexing.dead_letter_documents import dead_letter_document
from stream_apps.indexing.queries import BadQuery, Search, parse_id, parse_moment, search_request
from stream_apps.runtime.stage_interface import Incoming
from stream_apps.text.clean import clean_entry
from stream_apps.text.html import paragraphs
from tests.unit import page_examples
from wirecopy import tracing
from wirecopy.dlq import letters, shown
from wirecopy.errors import BadInput, SettingsError

NOW = datetime(2026, 11, 30, tzinfo=UTC)
URL = "https://coast.example/feed.xml"
URLS = (URL, "", "http://[::ffff:12:ffff.1]/", "https://coast.example:99999/", "file:///etc/passwd", "http://a b/%%")
"""An archive tells of any address that it got its bytes from."""
TYPES = (None, "application/rss+xml", "text/xml; charset=windows-1252", "application/json", "text/html; charset=utf-16")
LIMIT = 64 * 1024
MOST_TEXT = 200_000

Target = Callable[[bytes], None]
TARGETS: dict[str, Target] = {}


def target(function: Target) -> Target:
    """Among those that ``./do fuzz`` goes through; its name without the underscore."""
    TARGETS[function.__name__.strip("_")] = function
    return function


def choice(data: bytes, options: tuple[Any, ...]) -> tuple[Any, bytes]:
    """One of the options by the first byte, and the rest."""
    return (options[data[0] % len(options)], data[1:]) if data else (options[0], data)


def text_of(data: bytes) -> str:
    """As text reaches us from a decoder: anything but halves of pairs."""
    return data.decode("utf-8", "replace")


# ---- feeds and pages ------------------------------------------------------------------------------------------


@target
def feed(data: bytes) -> None:
    """XML feeds, JSON Feed, NewsML-G2, NITF and ninjs: whichever the bytes look like."""
    content_type, body = choice(data, TYPES)
    url, body = choice(body, URLS)
    with contextlib.suppress(BadInput):
        check_feed(parse_feed(body, url, content_type, 50))


def check_feed(parsed: ParsedFeed) -> None:
    assert len(parsed.entries) <= 50
    for entry in parsed.entries:
        for body in (entry.summary, entry.content):
            if body is not None:
                check_markup(body)
        check_text(entry.headline)
        check_text(entry.byline or "")
        assert entry.url is None or entry.url.startswith(("http://", "https://")), entry.url
        # Kafka gets it: it has to be a record, and one that can be read.
        made = RawEntry(
            article="a" * 32, revision=1, content_hash="h", feed="f", outlet="coast.example", guid=entry.guid,
            url=entry.url, headline=entry.headline, byline=entry.byline, summary=entry.summary,
            content=entry.content, language=entry.language, subjects=entry.subjects, published=entry.published,
            updated=entry.updated, first_seen=NOW, fetched=NOW, creditline=entry.creditline,
            pubstatus=entry.pubstatus, media=entry.media,
        )  # fmt: skip
        RawEntry.from_bytes(made.to_bytes())


_MARKUP = re.compile(
    r"<\s*(script|style|iframe|object|embed|form|link|meta|base)\b|<[^<>]*\s(on\w+|style|srcdoc)\s*=", re.IGNORECASE
)
_SCHEMES = re.compile(r"<[^<>]*\s(?:href|src)\s*=\s*\"(?!https?:|[/#?.]|\"|[^:\"]*[\"/])", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def check_markup(markup: str) -> None:
    """What ``safe_html`` promises."""
    markup.encode()
    assert not _MARKUP.search(markup), markup[:300]
    assert not _SCHEMES.search(markup), markup[:300]


def check_text(text: str) -> None:
    text.encode()
    assert not _CONTROL.search(text), repr(text[:300])


@target
def page(data: bytes) -> None:
    content_type, body = choice(data, TYPES)
    with contextlib.suppress(BadInput):
        url, body = choice(body, URLS)
        found = article_text(body, url, content_type)
        assert found.paragraphs
        for paragraph in found.paragraphs:
            paragraph.encode()


@target
def page_links(data: bytes) -> None:
    """Where a page says that its feeds are."""
    content_type, body = choice(data, TYPES)
    for found in discovery.candidates(body, URL, content_type):
        for candidate in found:
            assert candidate.url.startswith(("http://", "https://")), candidate


@target
def markup(data: bytes) -> None:
    text = text_of(data)
    safe = safe_html(text, URL)
    check_markup(safe)
    for paragraph in paragraphs(safe):
        check_text(paragraph)
    for line in (plain_line(text, 500), clean(text, 500)):
        check_text(line)
        assert len(line) <= 500


@target
def encodings(data: bytes) -> None:
    content_type, body = choice(data, TYPES)
    prepared, name = encoding.prepare(body, content_type)
    assert isinstance(prepared, bytes)
    assert isinstance(name, str)
    repaired(body, ())


LANGUAGES = (None, "en", "fr", "pt-BR", "hi", "ar", "ja", "ru", "de-AT", "zh-Hant")


@target
def date(data: bytes) -> None:
    language, rest = choice(data, LANGUAGES)
    text = text_of(rest)
    customs = dates.customs_of(dates.NOT_LISTED, language, URL, [text])
    for moment in (dates.from_feed(text, customs), dates.from_iso(text, customs)):
        assert moment is None or moment.tzinfo is not None
        if moment is not None:
            moment.isoformat()


# ---- lists, addresses, headers --------------------------------------------------------------------------------


@target
def feed_list(data: bytes) -> None:
    name, content = choice(data, ("feeds.opml", "feeds.yml", "https://list.example/feeds.yml"))
    with contextlib.suppress(SettingsError, BadInput):
        for one in parse_feed_list(content, name):
            assert one.url.startswith(("http://", "https://", "file:///"))
            assert not (name.startswith("https") and one.url.startswith("file:"))
            feed_records.Feed.from_bytes(one.to_bytes())


@target
def address(data: bytes) -> None:
    text = text_of(data)
    for function in (host_of, link_hash, mark_of, slug):
        function(text)
    found = web_address(text, URL)
    if found is not None:
        assert found.startswith(("http://", "https://")), found
        assert urlsplit(found).hostname, found
        assert not _CONTROL.search(found), repr(found)
        for same in (without_tracking(found), without_tracking_fragment(found), address_key(found), outlet_of(found)):
            same.encode()
    policy = AddressPolicy(())
    with contextlib.suppress(FetchError):
        policy.checked(text)


@target
def robots(data: bytes) -> None:
    text = data.decode("utf-8-sig", "replace")
    rules = rules_for(text, "wirecopy")
    if rules is not None:
        parsed = Protego.parse(rules)
        parsed.can_fetch("https://coast.example/a?b=c", "wirecopy")
        parsed.crawl_delay("wirecopy")


@target
def headers(data: bytes) -> None:
    value = data.decode("latin-1")
    made = CIMultiDict({"Cache-Control": value, "Age": value, "Expires": value, "Date": value, "Link": value})
    for seconds in (response.retry_after(value, NOW), response.fresh_for(made, NOW)):
        assert seconds is None or 0 <= seconds <= response.MAX_WAIT
    response.media_type(value)
    response.websub_links(response.links(made), URL)


@target
def content_encoding(data: bytes) -> None:
    name, body = choice(data, ("gzip", "br", "deflate", "", "x-gzip", "utf-8", "gzip, gzip"))
    decoder = BodyDecoder(name, LIMIT)
    with contextlib.suppress(FetchError):
        for start in range(0, len(body), 1000):
            decoder.feed(body[start : start + 1000])
        assert len(decoder.finish()) <= LIMIT


# ---- archives -------------------------------------------------------------------------------------------------


@target
def archive(data: bytes) -> None:
    """A WARC file, plain or gzipped."""
    compressed, content = choice(data, (False, True))
    file = io.BytesIO(content)
    with contextlib.suppress(BadInput):
        last = -1
        for found in warc.catalogue(file, len(content), compressed=compressed, pages=True):
            if isinstance(found, int):
                assert found > last, "it has to get on"
                last = found
                continue
            with contextlib.suppress(BadInput):
                warc.read_capture(file, found.offset, compressed=compressed, limit=LIMIT)
    warc.first_date(file, compressed=compressed)


@target
def archive_line(data: bytes) -> None:
    with contextlib.suppress(BadInput):
        line = lines.read_line(data)
        lines.version_of(line)
        lines.key_of(line)
        lines.feed_of(line)
        if not line.removed:
            parsed = parse_feed(lines.as_json_feed(line), URL, "application/json", 50)
            check_feed(parsed)
            lines.completed(parsed.entries, line)
    with contextlib.suppress(BadInput):
        sniffing.kind_of_file("a.warc.gz", data, inflated=bool(data[:1] > b"a"))
    sniffing.is_feed(data, None)
    sniffing.is_page(data, None)


# ---- hubs -----------------------------------------------------------------------------------------------------

KEYS = Keys("https://hooks.example/websub/", SecretStr("k" * 32))


@target
def callback(data: bytes) -> None:
    """What whoever finds the callback can send: a path, a topic, a signature."""
    text = data.decode("latin-1")
    assert KEYS.read(text) is None, "we did not make it"
    with contextlib.suppress(ValueError):
        made = Callback.of(text[:50], "coast.example", "https://hub.example/", text[50:])
        assert KEYS.read(KEYS.token(made)) == made
        assert made.is_for(text[50:])
    assert judge(strongest([text]), "secret", data) != "valid"


# ---- messages -------------------------------------------------------------------------------------------------

RECORDS: tuple[type[Record], ...] = tuple(
    kind
    for module in (feed_records, public_records, internal_records)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Record) and kind.__module__ == module.__name__
)


@target
def message(data: bytes) -> None:
    kind, value = choice(data, RECORDS)
    with contextlib.suppress(RecordError):
        made = kind.from_bytes(value)
        assert kind.from_bytes(made.to_bytes()) == made


@target
def packed_message(data: bytes) -> None:
    with contextlib.suppress(RecordError):
        found = Clean.from_bytes(data)
        assert Clean.from_bytes(found.to_bytes()) == found
        found.read_article()
    with contextlib.suppress(RecordError):
        made = Features.from_bytes(data)
        unpack_shingles(made.shingles)
    with contextlib.suppress(UnreadableMemory):
        assert Memory.unpack(data) == Memory.unpack(Memory.unpack(data).pack())


@target
def clean_message(data: bytes) -> None:
    """A message of ``clean`` as the engine takes it: one that cannot be read is refused, and nothing stops for it."""
    state = State(7, 1)
    state.apply([(0, data), (1, _clean(data)), (2, data)])
    state.publish()


def _clean(features: bytes) -> bytes:
    return Clean(features, b'{"id": "aa"}').to_bytes()


HEADERS = ("x-dlq-stage", "x-dlq-reason", "x-dlq-attempt", "x-dlq-partition", "x-dlq-time", "x-dlq-letter", "x-dlq-cut")


@target
def dead_letter(data: bytes) -> None:
    """A message of ``dead-letters``, its headers and its time: as the index takes it, and as a person is shown it."""
    head, rest = data[:8].ljust(8, b"\0"), data[8:]
    timestamp, parts = int.from_bytes(head, "little", signed=True), rest.split(b"\0")
    headers = tuple(zip((*HEADERS, "traceparent", "baggage"), parts, strict=False))
    document = dead_letter_document(Incoming("dead-letters", 0, 1, rest[:40], rest, timestamp, headers))
    json.dumps(document)
    tracing.origin(headers)
    found = letters.read(SimpleNamespace(
        headers=headers, partition=0, offset=1, key=rest[:40], value=rest, timestamp=timestamp % 2**42
    ))  # fmt: skip
    if isinstance(found, letters.Letter):
        letters.refusal(found, ("raw",), 5)
        json.dumps(shown.as_json(found))
        for line in (*shown.table([found]), *shown.in_full(found, 500)):
            line.encode()
            assert not _CONTROL.search(line.replace("\t", "")), repr(line[:300])


@target
def entry(data: bytes) -> None:
    """An entry through the first stage: text, credits, fingerprint."""
    part = max(1, len(data) // 8)
    headline, byline = text_of(data[:part]), text_of(data[part : 2 * part])
    body = text_of(data[2 * part :])
    made = RawEntry(
        article="a" * 32, revision=1, content_hash="h", feed="f", outlet="coast.example", headline=headline,
        byline=byline or None, content=safe_html(body, URL), first_seen=NOW, fetched=NOW,
        published=NOW - timedelta(hours=1),
    )  # fmt: skip
    with contextlib.suppress(BadInput, RecordError):
        article = clean_entry(made, MOST_TEXT)
        assert all(0 <= start < end <= len(article.text) for start, end in article.annotations)
        for credit in article.credits:
            assert credit.span is None or 0 <= credit.span[0] < credit.span[1] <= len(article.text)
        check_text(article.text)
        sent = Clean.from_bytes(publish(article, 0).value or b"")
        assert sent.read_article() == article
        Features.from_bytes(sent.features)


@target
def query(data: bytes) -> None:
    text = text_of(data)
    with contextlib.suppress(BadQuery):
        parse_id(text)
    with contextlib.suppress(BadQuery):
        moment = parse_moment(text, NOW, end=bool(data[:1] > b"a"))
        json.dumps(search_request(Search(since=moment)), default=str)
    with contextlib.suppress(BadQuery):
        json.dumps(search_request(Search(words=text[:500], agencies=(text[:50],), persons=(text[:50],))), default=str)


# ---- what to begin with ---------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {
    "feed": ("conformance/agency", "conformance/feeds", "data"),
    "feed_list": ("../producers/feeds",),
}
WORDS = {
    "date": ("Mon, 30 Nov 2026 10:30:00 GMT", "2026-11-30T10:30:00+05:30", "30 novembre 2026", "11/30/26 5:30 PM IST"),
    "robots": ("User-agent: *\nDisallow: /a*b$\nCrawl-delay: 5\nAllow: /\n",),
    "address": ("https://coast.example:443/a/../b?utm_source=x#frag", "http://[::ffff:127.0.0.1]/", "http://0x7f.1/"),
    "headers": ('max-age=60, s-maxage=5, no-store, <https://hub.example/>; rel="hub"', "Mon, 30 Nov 2026 10:30:00 GMT"),
    "archive_line": ('{"headline": "A", "text": "B", "url": "https://coast.example/a", "published": "2026-11-30"}',),
    "entry": ("Ferry stops TALPUR, Nov 30 (PTI) The ferry stopped, the harbour master said. (With inputs from ANI)",),
    "query": ("24h", "2026-11-22T10:30+05:30", '"a phrase" | other -not', "deadbeef"),
    "markup": (
        "<p onclick=x>A <script>y</script><a href='javascript:z'>b</a></p>",
        "<svg><style><img src=x onerror=y>",
    ),
    "message": ('{"id": "f", "url": "https://coast.example/f", "outlet": "coast.example"}',),
    "dead_letter": ("12345678tagging\0schema\x001\x002\x002026-11-30T10:00:00Z\x000:1\x005\0rest",),
    "callback": ("sha256=" + "a" * 64,),
}


EXAMPLE = RawEntry(
    article="a" * 32, revision=1, content_hash="h", feed="f", outlet="coast.example", headline="Ferry stops",
    content=f"<p>{WORDS['entry'][0]} Forty passengers were taken off by fishing boats within an hour.</p>",
    first_seen=NOW, fetched=NOW, published=NOW,
)  # fmt: skip


def seeds(name: str) -> Iterator[bytes]:
    """Good examples, which the fuzzer begins to change."""
    for folder in FOLDERS.get(name, ()):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.stat().st_size < LIMIT and path.suffix not in {".py", ".md"}:
                yield b"\0\0" + path.read_bytes()
    if name in {"page", "page_links"}:
        yield from (b"\0\0" + text.encode() for text in (page_examples.page(), page_examples.FRONT_PAGE))
    for words in WORDS.get(name, ()):
        yield words.encode()
        yield b"\0" + words.encode()
    if name in {"clean_message", "packed_message"}:
        sent = publish(clean_entry(EXAMPLE, MOST_TEXT), 0).value or b""
        yield from (sent, Clean.from_bytes(sent).features, Clean.removal("a" * 32, 2, NOW).to_bytes())
    if name == "archive":
        http = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n<rss><channel/></rss>"
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {URL}\r\nWARC-Date: 2026-11-30T00:00:00Z\r\n"
        yield b"\0" + f"{head}Content-Length: {len(http)}\r\n\r\n".encode() + http + b"\r\n\r\n"
