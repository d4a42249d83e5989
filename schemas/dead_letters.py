"""A dead letter: the original bytes of a message that could not be processed, with headers that say why.

Key, value and further headers are those of the message that failed, so that sending it to the partition of the topic
that the headers name is all that a second try needs (``wirecopy dlq send``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

PREFIX = "x-dlq-"
CUT_HEADER = PREFIX + "cut"
"""The original size in bytes. Set only if the value was cut to fit into a Kafka message."""
PAUSED_HEADER = PREFIX + "paused-outlet"
"""Present while a stage has paused an outlet: the name of the outlet that the message is of."""
ATTEMPT_HEADER = PREFIX + "attempt"
"""Of a letter: how often the message has failed. Of a message that is sent again: how often it had failed before."""
LETTER_HEADER = PREFIX + "letter"
"""The letter that a note is about, as ``partition:offset`` of the topic ``dead-letters``. Only notes have it."""
OPERATOR = "operator"
"""The stage of such notes."""
MAX_HEADER = 2000
"""Characters of one header: a detail may quote a hostile message."""
_MAX_ORIGINAL = 16
"""Headers of the original that are kept."""

Header = tuple[str, bytes]


def headers(
    stage: str,
    reason: str,
    detail: str,
    source: str,
    *,
    at: tuple[int, int] | None = None,
    attempt: int = 1,
    paused: str | None = None,
) -> list[Header]:
    """Make the headers of a dead letter. ``stage`` and ``reason`` are short stable codes, ``source`` is a topic or
    address.

    ``at`` is its partition and offset there, where it was a message; ``attempt`` how often it has failed now;
    ``paused`` its outlet, where the stage has paused that.
    """
    values = {
        "stage": stage,
        "reason": reason,
        "detail": detail,
        "topic": source,
        "attempt": str(attempt),
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    if at is not None:
        values |= {"partition": str(at[0]), "offset": str(at[1])}
    if paused is not None:
        values[PAUSED_HEADER.removeprefix(PREFIX)] = paused
    return [(PREFIX + name, value[:MAX_HEADER].encode()) for name, value in values.items()]


def attempts(of_message: Iterable[Header]) -> int:
    """Return how often a message had failed before it was sent again; 0 where the header is missing or malformed.

    >>> attempts([("x-dlq-attempt", b"2")]), attempts([]), attempts([("x-dlq-attempt", b"-1")])
    (2, 0, 0)
    """
    said = dict(of_message).get(ATTEMPT_HEADER, b"")
    return int(said) if said.isdigit() and len(said) < 6 else 0


def is_note(of_message: Iterable[Header]) -> bool:
    """Whether a message of the topic is a note (a letter was dealt with) and no letter."""
    return dict(of_message).get(PREFIX + "stage") == OPERATOR.encode()


def of_original(of_message: Iterable[Header]) -> list[Header]:
    """Return the message's own headers; only the first of them where there are many."""
    own = [(name, value) for name, value in of_message if not name.startswith(PREFIX)]
    return [(name, value) for name, value in own if len(name) + len(value) <= MAX_HEADER][:_MAX_ORIGINAL]
