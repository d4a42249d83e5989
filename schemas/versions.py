"""Versions of records: a logical clock that says which of two records of one id is newer.

A version is made of an ``epoch``, an ``offset`` and a ``step``. The offset is that of the newest message of ``clean``
that the record reflects; the step counts what the engine did between two messages; a new epoch begins when the topics,
the rules or the number of engines change, so that an index outlives its Kafka.

An epoch is the second in which it began, and each second has room for ``PER_SECOND`` offsets. So every version of an
epoch is higher than all of an earlier one, also of one that nobody remembers, as long as no engine takes more messages
a second than that on average. All of it fits into 53 bits until 2156, which a double holds exactly: readers in any
language may compare versions as numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime

STEP_BITS = 5
MAX_STEP = 2**STEP_BITS - 1
MAX_OFFSET = 2**32 - 1
PER_SECOND = 2**16
_START = datetime(2020, 1, 1, tzinfo=UTC)


def version(epoch: int, offset: int, step: int = 0) -> int:
    """Return the version of records that follow from the message at ``offset``.

    >>> version(60, 0) > version(0, 3_000_000)
    True
    """
    fits = epoch >= 0 and 0 <= offset <= MAX_OFFSET and 0 <= step <= MAX_STEP
    assert fits, (epoch, offset, step)
    return epoch * PER_SECOND + offset << STEP_BITS | step


def epoch_at(moment: datetime, last: int = 0) -> int:
    """Return a new epoch: seconds since the beginning of 2020.

    Where the clock was set back behind ``last``, the epoch before, the new one leaves room for all offsets that the old
    one can have had.
    """
    now = int((moment - _START).total_seconds())
    return now if now > last else last + (MAX_OFFSET + 1) // PER_SECOND
