"""What is stored of a dead letter: why, where and when. What was in the message stays in Kafka."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.dead_letters import CUT_HEADER, PAUSED_HEADER, PREFIX
from stream_apps.indexing.documents import Document, present, time_of
from stream_apps.runtime.messages import Incoming


def dead_letter_document(message: Incoming) -> Document:
    """The document of a message of ``dead-letters``. Never raises: one about a dead letter would be the next."""
    headers = {name: value.decode(errors="replace") for name, value in message.headers}
    return present(
        {
            "id": dead_letter_id(message),
            "partition": message.partition,
            "offset": message.offset,
            "key": message.key[:256].decode(errors="replace"),
            **{name: headers.get(PREFIX + name) for name in ("stage", "reason", "detail", "topic")},
            "time": _time(headers.get(PREFIX + "time", "")) or _sent(message),
            "paused_outlet": headers.get(PAUSED_HEADER),
            "bytes": len(message.value),
            "cut": CUT_HEADER in headers,
        }
    )


def dead_letter_id(message: Incoming) -> str:
    """Its place, and its time: a topic that was made anew counts from the beginning."""
    return f"{message.partition}-{message.offset}-{message.timestamp or 0}"


def _time(said: str) -> str | None:
    """When it failed, as its header says."""
    try:
        return time_of(datetime.fromisoformat(said))
    except (ValueError, OverflowError):
        return None


def _sent(message: Incoming) -> str | None:
    try:
        return time_of(datetime.fromtimestamp((message.timestamp or 0) / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None
