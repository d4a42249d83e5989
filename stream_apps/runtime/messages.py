"""What goes into a stage and what comes out of it, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.topics import Topic
from stream_apps.runtime.rows import Rows


@dataclass(frozen=True)
class Incoming:
    """One message of a topic, undecoded."""

    topic: str
    """Name in ``schemas.topics``, without prefix and version."""
    partition: int
    offset: int
    key: bytes
    value: bytes


@dataclass(frozen=True)
class Outgoing:
    """One message to send; to the partition of its key, unless a partition is given."""

    topic: Topic
    key: bytes
    value: bytes
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = field(default=())


class Stage(Protocol):
    """The logic of one stream processor: no I/O, no clock; its state in ``Rows``.

    ``handle`` is called for one message after the other. It may raise: the message then goes to the dead letters and
    nothing that it changed is kept, so it must decode and check before it changes anything.
    """

    name: str

    async def prepare(self, messages: Sequence[Incoming]) -> None:
        """Do slow work for a batch before its messages are handled; may await."""

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        """Process one message and return all that follows from it."""

    def forget(self) -> None:
        """Drop what was derived from the rows: partitions may have moved between workers."""


@dataclass(frozen=True)
class StageSpec:
    """A stage to be run: the topics that it takes, how to make it over its rows, and the changelog of the rows."""

    topics: tuple[Topic, ...]
    build: Callable[[Rows], Stage]
    changelog: Topic | None = None
