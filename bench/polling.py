"""One producer process over very many feeds: seconds a cycle, memory, and what a cycle of unchanged feeds costs."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench import memory
from bench.many_feeds import CHANGING, ENTRIES
from bench.report import Table
from bench.site import Site, announce, site
from schemas.topics import RAW
from wirecopy.local import process

CYCLES = 3
INTERVAL = 30.0
"""Seconds between two polls of a feed: less than a cycle takes, so that the next one follows at once."""
CONCURRENCY = 64
PATIENCE = 1800.0


@dataclass(frozen=True)
class Cycle:
    """Every feed asked once more: when that was done, and what the server had answered by then."""

    ended: float
    requests: int
    not_modified: int
    published: int


def measure(feeds: int) -> list[Table]:
    """A first cycle in which all is new, then others in which few feeds have changed. Raises as ``site`` does."""
    with site() as here:
        port = process.free_port()
        serve = [sys.executable, "-m", "bench.many_feeds", str(port), str(feeds)]
        here.start(process.Child("feeds", serve, here.place.logs / "feeds.log", env=here.place.env))
        here.wait(lambda: bool(counts(port)), "the feeds are served", 60)
        started = time.monotonic()
        child = here.start(_producer(here, port, feeds))
        cycles = [_cycle(here, port, feeds, number) for number in range(CYCLES)]
        peaks = memory.table({"producer": child.pid})
        connections = _connections(port)
    times = [started, *(cycle.ended for cycle in cycles)]
    before = [Cycle(started, 0, 0, 0), *cycles]
    rows = [
        (
            number + 1,
            feeds,
            round(times[number + 1] - times[number], 1),
            feeds / (times[number + 1] - times[number]),
            cycle.published - before[number].published,
            cycle.not_modified - before[number].not_modified,
        )
        for number, cycle in enumerate(cycles)
    ]
    note = (
        f"One producer, {CONCURRENCY} fetches at once, two parsers; {feeds:,} feeds of {ENTRIES} entries on one "
        "loopback server, which shares the cores. In the first cycle everything is new, from the third on one feed in "
        f"{CHANGING} has a new entry. A cycle ends when every feed was asked once more. Connections open at the end: "
        f"{connections}."
    )
    return [
        Table("cycles", ("cycle", "feeds", "seconds", "feeds/s", "entries published", "not modified"), rows, note),
        peaks,
    ]


def _producer(here: Site, port: int, feeds: int) -> process.Child:
    path = here.folder / "many.yml"
    listed = [
        {"id": f"f{n}", "url": f"http://127.0.0.1:{port}/{n}", "outlet": f"port{n}.example", "interval": INTERVAL}
        for n in range(feeds)
    ]
    path.write_text(yaml.dump(listed, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)), encoding="utf-8")
    settings = {
        "producer.feeds": path,
        "producer.allow_hosts": f"127.0.0.1:{port}",
        "producer.concurrency": CONCURRENCY,
    }
    return here.place.child("producer", ["run", "producer"], settings)


def _cycle(here: Site, port: int, feeds: int, number: int) -> Cycle:
    def done() -> bool:
        cycles = counts(port).get("cycles", [])
        return len(cycles) > number and cycles[number] >= feeds

    here.wait(done, f"cycle {number + 1}", PATIENCE)
    ended, said = time.monotonic(), counts(port)
    announce(f"cycle {number + 1} done, {said['requests']} requests")
    return Cycle(ended, said["requests"], said["not_modified"], here.written(RAW))


def counts(port: int) -> dict[str, Any]:
    """What the server has counted; empty while it does not answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/counts", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {}


def _connections(port: int) -> int:
    """Established connections to this loopback port, as the kernel lists them."""
    wanted = f":{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(1 for row in rows if row[2].endswith(wanted) and row[3] == "01")
