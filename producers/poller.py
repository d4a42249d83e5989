"""One turn of one feed: ask, decide, publish new records, then write the state."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from producers import metrics
from producers.assignment.ownership import Ownership
from producers.assignment.stale_writes import joined
from producers.assignment.tracking import Inbox, Tracked, Tracking
from producers.errors import FetchError
from producers.messages import STAGE, DeadLetter, Message, Stamp, dead_letter_message, raw_message, state_message
from producers.polling import transitions
from producers.polling.entries import initial_state
from producers.polling.politeness import is_retired, resumed
from producers.polling.polling import Answer, Circumstances, News, Poll, Unreadable, decide
from producers.state import worth_writing
from schemas.feed_records import Feed, FeedState, HubEvent, RawEntry
from schemas.topics import RAW
from wirecopy import tracing
from wirecopy.monitoring.process_metrics import DEAD_LETTERS
from wirecopy.settings import Settings
from wirecopy.telemetry import logger

_UNCERTAIN = 0.1
"""Seconds between two looks whether the feeds are still ours, while that is in doubt."""


Texts = Mapping[tuple[str, str], RawEntry]
"""Records with the text of their pages, by article and by what the feed itself says (``content_hash``)."""


@dataclass(frozen=True)
class Asked:
    """An answer with its context. ``more``: ask again at once. ``put_away``: call it once all of it is safe."""

    answer: Answer
    dead_letters: tuple[DeadLetter, ...] = ()
    more: bool = False
    put_away: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Turn:
    """How a turn ended. ``state``: what holds now. ``again_at``: the latest moment of the next poll, where a hub asks
    for one; ``more``: poll again at once.
    """

    state: FeedState
    started: datetime
    host_pause: float | None = None
    again_at: datetime | None = None
    more: bool = False


class Sends(Protocol):
    """Sends messages. Returns those refused for their size, once all others are acknowledged."""

    async def publish(self, messages: list[Message]) -> list[Message]: ...


class Asks(Protocol):
    """Asks a feed once; raises nothing that the feed can cause."""

    async def __call__(self, feed: Feed, state: FeedState) -> Asked: ...


class Completes(Protocol):
    """Fetches the full text for feeds of teasers. Raises nothing that a page can cause."""

    async def __call__(self, feed: Feed, records: tuple[RawEntry, ...]) -> tuple[RawEntry, ...]: ...


class Hubs(Protocol):
    """WebSub, for the feeds of this process. All methods return at once and raise nothing."""

    def tend(self, feed: Feed, polled: FeedState) -> datetime | None: ...
    def subscribed(self, feed_id: str) -> bool: ...
    def heard(self, push: HubEvent) -> datetime | None: ...
    def drop(self, feed_id: str) -> None: ...
    def release(self, feed_id: str) -> None: ...


@dataclass(frozen=True)
class Ports:
    """The ports of a turn to everything outside of this process."""

    ask: Asks
    complete: Completes
    publisher: Sends
    is_own: Callable[[str], bool]
    hubs: Hubs | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Poller:
    """Runs turns of feeds. The caller (``agenda``) sees to it that only one turn of a feed runs at a time."""

    def __init__(self, settings: Settings, ports: Ports, tracking: Tracking, ownership: Ownership) -> None:
        self._settings = settings
        self._ports = ports
        self._tracking = tracking
        self._ownership = ownership
        self._prefix = settings.kafka.topic_prefix
        self._chance = random.Random()  # noqa: S311  # jitter, not a secret
        self._log = logger("producer")

    async def turn(self, tracked: Tracked) -> Turn | None:
        """Handle the feed's events, then poll it if it is due. Returns None where the feed is no longer ours."""
        feed, now = tracked.feed, self._ports.now()
        inbox, tracked.inbox = tracked.inbox, Inbox()
        async with self._tracking.lock(feed.outlet):
            self._take(tracked, inbox, now)
        state = tracked.state or initial_state(feed, now, self._settings.producer.interval)
        if feed.paused or is_retired(feed, state):
            return await self._keep(tracked, feed, state, now)
        asked = await self._ports.ask(feed, state)
        poll = await self._settle(tracked, feed, asked, now)
        if poll is None:
            return None
        for pushed in inbox.pushes:
            self._ownership.handled(pushed)
        again_at = None
        if self._ports.hubs is not None and not poll.state.failures:
            again_at = self._ports.hubs.tend(feed, poll.state)
        return Turn(poll.state, now, poll.host_pause, again_at, asked.more)

    def _take(self, tracked: Tracked, inbox: Inbox, now: datetime) -> None:
        """Take states that others wrote of the feed; the poll that follows writes the result."""
        for stale in inbox.stale:
            tracked.number = max(tracked.number, stale.number)
            self._tracking.store(tracked, joined(tracked.state, stale.state) if tracked.state else stale.state)
            tracked.written = None
        if inbox.resume and tracked.state is not None:
            self._tracking.store(tracked, resumed(tracked.state, now))

    async def _keep(self, tracked: Tracked, feed: Feed, state: FeedState, now: datetime) -> Turn | None:
        """Write the state of a feed that is not polled, where others have changed it."""
        async with self._tracking.lock(feed.outlet):
            known = tracked.state is None or tracked.written is not None
            return Turn(state, now) if known or await self._write(tracked, feed, state) else None

    async def _settle(self, tracked: Tracked, feed: Feed, asked: Asked, now: datetime) -> Poll | None:
        """Settle an answer: decide, publish, await the acknowledgement."""
        texts = await self._texts(tracked, feed, asked, now)
        async with self._tracking.lock(feed.outlet):
            if self._tracking.get(feed.id) is not tracked:
                return None
            before, poll = self._decide(tracked, feed, asked, now)
            records = tuple(_completed(record, texts) for record in poll.records)
            letters = [*poll.dead_letters, *asked.dead_letters]
            with tracing.begin({record.article for record in records}, now, {"wirecopy.feed": feed.id}) as spans:
                await self._publish(records, letters, spans)
            if not await self._write(tracked, feed, poll.state):
                return None
        if asked.put_away is not None:
            try:
                await asked.put_away()
            except FetchError as error:
                self._log.warning("files that were read cannot be put away", feed=feed.id, why=str(error))
        settled = replace(poll, records=records, dead_letters=tuple(letters))
        self._report(feed, before, settled, asked)
        return settled

    def _decide(self, tracked: Tracked, feed: Feed, asked: Asked, now: datetime) -> tuple[FeedState, Poll]:
        """Return the state before the answer, and the decision on the answer."""
        before = tracked.state or initial_state(feed, now, self._settings.producer.interval)
        return before, decide(feed, before, asked.answer, self._circumstances(feed, now))

    async def _texts(self, tracked: Tracked, feed: Feed, asked: Asked, now: datetime) -> Texts:
        """Fetch the pages of the entries that will probably be published.

        The outlet is not held meanwhile: pages take minutes, and its other feeds go on. So the decision is made again
        afterwards, by what holds then.
        """
        if not feed.full_text:
            return {}
        _, poll = self._decide(tracked, feed, asked, now)
        if not poll.records:
            return {}
        completed = await self._ports.complete(feed, poll.records)
        return {(record.article, record.content_hash): record for record in completed if record.full_text}

    def _circumstances(self, feed: Feed, now: datetime) -> Circumstances:
        siblings, unlisted = self._tracking.siblings(feed)
        return Circumstances(
            self._settings.producer,
            now,
            own=self._ports.is_own(feed.url),
            siblings=siblings,
            unlisted=unlisted,
            subscribed=self._ports.hubs is not None and self._ports.hubs.subscribed(feed.id),
            chance=self._chance,
        )

    async def _publish(self, records: Iterable[RawEntry], letters: list[DeadLetter], spans: tracing.Spans) -> None:
        messages = list(spans.carried([raw_message(record, self._prefix) for record in records]))
        messages += [dead_letter_message(letter, self._prefix) for letter in letters]
        if not messages:
            return
        await self._certain()
        refused = await self._ports.publisher.publish(messages)
        if refused:
            too_large = [_too_large(message, self._prefix) for message in refused]
            letters += too_large
            await self._ports.publisher.publish([dead_letter_message(letter, self._prefix) for letter in too_large])

    async def _write(self, tracked: Tracked, feed: Feed, state: FeedState) -> bool:
        """Set the state, writing it to Kafka first where a restart would miss it.

        False if the feed is no longer ours.
        """
        if worth_writing(tracked.written, state):
            await self._certain()
            stamp = Stamp(self._ownership.writer, tracked.number + 1)
            if await self._ports.publisher.publish([state_message(state, feed.outlet, self._prefix, stamp)]):
                self._log.error(
                    "the state of this feed is too large for Kafka; it is kept in memory only", feed=feed.id
                )
            tracked.number, tracked.written = stamp.number, state
        if self._tracking.get(feed.id) is not tracked:
            return False
        self._tracking.store(tracked, state)
        return True

    async def _certain(self) -> None:
        """Wait until it is certain that the feeds are still ours; where they are not, the turn is cancelled."""
        while not self._ownership.lease_valid():  # noqa: ASYNC110  # there is nobody who could set an event: it is a matter of time
            await asyncio.sleep(_UNCERTAIN)

    def _report(self, feed: Feed, before: FeedState, poll: Poll, asked: Asked) -> None:
        metrics.FETCHES.labels(poll.outcome).inc()
        if isinstance(asked.answer, News | Unreadable):
            metrics.FETCH_BYTES.inc(len(asked.answer.fetched.body))
        if poll.turned_over:
            metrics.TURNED_OVER.inc()
        for record in poll.records:
            kind = "removed" if record.removed else "new" if record.revision == 1 else "revision"
            metrics.ENTRIES.labels(kind).inc()
        for letter in poll.dead_letters:
            DEAD_LETTERS.labels(STAGE, letter.reason).inc()
        if poll.records:
            self._log.info("published", feed=feed.id, entries=len(poll.records))
        for line in transitions.lines(before, poll):
            getattr(self._log, line.level)(line.text, feed=feed.id, **line.fields)


def _completed(record: RawEntry, texts: Texts) -> RawEntry:
    """Add the text of its page to a record, whatever revision the entry has become."""
    whole = texts.get((record.article, record.content_hash))
    if whole is None:
        return record
    return record.model_copy(update={name: getattr(whole, name) for name in ("content", "full_text", "language")})


def _too_large(message: Message, prefix: str) -> DeadLetter:
    original = message.value or b""
    detail = f"{len(original)} bytes are more than one Kafka message may have"
    return DeadLetter(message.key.decode(), original, "too_large", detail, RAW.full_name(prefix))
