"""A dead letter: the original bytes of a message that could not be processed, with headers that say why.

Key and value are those of the message that failed, so that sending it to the topic named by ``x-dlq-topic`` again is
all that a second try needs.
"""

from __future__ import annotations

from datetime import UTC, datetime

PREFIX = "x-dlq-"
CUT_HEADER = PREFIX + "cut"
"""Present where the value was cut, since Kafka would not take it whole: how many bytes it had."""
PAUSED_HEADER = PREFIX + "paused-outlet"
"""Present while a stage has paused an outlet: the name of the outlet that the message is of."""
MAX_HEADER = 2000
"""Characters of one header: a detail may quote a hostile message."""


def headers(stage: str, reason: str, detail: str, source: str, *, paused: str | None = None) -> list[tuple[str, bytes]]:
    """Why the message failed: ``stage`` and ``reason`` are short stable codes, ``source`` its topic or address.

    ``paused`` is its outlet, where the stage has paused that.
    """
    values = {
        "stage": stage,
        "reason": reason,
        "detail": detail,
        "topic": source,
        "attempt": "1",
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    if paused is not None:
        values[PAUSED_HEADER.removeprefix(PREFIX)] = paused
    return [(PREFIX + name, value[:MAX_HEADER].encode()) for name, value in values.items()]
