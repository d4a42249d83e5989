"""The states of polling: the latest of every feed, in the compacted topic ``feed-state``.

A state is written only after the records it accounts for are acknowledged. A crash in between publishes them again,
with the same ids and revisions; it never loses one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from pydantic import ValidationError

from producers.compacted import read_compacted
from schemas.feed_records import FeedState
from schemas.topics import FEED_STATE
from wirecopy.settings import KafkaSettings
from wirecopy.telemetry import logger

REWRITE_AFTER = timedelta(minutes=15)
_PASSING = frozenset({
    "interval", "next_poll", "last_poll", "last_body", "last_success", "body_hash", "etag", "last_modified", "haste",
    "longest_silence", "moved_since",
})  # fmt: skip
"""What a poll that brings nothing may change; a restart that has it from earlier asks, or parses, once too often."""
_LASTING = tuple(name for name in FeedState.model_fields if name not in _PASSING)


def worth_writing(written: FeedState | None, state: FeedState) -> bool:
    """Whether to write a state.

    A restart would notice the difference. Times that pass with every poll are written rarely.
    """
    if written is None or any(getattr(written, name) != getattr(state, name) for name in _LASTING):
        return True
    return state.next_poll - written.next_poll > REWRITE_AFTER


def read_states(settings: KafkaSettings, partitions: Iterable[int] | None = None) -> dict[str, FeedState]:
    """Read the latest state of every feed, by feed id: from the whole topic, or these ``partitions`` of it.

    A state that cannot be read is left out and logged: its feed is then polled as if new. Raises ``ServerError`` if
    Kafka cannot be reached or has no such topic or partition.
    """
    return read_compacted(settings, FEED_STATE, _state, partitions).values


def _state(key: str, value: bytes) -> FeedState | None:
    try:
        return FeedState.model_validate_json(value)
    except ValidationError as error:
        logger("producer").error("a feed state cannot be read; the feed starts anew", feed=key, why=str(error))
        return None
