"""``wirecopy up``: servers, all stages and a wire day on this machine, watched until a person stops them."""

from __future__ import annotations

import re
import signal
import sys
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

from elasticsearch import ApiError, TransportError

from wirecopy.errors import ServerError, SettingsError
from wirecopy.local import probes, process, wire_day
from wirecopy.local.counts import Counter, Counts
from wirecopy.local.display import Display
from wirecopy.local.process import Child
from wirecopy.local.servers import LocalServers
from wirecopy.local.stages import (
    Workplace,
    desk_child,
    forget_feed_lists,
    live_feed_list,
    live_producer,
    stage_children,
    wire_day_producer,
    wire_day_server,
    workplace,
)  # fmt: skip
from wirecopy.local.supervisor import Supervisor
from wirecopy.settings import Loaded, Settings, environment

TICK = 1.0
"""Seconds between two looks at the processes and the counts."""
SETTLED = 3.0
"""Seconds without a change after which everything has arrived: stories still grow after the last article came."""
STALLED = 60.0
"""Seconds without a change, with articles missing, after which a person is told."""
SEARCHES = 3


@dataclass(frozen=True)
class Options:
    """The options of ``up``. ``compress``: the speed-up of the wire day; None for its own default.

    ``stay``: seconds to stay up after the start is complete; None for ever. ``stages``: without them, the servers run
    alone, for commands that want the stages stopped.
    """

    live: bool = False
    wire_day: bool = True
    compress: float | None = None
    stay: float | None = None
    stages: bool = True


class StopRequested(BaseException):
    """A request to stop. Not an ``Exception``, so that no handler takes it for a failure."""


def run(loaded: Loaded, options: Options) -> None:
    """Start everything, show the progress, and stay until Ctrl-C, SIGTERM or the end of ``options.stay``.

    Raises ``MissingSoftware``, ``ServerError`` or ``SettingsError``, and leaves nothing running.
    """
    settings = check_local(loaded)
    probes.quieten_clients()
    display = Display()
    with stoppable() as ignore_signals:
        try:
            with ExitStack() as running:
                try:
                    Up(loaded, settings, options, display, running).go()
                finally:
                    ignore_signals()
        except StopRequested:
            pass
    display.say("everything is stopped; start again with the same command, the data is kept")


def check_local(loaded: Loaded) -> Settings:
    """Refuse settings for other servers: ``up`` runs its own, on ports of its own settings, without TLS or login.

    Raises ``SettingsError`` for a setting that would be ignored.
    """
    settings = loaded.settings
    own = {
        "kafka.bootstrap": (settings.kafka.bootstrap, f"127.0.0.1:{settings.local.kafka_port}"),
        "elasticsearch.url": (settings.elasticsearch.url, f"http://127.0.0.1:{settings.local.elasticsearch_port}"),
        "kafka.security_protocol": (settings.kafka.security_protocol, "PLAINTEXT"),
    }
    for name, (value, ours) in own.items():
        if name in loaded.origins and value.rstrip("/").replace("localhost", "127.0.0.1") != ours:
            port = {"kafka.bootstrap": "local.kafka_port", "elasticsearch.url": "local.elasticsearch_port"}.get(name)
            raise SettingsError(
                f"{name} is {value} ({loaded.origins[name]}), but `wirecopy up` starts servers of its own on this "
                "machine: unset it" + (f", set {port} for another port" if port else "")
                + ", or use `wirecopy run` for each stage"
            )  # fmt: skip
    return settings


