"""Servers and processes of our own to measure: in a temporary folder, on ports of their own, gone afterwards."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from kafka import KafkaAdminClient

from bench import watch
from bench.cpu import Meter
from schemas.topics import DEAD_LETTERS, TAKEN, Topic
from wirecopy.errors import ServerError
from wirecopy.local import files, probes, process, wire_day
from wirecopy.local.process import Child
from wirecopy.local.servers import LocalServers
from wirecopy.local.stages import Workplace, wire_day_producer, workplace
from wirecopy.settings import Loaded, LocalSettings, Settings
from wirecopy.topic_reading import read_topic

CACHE = Path(__file__).resolve().parents[1] / ".wirecopy" / "cache"
"""What `up` has downloaded is not downloaded again."""
APPS = tuple(TAKEN)
"""The stream apps of the pipeline, in the order of the flow: one process of each is started."""
KAFKA_PORT, ELASTICSEARCH_PORT, METRICS_PORT = 48092, 48200, 48300
"""The first to try: two measurements can run side by side, if badly."""
LOOK = 2.0
"""Seconds between two looks for dead letters."""
WIRE_DAY = "wire day"
READY = 120.0
"""Seconds that processes are given to start."""


@dataclass
class Site:
    """A broker, a node, and the processes started on them."""

    settings: Settings
    servers: LocalServers
    place: Workplace
    folder: Path
    admin: KafkaAdminClient
    children: list[Child] = field(default_factory=list)
    metrics: dict[str, int] = field(default_factory=dict)
    """The metrics port of each app's worker."""
    _look_again: float = 0.0

    def start(self, child: Child) -> Child:
        child.start()
        self.children.append(child)
        return child

    def stop(self, child: Child) -> None:
        child.stop()
        self.children.remove(child)

    def worker(self, app: str) -> Child:
        """One worker of an app, with its metrics served."""
        port = self.metrics[app] = free_port(METRICS_PORT + len(self.metrics))
        return self.start(self.place.child(app, ["run", app], {"telemetry.metrics_port": port}))

    def workers(self, *apps: str) -> dict[str, Child]:
        """A worker of each app as it is shipped, each with its partitions."""
        found = {app: self.start(self.place.child(app, ["run", app])) for app in apps}
        self.wait(lambda: watch.assigned(self.admin, self.settings.kafka, apps), "the workers have partitions", READY)
        return found

    def wait(self, condition: Callable[[], bool], what: str, patience: float, every: float = 0.2) -> None:
        """As ``watch.wait``, with an eye on everything that runs here. Raises ``ServerError`` for a dead letter too."""
        children = [*self.servers.children, *self.children]
        watch.wait(lambda: condition() or self._goes_wrong(), what, children, patience, every)

    def _goes_wrong(self) -> bool:
        """Look for dead letters now and then: whatever is measured once there are some, it is not the work."""
        if time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + LOOK
            if not self.written(DEAD_LETTERS):
                return False
            for letter in read_topic(self.settings.kafka, DEAD_LETTERS):
                why = {name: value.decode() for name, value in letter.headers}
                raise ServerError(f"a message went to the dead letters: {why}")
        return False

    def wire_day(self, scale: int) -> int:
        """Serve the wire day with all of it out, every feed rendered once; the port."""
        port = process.free_port()
        options = ["--port", str(port), "--scale", str(scale), "--all-at-once"]
        self.start(self.place.child(WIRE_DAY, ["wireday", "serve", *options]))
        self.wait(lambda: wire_day.is_served(port), "the wire day is served", READY)
        return port

    def producer(self, port: int, interval: float) -> Child:
        """A producer that polls the wire day at this port, each feed every ``interval`` seconds."""
        path = wire_day.save_feed_list(port, self.folder / "feeds.yml")
        feeds = yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump([{**feed, "interval": interval} for feed in feeds]), encoding="utf-8")
        return self.start(wire_day_producer(self.place, port, path))

    def settle(self, patience: float, *apps: str, every: float = 0.2) -> None:
        """Until none of these apps lags."""
        self.wait(lambda: self.behind(*apps) == 0, f"{', '.join(apps)} caught up", patience, every)

    def behind(self, *apps: str) -> int:
        """Messages that these apps have not processed."""
        return probes.lag(self.admin, self.settings, apps)

    def written(self, topic: Topic) -> int:
        """Messages ever written to a topic."""
        return probes.written(self.admin, self.settings, topic)

    def meter(self) -> Meter:
        """Of the CPU of everything that runs here now; what serves invented feeds is no part of it."""
        return Meter(self.pids)

    @property
    def pids(self) -> dict[str, int]:
        """What is running of wirecopy, and the servers."""
        return {child.name: child.pid for child in self.children if child.name != WIRE_DAY} | self.server_pids

    @property
    def server_pids(self) -> dict[str, int]:
        return {"Kafka": self.servers.kafka_pid, "Elasticsearch": self.servers.elasticsearch_pid}


@contextmanager
def site(elasticsearch_heap: str | None = None) -> Iterator[Site]:
    """Servers that run, with topics and indices made. Raises ``MissingSoftware`` or ``ServerError``.

    ``elasticsearch_heap``: for very large indices; the local default otherwise.
    """
    probes.quieten_clients()
    folder = Path(tempfile.mkdtemp(prefix="wirecopy-bench-"))
    folder.chmod(0o755)  # Elasticsearch runs as another user where we are root
    try:
        settings = _local(folder, elasticsearch_heap)
        with LocalServers(settings, announce) as servers:
            yield from _occupied(servers, settings, folder)
    finally:
        for path in {folder, files.elasticsearch_folder(folder)}:
            shutil.rmtree(path, ignore_errors=True)


def _local(folder: Path, elasticsearch_heap: str | None) -> Settings:
    local = LocalSettings(
        data_dir=folder,
        cache_dir=CACHE,
        kafka_port=free_port(KAFKA_PORT),
        elasticsearch_port=free_port(ELASTICSEARCH_PORT),
    )
    if elasticsearch_heap is not None:
        local = local.model_copy(update={"elasticsearch_heap": elasticsearch_heap})
    return Settings(local=local)


def _occupied(servers: LocalServers, settings: Settings, folder: Path) -> Iterator[Site]:
    settings = settings.model_copy(
        update={
            "kafka": settings.kafka.model_copy(update={"bootstrap": servers.bootstrap}),
            "elasticsearch": settings.elasticsearch.model_copy(update={"url": servers.elasticsearch_url}),
        }
    )
    with ExitStack() as held:
        place = held.enter_context(workplace(Loaded(settings, {}), servers.overrides()))
        place.call("topics", "apply")
        place.call("index", "apply")
        admin = held.enter_context(probes.kafka_admin(settings.kafka))
        found = Site(settings, servers, place, folder, admin)
        try:
            yield found
        finally:
            for child in reversed(found.children):
                child.stop()


def free_port(first: int) -> int:
    """The first loopback port from this one on that nobody listens on."""
    return next(port for port in range(first, first + 100) if process.port_is_free(port))


def announce(line: str) -> None:
    """Progress, for whoever watches."""
    print(f"bench: {line}", file=sys.stderr, flush=True)
