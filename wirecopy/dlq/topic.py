"""The topic ``dead-letters`` and those that letters came from, on the broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from schemas.topics import DEAD_LETTERS, MAX_MESSAGE_BYTES, TAKEN
from wirecopy.dlq.letters import (
    Done,
    Letter,
    LetterId,
    Note,
    Survey,
    Wanted,
    chosen,
    note_headers,
    read,
    refusal,
    resend,
    surveyed,
)
from wirecopy.errors import ServerError
from wirecopy.kafka import admin_client, client_config, compression
from wirecopy.kafka_access import explained
from wirecopy.rate import TokenBucket
from wirecopy.settings import KafkaSettings
from wirecopy.topic_reading import read_topic

STREAMS: Final = frozenset(topic.name for stage, topics in TAKEN.items() for topic in topics if stage != "indexing")
"""What stages take and work through; indexing takes what is to be found, as it stands."""
_ACKNOWLEDGED: Final = 60.0
"""Seconds that Kafka is given to acknowledge some messages."""
_TOGETHER: Final = 20
"""Letters between two acknowledgements: each can be as large as a message can."""


def read_notes(settings: KafkaSettings) -> dict[LetterId, Done]:
    """Read which letters were dealt with."""
    found = (read(record) for record in read_topic(settings, DEAD_LETTERS))
    return {note.letter: note.done for note in found if isinstance(note, Note)}


def read_letters(settings: KafkaSettings, wanted: Wanted) -> Iterator[Letter]:
    """Yield the wanted letters with their values and outcomes. Raises ``ServerError``."""
    notes = read_notes(settings)
    partitions = {letter.partition for letter in wanted.ids} or None
    yield from chosen(read_topic(settings, DEAD_LETTERS, partitions), notes, wanted)


def read_letter(settings: KafkaSettings, wanted: LetterId) -> Letter | None:
    """Read one letter with its outcome; None where it was deleted, or is a note. Raises ``ServerError``.

    Reads its partition from the letter on, since its note comes after it.
    """
    letter: Letter | None = None
    for record in read_topic(settings, DEAD_LETTERS, [wanted.partition], begin=wanted.offset):
        found = read(record)
        if isinstance(found, Letter) and found.id == wanted:
            letter = found
        elif isinstance(found, Note) and found.letter == wanted and letter is not None:
            letter = replace(letter, done=found.done)
    return letter


# ---- sending again ----------------------------------------------------------------------------------------------


@dataclass
class Sent:
    """The result of sending: the number of letters sent, and the reasons of the others."""

    letters: int = 0
    refused: dict[str, int] = field(default_factory=dict)


def send(
    settings: KafkaSettings,
    letters: Iterator[Letter],
    rate: float,
    most_attempts: int,
    *,
    dry_run: bool = False,
    wait: Callable[[float], object] = time.sleep,
) -> Sent:
    """Send letters again, ``rate`` a second, and note each once Kafka has acknowledged it.

    Interrupted in between, the last ones are sent twice when it is done again; stages take that without a trace.
    Raises ``ServerError``.
    """
    sent, bucket = Sent(), TokenBucket(rate, max(1.0, min(rate, _TOGETHER)), time.monotonic)
    with _producer(settings) as producer:
        sendable = _sendable(letters, settings.topic_prefix, producer.partitions_for, most_attempts, sent)
        for some in _together(sendable, max(1, min(_TOGETHER, round(rate)))):
            if not dry_run:
                wait(bucket.take(len(some)))
                _publish(producer, settings, some)
            sent.letters += len(some)
    return sent


def _sendable(
    letters: Iterator[Letter], prefix: str, partitions: Callable[[str], Collection[int]], most_attempts: int, sent: Sent
) -> Iterator[Letter]:
    for letter in letters:
        why = refusal(letter, STREAMS, most_attempts)
        if why is None and (place := resend(letter, prefix)).partition not in partitions(place.topic):
            why = f"its topic has no partition {place.partition} any more"
        if why is None:
            yield letter
        else:
            sent.refused[why] = sent.refused.get(why, 0) + 1


def _together(letters: Iterator[Letter], most: int) -> Iterator[list[Letter]]:
    some: list[Letter] = []
    for letter in letters:
        some.append(letter)
        if len(some) == most:
            yield some
            some = []
    if some:
        yield some


def _publish(producer: Any, settings: KafkaSettings, letters: Sequence[Letter]) -> None:
    messages = [resend(letter, settings.topic_prefix) for letter in letters]
    _acknowledged(
        producer,
        [
            producer.send(m.topic, m.value, m.key, headers=list(m.headers), partition=m.partition)
            for m in messages
        ],
    )  # fmt: skip
    _note(producer, settings, letters, "sent again")


def _note(producer: Any, settings: KafkaSettings, letters: Sequence[Letter], done: Done) -> list[LetterId]:
    """Write the notes. Returns their positions."""
    topic = DEAD_LETTERS.full_name(settings.topic_prefix)
    return _acknowledged(
        producer,
        [
            producer.send(topic, None, one.key, headers=note_headers(one, done), partition=one.id.partition)
            for one in letters
        ],
    )


def _acknowledged(producer: Any, futures: Sequence[Any]) -> list[LetterId]:
    producer.flush(timeout=_ACKNOWLEDGED)
    places = [future.get(timeout=_ACKNOWLEDGED) for future in futures]
    return [LetterId(place.partition, place.offset) for place in places]


@contextmanager
def _producer(settings: KafkaSettings) -> Iterator[Any]:
    config = client_config(settings)
    producer = None
    try:
        producer = KafkaProducer(
            **config,
            client_id="wirecopy-dlq",
            acks="all",
            enable_idempotence=True,
            compression_type=compression(settings),
            max_request_size=MAX_MESSAGE_BYTES,
            allow_auto_create_topics=False,
        )
        yield producer
    except KafkaError as error:
        raise ServerError(explained(error, settings, config)) from error
    finally:
        if producer is not None:
            producer.close(timeout=5)


# ---- throwing away ----------------------------------------------------------------------------------------------


def survey(settings: KafkaSettings, wanted: Wanted) -> Survey:
    """Survey the topic in one reading. Raises ``ServerError``."""
    return surveyed(read_topic(settings, DEAD_LETTERS), wanted)


def purge(settings: KafkaSettings, found: Survey) -> int:
    """Note what was chosen as purged, then delete what is dealt with at the beginning of each partition; gives how many
    offsets. What was written to the topic since the survey stays. Raises ``ServerError``.

    Kafka deletes from the beginning only (``DeleteRecords``), so a letter behind an open one goes when that goes. A
    tombstone would need a compacted topic with a key that is the letter's own, and would not free its bytes at once.
    """
    noted: list[LetterId] = []
    with _producer(settings) as producer:
        for start in range(0, len(found.chosen), _TOGETHER):
            noted += _note(producer, settings, found.chosen[start : start + _TOGETHER], "purged")
    topic, freed = DEAD_LETTERS.full_name(settings.topic_prefix), found.freed_by(noted)
    if freed:
        with admin_client(settings) as admin:
            admin.delete_records({TopicPartition(topic, number): end for number, (_, end) in freed.items()})
    return sum(end - first for first, end in freed.values())
