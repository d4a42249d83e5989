"""The epoch of an engine's versions: kept in Kafka, raised when earlier versions no longer count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Self

import orjson

from schemas.record import RecordError
from schemas.versions import epoch_at
from stream_apps.dedup.snapshot import RULES

KEY = b"epoch"
FORMAT = 1
NO_RULES = 0
"""In the row of an epoch that was ended by hand."""


@dataclass(frozen=True)
class Epoch:
    """The row ``epoch`` of ``engine-state``."""

    number: int
    rules: int
    engines: int
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def from_bytes(cls, row: bytes) -> Self:
        """Read a row. Raises ``RecordError`` where the format is another one, or unknown."""
        try:
            epoch = cls(**orjson.loads(row))
        except (ValueError, TypeError) as error:
            raise RecordError(f"the row `epoch` of engine-state cannot be read ({error})") from None
        if epoch.format != FORMAT:
            raise RecordError(f"the row `epoch` of engine-state has format {epoch.format}, this version reads {FORMAT}")
        return epoch


def current(rows: Mapping[bytes, bytes], engines: int, now: datetime) -> tuple[Epoch, bool]:
    """Return the epoch to work in, and whether it begins now.

    A new one begins where there is none (the topics are new), and where the rules or the number of engines have
    changed: all of ``clean`` is then processed again.
    """
    row = rows.get(KEY)
    known = None if row is None else Epoch.from_bytes(row)
    if known is not None and (known.rules, known.engines) == (RULES, engines):
        return known, False
    return Epoch(epoch_at(now, known.number if known else 0), RULES, engines), True


def ended(row: bytes) -> bytes | None:
    """Return a row that makes the next engine begin a new epoch: its rules are those of no version. None, a tombstone,
    where the present row cannot be read: its number is lost, and the clock has to do.
    """
    try:
        return replace(Epoch.from_bytes(row), rules=NO_RULES).to_bytes()
    except RecordError:
        return None
