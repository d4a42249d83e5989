"""Backfills without a network: what is sent of an archive, as what, and that no interruption changes it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.backfill import cli
from producers.backfill.catalogue import Catalogue, Placed, Versioned
from producers.backfill.inputs import Input
from producers.backfill.job import Counts, Position, job_id
from producers.backfill.ledger import Ledger
from producers.backfill.page import article_of
from producers.backfill.progress import LogLines, Speed
from producers.backfill.reading import FileEnd, ReadingStopped, Unit
from producers.backfill.run import Backfill, Limits, Nowhere, Outcome, Tools
from producers.backfill.selection import Origin, Terms, choose
from producers.backfill.session import BackfillReport
from producers.formats.article_text import article_text
from producers.formats.dates import NOT_LISTED, Listed
from producers.formats.page_text import PageText
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedEntry, ParsedFeed
from producers.messages import DeadLetter, Message
from producers.polling.entries import initial_state, new_revisions
from schemas.feed_records import Feed, RawEntry
from schemas.public_records import Media
from wirecopy.errors import BadInput, SettingsError
from wirecopy.rate import TokenBucket
from wirecopy.settings import KafkaSettings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CAPTURED = datetime(2026, 6, 18, 6, tzinfo=UTC)
BEFORE = datetime(2026, 6, 18, 3, tzinfo=UTC)
ORIGIN = Origin("a.warc.gz@100", "top", "ledger.example", captured=CAPTURED)
ENTRY = ParsedEntry(guid="g", url="https://www.ledger.example/1", headline="H", identity="g", published=BEFORE)


def chosen(entry: ParsedEntry = ENTRY, terms: Terms | None = None, origin: Origin = ORIGIN) -> RawEntry:
    record = choose(entry, terms or Terms(), origin, NOW)
    assert isinstance(record, RawEntry), record
    return record


def refused(entry: ParsedEntry, origin: Origin) -> DeadLetter:
    letter = choose(entry, Terms(), origin, NOW)
    assert isinstance(letter, DeadLetter), letter
    return letter


# ---- what an entry becomes --------------------------------------------------------------------------------------


def test_a_record_is_marked_and_arrives_now_but_happened_then() -> None:
    record = chosen()
    assert (record.backfill, record.revision) == (True, 0)
    assert (record.first_seen, record.fetched, record.published) == (NOW, NOW, BEFORE)
    assert (record.feed, record.outlet) == ("top", "ledger.example")


def test_everything_but_the_marks_is_as_from_the_live_feed() -> None:
    body = (
        b"<rss version='2.0'><channel><title>T</title><item><guid>g</guid><link>https://ledger.example/1</link>"
        b"<title>H</title><author>A</author><category>C</category><description>Text</description>"
        b"<pubDate>Thu, 18 Jun 2026 03:00:00 +0000</pubDate></item></channel></rss>"
    )
    feed = Feed(id="top", url="https://ledger.example/f", outlet="ledger.example")
    parsed = parse_feed(body, feed.url)
    ((live,), _) = new_revisions(feed, parsed, initial_state(feed, NOW, 300), NOW)
    marks = {"revision": 0, "backfill": True}
    assert chosen(parsed.entries[0]).model_dump() == live.model_dump() | marks


def test_every_field_that_entries_and_records_share_is_carried_over() -> None:
    entry = dataclasses.replace(
        ENTRY, byline="B", summary="S", content="C", language="en", subjects=("x",), updated=BEFORE, creditline="PTI",
        pubstatus="withheld", media=(Media(href="https://a.example/p.jpg"),), full_text=True,
    )  # fmt: skip
    record = chosen(entry)
    for name in set(RawEntry.model_fields) & {field.name for field in dataclasses.fields(ParsedEntry)}:
        assert getattr(record, name) == getattr(entry, name), name


@pytest.mark.parametrize(
    ("published", "updated", "expected"),
    [
        (BEFORE, None, (BEFORE, None)),
        (None, BEFORE, (None, BEFORE)),
        (None, None, (CAPTURED, None)),
        (CAPTURED + timedelta(hours=23), None, (CAPTURED + timedelta(hours=23), None)),
        (CAPTURED + timedelta(days=2), None, (CAPTURED, None)),
        (CAPTURED + timedelta(days=2), BEFORE, (None, BEFORE)),
        (BEFORE, NOW, (BEFORE, None)),
    ],
)
def test_nothing_is_published_after_it_was_captured(
    published: datetime | None, updated: datetime | None, expected: tuple[datetime | None, datetime | None]
) -> None:
    record = chosen(dataclasses.replace(ENTRY, published=published, updated=updated))
    assert (record.published, record.updated) == expected


UNDATED = dataclasses.replace(ENTRY, published=None)


def test_without_any_date_an_entry_must_not_look_as_if_published_now() -> None:
    unknown = dataclasses.replace(ORIGIN, captured=None)
    letter = refused(UNDATED, unknown)
    assert (letter.reason, letter.source, letter.key) == ("undated", "a.warc.gz@100", "top")
    assert json.loads(letter.original)["guid"] == "g"
    ahead = dataclasses.replace(ENTRY, published=NOW + timedelta(days=30))
    assert refused(ahead, unknown).reason == "undated"
    from_file = dataclasses.replace(unknown, fallback=CAPTURED)
    assert chosen(UNDATED, origin=from_file).published == CAPTURED
    assert (
        chosen(ENTRY, origin=dataclasses.replace(unknown, fallback=datetime(1970, 1, 1, tzinfo=UTC))).published
        == BEFORE
    )


@pytest.mark.parametrize(("captured", "fallback"), [(1, None), (None, 1), (1, 1)])
def test_an_archive_from_the_future_says_nothing_about_dates(captured: int | None, fallback: int | None) -> None:
    later = NOW + timedelta(days=1)
    origin = Origin("x", "top", "ledger.example", None, later if captured else None, later if fallback else None)
    assert refused(UNDATED, origin).reason == "undated"
    assert chosen(ENTRY, origin=origin).published == BEFORE


@given(st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))), st.one_of(st.none(), st.datetimes(
    timezones=st.just(UTC))), st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))))  # fmt: skip
def test_a_sent_record_has_a_possible_date(
    published: datetime | None, updated: datetime | None, captured: datetime | None
) -> None:
    entry = dataclasses.replace(ENTRY, published=published, updated=updated)
    record = choose(entry, Terms(), dataclasses.replace(ORIGIN, captured=captured), NOW)
    if isinstance(record, RawEntry):
        latest = (captured if captured and captured <= NOW else NOW) + timedelta(days=1)
        moments = [moment for moment in (record.published, record.updated) if moment]
        assert moments
        assert all(moment <= latest for moment in moments)
    else:
        assert captured is None or captured > NOW


@pytest.mark.parametrize(
    ("terms", "outlet", "url", "expected"),
    [
        (Terms(outlet="named.example"), "served.example", "https://linked.example/1", "named.example"),
        (Terms(), "served.example", "https://linked.example/1", "served.example"),
        (Terms(), "", "https://www.linked.example/1", "linked.example"),
    ],
)
def test_the_outlet_is_the_named_one_then_the_server_then_the_linked_host(
    terms: Terms, outlet: str, url: str, expected: str
) -> None:
    """Who served a feed counts more than where it leads: one outlet must not write another's articles."""
    origin = dataclasses.replace(ORIGIN, outlet=outlet)
    assert chosen(dataclasses.replace(ENTRY, url=url), terms, origin).outlet == expected


