"""The state of an engine and its clock: the content of a snapshot, and the result of a replay of ``clean``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from schemas.clean import Clean
from schemas.record import RecordError
from schemas.topics import EVENTS, RESOLVED
from schemas.versions import MAX_STEP, version
from stream_apps.dedup.engine import Engine
from stream_apps.dedup.publishing import Draft, Publication, Publisher
from stream_apps.runtime.stage_interface import Outgoing


@dataclass(frozen=True)
class Refused:
    """A message that can never be processed."""

    offset: int
    reason: str
    detail: str


class State:
    """An engine, its publications and its position."""

    def __init__(self, window_days: int, epoch: int) -> None:
        self.engine = Engine(window_days)
        self.publisher = Publisher(self.engine)
        self.epoch = epoch
        self.position = 0
        """The offset of the next message."""
        self.step = 0
        """How often something was published since the last message."""

    @property
    def is_busy(self) -> bool:
        """Whether there is queued work."""
        return (self.engine.is_busy or self.publisher.is_behind) and self.step < MAX_STEP

    @property
    def version(self) -> int:
        """The version of records published now."""
        return version(self.epoch, max(0, self.position - 1), self.step)

    def apply(self, messages: Iterable[tuple[int, bytes]]) -> list[Refused]:
        """Apply messages of ``clean`` in the order of their offsets. Returns those that cannot be read."""
        refused = []
        for offset, value in messages:
            if offset < self.position:
                continue  # delivered again
            try:
                self.engine.apply(Clean.from_bytes(value), offset)
            except RecordError as error:
                refused.append(Refused(offset, "schema", str(error)))
            self.position, self.step = offset + 1, 0
        return refused

    def publish(self) -> Publication:
        """Return new records. After a message they have its clock, otherwise that of the next step."""
        return self.publisher.publish()

    def replayed(self, *, settled: bool) -> None:
        """Note as published what another engine published of the applied messages, where that is certain.

        ``settled``: the other one had no queued work left, and so published what follows from the texts alone. If not,
        its progress is uncertain: queued places are sent once more.
        """
        if not settled:
            self.publisher.publish(certain=not self.engine.is_busy)
            return
        while True:
            while self.engine.is_busy:
                self.engine.work()
            self.publisher.publish()
            if not self.is_busy:
                return

    def idle(self) -> Publication:
        """Do some queued work and return the resulting records."""
        self.step += 1
        for _ in range(2 ** min(self.step, 10)):
            if not self.engine.is_busy:
                break
            self.engine.work()
        return self.publisher.publish(most=64 * self.step)


def outgoing(publication: Publication, version: int, articles: Sequence[Sequence[bytes]]) -> list[Outgoing]:
    """Return the messages of a publication. ``articles``: the JSON of the texts of each of its stories."""
    resolved = [
        Outgoing(RESOLVED, draft.story.encode(), draft.to_bytes(version, texts))
        for draft, texts in zip(publication.stories, articles, strict=True)
    ]
    events = [Outgoing(EVENTS, event["id"].encode(), event_bytes(event, version)) for event in publication.events]
    return [*resolved, *events]


def event_bytes(event: dict[str, object], version: int) -> bytes:
    """Serialise as ``schemas.public_records.Event``."""
    return orjson.dumps({**event, "version": version})


def offsets_of(drafts: Iterable[Draft]) -> list[int]:
    """Return the offsets of the texts that the records need, each once, in order."""
    return sorted({offset for draft in drafts for offset in draft.texts})