@contextmanager
def stoppable() -> Iterator[SignalHandler]:
    """Let SIGINT and SIGTERM raise ``StopRequested`` until the yielded handler is called, and ignore them from then on.

    So an impatient second Ctrl-C leaves no processes behind.
    """
    signals = SignalHandler()
    before = {number: signal.signal(number, signals.handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class SignalHandler:
    """Turns signals into ``StopRequested`` once; call it when the stopping has begun."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def __call__(self) -> None:
        self._stopping.set()

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            raise StopRequested


class Up:
    """One run of ``up``. Closing ``running`` stops everything, in reverse order."""

    def __init__(
        self, loaded: Loaded, settings: Settings, options: Options, display: Display, running: ExitStack
    ) -> None:
        self._loaded = loaded
        self._settings = settings
        self._options = options
        self._display = display
        self._running = running
        self._day: wire_day.ExpectedArticles | None = None
        self._done = settings.local.data_dir.resolve() / "wire-day-done"
        """There once a wire day has passed: lived through again, each corrected article would be corrected anew."""
        self._wire_day_list = settings.local.data_dir.resolve() / "wire-day.yml"

    def go(self) -> None:
        servers = self._running.enter_context(LocalServers(self._settings, self._display.say))
        place = self._running.enter_context(workplace(self._loaded, servers.overrides()))
        local = self._local_settings(servers)
        self._apply(place)
        counter = Counter(local)
        self._running.callback(counter.close)
        held = counter.read().documents
        self._display.say(f"the index holds {held} articles" + (" from before" if held else ""))
        supervisor = Supervisor(servers.children, self._display.say)
        if not self._options.stages:
            self._display.say("Kafka and Elasticsearch run, and no stage; Ctrl-C stops them")
            self._stay(supervisor, counter)
            return
        for child in self._processes(place, again=held > 0 and self._done.exists()):
            supervisor.add(child)
        self._watch(supervisor, counter)
        self._show_what_next(place, local)
        self._stay(supervisor, counter)

    def _local_settings(self, servers: LocalServers) -> Settings:
        kafka = self._settings.kafka.model_copy(update={"bootstrap": servers.bootstrap})
        search = self._settings.elasticsearch.model_copy(update={"url": servers.elasticsearch_url})
        return self._settings.model_copy(update={"kafka": kafka, "elasticsearch": search})

    def _apply(self, place: Workplace) -> None:
        self._display.say("creating topics and indices")
        place.call("topics", "apply")
        place.call("index", "apply")

    def _processes(self, place: Workplace, *, again: bool) -> Iterator[Child]:
        """Start readers before writers, and report each."""
        for child in stage_children(place):
            yield self._start(child)
        yield self._start_desk(place)
        live = self._live_list()
        self._forget_unused_lists(place, live)
        if self._options.wire_day:
            yield from self._start_wire_day(place, again=again)
        if live is not None or not self._options.wire_day:
            port = self._settings.local.feeds_port if self._options.wire_day else None
            yield self._start(live_producer(place, live, port))

    def _start_desk(self, place: Workplace) -> Child:
        port = self._settings.web.port
        process.require_free_port(port, "web.port", patience=2)
        desk = self._start(desk_child(place))
        process.wait_until(lambda: process.port_answers(port), desk, 60)
        self._display.say(f"the desk is at {self._desk}")
        return desk

    @property
    def _desk(self) -> str:
        return f"http://127.0.0.1:{self._settings.web.port}/"

    def _live_list(self) -> str | None:
        chosen = self._settings.producer.feeds
        if self._options.live:
            return live_feed_list(chosen)
        return None if self._options.wire_day else chosen

    def _forget_unused_lists(self, place: Workplace, live: str | None) -> None:
        """Remove feeds that an earlier run with other options has added, and this one does not want."""
        ours = {str(self._wire_day_list), live_feed_list(self._settings.producer.feeds)}
        forget_feed_lists(place, ours - {live, str(self._wire_day_list) if self._options.wire_day else None})

    def _start_wire_day(self, place: Workplace, *, again: bool) -> Iterator[Child]:
        port = self._settings.local.feeds_port
        process.require_free_port(port, "local.feeds_port", patience=2)
        server = self._start(wire_day_server(place, port, self._options.compress, at_once=again))
        process.wait_until(lambda: wire_day.is_served(port), server, 60)
        self._day = wire_day.read_wire_day(port)
        self._display.say(f"the wire day has {len(self._day.articles)} articles, at http://127.0.0.1:{port}/")
        yield server
        feeds = wire_day.save_feed_list(port, self._wire_day_list)
        yield self._start(wire_day_producer(place, port, feeds))

    def _start(self, child: Child) -> Child:
        self._display.say(f"starting {child.name} (log: {child.log})")
        self._running.callback(self._stop, child)
        child.start()
        return child

    def _stop(self, child: Child) -> None:
        self._display.say(f"stopping {child.name}")
        child.stop()

    # ---- until the wire day is in the index -------------------------------------------------------------------

    def _watch(self, supervisor: Supervisor, counter: Counter) -> None:
        """Show counts until all articles of the wire day are in the index and nothing changes any more."""
        if self._day is None:
            return
        progress = ArrivalWatch(len(self._day.articles), self._day.published_all_at)
        with self._display.counting(len(self._day.articles)) as counting:
            while not progress.complete:
                supervisor.check()
                counts = counter.read(self._day.articles)
                counting.show(counts)
                if progress.note(counts, time.time(), time.monotonic()):
                    self._display.say(f"nothing has moved for {STALLED:.0f} s; look at the logs, or wait")
                time.sleep(TICK)
        self._done.touch()

    def _stay(self, supervisor: Supervisor, counter: Counter) -> None:
        """Stay up while polling goes on; report whenever the index has grown."""
        began, shown = time.monotonic(), counter.read().documents
        while self._options.stay is None or time.monotonic() - began < self._options.stay:
            supervisor.check()
            documents = counter.read().documents
            if documents != shown:
                self._display.say(f"the index holds {documents} articles")
            shown = documents
            time.sleep(TICK)

    # ---- what a person can do next ----------------------------------------------------------------------------

    def _show_what_next(self, place: Workplace, local: Settings) -> None:
        stories = largest_stories(local)
        self._display.say("everything runs")
        for words in dict.fromkeys(search_words(headline) for _, headline in stories):
            self._demonstrate(place, "search", words)
        if stories:
            self._demonstrate(place, "story", stories[0][0])
        prefix, url = local.elasticsearch.index_prefix, local.elasticsearch.url
        print(f"\nIn a browser: {self._desk}")
        print("\nTo look at it yourself:")
        for line in self._exports(local):
            print(f"  {line}")
        print("  wirecopy search WORDS    wirecopy story ID    wirecopy doctor    (each with ./do before it)")
        print(f"  {url}/{prefix}-stories/_search?pretty&size=3&sort=articles_count:desc")
        print(f"  {url}/{prefix}-articles/_search?pretty&size=3")
        if self._day is not None:
            print(f"  http://127.0.0.1:{self._settings.local.feeds_port}/    (the feeds of the wire day)")
        if self._options.stay is None:
            print("\nPolling goes on; Ctrl-C stops everything.", flush=True)

    def _demonstrate(self, place: Workplace, *arguments: str) -> None:
        print(f"\n$ wirecopy {' '.join(arguments)}", flush=True)
        try:
            sys.stdout.write(place.call(*arguments))
        except ServerError as error:
            self._display.say(str(error))

    def _exports(self, local: Settings) -> Iterator[str]:
        """Return the variables with which another shell reaches servers on non-default ports."""
        default = Settings()
        chosen = {"kafka.bootstrap": local.kafka.bootstrap, "elasticsearch.url": local.elasticsearch.url}
        usual = {"kafka.bootstrap": default.kafka.bootstrap, "elasticsearch.url": default.elasticsearch.url}
        for name, value in environment({n: v for n, v in chosen.items() if usual[n] != v}).items():
            yield f"export {name}={value}"


class ArrivalWatch:
    """Decides from successive counts whether everything has arrived."""

    def __init__(self, expected: int, published_all_at: float) -> None:
        self._expected = expected
        self._published_all_at = published_all_at
        self._last: Counts | None = None
        self._since = 0.0
        self._warned = False
        self.complete = False

    def note(self, counts: Counts, now: float, clock: float) -> bool:
        """Take the current counts. Returns whether to tell a person that nothing moves.

        ``now`` is in Unix seconds, ``clock`` in monotonic ones.
        """
        if counts != self._last:
            self._last, self._since, self._warned = counts, clock, False
        quiet = clock - self._since
        published = now >= self._published_all_at
        self.complete = published and counts.indexed >= self._expected and quiet >= SETTLED
        if published and not self.complete and quiet >= STALLED and not self._warned:
            self._warned = True
            return True
        return False


def search_words(headline: str) -> str:
    """Return the two longest words of a headline, in their order."""
    words = re.findall(r"[^\W\d_]{4,40}", headline)
    distinctive: Collection[str] = sorted(dict.fromkeys(words), key=len, reverse=True)[:2]
    return " ".join(word.lower() for word in words if word in distinctive)


def largest_stories(settings: Settings) -> list[tuple[str, str]]:
    """Return id and headline of the stories with most outlets; none where the index cannot answer."""
    with probes.elasticsearch_client(settings.elasticsearch) as client:
        try:
            answer = client.search(
                index=f"{settings.elasticsearch.index_prefix}-stories", size=SEARCHES,
                sort=["articles_count:desc", "id"], source_includes=["headline"],
            )  # fmt: skip
        except (ApiError, TransportError):
            return []
    return [(hit["_id"], hit["_source"].get("headline", "")) for hit in answer["hits"]["hits"]]
