"""Kafka and Elasticsearch on this machine, started and stopped together."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from wirecopy.errors import ServerError
from wirecopy.local import elasticsearch, kafka, probes, process
from wirecopy.local.files import is_root, locked, make_folder
from wirecopy.local.java import find_jdk
from wirecopy.local.process import Child
from wirecopy.local.progress import Progress, silent
from wirecopy.settings import KafkaSettings, LocalSettings, Settings

LEFTOVER_PATIENCE = 10.0
"""Seconds for a node whose parent was killed to notice and free its port."""


class LocalServers:
    """Both servers, with their data in ``settings.local.data_dir``, which survives a restart.

    Use as a context manager, from a thread that lives as long as the servers should. Several may run side by side with
    different data folders and ports. Starting raises ``MissingSoftware`` or ``ServerError``, with nothing left running.
    """

    def __init__(self, settings: Settings, progress: Progress = silent) -> None:
        self._local: LocalSettings = settings.local
        self._progress = progress
        self._held = ExitStack()
        self.children: list[Child] = []
        """What runs, in the order of the start."""

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._local.kafka_port}"

    @property
    def elasticsearch_url(self) -> str:
        return f"http://127.0.0.1:{self._local.elasticsearch_port}"

    @property
    def kafka_pid(self) -> int:
        return self._child("Kafka").pid

    @property
    def elasticsearch_pid(self) -> int:
        """Return the process id of the node itself; its launcher, the parent process, ends with it."""
        launcher = self._child("Elasticsearch").pid
        return process.child_of(launcher) or launcher

    def overrides(self) -> dict[str, object]:
        """Return settings, by dotted name, that point any wirecopy process at these servers."""
        return {"kafka.bootstrap": self.bootstrap, "elasticsearch.url": self.elasticsearch_url}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the servers, the last started first. May be called twice."""
        for child in reversed(self.children):
            if child.running:
                self._progress(f"stopping {child.name}")
            child.stop()
        self.children.clear()
        self._held.close()

    def wait_for_kafka(self) -> None:
        settings = KafkaSettings(bootstrap=self.bootstrap)
        process.wait_until(lambda: self._kafka_answers(settings), self._child("Kafka"), kafka.READY_TIMEOUT)

    def wait_for_elasticsearch(self) -> None:
        process.wait_until(
            lambda: probes.elasticsearch_is_ready(self.elasticsearch_url),
            self._child("Elasticsearch"),
            elasticsearch.READY_TIMEOUT,
        )

    def _start(self) -> None:
        data_dir = make_folder(self._local.data_dir.resolve())
        busy = f"{data_dir} is in use by another wirecopy: stop it, or set local.data_dir"
        self._held.enter_context(locked(data_dir / "lock", busy))
        process.require_free_port(self._local.kafka_port, "local.kafka_port", LEFTOVER_PATIENCE)
        process.require_free_port(self._local.elasticsearch_port, "local.elasticsearch_port", LEFTOVER_PATIENCE)
        prepared = self._prepare()
        self._progress("starting Kafka and Elasticsearch")
        for child in prepared:
            self.children.append(child)
            child.start()
        self.wait_for_kafka()
        self._progress(f"Kafka {kafka.VERSION} answers at {self.bootstrap}")
        self.wait_for_elasticsearch()
        self._progress(
            f"Elasticsearch {elasticsearch.VERSION} answers at {self.elasticsearch_url} (loopback, no login)"
        )

    def _prepare(self) -> list[Child]:
        jdk = find_jdk(for_others=is_root())
        cache = make_folder(self._local.cache_dir.resolve())
        # One at a time: two runs must not unpack into one folder, nor two Mavens write one repository.
        with locked(cache / "lock"):
            lib = kafka.install(cache, jdk, self._progress)
            home = elasticsearch.install(cache, jdk, self._progress)
        return [kafka.prepare(self._local, lib, jdk), elasticsearch.prepare(self._local, home, jdk)]

    def _kafka_answers(self, settings: KafkaSettings) -> bool:
        if not process.port_answers(self._local.kafka_port):
            return False
        try:
            return probes.broker_count(settings) > 0
        except ServerError:
            return False

    def _child(self, name: str) -> Child:
        return next(child for child in self.children if child.name == name)
