"""A dead letter: the original bytes of a message that could not be processed, with headers that say why.

Key and value are those of the message that failed, so that sending it to the topic named by ``x-dlq-topic`` again is
all that a second try needs.
"""

from __future__ import annotations

from datetime import UTC, datetime

PREFIX = "x-dlq-"
CUT_HEADER = PREFIX + "cut"
"""Present where the value was cut, since Kafka would not take it whole: how many bytes it had."""
MAX_HEADER = 2000
"""Characters of one header: a detail may quote a hostile message."""


def headers(stage: str, reason: str, detail: str, source: str, attempt: int = 1) -> list[tuple[str, bytes]]:
    """Why the message failed: ``stage`` and ``reason`` are short stable codes, ``source`` its topic or address."""
    values = {
        "stage": stage,
        "reason": reason,
        "detail": detail,
        "topic": source,
        "attempt": str(attempt),
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    return [(PREFIX + name, value[:MAX_HEADER].encode()) for name, value in values.items()]