def test_an_entry_without_an_outlet_is_a_dead_letter() -> None:
    assert refused(dataclasses.replace(ENTRY, url=None), dataclasses.replace(ORIGIN, outlet="")).reason == "no_outlet"


def test_the_language_that_was_named_counts_most() -> None:
    entry = dataclasses.replace(ENTRY, language="en-US")
    known = dataclasses.replace(ORIGIN, language="hi")
    assert chosen(entry).language == "en-US"
    assert chosen(entry, origin=known).language == "hi"
    assert chosen(entry, Terms(language="en-IN"), known).language == "en-IN"


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [(BEFORE, None, True), (BEFORE + timedelta(seconds=1), None, False), (None, BEFORE, False), (None, CAPTURED, True)],
)
def test_since_and_until_bound_the_time_of_publication(
    since: datetime | None, until: datetime | None, inside: bool
) -> None:
    answer = choose(ENTRY, Terms(since=since, until=until), ORIGIN, NOW)
    assert isinstance(answer, RawEntry) if inside else answer == "outside"


# ---- pages ------------------------------------------------------------------------------------------------------

STORY = "<p>" + "The ferry to the island did not run on Thursday, the harbour office said. " * 4 + "</p>"
LD = json.dumps({"@context": "https://schema.org", "@graph": [{"@type": ["NewsArticle"], "headline": "Ferry &amp; wind",
    "datePublished": "2026-06-18T09:00:00+05:30", "author": [{"name": "A. Desk"}, {"name": "B. Desk"}]}]})  # fmt: skip
