"""Small inputs after public bug reports of feed readers, each with what a reader would expect: ``data/feeds/cases``.

``NAME.expect.json`` beside an input names the report (``source``) and what is expected: fields of the entries, or how
many there are; of successive polls (``NAME.poll1.xml`` …) how many articles come of them and how many are removed; of a
raw response (``NAME.http``) what a fetch of it gives. Where the verdict says arguable, ``docs/feeds.md`` says what was
decided.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from producers.formats.dates import Listed
from producers.formats.parse import parse_feed
from producers.formats.parsed import ParsedEntry
from producers.polling.entries import initial_state, new_revisions
from producers.web.fetch import Fetched, Fetcher
from schemas.feed_records import Feed
from wirecopy.settings import ProducerSettings

CASES = Path(__file__).parents[1] / "data" / "feeds" / "cases"
NAMES = sorted(path.name.removesuffix(".expect.json") for path in CASES.glob("*.expect.json"))
COOKIE = "30-cookie-on-the-way"


def expected(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((CASES / f"{name}.expect.json").read_text("utf-8"))
    return found


def inputs(name: str) -> list[Path]:
    return sorted(path for path in CASES.glob(f"{name}.*") if not path.name.endswith(".expect.json"))


def those_with(key: str) -> Iterator[str]:
    return (name for name in NAMES if key in expected(name))


def test_every_case_is_run() -> None:
    run = {*those_with("entries"), *those_with("polls"), *those_with("raw response"), *those_with("count")}
    assert run == set(NAMES)
    assert len(NAMES) >= 20


@pytest.mark.parametrize("name", [name for name in NAMES if not {"polls", "raw response"} & set(expected(name))])
def test_a_document_is_read_as_a_reader_would(name: str) -> None:
    wanted = expected(name)
    (path,) = inputs(name)
    listed = Listed(timezone=wanted.get("timezone"))
    entries = parse_feed(path.read_bytes(), wanted["url"], wanted.get("content_type"), listed=listed).entries
    if "count" in wanted:
        assert len(entries) == wanted["count"]
    either = [wanted["entries"], wanted.get("or", wanted["entries"])] if "entries" in wanted else []
    assert not either or any(_agree(entries, one) for one in either), [(entry, either) for entry in entries]


def _agree(entries: tuple[ParsedEntry, ...], wanted: list[Mapping[str, Any]]) -> bool:
    """Whether the first entries are as wanted; of each only the fields that are named count."""
    plain = [{key: _plain(getattr(entry, key)) for key in one} for entry, one in zip(entries, wanted, strict=False)]
    return len(entries) >= len(wanted) and plain == wanted


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


@pytest.mark.parametrize("name", list(those_with("polls")))
def test_polls_come_to_the_articles_that_there_were(name: str) -> None:
    wanted = expected(name)
    assert len(inputs(name)) == wanted["polls"]
    feed = Feed(id="kaveri", url=wanted["url"], outlet="kaveripost.example")
    now = datetime(2026, 6, 18, 6, 0, tzinfo=UTC)
    state, articles, removed = initial_state(feed, now, 300), set(), 0
    for path in inputs(name):
        now += timedelta(minutes=10)
        records, state = new_revisions(feed, parse_feed(path.read_bytes(), feed.url), state, now)
        state = state.model_copy(update={"last_poll": now})
        articles |= {record.article for record in records}
        removed += sum(record.removed is not None for record in records)
    assert (len(articles), removed) == (wanted["articles"], wanted["removed"])


@pytest.mark.parametrize("name", list(those_with("raw response")))
async def test_a_response_is_fetched_as_a_browser_would(name: str) -> None:
    wanted = expected(name)
    (path,) = inputs(name)
    answer = path.read_bytes()
    server = await asyncio.start_server(lambda reader, writer: _answer(reader, writer, name, answer), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    async with server:
        settings = ProducerSettings.model_validate({"allow_hosts": (host,), "timeout": 5})
        async with Fetcher(settings) as fetcher:
            found = await fetcher.fetch(f"http://{host}:{port}/rss")
    assert isinstance(found, Fetched)
    entries = parse_feed(found.body, wanted.get("url", found.final_url), found.content_type).entries
    assert len(entries) == wanted.get("count", 1)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str, answer: bytes) -> None:
    """Gives what was recorded; in the case of the cookie, sends the asker on to where he is until he has it."""
    request = await reader.readuntil(b"\r\n\r\n")
    if name == COOKIE:
        address = b"http://" + next(line[6:] for line in request.split(b"\r\n") if line.startswith(b"Host: ")) + b"/rss"
        body = inputs("31-content-encoding-utf-8")[0].read_bytes().partition(b"\r\n\r\n")[2]
        full = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        asked = b"cookie: seen=1" in request.lower()
        answer = full if asked else _sent_on(answer, address)
    writer.write(answer)
    await writer.drain()
    writer.close()


def _sent_on(answer: bytes, address: bytes) -> bytes:
    lines = [b"Location: " + address if line.startswith(b"Location:") else line for line in answer.split(b"\r\n")]
    return b"\r\n".join(lines)
