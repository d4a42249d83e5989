"""Archives as they are found on disks: which files, which records, which lines, and what a hostile one can do."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.backfill import lines, streams, warc
from producers.backfill.catalogue import Catalogue
from producers.backfill.inputs import find_inputs, moment_in_name
from producers.backfill.job import Counts, Position, job_id
from producers.backfill.progress import Bar
from producers.backfill.reading import FileEnd, ReadingStopped, ReadOptions, Unit, feeds_by_address, read_inputs
from producers.backfill.selection import Terms
from producers.backfill.sniffing import is_feed, is_page, kind_of_file
from producers.backfill.streams import Buffered, FileBytes, Gunzipped
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedEntry
from schemas.feed_records import Feed, RawEntry
from schemas.ids import article_id
from wirecopy.errors import BadInput, SettingsError
from wirecopy.settings import KafkaSettings

RSS = b"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>%s</channel></rss>"
RSS_TYPE = "application/rss+xml"
MORNING, NOON, NIGHT = "2026-06-18T04:00:00Z", "2026-06-18T12:00:00Z", "2026-06-18T22:00:00Z"


def rss(*guids: str) -> bytes:
    return RSS % "".join(f"<item><guid>{guid}</guid><title>{guid}</title></item>" for guid in guids).encode()


Record = tuple[str, str, bytes, dict[str, str]]


def response(url: str, date: str, body: bytes, content_type: str | None = RSS_TYPE, **headers: str) -> Record:
    given = {"Content-Type": content_type} if content_type else {}
    return url, date, body, given | {name.replace("_", "-"): value for name, value in headers.items()}


def write_warc(path: Path, records: Sequence[Record], *, compressed: bool = True, status: str = "200 OK") -> Path:
    """By hand, so that the reader does not only understand what its own library writes."""
    with path.open("wb") as file:
        for one in (warc_record("warcinfo", "", MORNING, b"software: test\r\n"), *map(_response(status), records)):
            file.write(gzip.compress(one) if compressed else one)
    return path


def _response(status: str) -> Callable[[Record], bytes]:
    def record(given: Record) -> bytes:
        url, date, body, headers = given
        said = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return warc_record("response", url, date, f"HTTP/1.1 {status}\r\n{said}\r\n".encode() + body)

    return record


def warc_record(kind: str, url: str, date: str, block: bytes) -> bytes:
    target = f"WARC-Target-URI: {url}\r\n" if url else ""
    headers = f"WARC/1.0\r\nWARC-Type: {kind}\r\n{target}WARC-Date: {date}\r\nContent-Length: {len(block)}\r\n\r\n"
    return headers.encode() + block + b"\r\n\r\n"


_OPEN = contextlib.ExitStack()


@pytest.fixture(autouse=True)
def _catalogues_are_closed() -> Iterator[None]:
    with _OPEN:
        yield


def how(**changes: object) -> ReadOptions:
    given = {"terms": Terms(), "max_bytes": 100_000} | changes
    if "catalogue" not in given:
        given["catalogue"] = _OPEN.enter_context(Catalogue(None))
    return ReadOptions(**given)  # type: ignore[arg-type]


def read(*paths: Path, start: Position | None = None, **changes: object) -> list[Unit | FileEnd]:
    return list(read_inputs(find_inputs(paths)[0], start or Position(), how(**changes)))


def units(*paths: Path, **changes: object) -> list[Unit]:
    return [unit for unit in read(*paths, **changes) if isinstance(unit, Unit)]  # type: ignore[arg-type]


def letters(*paths: Path, **changes: object) -> list[tuple[str, str]]:
    found = [unit.letter for unit in read(*paths, **changes) if unit.letter]  # type: ignore[arg-type]
    return [(letter.reason, letter.source.rpartition("/")[2]) for letter in found]


# ---- streams ----------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=200), max_size=5), st.integers(1, 50))
def test_gzip_members_are_read_as_one_stream_in_any_pieces(parts: list[bytes], size: int) -> None:
    source = Gunzipped(io.BytesIO(b"".join(map(gzip.compress, parts or [b""]))))
    stream, found = Buffered(source), b""
    while piece := stream.read(size):
        assert len(piece) <= size
        found += piece
    assert found == b"".join(parts)


@given(st.binary(max_size=300), st.integers(1, 40))
def test_lines_are_never_longer_than_asked_for_and_lose_nothing(content: bytes, limit: int) -> None:
    stream, found = Buffered(FileBytes(io.BytesIO(content))), []
    while line := stream.readline(limit):
        found.append(line)
    assert b"".join(found) == content
    assert all(len(line) <= limit and b"\n" not in line[:-1] for line in found)
    assert stream.position == len(content)


def test_a_bomb_is_noticed_before_it_has_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_FREE", 1_000_000)
    source = Gunzipped(io.BytesIO(gzip.compress(bytes(50_000_000))))
    with pytest.raises(BadInput, match="bomb"):
        Buffered(source).read_all(40_000_000)
    assert source.raw_position < 20_000


def test_a_gzip_file_that_ends_in_the_middle_says_so() -> None:
    source = Gunzipped(io.BytesIO(gzip.compress(os.urandom(1000))[:-30]))
    with pytest.raises(BadInput, match="truncated"):
        Buffered(source).read_all(10_000)


def test_padding_behind_the_last_member_is_no_damage() -> None:
    assert Buffered(Gunzipped(io.BytesIO(gzip.compress(b"x") + bytes(512)))).read_all(10) == b"x"


# ---- what a file is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.warc", b"WARC/1.0\r\nWARC-Type: warcinfo", "warc"),
        ("renamed.bin", b"WARC/1.1\r\n", "warc"),
        ("a.jsonl", b'{"items": [], "version": "x"}', "lines"),
        ("a.ndjson.gz", b"", "lines"),
        ("a.json", b'{"url": 1}\n{"url": 2}\n', "lines"),
        ("a.json", b'{"version": "https://jsonfeed.org/version/1.1", "items": []}\n', "feed"),
        ("a.json", b'{\n  "version": "x"\n}', "feed"),
        ("a.xml", b"<rss>", "feed"),
        ("a", b"", "feed"),
    ],
)
def test_the_kind_of_a_file_is_recognised_by_its_first_bytes(name: str, head: bytes, kind: str) -> None:
    assert kind_of_file(name, head, inflated=False) == kind


@pytest.mark.parametrize(
    "head",
    [b"PK\x03\x04", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"BZh9", bytes(257) + b"ustar", b"Rar!", b"7z\xbc\xaf"],
)
def test_other_archives_are_refused_and_inside_gzip_called_nested(head: bytes) -> None:
    with pytest.raises(BadInput, match="unsupported_archive"):
        kind_of_file("a", head, inflated=False)
    with pytest.raises(BadInput, match="nested_archive"):
        kind_of_file("a.gz", head, inflated=True)


def test_gzip_inside_gzip_is_nested(tmp_path: Path) -> None:
    path = tmp_path / "a.xml.gz"
    path.write_bytes(gzip.compress(gzip.compress(rss("1"))))
    assert letters(path) == [("nested_archive", "a.xml.gz")]


def test_an_arc_file_is_refused_with_the_way_to_convert_it() -> None:
    with pytest.raises(BadInput, match="warcio recompress"):
        kind_of_file("a.arc", b"filedesc://a.arc 0.0.0.0", inflated=False)


@pytest.mark.parametrize(
    ("start", "content_type", "feed", "page"),
    [
        (b"<?xml version='1.0'?><rss>", "text/html", True, True),
        ("<rss>".encode("utf-16"), None, True, False),
        (b"", "application/atom+xml; charset=x", True, False),
        (b"<urlset>", "application/xml", False, False),
        (b"<html><body>&lt;rss <rss>", "text/html", False, True),
        (b"<!DOCTYPE html>", None, False, True),
        (b'{"version": "https://jsonfeed.org/version/1"', "application/json", True, False),
        (b'{"status": "ok"}', "application/json", False, False),
        (b"<newsItem xmlns='http://iptc.org/std/nar/2006-10-01/'>", "text/xml", True, False),
        (b"\x89PNG", "image/png", False, False),
    ],
)
def test_feeds_and_pages_in_a_crawl(start: bytes, content_type: str | None, feed: bool, page: bool) -> None:
    assert is_feed(start, content_type) == feed
    assert is_page(start, content_type) == page


# ---- which files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("CC-NEWS-20260618034512-00001.warc.gz", datetime(2026, 6, 18, 3, 45, 12, tzinfo=UTC)),
        ("top_2026-06-18.xml", datetime(2026, 6, 18, tzinfo=UTC)),
        ("top-2026-06-18T0930.xml", datetime(2026, 6, 18, 9, 30, tzinfo=UTC)),
        ("20261399.xml", None),
        ("120260618.xml", None),
        ("top.xml", None),
    ],
)
def test_the_date_in_a_name(name: str, moment: datetime | None) -> None:
    assert moment_in_name(name) == moment


def test_files_come_newest_first_and_each_once(tmp_path: Path) -> None:
    for name in ("a-2026-06-01.xml", "sub/b-2026-06-03.xml", ".hidden", "sub/.git/c.xml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rss("1"))
    old = tmp_path / "old.xml"
    old.write_bytes(rss("1"))
    os.utime(old, (1e9, 1e9))
    write_warc(tmp_path / "crawl.warc.gz", [])
    inputs, passed = find_inputs([tmp_path, tmp_path / "old.xml"])
    assert [given.path.name for given in inputs] == ["crawl.warc.gz", "b-2026-06-03.xml", "a-2026-06-01.xml", "old.xml"]
    assert passed == []


def test_links_in_folders_are_not_followed_but_named_ones_are(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.xml", tmp_path / "archive"
    outside.write_bytes(rss("1"))
    folder.mkdir()
    (folder / "secret.xml").symlink_to(outside)
    inputs, passed = find_inputs([folder])
    assert inputs == []
    assert "symbolic link" in passed[0]
    assert [given.path.name for given in find_inputs([folder / "secret.xml"])[0]] == ["secret.xml"]


def test_what_is_no_file_is_skipped_and_a_missing_path_stops_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert find_inputs([tmp_path]) == ([], [f"{tmp_path / 'pipe'}: not a file"])
    with pytest.raises(SettingsError, match=r"nowhere\.xml"):
        find_inputs([tmp_path / "nowhere.xml"])


def test_a_file_that_cannot_be_opened_is_reported_and_the_next_one_read(tmp_path: Path) -> None:
    (tmp_path / "a-2026-06-02.xml").write_bytes(rss("1"))
    (tmp_path / "b-2026-06-01.xml").write_bytes(rss("2"))
    inputs, _ = find_inputs([tmp_path])
    (tmp_path / "a-2026-06-02.xml").unlink()
    gone, unit, end = read_inputs(inputs, Position(), how())
    assert isinstance(gone, FileEnd)
    assert "No such file" in (gone.problem or "")
    assert isinstance(unit, Unit)
    assert (unit.position, end.position) == (Position(1, 0), Position(2))


def test_names_of_files_are_as_hostile_as_what_is_in_them(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a\x1b[31m\n[red]\xff.xml")
    path.write_bytes(b"\x1f\x8b broken")
    inputs, _ = find_inputs([tmp_path])
    assert len(job_id(inputs, Terms(), KafkaSettings(), pages=False)) == 16
    (end,) = read(tmp_path)
    assert isinstance(end, FileEnd)
    assert end.letter is not None
    (name,) = {end.letter.source, (end.problem or "").split(": bad_gzip")[0]}
    assert name.endswith("a[31m [red].xml")
    assert name.encode()
    Bar(10)(Counts(), 1.0, name + "[/red]")


# ---- feed files -------------------------------------------------------------------------------------------------


def test_a_feed_file_is_one_unit_compressed_or_not(tmp_path: Path) -> None:
    (tmp_path / "top_2026-06-18.xml").write_bytes(rss("1"))
    (tmp_path / "top.2026-06-17.xml.gz").write_bytes(gzip.compress(rss("2")))
    newer, older = units(tmp_path)
    assert (newer.body, older.body) == (rss("1"), rss("2"))
    assert (newer.origin.feed, older.origin.feed) == ("top-2026-06-18", "top-2026-06-17")
    assert newer.origin.fallback is None
    dated = units(tmp_path, terms=Terms(date_from_file=True))[0]
    assert dated.origin.fallback == datetime(2026, 6, 18, tzinfo=UTC)


def test_a_feed_file_that_is_too_large_is_a_dead_letter(tmp_path: Path) -> None:
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(rss("1") + bytes(200_000)))
    assert letters(tmp_path) == [("too_large", "a.xml.gz")]


# ---- WARC -------------------------------------------------------------------------------------------------------

FEED_URL = "https://www.ledger.example/rss.xml"


@pytest.mark.parametrize("compressed", [True, False])
def test_captures_come_newest_first_and_only_feeds(tmp_path: Path, compressed: bool) -> None:
    records = [
        response(FEED_URL, NOON, rss("noon")),
        response("https://www.ledger.example/logo.png", NIGHT, b"\x89PNG", "image/png"),
        response(FEED_URL, NIGHT, rss("night")),
        response("https://www.ledger.example/", NIGHT, b"<!doctype html><p>", "text/html"),
        response(FEED_URL, MORNING, rss("morning")),
    ]
    path = write_warc(tmp_path / "a.warc", records, compressed=compressed)
    *found, end = read(path)
    assert [unit.body for unit in found if isinstance(unit, Unit)] == [rss("night"), rss("noon"), rss("morning")]
    assert isinstance(end, FileEnd)
    assert (end.other, end.problem) == (3, None)
    first = found[0]
    assert isinstance(first, Unit)
    assert (first.origin.outlet, first.origin.feed) == ("ledger.example", "ledger-example-rss-xml")
    assert first.origin.captured == datetime(2026, 6, 18, 22, tzinfo=UTC)
    assert (first.url, first.content_type) == (FEED_URL, RSS_TYPE)
    for skip in range(4):
        rest = read(path, start=Position(0, skip))
        assert [unit.position for unit in rest] == [unit.position for unit in (*found, end)][skip:]


def test_a_known_feed_keeps_its_names(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz", [response("http://proxy.example/ledger/", NOON, rss("1"))])
    feed = Feed(id="top", url="https://proxy.example/ledger", outlet="ledger.example", language="en-IN")
    (unit,) = units(path, feeds=feeds_by_address({"top": feed}))
    assert (unit.origin.feed, unit.origin.outlet, unit.origin.language) == ("top", "ledger.example", "en-IN")


def test_an_address_that_is_none_ends_nothing(tmp_path: Path) -> None:
    """Found by fuzzing: naming such a capture raised, and that was the end of the job."""
    bad, good = response("http://[::ffff:12:ffff.1]/rss", NOON, rss("a")), response(FEED_URL, NOON, rss("b"))
    found = units(write_warc(tmp_path / "crawl.warc.gz", [bad, good]))
    assert {unit.body for unit in found} == {rss("a"), rss("b")}


def chunks(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    "record",
    [
        response(FEED_URL, NOON, gzip.compress(rss("1")), Content_Encoding="gzip"),
        response(FEED_URL, NOON, zlib.compress(rss("1")), Content_Encoding="deflate"),
        response(FEED_URL, NOON, chunks(rss("1")), Transfer_Encoding="chunked"),
        response(FEED_URL, NOON, chunks(gzip.compress(rss("1"))), Transfer_Encoding="chunked", Content_Encoding="gzip"),
        response(FEED_URL, NOON, rss("1"), Content_Encoding="br"),
        response(FEED_URL, NOON, rss("1"), Content_Encoding="gzip", Transfer_Encoding="chunked"),
        response(FEED_URL, NOON, rss("1"), "text/html"),
        response(FEED_URL, NOON, rss("1"), None),
    ],
)
def test_bodies_are_read_as_servers_sent_or_crawlers_stored_them(tmp_path: Path, record: Record) -> None:
    (unit,) = units(write_warc(tmp_path / "a.warc.gz", [record]))
    assert unit.body == rss("1")


def test_a_body_that_is_no_feed_once_decoded_is_of_no_use(tmp_path: Path) -> None:
    body = b"<urlset></urlset>"
    record = response(FEED_URL, NOON, body, "application/xml", Content_Encoding="br")
    (unit,) = units(write_warc(tmp_path / "a.warc.gz", [record]))
    assert unit.useless


def test_failures_and_redirects_are_not_read(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz", [response(FEED_URL, NOON, rss("1"))], status="404 Not Found")
    assert units(path) == []


def test_bodies_that_are_too_large_or_unfold_too_far_are_dead_letters(tmp_path: Path) -> None:
    records = [
        response(FEED_URL, NOON, rss("1") + bytes(100_000)),
        response(FEED_URL, NIGHT, gzip.compress(rss("1") + bytes(10_000_000)), Content_Encoding="gzip"),
    ]
    found = letters(write_warc(tmp_path / "a.warc.gz", records))
    assert [reason for reason, _ in found] == ["too_large", "too_large"]


def test_pages_are_found_where_they_are_asked_for(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz", [response(FEED_URL, NOON, b"<html><p>Story</p></html>", "text/html")])
    assert units(path) == []
    (unit,) = units(path, pages=True)
    assert unit.page


def three(path: Path, *, compressed: bool) -> tuple[Path, bytes, list[int]]:
    """A file of three captures, its bytes and where its records begin."""
    records = [response(FEED_URL, date, rss(date)) for date in (MORNING, NOON, NIGHT)]
    content = write_warc(path, records, compressed=compressed).read_bytes()
    mark = b"\x1f\x8b\x08" if compressed else b"WARC/1.0\r\n"
    starts = [at for at in range(len(content)) if content.startswith(mark, at)]
    assert len(starts) == 4
    return path, content, starts


@pytest.mark.parametrize("compressed", [True, False])
def test_a_damaged_record_costs_itself_and_nothing_else(tmp_path: Path, compressed: bool) -> None:
    path, content, starts = three(tmp_path / "a.warc", compressed=compressed)
    at = starts[2] + (40 if compressed else 0)
    path.write_bytes(content[:at] + b"\xff\xfe\xfd\xfc\xfb" + content[at + 5 :])
    found = units(path)
    assert [unit.body for unit in found if not unit.letter] == [rss(NIGHT), rss(MORNING)]
    (letter,) = [unit.letter for unit in found if unit.letter]
    assert letter.reason == ("bad_gzip" if compressed else "bad_record")
    assert letter.original.startswith(b"\x1f\x8b" if compressed else b"\xff\xfe")
    assert letter.source == f"{path}@{starts[2]}"


@pytest.mark.parametrize("compressed", [True, False])
def test_a_file_cut_off_anywhere_gives_what_was_before_and_says_so(tmp_path: Path, compressed: bool) -> None:
    path, content, starts = three(tmp_path / "a.warc", compressed=compressed)
    for cut in range(starts[2] + 1, len(content) - 5, 37):
        path.write_bytes(content[:cut])
        found = units(path)
        whole = sum(cut >= end for end in [*starts[2:], len(content) - 4])
        bodies = [unit.body for unit in found if not unit.letter]
        assert bodies == [rss(date) for date in (MORNING, NOON, NIGHT)][:whole][::-1], cut
        assert len([unit for unit in found if unit.letter]) == (cut not in starts), cut


def test_several_records_in_one_member_are_refused_with_the_remedy(tmp_path: Path) -> None:
    path, content, _ = three(tmp_path / "a.warc", compressed=False)
    path.write_bytes(gzip.compress(content))
    (end,) = read(path)
    assert isinstance(end, FileEnd)
    assert "warcio recompress" in (end.problem or "")
    assert end.letter is not None


@pytest.mark.parametrize(
    "record",
    [
        b"WARC/1.0\r\n" + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"WARC/1.0\r\n" + b"X: y\r\n" * 200_000 + b"\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -5\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_hostile_headers_cost_their_record(tmp_path: Path, record: bytes) -> None:
    path, content, starts = three(tmp_path / "a.warc", compressed=False)
    path.write_bytes(content[: starts[1]] + record + b"\r\n\r\n" + content[starts[1] :])
    found = units(path)
    assert [unit.body for unit in found if not unit.letter] == [rss(NIGHT), rss(NOON), rss(MORNING)]
    assert [unit.letter.reason for unit in found if unit.letter] == ["bad_record"]


def test_looking_for_whole_records_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "_MAX_TRIES", 50)
    path, content, starts = three(tmp_path / "a.warc", compressed=True)
    path.write_bytes(content[: starts[2]] + b"\x1f\x8b\x08" * 1000 + content[starts[2] :])
    assert [reason for reason, _ in letters(path)] == ["bad_gzip"]


def test_a_catalogue_is_left_when_we_are_asked_to_end(tmp_path: Path) -> None:
    path, _, _ = three(tmp_path / "a.warc", compressed=True)
    catalogue = _OPEN.enter_context(Catalogue(None))
    with pytest.raises(ReadingStopped):
        read(path, catalogue=catalogue, stopped=lambda: True)
    assert catalogue.contained(0) is None
    assert len(units(path, catalogue=catalogue)) == 3


def test_any_bytes_are_read_to_their_end(tmp_path: Path) -> None:
    path, content, starts = three(tmp_path / "a.warc", compressed=True)
    spoil: Callable[[int], bytes] = lambda at: content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]  # noqa: E731
    for at in range(starts[1], len(content), 11):
        path.write_bytes(spoil(at))
        *_, end = read(path)
        assert isinstance(end, FileEnd)


# ---- JSON lines -------------------------------------------------------------------------------------------------


def write_lines(path: Path, *objects: object) -> Path:
    path.write_bytes(b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in objects))
    return path


def entry_of(unit: Unit) -> ParsedEntry:
    assert unit.line is not None
    return lines.completed(parse_feed(unit.body, "").entries, unit.line)


def test_a_line_becomes_what_a_feed_would_give(tmp_path: Path) -> None:
    article = {
        "url": "https://www.ledger.example/1?utm_source=x", "title": "Rain &amp; wind", "text": "One.\n\nTwo <3.",
        "published": "2026-06-18T09:00:00+05:30", "byline": "A Desk", "language": "en-in", "subjects": ["Weather"],
        "mood": "unknown fields do no harm",
    }  # fmt: skip
    (unit,) = units(write_lines(tmp_path / "a.jsonl", article))
    entry = entry_of(unit)
    assert unit.origin.outlet == "ledger.example"
    assert entry.identity == "https://www.ledger.example/1"
    assert entry.content == "<p>One.</p><p>Two &lt;3.</p>"
    assert (entry.byline, entry.subjects) == ("A Desk", ("Weather",))
    assert (entry.language or "").lower() == "en-in"
    assert entry.published == datetime(2026, 6, 18, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"content": "<p>A <b>b</b></p>"}, "<p>A <b>b</b></p>"),
        ({"content": "1 < 2\n\nthree"}, "<p>1 &lt; 2</p><p>three</p>"),
        ({"html": "<p>A</p>", "content": "other"}, "<p>A</p>"),
        ({"summary": "Only this"}, "<p>Only this</p>"),
    ],
)
def test_the_text_may_stand_in_any_of_these_fields(fields: dict[str, str], content: str) -> None:
    line = lines.read_line(json.dumps({"url": "https://a.example/1", **fields}).encode())
    (parsed,) = parse_feed(lines.as_json_feed(line), "").entries
    assert lines.completed([parsed], line).content == content


def raw_entry(**changes: object) -> RawEntry:
    entry = parse_feed(
        RSS % b"<item><guid>g</guid><link>https://a.example/1</link><title>H &amp;amp; M</title>"
        b"<description>Short &amp;amp; sweet</description><content:encoded xmlns:content='http://purl.org/rss/1.0/"
        b"modules/content/'>&lt;p&gt;All &amp;amp; more than that&lt;/p&gt;</content:encoded>"
        b"<pubDate>Thu, 18 Jun 2026 03:00:00 +0000</pubDate></item>",
        "https://a.example/f",
    ).entries[0]
    now = datetime(2026, 6, 18, 4, tzinfo=UTC)
    given = RawEntry(
        article=article_id("a.example", entry.identity), revision=1, content_hash=entry.content_hash, feed="top",
        outlet="a.example", guid=entry.guid, url=entry.url, headline=entry.headline, summary=entry.summary,
        content=entry.content, published=entry.published, first_seen=now, fetched=now,
    )  # fmt: skip
    return given.model_copy(update=changes)


def test_our_own_records_come_back_unchanged(tmp_path: Path) -> None:
    record = raw_entry(creditline="PTI", pubstatus="withheld", full_text=True)
    (unit,) = units(write_lines(tmp_path / "a.jsonl", record.to_bytes() + b"\n"))
    entry = entry_of(unit)
    assert article_id(unit.origin.outlet, entry.identity) == record.article
    assert replace(entry, creditline=None, pubstatus="usable").content_hash == record.content_hash
    assert (entry.creditline, entry.pubstatus, entry.full_text) == ("PTI", "withheld", True)
    assert (entry.headline, entry.summary, entry.content) == (record.headline, record.summary, record.content)
    assert (unit.origin.feed, unit.origin.captured) == ("top", record.fetched)


def test_no_line_takes_the_id_of_another_article(tmp_path: Path) -> None:
    victim = article_id("victim.example", "g")
    (unit,) = units(write_lines(tmp_path / "a.jsonl", raw_entry(article=victim).to_bytes() + b"\n"))
    assert article_id(unit.origin.outlet, entry_of(unit).identity) == article_id("a.example", "g")


def test_an_id_made_of_the_address_is_kept_too() -> None:
    record = raw_entry(article=article_id("a.example", "https://a.example/1"))
    line = lines.read_line(record.to_bytes())
    assert lines.completed(parse_feed(lines.as_json_feed(line), "").entries, line).identity == "https://a.example/1"


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_of_several_versions_the_newest_is_taken_wherever_it_stands(tmp_path: Path, name: str) -> None:
    first, second = raw_entry(), raw_entry(revision=2, fetched=datetime(2026, 6, 18, 6, tzinfo=UTC), headline="Second")
    gone = raw_entry(revision=3, removed=datetime(2026, 6, 19, tzinfo=UTC), headline="", content=None, summary=None)
    content = b"\n".join(record.to_bytes() for record in (second, first, gone)) + b"\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = units(path)
    assert [(unit.older, bool(unit.line and unit.line.removed)) for unit in found] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip


def test_lines_without_id_guid_or_address_are_all_kept(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"title": "A", "url": "nonsense"}, {"title": "B", "url": "nonsense"})
    assert [unit.older for unit in units(path)] == [False, False]


def test_bad_lines_are_dead_letters_with_their_number_and_the_others_are_read(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.jsonl", b"not json\n", b"\n", {"title": "good"}, b"[1]\n", b'{"url": "x"}\n',
        b'{"title": "' + b"x" * 200_000 + b'"}\n', b"[" * 90_000 + b"\n", {"title": "last"},
    )  # fmt: skip
    found = units(path)
    assert [unit.position.unit for unit in found if unit.letter] == [0, 3, 4, 5, 6]
    assert [unit.letter.reason for unit in found if unit.letter] == [
        "bad_line", "bad_line", "bad_line", "too_large", "bad_line",
    ]  # fmt: skip
    assert [unit.line.fields["title"] for unit in found if unit.line] == ["good", "last"]
    assert letters(path)[0] == ("bad_line", "a.jsonl:1")
    too_long = next(unit.letter for unit in found if unit.letter and unit.letter.reason == "too_large")
    assert len(too_long.original) == 64 * 1024
    for skip in range(9):
        assert [u.position for u in units(path, start=Position(0, skip))] == [
            u.position for u in found if u.position.unit >= skip
        ]


def test_damaged_utf8_and_lone_surrogates_are_read_all_the_same() -> None:
    assert lines.read_line(b'{"title": "caf\xe9"}').fields["title"] == "caf\ufffd"
    assert lines.read_line(b'{"title": "a\\ud800"}').fields["title"] == "a\ud800"


def test_lines_of_a_damaged_file_count_up_to_the_damage(tmp_path: Path) -> None:
    content = gzip.compress(b"".join(b'{"title": "%d"}\n' % number for number in range(20_000)), 0)
    (tmp_path / "a.jsonl.gz").write_bytes(content[: len(content) // 2])
    *found, end = read(tmp_path)
    assert len(found) > 1000
    assert isinstance(end, FileEnd)
    assert "truncated" in (end.problem or "")


@given(st.dictionaries(st.sampled_from([*sorted(RawEntry.model_fields), "title", "text", "id", "date"]), st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=30),
    st.lists(st.one_of(st.text(max_size=5), st.dictionaries(st.sampled_from(["href", "title"]), st.text(max_size=9)))),
)))  # fmt: skip
def test_any_object_is_read_or_refused(fields: dict[str, object]) -> None:
    try:
        line = lines.read_line(json.dumps(fields).encode())
    except BadInput as error:
        assert error.reason == "bad_line"  # noqa: PT017  # not raising is right too
        return
    assert lines.version_of(line)[0].tzinfo is not None
    lines.key_of(line)
    entries = parse_feed(lines.as_json_feed(line), "").entries
    if entries:
        lines.completed(entries, line)