TEXT = PageText(("One.", "Two."), "en")


def page(head: str, body: str = STORY) -> bytes:
    return f"<!doctype html><html lang='en'><head>{head}</head><body><article>{body}</article></body></html>".encode()


def page_entry(head: str, url: str = "https://www.ledger.example/news/1") -> ParsedEntry | None:
    found = article_of(page(head), url, "text/html", TEXT)
    return found.entries[0] if found else None


@pytest.mark.parametrize(
    "head",
    [
        f"<title>x</title><meta property='og:title' content='x'><script type='application/ld+json'>{LD}</script>",
        """<meta property='og:title' content='Ferry &amp;amp; wind'><meta name=author content='A. Desk, B. Desk'>
        <meta content='2026-06-18T03:30:00Z' property="article:published_time">""",
        """<title>Ferry &amp;amp; wind</title><META NAME='date' CONTENT='2026-06-18 03:30'>
        <meta name='byl' content='A. Desk, B. Desk'><meta name='author' content='https://www.ledger.example/people/a'>""",
    ],
)
def test_a_page_says_what_a_feed_would(head: str) -> None:
    entry = page_entry(head)
    assert entry is not None
    assert entry.headline.replace("&amp;", "&") == "Ferry & wind"
    assert (entry.byline, entry.published) == ("A. Desk, B. Desk", datetime(2026, 6, 18, 3, 30, tzinfo=UTC))
    assert (entry.content, entry.full_text, entry.language) == ("<p>One.</p><p>Two.</p>", True, "en")
    assert entry.identity == entry.url == "https://www.ledger.example/news/1"


DATED = "<meta name='date' content='2026-06-18'>"


@pytest.mark.parametrize(
    ("head", "url", "expected"),
    [
        (DATED + "<link rel='canonical' href='/news/1'>", "https://www.ledger.example/amp/1", "/news/1"),
        (DATED + "<link rel='canonical' href='https://other.example/1'>", "https://www.ledger.example/n/1", "/n/1"),
        (DATED + "<link rel='canonical' href='/'>", "https://www.ledger.example/n/1", "/n/1"),
    ],
)
def test_the_address_is_the_pages_own_but_never_another_outlets(head: str, url: str, expected: str) -> None:
    entry = page_entry(head, url)
    assert entry is not None
    assert entry.url == f"https://www.ledger.example{expected}"


def test_a_page_without_a_date_of_publication_is_no_article() -> None:
    assert page_entry("<title>Latest news</title>") is None
    assert page_entry(DATED, "https://www.ledger.example/") is None


