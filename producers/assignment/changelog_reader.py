"""Reads the topics of our feeds: their list and states to the end, then changes as they come.

One consumer in a thread of its own reads partition n of ``feeds``, ``feed-state`` and ``feed-pushes`` for every
partition n that is ours: the first two from their beginning, the third from where the group has committed.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError

from producers.assignment.membership import group_id
from producers.assignment.ownership import Event, FeedPut, FeedRemoved, Pushed, StaleState, TakenOver
from producers.assignment.stale_writes import Raw, Written, newest
from producers.assignment.threads import Patience, start_thread
from producers.messages import Stamp
from producers.registry.feeds_topic import listed_feed
from schemas.feed_records import Feed, HubEvent
from schemas.record import RecordError
from schemas.topics import FEED_PUSHES, FEED_STATE, FEEDS
from wirecopy.errors import ServerError, WirecopyError
from wirecopy.kafka_consumer import consumer
from wirecopy.settings import KafkaSettings
from wirecopy.telemetry import logger

_POLL_MS = 200
_RETRY = 1.0
_FETCH_BYTES = 8 * 1024 * 1024
MAX_PUSHES = 200
"""Pushes of a partition that are handed on before the first of them is handled."""


@dataclass
class PartitionHistory:
    """The history of one partition; ``ends`` are the offsets at which it is complete. Without Kafka."""

    partition: int
    term: int
    writer: str
    feeds: dict[str, Feed] = field(default_factory=dict)
    states: dict[str, Raw | Written] = field(default_factory=dict)
    live: bool = False

    def feed(self, key: str, value: bytes | None) -> Event | None:
        """Take a message of ``feeds``. Returns the event to emit, once the history is complete."""
        feed = None if value is None else listed_feed(key, value)
        if self.live:
            # One that cannot be read changes nothing: the feed stays as it was.
            if feed is not None:
                return FeedPut(self.partition, self.term, feed)
            return FeedRemoved(self.partition, self.term, key) if value is None else None
        if value is None:
            self.feeds.pop(key, None)
        elif feed is not None:
            self.feeds[key] = feed
        return None

    def state(self, key: str, value: bytes | None, stamp: Stamp | None) -> Event | None:
        """Take a message of ``feed-state``."""
        if self.live:
            own = value is None or (stamp is not None and stamp.writer == self.writer)
            stale = None if own or value is None else _written(key, Raw(value, stamp))
            return None if stale is None else StaleState(self.partition, self.term, stale)
        if value is None:
            self.states.pop(key, None)
            return None
        try:
            self.states[key] = newest(self.states.get(key), Raw(value, stamp))
        except RecordError as error:
            _unreadable(key, error)
        return None

    def finished(self) -> TakenOver:
        """End the history: later messages are changes."""
        self.live = True
        states = {
            key: written
            for key, known in self.states.items()
            if (written := known if isinstance(known, Written) else _written(key, known)) is not None
        }
        taken = TakenOver(self.partition, self.term, self.feeds, states)
        self.feeds, self.states = {}, {}
        return taken


def _written(key: str, raw: Raw) -> Written | None:
    try:
        written = raw.written()
    except RecordError as error:
        _unreadable(key, error)
        return None
    return written if written.state.feed == key else None


def _unreadable(key: str, error: RecordError) -> None:
    logger("producer").error("a feed state cannot be read; the feed starts anew", feed=key, why=str(error))


class ChangelogReader:
    """The reading thread. It calls ``emit`` and ``broken``."""

    def __init__(
        self,
        settings: KafkaSettings,
        writer: str,
        emit: Callable[[Event], None],
        broken: Callable[[WirecopyError], None],
    ) -> None:
        self._kafka = settings
        self._writer = writer
        self._emit, self._broken = emit, broken
        self._orders: queue.SimpleQueue[tuple[int, int | None]] = queue.SimpleQueue()
        self._topics = [topic.full_name(settings.topic_prefix) for topic in (FEEDS, FEED_STATE, FEED_PUSHES)]
        self._readings: dict[int, PartitionHistory] = {}
        self._started: set[int] = set()
        self._ends: dict[int, dict[Any, int]] = {}
        self._handed: dict[int, int] = {}
        self._handled: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
        self._consumer: Any = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = logger("producer")

    def start(self) -> None:
        self._thread = start_thread(self._run, "changelog reader")

    def stop(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def follow(self, partition: int, term: int) -> None:
        """Read this partition from now on; its events carry the term."""
        self._orders.put((partition, term))

    def leave(self, partition: int) -> None:
        self._orders.put((partition, None))

    def handled(self, partition: int, term: int) -> None:
        """Note that a push has been handled."""
        self._handled.put((partition, term))

    # ---- in the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        patience = Patience("to read the feeds")
        try:
            while not self._stopped.is_set():
                try:
                    self._consumer = self._consumer or self._open()
                    self._obey()
                    self._read()
                    patience.worked()
                except KafkaError as error:
                    patience.failed(error)
                    self._stopped.wait(_RETRY)
        except Exception as error:  # noqa: BLE001  # the process has to end where it no longer learns of its feeds
            self._log.exception("the feeds are not followed any more")
            self._broken(ServerError(f"the feeds are not followed any more: {type(error).__name__}: {error}"))
        finally:
            if self._consumer is not None:
                self._consumer.close(timeout_ms=2_000)

    def _open(self) -> Any:
        return consumer(
            self._kafka,
            "changelog reader",
            # Only to find what the group has committed; a consumer that assigns itself is no member.
            group_id=group_id(self._kafka.topic_prefix),
            max_partition_fetch_bytes=_FETCH_BYTES,
            max_poll_records=2_000,
            fetch_max_wait_ms=_POLL_MS,
        )

    def _obey(self) -> None:
        changed = False
        while not self._orders.empty():
            partition, term = self._orders.get()
            changed = True
            self._started.discard(partition)
            self._ends.pop(partition, None)
            self._handed.pop(partition, None)
            self._readings.pop(partition, None)
            if term is not None:
                self._readings[partition] = PartitionHistory(partition, term, self._writer)
        new = self._readings.keys() - self._started
        if changed or new:
            self._begin(sorted(new))

    def _begin(self, new: list[int]) -> None:
        """Begin reading; repeatable, since a read that has not begun begins anew."""
        kept = [partition for partition in self._readings if partition not in new]
        # Twice: one that we had a moment ago is read anew.
        self._assign(kept)
        self._assign([*kept, *new])
        for partition in new:
            feeds, states, pushes = self._places(partition)
            self._consumer.seek_to_beginning(feeds, states)
            self._consumer.pause(pushes)
            self._ends[partition] = self._consumer.end_offsets([feeds, states])
            self._started.add(partition)

    def _assign(self, partitions: list[int]) -> None:
        if partitions:
            self._consumer.assign([place for partition in partitions for place in self._places(partition)])
        else:
            self._consumer.unsubscribe()

    def _places(self, partition: int) -> tuple[Any, Any, Any]:
        feeds, states, pushes = (TopicPartition(topic, partition) for topic in self._topics)
        return feeds, states, pushes

    def _read(self) -> None:
        if not self._readings:
            self._stopped.wait(_POLL_MS / 1000)
            return
        for place, messages in self._consumer.poll(timeout_ms=_POLL_MS).items():
            reading = self._readings.get(place.partition)
            if reading is not None:
                for message in messages:
                    self._take(reading, place.topic, message)
        self._finish_histories()
        self._let_pushes_flow()

    def _take(self, reading: PartitionHistory, topic: str, message: Any) -> None:
        key = (message.key or b"").decode(errors="replace")
        event: Event | None = None
        if topic == self._topics[0]:
            event = reading.feed(key, message.value)
        elif topic == self._topics[1]:
            event = reading.state(key, message.value, Stamp.of(message.headers))
        else:
            event = self._push(reading, message)
        if event is not None:
            self._emit(event)

    def _push(self, reading: PartitionHistory, message: Any) -> Event | None:
        self._handed[reading.partition] = self._handed.get(reading.partition, 0) + 1
        push: HubEvent | None
        try:
            push = HubEvent.from_bytes(message.value or b"")
        except RecordError as error:
            self._log.error("a push cannot be read and is left out", why=str(error))
            push = None
        return Pushed(reading.partition, reading.term, message.offset, push)

    def _finish_histories(self) -> None:
        for partition, ends in list(self._ends.items()):
            if all(self._consumer.position(place) >= end for place, end in ends.items()):
                del self._ends[partition]
                self._emit(self._readings[partition].finished())
                self._consumer.resume(self._places(partition)[2])

    def _let_pushes_flow(self) -> None:
        """Pause fetching pushes of a partition while many wait to be handled."""
        while not self._handled.empty():
            partition, term = self._handled.get()
            reading = self._readings.get(partition)
            if reading is not None and reading.term == term:
                self._handed[partition] = self._handed.get(partition, 0) - 1
        for partition, waiting in self._handed.items():
            if partition not in self._ends:
                pushes = self._places(partition)[2]
                (self._consumer.pause if waiting >= MAX_PUSHES else self._consumer.resume)(pushes)
