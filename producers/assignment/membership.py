"""Membership in the consumer group that assigns the partitions of ``feeds``.

``feeds``, ``feed-state`` and ``feed-pushes`` are partitioned alike, by the outlet. Whoever owns partition n of
``feeds`` polls all feeds of its outlets, and only this process writes their states. The members rebalance
cooperatively (KIP-429): a member keeps what it is not asked to give up, so that one more producer, or one fewer, does
not stop the others. A partition changes hands in this order:

1. its owner is asked for it, begins no new poll of its feeds, and finishes those under way, with their records and
   then their states acknowledged (bounded: see ``handover``);
2. the group goes on, and only then is the partition somebody else's;
3. the new owner reads the feeds and their states to the end, and polls.

If the owner cannot do its part:

- It is killed. After the session timeout its partitions are somebody else's. What it had published without writing
  the state is published again, with the same ids and revisions.
- It stands still (a stopped process, a frozen machine) beyond the session timeout and goes on: it is a zombie until
  the broker's next answer. ``holds`` says no from the moment on when it has had no sign of the group for most of the
  session timeout, by a clock that runs on while it stands still, so it begins nothing. What it had begun it may still
  publish: records that its successor publishes too, with the same ids. The state that it may still write is a stale
  write, which can neither hold nor be lost: see ``stale_writes``. What it commits for ``feed-pushes`` the broker
  refuses, for it is of an old generation.
- It is cut off from Kafka only. Then it can publish nothing, and when it is back it is a zombie as above.
- It takes longer to finish than the bound: what it is still asking is given up, which costs nothing, and what it is
  still publishing is a zombie's as above.

Two producers started by mistake are two members of the group.

This runs in a thread of its own. The group consumer fetches nothing: ``changelog_reader`` reads, also what
we commit here.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from kafka import TopicPartition
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import (
    AuthorizationError,
    InconsistentGroupProtocolError,
    InvalidSessionTimeoutError,
    KafkaError,
    UnsupportedVersionError,
)
from kafka.future import Future
from kafka.structs import OffsetAndMetadata

from producers.assignment.group_consumer import GroupConsumer
from producers.assignment.threads import Patience, start_thread
from schemas.topics import FEED_PUSHES, FEEDS
from wirecopy.errors import ServerError, SettingsError, WirecopyError
from wirecopy.kafka import client_config, require_partitions
from wirecopy.kafka_access import explained
from wirecopy.kafka_consumer import consumer
from wirecopy.settings import Settings
from wirecopy.telemetry import logger

_POLL_MS = 200
_RETRY = 1.0
_ANSWER = 1.0
"""Seconds that the broker is given to say which partitions there are, before we look whether we are to stop."""
_STUCK_AFTER = 3.0
"""Sessions between two generations after which a member begins anew."""
_MAX_REBALANCE = 60.0
"""Seconds that the group waits for one member before it goes on without it."""
_LEASE = 0.8
"""Share of the session timeout after which we do not trust our membership any more: the broker's began earlier."""
_FATAL = (AuthorizationError, InconsistentGroupProtocolError, UnsupportedVersionError)

PartitionsListener = Callable[[frozenset[int]], None]
Asked = Callable[[frozenset[int], Callable[[], None]], None]


def group_id(prefix: str) -> str:
    return f"{prefix}-producer"


def handover(session_timeout: float) -> float:
    """Return the seconds that polls under way are given when their feeds move."""
    return min(session_timeout * 0.5, _MAX_REBALANCE / 2)


class Assignor(CooperativeStickyAssignor):  # type: ignore[misc]  # published without annotations
    """Cooperative and sticky, and without a claim to partitions that were lost.

    kafka-python 3.0.12 goes on claiming them at the next join, for the protocol version that it speaks has no
    generation that would show the claim to be old: live owners were then told to give theirs up to a zombie.
    """

    def forget(self) -> None:
        self.member_assignment = None