@pytest.mark.parametrize(
    "head",
    [
        "<meta " * 50_000,
        "<meta name='" + "a" * 100_000,
        "<title" * 10_000,
        "<script type='application/ld+json'>" + "[" * 100_000 + "</script>",
        "<script type='application/ld+json'>" * 1000,
        '<script type="application/ld+json">{"@type": {"a": 1}, "@graph": 3, "author": 5}</script>',
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": [], "author": [[1], {"name": 2}]}',
    ],
)
def test_a_hostile_head_is_read_all_the_same(head: str) -> None:
    started = time.monotonic()
    found = article_of(page(head + DATED), "https://www.ledger.example/n/1", None, TEXT)
    assert found is None or found.entries[0].content == "<p>One.</p><p>Two.</p>"
    assert time.monotonic() - started < 30


# ---- rate -------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@given(st.lists(st.tuples(st.integers(1, 25), st.floats(0, 5)), max_size=40), st.floats(1, 100))
def test_never_more_than_a_burst_ahead_of_the_rate(steps: list[tuple[int, float]], rate: float) -> None:
    clock = Clock()
    bucket, burst, sent = TokenBucket(rate, 25, clock), 25, 0
    for count, pause in steps:
        clock.time += bucket.take(count)
        sent += count
        assert sent <= burst + rate * clock.time + 1e-6
        clock.time += pause


def test_a_steady_sender_gets_the_whole_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(50, 25, clock)
    for _ in range(100):
        clock.time += bucket.take(25)
    assert clock.time == pytest.approx((2500 - 25) / 50)


# ---- the job and its ledger -------------------------------------------------------------------------------------


def test_the_id_of_a_job_depends_on_files_terms_and_topics_alone() -> None:
    file, kafka = Input(Path("a.warc"), 10, 20, NOW), KafkaSettings()
    name = job_id([file], Terms(), kafka, pages=False)
    assert name == job_id([dataclasses.replace(file)], Terms(), KafkaSettings(), pages=False)
    others = [
        job_id([dataclasses.replace(file, size=11)], Terms(), kafka, pages=False),
        job_id([dataclasses.replace(file, modified=21)], Terms(), kafka, pages=False),
        job_id([file, file], Terms(), kafka, pages=False),
        job_id([file], Terms(outlet="a.example"), kafka, pages=False),
        job_id([file], Terms(since=NOW), kafka, pages=False),
        job_id([file], Terms(), KafkaSettings(topic_prefix="other"), pages=False),
        job_id([file], Terms(), kafka, pages=True),
    ]
    assert len({name, *others}) == len(others) + 1


def test_a_ledger_keeps_its_state_and_belongs_to_one_process(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "job.sqlite"
    counts = Counts(sent=1, dead=2, earliest=BEFORE, latest=NOW, outlets=Counter(a=1), problems=["x"])
    with Ledger(path) as ledger:
        assert ledger.standing() == (Position(), Counts(), False)
        ledger.advance(Position(1, 2, 3), counts, ["ab" * 16])
        with pytest.raises(SettingsError, match="running already"):
            Ledger(path)
    with Ledger(path) as ledger:
        assert ledger.standing() == (Position(1, 2, 3), counts, False)
        assert (ledger.was_sent("ab" * 16), ledger.was_sent("cd" * 16)) == (True, False)
        ledger.finish(Position(9), counts)
        assert ledger.standing() == (Position(9), counts, True)
        ledger.forget()
        assert ledger.standing() == (Position(), Counts(), False)
        assert not ledger.was_sent("ab" * 16)


def test_a_ledger_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot write"):
        Ledger(tmp_path / "file" / "job.sqlite")


def test_a_ledger_that_is_no_database_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "job.sqlite"
    path.write_bytes(b"no database" * 100)
    for _ in range(2):  # the second finds no lock of the first
        with pytest.raises(sqlite3.DatabaseError):
            Ledger(path)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1000)), unique=True, max_size=30), st.integers(0, 30))
def test_records_come_newest_first_in_pages(given_records: list[tuple[int, int]], skip: int) -> None:
    with Catalogue(None) as catalogue:
        catalogue.add_records(1, [Placed(place, date, "feed", "") for date, place in given_records])
        catalogue.add_records(2, [Placed(1, 1, "feed", "")])
        found = [(record.date, record.place) for record in catalogue.records(1, skip)]
        assert found == sorted(given_records, reverse=True)[skip:]


