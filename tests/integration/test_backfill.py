"""``wirecopy backfill`` against a real broker: killed, interrupted and gone on with, each article arrives, marked."""

from __future__ import annotations

import gc
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kafka import KafkaProducer
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from producers.registry.feeds_topic import feed_message
from schemas.feed_records import Feed, RawEntry
from schemas.ids import article_id
from schemas.topics import DEAD_LETTERS, RAW
from tests.integration.reading import read
from wirecopy.cli import topics
from wirecopy.kafka import client_config
from wirecopy.local.process import free_port
from wirecopy.settings import KafkaSettings, Settings, environment

pytestmark = pytest.mark.servers

FEED = Feed(id="ledger", url="https://proxy.example/ledger", outlet="ledger.example", language="en-IN")
CAPTURES = ["2026-06-17T06:00:00Z", "2026-06-18T06:00:00Z", "2026-06-19T06:00:00Z"]
PAGE = """<!doctype html><html lang="en"><head><title>The ferry did not run</title>
<meta property="article:published_time" content="2026-06-18T04:00:00Z"></head><body><article>
<p>The ferry to the island did not run on Thursday because of the wind, the harbour office in the old town said.</p>
<p>It will run again on Friday at seven in the morning, said Leela Kamath, who has run the office since March.</p>
</article></body></html>"""


def rss(outlet: str, entries: dict[str, str], date: str | None = "Wed, 17 Jun 2026 03:00:00 +0000") -> bytes:
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    items = "".join(f"<item><guid>{guid}</guid><title>{title}</title>{dated}</item>" for guid, title in entries.items())
    head = f"<title>T</title><link>https://www.{outlet}/</link>"
    return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()


def write_warc(path: Path, records: list[tuple[str, str, bytes, str]]) -> None:
    with warnings.catch_warnings(), path.open("wb") as file:
        warnings.simplefilter("ignore", ResourceWarning)  # warcio leaves its temporary files to the collector
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "test"}))
        for url, date, body, content_type in records:
            http = StatusAndHeaders("200 OK", [("Content-Type", content_type)], protocol="HTTP/1.1")
            dated = {"WARC-Date": date}
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=io.BytesIO(body), http_headers=http, warc_headers_dict=dated
                )
            )
        gc.collect()


