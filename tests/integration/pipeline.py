"""The whole pipeline for a test: the processes of every stage, a wire day whose clock the test moves, and its results.

The clock moves in steps; each step waits until the producer has published what was released, so that a text which is
corrected later is always seen first, however slow the machine.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml
from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient

from schemas.feed_records import RawEntry
from schemas.topics import DEAD_LETTERS, RAW, TAKEN, Topic
from stream_apps.runtime.worker import EXIT_CRASHED
from tests.alerts import asked
from tests.integration.reading import read
from wirecopy.local import probes
from wirecopy.local.process import Child, free_port
from wirecopy.local.stages import STAGES, Workplace, wire_day_producer, workplace
from wirecopy.settings import Loaded, Settings
from wirecopy.wireday.day import WireDay, generate
from wirecopy.wireday.server import WireDayServer

TIMES = ("first_seen", "fetched", "changed", "indexed")
"""Times of processing: the only fields in which two runs may differ."""
PATIENCE = 240.0
INTERVAL = 0.5
"""Seconds between polls of a feed."""
STEPS = 64
"""Quarter hours of the day: no text is corrected sooner than that."""


def poll(condition: Callable[[], object], what: str, patience: float | None = None) -> None:
    """Wait for a condition; fails naming what did not happen."""
    deadline = time.monotonic() + (patience or PATIENCE)
    while not condition():
        assert time.monotonic() < deadline, f"not within {patience or PATIENCE:.0f} s: {what}"
        time.sleep(0.1)


class Pipeline:
    """A producer and one worker of each stage over one wire day."""

    def __init__(self, settings: Settings, folder: Path, traces: str | None = None) -> None:
        """``traces``: where they are sent, all of them; none are made otherwise."""
        self.settings = settings
        self._traces: dict[str, object] = (
            {"telemetry.traces_endpoint": traces, "telemetry.traces_ratio": 1.0} if traces is not None else {}
        )
        self._now = 1_000_000.0
        self.day: WireDay = generate(compress=1.0)
        self.server = WireDayServer(self.day, 0, clock=lambda: self._now)
        self._held = ExitStack()
        self.place: Workplace = self._held.enter_context(workplace(Loaded(settings, {}), _overrides(settings)))
        self._folder = folder
        self._admin: KafkaAdminClient = probes.open_admin(settings.kafka)
        self._search = Elasticsearch(settings.elasticsearch.url)
        self.children: dict[str, Child] = {}
        self._ports: dict[str, int] = {}

    def start(self) -> None:
        self.place.call("topics", "apply")
        self.place.call("index", "apply")
        self.server.start()
        port = int(self.server.base.rpartition(":")[2])
        feeds = self._folder / "feeds.yml"
        listed = yaml.safe_load(self.server.release.answer("/feeds.yml").body)
        feeds.write_text(yaml.safe_dump([{**feed, "interval": INTERVAL} for feed in listed]), encoding="utf-8")
        self.children = {stage: self.place.child(stage, ["run", stage], self._watched(stage)) for stage in STAGES}
        self.children["producer"] = wire_day_producer(self.place, port, feeds, self._watched("producer"))
        for child in self.children.values():
            child.start()

    def stop(self) -> None:
        for child in reversed(self.children.values()):
            child.stop()
        self._held.close()
        self.server.close()
        self._admin.close()
        self._search.close()

    def join(self, stage: str, number: int = 2) -> None:
        """Start one more worker of a stage, which takes over some of its partitions."""
        name = f"{stage}-{number}"
        child = self.children[name] = self.place.child(name, ["run", stage], self._watched(name))
        child.start()

    def leave(self, name: str) -> None:
        """Stop a worker for good: the others take its partitions over."""
        self.children.pop(name).stop()

    def kill(self, name: str) -> None:
        """``kill -9``, then start it again, as a supervisor does."""
        self.end(name)
        self.children[name].start()

    def end(self, name: str) -> None:
        """``kill -9``, and nobody starts it again."""
        child = self.children[name]
        assert child.process is not None
        child.process.kill()
        child.process.wait()

    def told(self, process: str) -> str | None:
        """The metrics of a process; None where it does not answer."""
        return asked(self._ports[process])

    def pass_day(self, between: Callable[[int], None] = lambda step: None) -> None:
        """Let the day go by; ``between`` is called after each step was fetched."""
        length = self.server.release.duration
        for step in range(1, STEPS + 1):
            self._now = 1_000_000.0 + length * step / STEPS + 1
            poll(lambda: self._revived()._fetched() >= self._released(), f"step {step}: {self._released()} fetched")
            between(step)

    def settle(self) -> None:
        """Wait until every stage has processed all there is."""
        poll(lambda: self._revived()._lag() == 0 and self._lag() == 0, "no stage lags")
        self._search.indices.refresh(index=f"{self.settings.elasticsearch.index_prefix}-*")

    def documents(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every document of ``articles`` or ``stories`` by id, without times of processing."""
        found = self._search.search(index=f"{self.settings.elasticsearch.index_prefix}-{kind}", size=5000)
        hits = found["hits"]["hits"]
        assert len(hits) == found["hits"]["total"]["value"], "more documents than one page"
        return {hit["_id"]: {k: v for k, v in hit["_source"].items() if k not in TIMES} for hit in hits}

    def ask(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        """What an index of this kind answers to a search."""
        found = self._search.search(index=f"{self.settings.elasticsearch.index_prefix}-{kind}", **request)
        return dict(found.body)

    def dead_letters(self) -> int:
        return self._written(DEAD_LETTERS)

    def asked(self, process: str, path: str) -> tuple[int, str]:
        """What a process answers at the address of its metrics: status and body."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self._ports[process]}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def _watched(self, process: str) -> dict[str, object]:
        self._ports[process] = free_port()
        return {"telemetry.metrics_port": self._ports[process], **self._traces}

    def _revived(self) -> Pipeline:
        """Start again what has crashed of its own accord, as a supervisor does: workers are crash-only."""
        for child in self.children.values():
            if not child.running:
                assert child.exit_code == EXIT_CRASHED, f"{child.name} ended with {child.exit_code}"
                child.start()
        return self

    def _released(self) -> int:
        elapsed = self.server.release.elapsed
        return sum(1 for c in self.server.release.channels.values() for offset in c.offsets if offset <= elapsed)

    def _fetched(self) -> int:
        """Texts in ``raw``, each once: a producer that was killed sends some again, and must not pass for done."""
        messages = self._written(RAW)
        if messages < self._released():
            return messages
        records = (RawEntry.from_bytes(message.value) for message in read(self.settings.kafka, RAW))
        return len({(record.article, record.revision) for record in records})

    def _written(self, topic: Topic) -> int:
        return probes.written(self._admin, self.settings, topic)

    def _lag(self) -> int:
        return probes.lag(self._admin, self.settings, list(TAKEN))


@contextmanager
def pipeline(settings: Settings, folder: Path, traces: str | None = None) -> Iterator[Pipeline]:
    """A pipeline that runs, and is stopped whatever happens."""
    running = Pipeline(settings, folder, traces)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def _overrides(settings: Settings) -> dict[str, object]:
    return {
        "kafka.bootstrap": settings.kafka.bootstrap,
        "kafka.topic_prefix": settings.kafka.topic_prefix,
        "kafka.partitions": settings.kafka.partitions,
        "elasticsearch.url": settings.elasticsearch.url,
        "elasticsearch.index_prefix": settings.elasticsearch.index_prefix,
        "faust.data_dir": settings.faust.data_dir,
    }
