"""Messages of the producer: records, feed states and dead letters as bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from producers.formats.cleaning import clean_line
from schemas import dead_letters
from schemas.feed_records import FeedState, RawEntry
from schemas.topics import DEAD_LETTERS, FEED_STATE, RAW

MAX_DEAD_LETTER = 900_000
"""Bytes of an original that a dead letter carries: what Kafka's default limit of 1 MiB leaves room for."""
STAGE = "producer"
WRITER_HEADER, NUMBER_HEADER = "x-writer", "x-number"


@dataclass(frozen=True)
class Message:
    """A Kafka message; ``partitioned_by`` chooses its partition instead of the key."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partitioned_by: bytes | None = None


@dataclass(frozen=True)
class DeadLetter:
    """Input that cannot be processed. ``source`` is the topic it was for, or the address it came from."""

    key: str
    original: bytes
    reason: str
    detail: str
    source: str


@dataclass(frozen=True)
class Stamp:
    """Which running producer wrote a state, and how many states of this feed were written before it, itself counted.

    A producer goes on from the number that it found, so a state whose number is not above the one before it is the
    late word of a producer that had lost the feed: see ``late``.
    """

    writer: str
    number: int

    def headers(self) -> tuple[tuple[str, bytes], ...]:
        return (WRITER_HEADER, self.writer.encode()), (NUMBER_HEADER, str(self.number).encode())

    @classmethod
    def of(cls, headers: Iterable[tuple[str, bytes]]) -> Self | None:
        """Return the stamp of a message; None where a command or an older version wrote it."""
        found = dict(headers)
        writer, number = found.get(WRITER_HEADER, b""), found.get(NUMBER_HEADER, b"")
        if not writer or not number.isdigit():
            return None
        return cls(writer.decode(errors="replace"), int(number))


def raw_message(record: RawEntry, prefix: str) -> Message:
    return Message(
        RAW.full_name(prefix),
        record.article.encode(),
        record.model_dump_json().encode(),
        partitioned_by=record.outlet.encode(),
    )


def state_message(state: FeedState, outlet: str, prefix: str, stamp: Stamp | None = None) -> Message:
    return Message(
        FEED_STATE.full_name(prefix),
        state.feed.encode(),
        state.model_dump_json().encode(),
        stamp.headers() if stamp else (),
        partitioned_by=outlet.encode(),
    )


def dead_letter_message(letter: DeadLetter, prefix: str) -> Message:
    headers = dead_letters.headers(STAGE, letter.reason, clean_line(letter.detail, 1000), letter.source)
    if len(letter.original) > MAX_DEAD_LETTER:
        headers.append((dead_letters.CUT_HEADER, str(len(letter.original)).encode()))
    return Message(
        DEAD_LETTERS.full_name(prefix), letter.key.encode(), letter.original[:MAX_DEAD_LETTER], tuple(headers)
    )