class MembershipWatchdog:
    """Notices a member that gets no partitions for unknown reasons. Pure; moments in seconds.

    Not in the group, or between two of its generations, for ``patience`` seconds, whether or not it still has
    partitions from before. Or in it with nothing from the first: with more producers than partitions some have nothing
    by right, so that counts once only.
    """

    def __init__(self, patience: float, now: float) -> None:
        self._patience = patience
        self._fine = now
        self._barked = False

    def barks(self, now: float, *, member: bool, partitions: int) -> bool:
        """Whether to start over; its patience then starts over too."""
        if member and (partitions or self._barked):
            self._fine = now
        if now - self._fine <= self._patience:
            return False
        self._fine, self._barked = now, True
        return True


class Membership:
    """One member of the group. The callbacks are called in other threads.

    ``assigned``: these partitions are ours. ``asked``: these are to go, and the second argument is to be called once
    nothing is under way for them. ``lost``: these are gone. ``shared``: a rebalance has ended with so many of so many.
    ``broken``: the thread has ended for this reason.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        assigned: PartitionsListener,
        asked: Asked,
        lost: PartitionsListener,
        shared: Callable[[int, int], None],
        broken: Callable[[WirecopyError], None],
    ) -> None:
        self._kafka = settings.kafka
        self._session = settings.producer.session_timeout
        self._topic = FEEDS.full_name(settings.kafka.topic_prefix)
        self._pushes = FEED_PUSHES.full_name(settings.kafka.topic_prefix)
        self._assigned, self._asked, self._lost = assigned, asked, lost
        self._shared, self._broken = shared, broken
        self._assignor = Assignor()
        self._consumer: Any = None
        self._joined = 0.0
        self._rebalanced = False
        self._known = self._began = False
        self._watchdog = MembershipWatchdog(_STUCK_AFTER * self._session, time.monotonic())
        self._own: frozenset[int] = frozenset()
        self._to_commit: dict[int, int] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = logger("producer")

    def start(self) -> None:
        self._thread = start_thread(self._run, "membership")

    def stop(self) -> None:
        """Leave the group, after giving up all partitions in order. Blocks until done."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def lease_valid(self) -> bool:
        """Whether the broker has confirmed our membership recently enough that nobody else can have our partitions."""
        consumer = self._consumer
        if consumer is None:
            return False
        confirmed = max(self._joined, consumer.last_confirmed())
        return bool(time.monotonic() - confirmed < self._session * _LEASE)

    def commit(self, offsets: dict[int, int]) -> None:
        """Commit offsets of ``feed-pushes``: everything before them is handled. Returns at once."""
        with self._lock:
            self._to_commit |= offsets

    # ---- in the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            if self._connect():
                self._follow_the_group()
        except WirecopyError as error:
            self._broken(error)
        except Exception as error:  # noqa: BLE001  # the process has to end where its membership has
            self._log.exception("the membership of the group has ended")
            self._broken(ServerError(f"the membership of the group has ended: {type(error).__name__}: {error}"))
        finally:
            if self._consumer is not None:
                with contextlib.suppress(KafkaError):
                    self._consumer.close(timeout_ms=5_000)

    def _connect(self) -> bool:
        """Make a subscribed consumer; it joins the group with its first ``poll``."""
        patience = Patience("to join the producers")
        while not self._stopped.is_set():
            try:
                self._consumer, self._known = self._open(), False
                self._consumer.subscribe([self._topic], listener=_Listener(self))
            except KafkaError as error:
                patience.failed(error)
                self._stopped.wait(_RETRY)
            else:
                patience.worked()
                return True
        return False

    def _open(self) -> Any:
        session = round(self._session * 1000)
        return consumer(
            self._kafka,
            "membership",
            GroupConsumer,
            group_id=group_id(self._kafka.topic_prefix),
            partition_assignment_strategy=[self._assignor],
            session_timeout_ms=session,
            heartbeat_interval_ms=min(session // 5, 3_000),
            max_poll_interval_ms=round(_MAX_REBALANCE * 1000),
            # So long a process that ends waits at most for a Kafka that is away.
            request_timeout_ms=10_000,
            # One more partition of the topic is noticed within this time.
            metadata_max_age_ms=30_000,
        )

    def _follow_the_group(self) -> None:
        patience = Patience("as a member of the producers")
        while not self._stopped.is_set():
            try:
                if not self._know_the_topic(patience):
                    continue
                self._consumer.poll(timeout_ms=_POLL_MS)
            except InvalidSessionTimeoutError:
                raise SettingsError(
                    f"producer.session_timeout: the broker does not permit {self._session:g} s; see its "
                    "group.min.session.timeout.ms and group.max.session.timeout.ms"
                ) from None
            except _FATAL as error:
                why = explained(error, self._kafka, client_config(self._kafka))
                raise ServerError(f"Kafka does not let us join the producers: {why}") from error
            except KafkaError as error:
                patience.failed(error)
                self._stopped.wait(_RETRY)
                continue
            self._report_share(patience)
            self._commit_soon()
            if self._watchdog.barks(time.monotonic(), member=self._consumer.is_member(), partitions=len(self._own)):
                self._begin_anew()

    def _know_the_topic(self, patience: Patience) -> bool:
        """Learn the partitions before the first join: a leader that does not know them assigns nothing."""
        if self._known:
            return True
        for _ in range(2):  # the first may be the answer to an earlier question
            if number := self._consumer.ask_for_partitions(self._topic, _ANSWER):
                if not self._began:
                    require_partitions(self._kafka, self._topic, number, self._kafka.partitions)
                self._known = self._began = True
                return True
        patience.failed("Kafka does not answer" if number is None else self._no_topic())
        self._stopped.wait(_RETRY)
        return False

    def _no_topic(self) -> str:
        return f"there is no topic {self._topic}: run `wirecopy topics apply`"

    def _begin_anew(self) -> None:
        self._log.warning("joining the producers takes too long: it is begun anew")
        with contextlib.suppress(KafkaError):
            self._consumer.close(timeout_ms=5_000)
        if self._own:
            self.dropped(self._own)
        # One that has nothing to claim: others may have had all of it meanwhile.
        self._assignor = Assignor()
        self._connect()

    def _report_share(self, patience: Patience) -> None:
        total = self._consumer.count_partitions(self._topic)
        if not total:
            patience.failed(self._no_topic())
            return
        patience.worked()
        if self._rebalanced:
            self._rebalanced = False
            self._shared(len(self._own), total)

    def _commit_soon(self) -> Any:
        """Start a commit. The next one repeats it, so a failed one is only late."""
        with self._lock:
            offsets = {number: offset for number, offset in self._to_commit.items() if number in self._own}
            self._to_commit.clear()
        if not offsets:
            return None
        wanted = {
            TopicPartition(self._pushes, number): OffsetAndMetadata(offset, "", -1)
            for number, offset in offsets.items()
        }
        return self._consumer.commit_async(wanted, callback=lambda *_: None)

    # ---- in the consumer's own loop ---------------------------------------------------------------------------

    def took(self, numbers: frozenset[int]) -> None:
        self._consumer.pause(*(TopicPartition(self._topic, number) for number in numbers))
        self._joined = time.monotonic()
        self._rebalanced = True
        self._own |= numbers
        self._assigned(numbers)

    async def gave(self, numbers: frozenset[int]) -> None:
        """Wait until nothing is under way for these, so that the group can continue."""
        finished = Future()
        self._asked(numbers, lambda: self._finish(finished))
        await finished
        committing = self._commit_soon()
        if committing is not None:
            with contextlib.suppress(KafkaError):
                await committing
        self._own -= numbers
        self._rebalanced = True

    def dropped(self, numbers: frozenset[int]) -> None:
        self._assignor.forget()
        self._own -= numbers
        self._joined = 0.0
        self._rebalanced = True
        self._lost(numbers)

    def _finish(self, finished: Any) -> None:
        finished.success(None)
        self._consumer.wake()  # or the loop sees it at its next heartbeat only


class _Listener(AsyncConsumerRebalanceListener):  # type: ignore[misc]  # published without annotations
    """The rebalance listener; asynchronous, so that heartbeats continue while polls under way are finished."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        if numbers := _numbers(assigned):
            self._membership.took(numbers)

    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        if numbers := _numbers(revoked):
            await self._membership.gave(numbers)

    async def on_partitions_lost(self, lost: Iterable[Any]) -> None:
        self._membership.dropped(_numbers(lost))


def _numbers(partitions: Iterable[Any]) -> frozenset[int]:
    return frozenset(partition.partition for partition in partitions)
