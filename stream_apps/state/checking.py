"""``wirecopy state check``: checks that this version can read every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from schemas.record import RecordError
from schemas.topics import ENGINE_STATE, OUTLET_STATE, TAGGING_STATE, Topic
from stream_apps.dedup import epoch
from stream_apps.fingerprint import epochs
from stream_apps.runtime.state_store import BadRow, StoredRow, shown, unseal
from stream_apps.tagging.rows import KEY, SEALED_AS, RowError, require_format

MAX_SHOWN = 20
"""Bad rows of a topic that are told one by one."""


@dataclass
class StateReport:
    """The content of one topic."""

    topic: str
    rows: int = 0
    bytes: int = 0
    """Of keys and values of the rows that count."""
    bad: list[str] = field(default_factory=list)


def check_outlet(partition: int, row: StoredRow) -> None:
    """Raises ``BadRow``."""
    plain = unseal(epochs.FORMAT, partition, row, OUTLET_STATE.name)
    assert plain.value is not None, "deleted rows are not asked for"
    epochs.read_row(partition, row.key, plain.value)


def check_tagging(partition: int, row: StoredRow) -> None:
    """Raises ``BadRow``."""
    plain = unseal(SEALED_AS, partition, row, TAGGING_STATE.name)
    assert plain.value is not None, "deleted rows are not asked for"
    try:
        require_format(plain.value)
    except RowError as error:
        raise BadRow(partition, row.key, str(error), TAGGING_STATE.name) from error
    if not KEY.fullmatch(row.key):
        raise BadRow(partition, row.key, "its key is none of a story, an article or a revision", TAGGING_STATE.name)


def check_engine(partition: int, row: StoredRow) -> None:
    """Raises ``BadRow``."""
    if row.key == epoch.KEY:
        try:
            epoch.Epoch.from_bytes(row.value or b"")
        except RecordError as error:
            raise BadRow(partition, row.key, str(error), ENGINE_STATE.name) from error


CHECKS: dict[Topic, Callable[[int, StoredRow], None]] = {
    OUTLET_STATE: check_outlet,
    TAGGING_STATE: check_tagging,
    ENGINE_STATE: check_engine,
}


def report(topic: Topic, messages: Iterable[Any]) -> StateReport:
    """Check the last value of every key; ``messages`` are in the order of each partition."""
    sizes: dict[tuple[int, bytes], int] = {}
    bad: dict[tuple[int, bytes], str] = {}
    for message in messages:
        place = (message.partition, message.key)
        bad.pop(place, None)
        if message.value is None:
            sizes.pop(place, None)
            continue
        sizes[place] = len(message.key) + len(message.value)
        try:
            CHECKS[topic](message.partition, StoredRow(message.key, message.value, message.offset))
        except BadRow as error:
            bad[place] = f"partition {message.partition}, key {shown(message.key)}: {error.detail}"
    return StateReport(topic.name, len(sizes), sum(sizes.values()), list(bad.values()))