@dataclass
class Archive:
    """Files in a folder, and what has to arrive of them: headlines by article id."""

    folder: Path
    expected: dict[str, str] = field(default_factory=dict)

    def expect(self, outlet: str, entries: dict[str, str]) -> None:
        self.expected |= {article_id(outlet, guid): title for guid, title in entries.items()}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Three captures of a feed that turns over and is edited, two feed files, JSON lines, and what cannot be read."""
    made = Archive(tmp_path / "archive")
    made.folder.mkdir()
    windows = [{f"l{n}": f"Ledger {n}, version {day}" for n in range(day * 30, day * 30 + 60)} for day in range(3)]
    captures = [
        (FEED.url, date, rss("x.example", window), "text/xml") for date, window in zip(CAPTURES, windows, strict=True)
    ]
    picture = ("https://proxy.example/p.png", CAPTURES[0], b"\x89PNG", "image/png")
    page = ("https://www.herald.example/ferry", CAPTURES[1], PAGE.encode(), "text/html")
    write_warc(made.folder / "crawl.warc.gz", [*captures, picture, page])
    for window in windows:
        made.expect("ledger.example", window)
    older, newer = (
        {f"t{n}": f"Tribune {n}, old" for n in range(40)},
        {f"t{n}": f"Tribune {n}, new" for n in range(20, 60)},
    )
    (made.folder / "tribune-2026-06-01.xml").write_bytes(rss("tribune.example", older))
    (made.folder / "tribune-2026-06-02.xml.gz").write_bytes(gzip.compress(rss("tribune.example", newer)))
    made.expect("tribune.example", older | newer)
    lines = {f"https://gazette.example/{n}": f"Gazette {n}" for n in range(80)}
    made.expect("gazette.example", lines)
    with (made.folder / "gazette.jsonl").open("w") as file:
        for number, (url, title) in enumerate(lines.items()):
            file.write(json.dumps({"url": url, "title": title, "text": "T", "published": "2026-06-10"}) + "\n")
            if number == 40:
                file.write("{broken\n")
    (made.folder / "cut.xml.gz").write_bytes(gzip.compress(rss("cut.example", {"c": "C"}))[:-12])
    (made.folder / "undated.xml").write_bytes(rss("undated.example", {"u": "U"}, date=None))
    return made


def test_killed_and_gone_on_with_everything_arrives_once_in_its_newest_version(
    settings: Settings, archive: Archive
) -> None:
    known(settings.kafka)
    slow = start(settings, archive, "--rate", "40")
    until(lambda: len(read(settings.kafka, RAW)) >= 60)
    slow.send_signal(signal.SIGKILL)
    slow.communicate(timeout=60)
    assert 60 <= len(read(settings.kafka, RAW)) < len(archive.expected)
    again = start(settings, archive, "--rate", "40")
    until(lambda: len(read(settings.kafka, RAW)) >= 150)
    again.send_signal(signal.SIGINT)
    told = again.communicate(timeout=60)
    assert again.returncode == 130, told
    assert "the same command goes on" in told[0] + told[1]
    last = finished(settings, archive, "--rate", "1000")
    assert last.returncode == 0, last.stderr

    records = [RawEntry.model_validate_json(message.value) for message in read(settings.kafka, RAW)]
    versions: dict[str, set[tuple[int, str, str]]] = defaultdict(set)
    for record in records:
        versions[record.article].add((record.revision, record.content_hash, record.headline))
    assert {article: [head for _, _, head in found] for article, found in versions.items()} == {
        article: [title] for article, title in archive.expected.items()
    }
    assert {revision for found in versions.values() for revision, _, _ in found} == {0}
    assert len(records) - len(versions) <= 2 * 20, "only the batches under way are sent again"
    ledger = [record for record in records if record.outlet == "ledger.example"]
    assert {(record.feed, record.language) for record in ledger} == {("ledger", "en-IN")}
    assert all(record.backfill and record.fetched > datetime(2026, 11, 1, tzinfo=UTC) for record in records)
    assert all(record.published and record.published < datetime(2026, 7, 1, tzinfo=UTC) for record in records)
    reasons = sorted(dict(letter.headers)["x-dlq-reason"].decode() for letter in read(settings.kafka, DEAD_LETTERS))
    assert set(reasons) == {"bad_line", "truncated", "undated"}

    count = len(records)
    done = finished(settings, archive)
    assert (done.returncode, "finished before" in done.stdout) == (0, True)
    assert len(read(settings.kafka, RAW)) == count
    repeated = finished(settings, archive, "--rate", "1000", "--again", "--json")
    summary = json.loads(repeated.stdout)
    assert (summary["outcome"], summary["sent"], summary["dead"]) == ("done", len(archive.expected), 3)
    # Later captures overlap in 30 entries each, and the two files in 20.
    assert summary["older"] == 30 + 30 + 20
    assert len(read(settings.kafka, RAW)) == count + len(archive.expected)


def test_pages_of_a_crawl_are_read_where_they_are_asked_for(settings: Settings, archive: Archive) -> None:
    known(settings.kafka)
    crawl = Archive(archive.folder / "crawl.warc.gz")
    ended = finished(settings, crawl, "--pages", "--rate", "1000", "--since", "2026-06-18")
    assert ended.returncode == 0, ended.stderr
    (record,) = [RawEntry.model_validate_json(message.value) for message in read(settings.kafka, RAW)]
    assert (record.outlet, record.headline, record.full_text) == ("herald.example", "The ferry did not run", True)
    assert record.article == article_id("herald.example", "https://www.herald.example/ferry")
    assert "Leela Kamath" in (record.content or "")


def test_a_rehearsal_says_what_would_go_and_leaves_nothing(settings: Settings, archive: Archive) -> None:
    known(settings.kafka)
    ended = finished(settings, archive, "--dry-run", "--json")
    summary = json.loads(ended.stdout)
    assert (ended.returncode, summary["sent"], summary["dead"]) == (0, len(archive.expected), 3)
    assert summary["outlets"] == {"ledger.example": 120, "tribune.example": 60, "gazette.example": 80}
    assert read(settings.kafka, RAW) == read(settings.kafka, DEAD_LETTERS) == []
    assert not (settings.local.data_dir / "backfill").exists()


def test_nothing_to_read_and_nobody_to_send_to(settings: Settings, archive: Archive, tmp_path: Path) -> None:
    known(settings.kafka)
    empty = Archive(tmp_path / "empty")
    empty.folder.mkdir()
    assert finished(settings, empty).returncode == 5
    assert finished(settings, Archive(tmp_path / "nowhere")).returncode == 2
    away = settings.kafka.model_copy(update={"bootstrap": f"127.0.0.1:{free_port()}"})
    ended = finished(settings.model_copy(update={"kafka": away}), archive)
    assert (ended.returncode, "Traceback" in ended.stderr) == (4, False)


# ---- what the tests do it with ----------------------------------------------------------------------------------


def known(kafka: KafkaSettings) -> None:
    """The topics, and the feed that producers poll."""
    topics.apply(kafka)
    message = feed_message(FEED, kafka.topic_prefix)
    producer = KafkaProducer(**client_config(kafka))
    producer.send(message.topic, key=message.key, value=message.value).get(30)
    producer.close()


def start(settings: Settings, archive: Archive, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "wirecopy", "backfill", str(archive.folder), *options]
    wanted = {
        "kafka.bootstrap": settings.kafka.bootstrap,
        "kafka.topic_prefix": settings.kafka.topic_prefix,
        "local.data_dir": settings.local.data_dir,
    }
    return subprocess.Popen(
        command, env=os.environ | environment(wanted), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(settings: Settings, archive: Archive, *options: str) -> subprocess.CompletedProcess[str]:
    process = start(settings, archive, *options)
    out, errors = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for something that another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
