"""The logical clock of the records: which of two records of one id is the newer.

A version is ``epoch``, ``offset`` and ``step``, the first in the highest bits. The offset is that of the newest message
of ``clean`` that the record reflects; the step counts what the engine did between two messages; the epoch grows when
the topics, the rules or the number of engines change, so that an index outlives its Kafka. All of it fits into 53 bits,
which a double holds exactly: readers in any language may compare versions as numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime

EPOCH_BITS, OFFSET_BITS, STEP_BITS = 16, 32, 5
MAX_STEP = 2**STEP_BITS - 1
_QUARTER_DAY = 6 * 3600
_START = datetime(2026, 1, 1, tzinfo=UTC)


def version(epoch: int, offset: int, step: int = 0) -> int:
    """The version of what follows from the message at ``offset``.

    >>> version(1, 0) > version(0, 4_000_000_000)
    True
    """
    fits = 0 <= epoch < 2**EPOCH_BITS and 0 <= offset < 2**OFFSET_BITS and 0 <= step <= MAX_STEP
    assert fits, (epoch, offset, step)
    return epoch << (OFFSET_BITS + STEP_BITS) | offset << STEP_BITS | step


def epoch_at(moment: datetime, last: int = 0) -> int:
    """A new epoch: quarter days since 2026 began, and more than ``last``, the one before as far as it is known."""
    return max(last + 1, int((moment - _START).total_seconds() // _QUARTER_DAY))


def epoch_of(version: int) -> int:
    """The epoch in a version."""
    return version >> (OFFSET_BITS + STEP_BITS)
