"""The interface of a stage, and messages into and out of it as plain data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from schemas.topics import MAX_MESSAGE_BYTES, Topic
from stream_apps.runtime.state_store import StateStore

LARGEST = MAX_MESSAGE_BYTES - 16 * 1024
"""Bytes of key, value and headers of one message; the rest is for what Kafka puts around it."""


@dataclass(frozen=True)
class Incoming:
    """One message of a topic, undecoded."""

    topic: str
    """Name in ``schemas.topics``, without prefix and version."""
    partition: int
    offset: int
    key: bytes
    value: bytes
    timestamp: int | None = None
    """When Kafka has it from, milliseconds since 1970; none where there is no broker."""
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True)
class Outgoing:
    """A message to send, to the partition of its key unless one is given."""

    topic: Topic
    key: bytes
    value: bytes
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = field(default=())


class Stage(ABC):
    """The logic of one stream processor: no I/O of its own, no clock; its state in ``StateStore``.

    Messages are shown to ``look_ahead`` when they come, while an earlier batch may be under way. A batch goes
    ``prepare``, ``handle`` for one message after the other, ``finish``. ``handle`` raises ``BadInput`` or
    ``RecordError`` for a message that can never be processed, before it has changed anything; that message goes to the
    dead letters. After any other error, and any of ``prepare`` and ``finish``, the rows are rolled back, what the batch
    touched is forgotten, and the message that causes the error is searched for by halving the batch. An error that is
    no message's fault is a ``WirecopyError`` other than ``BadInput``, for a row ``BadRow``: it ends the process.
    """

    name: str
    alive: Callable[[], None] = staticmethod(lambda: None)
    """To be called while a batch waits for something slow, such as a server that is away; else a batch that takes
    minutes counts as hanging, and the worker is ended."""

    def linger(self, waiting: int) -> float:  # noqa: ARG002  # most wait for nothing
        """Return the seconds to wait for a further message before the ``waiting`` ones are handled."""
        return 0.0

    def look_ahead(self, messages: Sequence[Incoming]) -> None:  # noqa: B027  # nothing to do for most
        """Begin slow work for messages that a later batch will have, or none. Waits for nothing; errors are ignored."""

    async def prepare(self, messages: Sequence[Incoming]) -> None:  # noqa: B027  # nothing to do for most
        """Do slow work for a batch before its messages are handled; may await."""

    @abstractmethod
    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        """Process one message and return the messages to send."""

    def finish(self) -> Iterable[Outgoing]:
        """Return what follows from the batch as a whole. Earlier messages are sent while later ones are made."""
        return ()

    @property
    def unfinished(self) -> bool:
        """Whether ``finish`` has more to do without a message. The last message is acknowledged after that."""
        return False

    def origin(self, message: Incoming) -> str:
        """Return the outlet of a message, to tell a bad feed from a bad stage; may raise for a bad message."""
        return message.key.decode(errors="replace")

    def forget(self) -> None:  # noqa: B027  # not every stage derives something
        """Drop state derived from the rows, and the rest of an unfinished batch."""

    def forget_partitions(self, partitions: Collection[int]) -> bool:  # noqa: ARG002  # for those who can
        """The same for some partitions; false where the stage cannot tell them apart, and has forgotten everything."""
        self.forget()
        return False


@dataclass(frozen=True)
class StageSpec:
    """A stage to run: its topics, its factory and the changelog of its rows."""

    topics: tuple[Topic, ...]
    build: Callable[[StateStore], Stage]
    changelog: Topic | None = None
    format: int = 1
    """Number of the format of its rows, 1 to 255; raised with every change that an older or newer version misreads."""
    on_disk: bool = False
    """Whether the rows are in local files, since they would take too much memory."""