def test_a_catalogue_longer_than_a_page_is_read_to_its_end() -> None:
    with Catalogue(None) as catalogue:
        catalogue.add_records(0, [Placed(place, place % 7, "feed", "") for place in range(1234)])
        assert len({record.place for record in catalogue.records(0, 0)}) == 1234
        catalogue.forget(0)
        assert (catalogue.contained(0), list(catalogue.records(0, 0))) == (None, [])


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b"]), st.integers(0, 3), st.integers(0, 3)), max_size=20))
def test_the_newest_line_of_each_name_is_kept(rows: list[tuple[bytes, int, int]]) -> None:
    with Catalogue(None) as catalogue:
        versions = [
            Versioned(name, NOW + timedelta(days=day), revision, number)
            for number, (name, day, revision) in enumerate(rows)
        ]
        catalogue.add_lines(0, versions)
        for name in (b"a", b"b"):
            mine = [version for version in versions if version.name == name]
            newest = max(mine, key=lambda version: version[1:], default=None)
            assert catalogue.newest_line(0, name) == (newest.number if newest else None)


# ---- the run ----------------------------------------------------------------------------------------------------


class Parser:
    """Bodies are lists of ``guid:text`` in place of feeds."""

    def __init__(self) -> None:
        self.parsed = 0

    async def parse(self, body: bytes, url: str, content_type: str | None, listed: Listed = NOT_LISTED) -> ParsedFeed:
        await asyncio.sleep(0)
        self.parsed += 1
        if body == b"bad":
            raise BadInput("not_a_feed", "bad")
        entries = []
        for part in body.decode().split():
            guid, _, text = part.partition(":")
            entries.append(ParsedEntry(guid=guid, headline=text, identity=guid, published=BEFORE))
        return ParsedFeed("", "rss20", "https://home.example/", None, None, tuple(entries))

    async def extract(self, body: bytes, url: str, content_type: str | None) -> PageText:
        return article_text(body, url, content_type)


class Killed(Exception):
    """The end of a process, at once."""


class Kafka:
    """Takes messages. At the steps in ``kills`` it is the end, before or after the messages were taken."""

    def __init__(self, kills: Sequence[tuple[int, bool]] = ()) -> None:
        self.messages: list[Message] = []
        self.kills = dict(kills)
        self.steps = itertools.count()
        self.batches: list[int] = []
        self.refuses: set[bytes] = set()
        self.has_some = asyncio.Event()

    async def publish(self, messages: Sequence[Message]) -> list[Message]:
        if not messages:
            return []
        step = next(self.steps)
        taken = self.kills.get(step)
        if taken is not False:
            self.messages += [message for message in messages if message.key not in self.refuses]
            self.batches.append(len(messages))
            self.has_some.set()
        if taken is not None:
            raise Killed
        return [message for message in messages if message.key in self.refuses and ".raw." in message.topic]

    def articles(self) -> set[tuple[str, int, str]]:
        records = [RawEntry.model_validate_json(m.value or b"") for m in self.messages if ".raw." in m.topic]
        return {(record.article, record.revision, record.headline) for record in records}

    def letters(self) -> set[tuple[bytes, bytes | None]]:
        return {(message.key, message.value) for message in self.messages if ".dead-letters." in message.topic}


Files = list[list[list[tuple[str, str]]]]


def units_of(files: Files, start: Position) -> Iterator[Unit | FileEnd]:
    """What ``reading`` gives: each file a list of units, each unit a list of entries; none stands for a bad one."""
    for file in range(start.file, len(files)):
        for number, entries in enumerate(files[file]):
            if file == start.file and number < start.unit:
                continue
            body = " ".join(f"{guid}:{text}" for guid, text in entries).encode() or b"bad"
            yield Unit(Position(file, number), Origin(f"{file}@{number}", "f", "a.example"), 0.5, body)
        yield FileEnd(Position(file + 1), 100, other=1)


