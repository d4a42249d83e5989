"""Documents of dead letters: reason, place, time and outcome. The message itself stays in Kafka."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from schemas import dead_letters
from schemas.dead_letters import CUT_HEADER, LETTER_HEADER, PAUSED_HEADER, PREFIX, attempts
from stream_apps.indexing.documents import Document, present, time_of
from stream_apps.runtime.stage_interface import Incoming

SAID: Final = ("stage", "reason", "detail", "topic")
_LETTER: Final = re.compile(r"[0-9]{1,4}:[0-9]{1,18}")


def letter_id(message: Incoming) -> str:
    """Return the id of a message's letter, as ``wirecopy dlq list`` shows it: `2:118`.

    A note is about another letter in its partition; a note that names none is about itself, and so about nothing.
    """
    noted = _headers(message).get(LETTER_HEADER, "") if is_note(message) else ""
    return noted if _LETTER.fullmatch(noted) else f"{message.partition}:{message.offset}"


def is_note(message: Incoming) -> bool:
    """Return whether a message is a note, which says that a letter was dealt with."""
    return dead_letters.is_note(message.headers)


def noted(letter: Mapping[str, Any], note: Incoming) -> Document:
    """Return the document of a letter after a note about it."""
    return {**letter, "open": False, "done": _headers(note).get(PREFIX + "reason", "")}


def dead_letter_document(message: Incoming) -> Document:
    """Return the document of a letter. Never raises, since a letter about a letter would follow."""
    headers = _headers(message)
    return present(
        {
            "id": letter_id(message),
            "partition": message.partition,
            "offset": message.offset,
            "key": message.key[:256].decode(errors="replace"),
            **{name: headers.get(PREFIX + name) for name in SAID},
            "attempt": max(1, attempts(message.headers)),
            "time": _time(headers.get(PREFIX + "time", "")) or _sent(message),
            "paused_outlet": headers.get(PAUSED_HEADER),
            "bytes": len(message.value),
            "cut": CUT_HEADER in headers,
            "open": True,
        }
    )


def _headers(message: Incoming) -> dict[str, str]:
    return {name: value.decode(errors="replace") for name, value in message.headers}


def _time(said: str) -> str | None:
    """Return the time of the failure from the letter's header."""
    try:
        return time_of(datetime.fromisoformat(said))
    except (ValueError, OverflowError):
        return None


def _sent(message: Incoming) -> str | None:
    try:
        return time_of(datetime.fromtimestamp((message.timestamp or 0) / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None
