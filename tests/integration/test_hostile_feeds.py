"""A producer among enemies: what is good is published, what is bad is told with its reason, nothing else happens."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from aiohttp.test_utils import TestServer

from producers import app
from producers.state import read_states
from schemas.feed_records import FeedState, RawEntry
from schemas.topics import DEAD_LETTERS, RAW
from tests.hostile.feeds import TRAPS, Trap, application
from tests.integration.reading import read
from wirecopy.cli import topics
from wirecopy.settings import Settings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class Outcome:
    """What one poll of every trap left in Kafka."""

    records: dict[str, list[RawEntry]]
    dead_letters: dict[str, str]
    states: dict[str, FeedState]


@pytest.fixture
async def enemies() -> AsyncIterator[str]:
    server = TestServer(application(), host="127.0.0.1")
    await server.start_server()
    yield str(server.make_url("/"))
    await server.close()


async def poll(settings: Settings, address: str, folder: Path) -> Outcome:
    feeds = [{"id": t.name, "url": f"{address}{t.name}", "outlet": f"{t.name}.example", "interval": 30} for t in TRAPS]
    path = folder / "feeds.yml"
    path.write_text(yaml.safe_dump(feeds), encoding="utf-8")
    host = address.removeprefix("http://").rstrip("/")
    changes = {"feeds": str(path), "allow_hosts": (host,), "timeout": 8.0, "parse_timeout": 15.0}
    chosen = settings.model_copy(update={"producer": settings.producer.model_copy(update=changes)})
    topics.apply(chosen.kafka)
    await app.run(chosen, once=True)
    records = defaultdict(list)
    for message in read(chosen.kafka, RAW):
        record = RawEntry.from_bytes(message.value)
        records[record.feed].append(record)
    letters = {m.key.decode(): dict(m.headers)["x-dlq-reason"].decode() for m in read(chosen.kafka, DEAD_LETTERS)}
    return Outcome(dict(records), letters, read_states(chosen.kafka))


async def test_every_trap_ends_as_it_should(settings: Settings, enemies: str, tmp_path: Path) -> None:
    found = await poll(settings, enemies, tmp_path)
    assert found.states.keys() == {trap.name for trap in TRAPS}
    for trap in TRAPS:
        check(trap, found)
    check_texts(found)


def check(trap: Trap, found: Outcome) -> None:
    records = found.records.get(trap.name, [])
    error, letter = found.states[trap.name].last_error, found.dead_letters.get(trap.name)
    assert len(records) == trap.published, (trap.name, error, letter)
    for told, wanted in ((error, trap.failure), (letter, trap.dead_letter)):
        assert bool(told) == bool(wanted), (trap.name, told)
        assert (told or "").startswith(wanted or ""), (trap.name, told)


def check_texts(found: Outcome) -> None:
    """Nothing that runs, nothing that leads elsewhere, nothing of this machine; one outlet's GUIDs are its own."""
    told = {name: " ".join(r.model_dump_json() for r in records) for name, records in found.records.items()}
    for word in ("<script", "onclick", "onerror", "iframe", "javascript:", "vbscript:", "data:text"):
        assert word not in told["script"].lower(), word
    assert "root:" not in told["xxe"]
    assert not set("\u202e\u2066\x9b") & set(found.records["bidi"][0].headline)
    assert max(len(told[name]) for name in ("billion-laughs", "quadratic")) < 100_000
    ids = Counter(record.article for records in found.records.values() for record in records)
    assert max(ids.values()) == 1