async def run(ledger: Ledger, kafka: Kafka, files: Files, limits: Limits | None = None) -> tuple[Outcome, Backfill]:
    tools = Tools(Parser(), kafka, ledger, "p", Clock(), lambda: NOW)
    work = Backfill(tools, Terms(), limits or Limits(rate=1e9))
    return await work.run(units_of(files, work.position)), work


ENTRIES = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("xyz")), max_size=6, unique_by=lambda e: e[0])
FILES = st.lists(st.lists(ENTRIES, max_size=4), max_size=4)


@settings(deadline=None, max_examples=60)
@given(
    FILES,
    st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=6, unique_by=lambda k: k[0]),
    st.integers(1, 4),
)
def test_no_kill_at_any_moment_changes_what_arrives(files: Files, kills: list[tuple[int, bool]], batch: int) -> None:
    async def all_of_it() -> None:
        limits = Limits(rate=2.0 * batch)
        with Ledger(None) as ledger:
            undisturbed = Kafka()
            outcome, work = await run(ledger, undisturbed, files, Limits(rate=1e9))
            assert outcome == "done"
        with Ledger(None) as ledger:
            kafka = Kafka(kills)
            while not ledger.standing()[2]:
                with contextlib.suppress(Killed):
                    await run(ledger, kafka, files, limits)
            assert kafka.articles() == undisturbed.articles()
            assert kafka.letters() == undisturbed.letters()
            assert ledger.standing()[1] == work.counts
            again = len(kafka.messages) - len(undisturbed.messages)
            assert 0 <= again <= sum(taken for _, taken in kills) * max([1, *kafka.batches])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Backfill, "_wait", _at_once)
        asyncio.run(all_of_it())


async def _at_once(work: Backfill, seconds: float) -> None:
    """In place of waiting for the next entries' turn."""


async def test_the_newest_version_goes_out_and_the_others_are_counted() -> None:
    kafka = Kafka()
    with Ledger(None) as ledger:
        _, work = await run(ledger, kafka, [[[("a", "new"), ("b", "b")]], [[("a", "old")], [("c", "c"), ("b", "b")]]])
        assert ledger.standing()[0] == Position(2)
    assert sorted(text for _, _, text in kafka.articles()) == ["b", "c", "new"]
    assert (work.counts.sent, work.counts.older, work.counts.files) == (3, 2, 2)
    assert (work.counts.bytes, work.counts.other, work.counts.entries) == (200, 2, 5)
    assert dict(work.counts.outlets) == {"a.example": 3}


async def test_a_limit_ends_between_entries_and_a_higher_one_goes_on() -> None:
    files: Files = [[[("a", "x"), ("b", "x"), ("c", "x")], [("d", "x")]]]
    with Ledger(None) as ledger:
        kafka = Kafka()
        assert (await run(ledger, kafka, files, Limits(entries=2)))[0] == "limit"
        assert len(kafka.messages) == 2
        assert ledger.standing()[0] == Position(0, 0, 2)
        outcome, work = await run(ledger, kafka, files, Limits(entries=100))
        assert (outcome, len(kafka.messages), work.counts.sent) == ("done", 4, 4)


async def test_too_many_dead_letters_stop_it_and_a_higher_limit_goes_on() -> None:
    files: Files = [[[], [], [], [("a", "x")]]]
    with Ledger(None) as ledger:
        kafka = Kafka()
        outcome, work = await run(ledger, kafka, files, Limits(dead=2))
        assert (outcome, work.counts.dead, len(kafka.letters())) == ("too_many_dead", 2, 1)
        assert (await run(ledger, kafka, files, Limits(dead=5)))[0] == "done"
        assert ledger.standing()[1].reasons == Counter(not_a_feed=3)
        assert ledger.standing()[1].sent == 1


async def test_a_record_that_kafka_never_takes_is_a_dead_letter() -> None:
    kafka = Kafka()
    with Ledger(None) as ledger:
        await run(ledger, Kafka(), [])
    record = chosen(
        dataclasses.replace(ENTRY, guid="a", identity="a", headline="x"), origin=Origin("s", "f", "a.example")
    )
    kafka.refuses = {record.article.encode()}
    with Ledger(None) as ledger:
        _, work = await run(ledger, kafka, [[[("a", "x"), ("b", "x")]]])
        assert (work.counts.sent, work.counts.dead) == (1, 1)
        assert ledger.standing()[1] == work.counts


