"""What goes into a stage and what comes out of it, as plain data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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


class Stage(ABC):
    """The logic of one stream processor: no I/O of its own, no clock; its state in ``Rows``.

    A batch goes ``prepare``, ``handle`` for one message after the other, ``finish``. Each may raise ``BadInput`` or
    ``RecordError`` for a message that can never be processed; it then goes to the dead letters, so it must be decoded
    and checked before anything is changed. After any other error the rows are rolled back and ``forget`` is called.
    """

    name: str

    def linger(self, waiting: int) -> float:  # noqa: ARG002  # most wait for nothing
        """Seconds to wait for a further message before the ``waiting`` ones are handled; asked after each message."""
        return 0.0

    async def prepare(self, messages: Sequence[Incoming]) -> None:  # noqa: B027  # nothing to do for most
        """Slow work for a batch before its messages are handled; may await."""

    @abstractmethod
    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        """Process one message and return all that follows from it."""

    def finish(self) -> Sequence[Outgoing]:
        """What follows from the batch as a whole."""
        return ()

    def forget(self) -> None:  # noqa: B027  # not every stage derives something
        """Drop what was derived from the rows: partitions may have moved between workers."""


@dataclass(frozen=True)
class StageSpec:
    """A stage to be run: the topics that it takes, how to make it over its rows, and the changelog of the rows."""

    topics: tuple[Topic, ...]
    build: Callable[[Rows], Stage]
    changelog: Topic | None = None
