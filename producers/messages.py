"""What the producer sends to Kafka: records, feed states and dead letters as bytes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from producers.cleaning import clean_line
from schemas import dead_letters
from schemas.records import FeedState, RawEntry
from schemas.topics import DEAD_LETTERS, FEED_STATE, RAW

MAX_DEAD_LETTER = 900_000
"""Bytes of an original that a dead letter carries: what Kafka's default limit of 1 MiB leaves room for."""
CUT_HEADER = "x-dlq-cut"
"""Present where the original was longer: its length in bytes."""
STAGE = "producer"


@dataclass(frozen=True)
class Message:
    """One Kafka message, ready to be sent; ``partitioned_by`` chooses its partition in place of the key."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partitioned_by: bytes | None = None


@dataclass(frozen=True)
class DeadLetter:
    """Something that cannot be processed. ``source`` is the topic that it was for, or the address it came from."""

    key: str
    original: bytes
    reason: str
    detail: str
    source: str


def raw_message(record: RawEntry, prefix: str) -> Message:
    return Message(RAW.full_name(prefix), record.article.encode(), record.model_dump_json().encode())


def state_message(state: FeedState, prefix: str) -> Message:
    return Message(FEED_STATE.full_name(prefix), state.feed.encode(), state.model_dump_json().encode())


def dead_letter_message(letter: DeadLetter, prefix: str) -> Message:
    headers = dead_letters.headers(STAGE, letter.reason, clean_line(letter.detail, 1000), letter.source)
    if len(letter.original) > MAX_DEAD_LETTER:
        headers.append((CUT_HEADER, str(len(letter.original)).encode()))
    return Message(
        DEAD_LETTERS.full_name(prefix), letter.key.encode(), letter.original[:MAX_DEAD_LETTER], tuple(headers)
    )