async def test_a_stopped_run_ends_between_batches_and_reports_it() -> None:
    files: Files = [[[(str(number), "x")] for number in range(2000)]]
    with Ledger(None) as ledger:
        kafka = Kafka()
        tools = Tools(Parser(), kafka, ledger, "p", Clock(), lambda: NOW)
        work = Backfill(tools, Terms(), Limits(rate=0.001))
        running = asyncio.create_task(work.run(units_of(files, work.position)))
        await asyncio.wait_for(kafka.has_some.wait(), 10)
        work.stop()
        assert await asyncio.wait_for(running, 10) == "interrupted"
        assert work.stopped()
        position, counts, finished = ledger.standing()
        assert (position, counts.sent, finished) == (Position(0, 0, 1), 1, False)
        outcome, after = await run(ledger, kafka, files)
        assert (outcome, after.counts.sent, len(kafka.articles())) == ("done", 2000, 2000)


async def test_a_reader_that_is_asked_to_end_interrupts() -> None:
    def units() -> Iterator[Unit | FileEnd]:
        yield from units_of([[[("a", "x")]]], Position())
        raise ReadingStopped

    with Ledger(None) as ledger:
        work = Backfill(Tools(Parser(), Nowhere(), ledger, "p", Clock()), Terms(), Limits())
        assert await work.run(units()) == "interrupted"
        assert not ledger.standing()[2]


async def test_an_error_of_the_reader_ends_the_run() -> None:
    def units() -> Iterator[Unit | FileEnd]:
        yield from units_of([[[("a", "x")]]], Position())
        raise RuntimeError("a bug of ours")

    with Ledger(None) as ledger:
        work = Backfill(Tools(Parser(), Nowhere(), ledger, "p", Clock()), Terms(), Limits())
        with pytest.raises(RuntimeError, match="a bug of ours"):
            await work.run(units())


async def test_the_home_page_names_the_outlet_where_nobody_served_the_file() -> None:
    kafka = Kafka()
    with Ledger(None) as ledger:
        work = Backfill(Tools(Parser(), kafka, ledger, "p", Clock(), lambda: NOW), Terms(), Limits(rate=1e9))
        unit = Unit(Position(0, 0), Origin("top.xml", "top"), 1.0, b"a:x")
        await work.run(iter([unit, FileEnd(Position(1), 10)]))
        assert dict(work.counts.outlets) == {"home.example": 1}


async def test_pages_become_articles_and_what_is_none_is_left_out() -> None:
    head = f"<script type='application/ld+json'>{LD}</script>"
    origin = Origin("a.warc@1", "ledger", "ledger.example", captured=CAPTURED)
    units = [
        Unit(Position(0, number), origin, 1.0, body, f"https://www.ledger.example/{number}", "text/html", page=True)
        for number, body in enumerate([page(head), page(head, ""), page("")])
    ]
    kafka = Kafka()
    with Ledger(None) as ledger:
        work = Backfill(Tools(Parser(), kafka, ledger, "p", Clock(), lambda: NOW), Terms(), Limits(rate=1e9))
        await work.run(iter(units))
    (record,) = [RawEntry.model_validate_json(message.value or b"") for message in kafka.messages]
    assert (record.url, record.full_text) == ("https://www.ledger.example/0", True)
    assert "ferry" in (record.content or "")
    assert (work.counts.sent, work.counts.other, work.counts.dead) == (1, 2, 0)


