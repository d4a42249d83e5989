"""The whole of it: feeds in, documents out, all processes on the same cores; beside bare ``nlp.pipe``."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from elasticsearch import Elasticsearch, NotFoundError

from bench import baseline, memory, watch
from bench.baseline import Baseline
from bench.report import Table
from bench.site import Site, site, tell
from bench.stages import PATIENCE, SLOW, read_raw
from schemas.topics import TAKEN
from wirecopy.local import probes, wire_day
from wirecopy.settings import TaggingSettings
from wirecopy.wireday.day import generate

LOOK = 0.25
"""Seconds between two questions to the index."""
MAX_TERMS = 10_000


@dataclass(frozen=True)
class EndToEnd:
    """Seconds from the first request for a feed: until every article was found, until nothing lagged any more."""

    articles: int
    found: float
    settled: float


def measure(scale: int) -> list[Table]:
    """A wire day ``scale`` times as large, all at once. Raises as ``site`` does."""
    with site() as here:
        ours, peaks = _run(here, scale)
    texts = [item.versions[-1].text for item in generate(scale=scale).items()]
    peers = []
    for processes in (1, 2):
        tell(f"bare nlp.pipe over {len(texts)} articles, {processes} at a time")
        peers.append(baseline.measure(texts, TaggingSettings(), processes))
    return [_speed(ours, peers, sum(len(text.split()) for text in texts) / len(texts)), peaks]


def _speed(ours: EndToEnd, peers: Collection[Baseline], words: float) -> Table:
    best = ours.articles / ours.found
    rows: list[tuple[str, int, float, float, float]] = [
        ("wirecopy, to the last article found by a search", ours.articles, round(ours.found, 2), best, 1.0),
        ("wirecopy, to the last story settled", ours.articles, round(ours.settled, 2), ours.articles / ours.settled,
         ours.found / ours.settled),
    ]  # fmt: skip
    rows += [
        (f"bare nlp.pipe, {p.processes} process{'es' * (p.processes > 1)}", p.articles, round(p.seconds, 2),
         p.articles_per_second, p.articles_per_second / best)
        for p in peers
    ]  # fmt: skip
    note = (
        f"Articles of {words:.0f} words on average. wirecopy: a producer, a worker of each app, a model process, "
        "Kafka, Elasticsearch and the feed server share the cores; workers were started before the first feed was "
        "asked for, from which the seconds count. "
        "nlp.pipe: the same pipeline with `ner` alone and the same linear algebra over the same texts, model loaded, "
        "nothing else running."
    )
    return Table("speed", ("what", "articles", "seconds", "articles/s", "of wirecopy"), rows, note)


def _run(here: Site, scale: int) -> tuple[EndToEnd, Table]:
    port = here.wire_day(scale)
    expected = wire_day.read_wire_day(port).articles
    children = here.workers(*TAKEN)
    tell(f"{len(expected)} articles at once through everything")
    producer = here.producer(port, SLOW)
    with probes.elasticsearch_client(here.settings.elasticsearch) as client:
        alias = f"{here.settings.elasticsearch.index_prefix}-articles"
        here.wait(lambda: _found(client, alias, expected) == len(expected), "all are found", PATIENCE, LOOK)
    found = time.time()
    here.settle(PATIENCE, *TAKEN)
    last = max(_last_progress(here, app) for app in TAKEN)
    pids = {"producer": producer.pid} | {app: child.pid for app, child in children.items()}
    servers = {"Kafka": here.servers.kafka_pid, "Elasticsearch": here.servers.elasticsearch_pid}
    began = min(entry.fetched for entry in read_raw(here)).timestamp()
    return EndToEnd(len(expected), found - began, max(last, found) - began), memory.table(pids | servers)


def _last_progress(here: Site, app: str) -> float:
    seen = watch.progress(here.metrics[app])
    return seen.last if seen else 0.0


def _found(client: Elasticsearch, alias: str, expected: Collection[str]) -> int:
    ids = sorted(expected)
    parts = (ids[at : at + MAX_TERMS] for at in range(0, len(ids), MAX_TERMS))
    try:
        return sum(int(client.count(index=alias, query={"ids": {"values": part}})["count"]) for part in parts)
    except NotFoundError:
        return 0