async def test_the_rate_is_kept() -> None:
    clock, waits = Clock(), [0.0]

    class Slow(Backfill):
        async def _wait(self, seconds: float) -> None:
            waits.append(seconds)
            clock.time += seconds

    files: Files = [[[(f"{unit}-{number}", "x") for number in range(50)] for unit in range(10)]]
    kafka = Kafka()
    with Ledger(None) as ledger:
        work = Slow(Tools(Parser(), kafka, ledger, "p", clock, lambda: NOW), Terms(), Limits(rate=50))
        await work.run(units_of(files, Position()))
    assert len(kafka.messages) == 500
    assert sum(waits) == pytest.approx((500 - 25) / 50)
    assert max(kafka.batches) == 25


# ---- telling ----------------------------------------------------------------------------------------------------


def test_the_time_that_is_left_is_judged_by_bytes_of_this_run() -> None:
    clock = Clock()
    speed = Speed(1000, clock)
    assert speed.measure(100, 500.0) == (0.0, None)
    clock.time = 10
    assert speed.measure(150, 600.0) == (5.0, 40.0)
    clock.time = 20
    assert speed.measure(150, 500.0) == (2.5, None)


def test_a_log_line_comes_every_ten_seconds(capfd: pytest.CaptureFixture[str]) -> None:
    clock, said = Clock(), []
    with LogLines(1000, clock) as told:
        told._log = type("Log", (), {"info": lambda _, *words, **fields: said.append((words, fields))})()
        for second in range(25):
            clock.time = second
            told(Counts(sent=second, older=1), second * 10.0, "a.warc")
    assert [fields["bytes"] for _, fields in said] == [100, 200]
    assert said[0][1]["skipped"] == 1


def report(outcome: Outcome = "done", **counts: int) -> BackfillReport:
    return BackfillReport("ab12", outcome, Counts(**counts), 3)  # type: ignore[arg-type]


def test_the_summary_says_what_came_of_it() -> None:
    counts = Counts(sent=2, older=1, dead=1, files=3, earliest=BEFORE, latest=CAPTURED, outlets=Counter(a=2),
                    reasons=Counter(undated=1), problems=["x.gz: bad_gzip"])  # fmt: skip
    lines = cli.summary(BackfillReport("ab12", "done", counts, 3), dry_run=False)
    text = "\n".join(lines)
    for said in ("ab12: done", "2 entries sent", "1 older", "2026-06-18 03:00Z to 2026-06-18 06:00Z", "2 of a",
                 "1 undated", "not read: x.gz: bad_gzip"):  # fmt: skip
        assert said in text
    assert "would be sent" in "\n".join(cli.summary(report(), dry_run=True))
    assert json.loads(cli.as_json_text(BackfillReport("ab12", "done", counts, 3), dry_run=False))["outlets"] == {"a": 2}


@pytest.mark.parametrize("outcome", ["interrupted", "limit", "too_many_dead"])
def test_an_unfinished_run_prints_how_to_continue(outcome: Outcome) -> None:
    assert "goes on from here" in cli.summary(report(outcome), dry_run=False)[0]


def test_each_outcome_has_its_exit_code() -> None:
    cli._end(report(sent=1), dry_run=False)
    with pytest.raises(typer.Exit) as interrupted:
        cli._end(report("interrupted"), dry_run=False)
    assert interrupted.value.exit_code == 130
    with pytest.raises(BadInput, match="nothing_read") as nothing:
        cli._end(report(dead=5), dry_run=False)
    assert nothing.value.exit_code == 5
    with pytest.raises(BadInput, match="too_many_dead"):
        cli._end(report("too_many_dead", sent=1, dead=9), dry_run=False)


def test_bad_days_and_languages_are_usage_errors() -> None:
    assert cli._moment("2026-06-18", "--until", end=True) == datetime(2026, 6, 19, tzinfo=UTC)
    assert cli._moment("2026-06-18T09:30Z", "--until", end=True) == datetime(2026, 6, 18, 9, 30, tzinfo=UTC)
    assert cli._moment("2026-06-18", "--since") == datetime(2026, 6, 18, tzinfo=UTC)
    assert cli._moment(None, "--since") is None
    with pytest.raises(typer.BadParameter):
        cli._moment("soon", "--since")
    with pytest.raises(typer.BadParameter):
        cli._language("not a language")
