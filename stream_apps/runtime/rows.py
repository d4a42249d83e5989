"""The durable state of a stage: one row a key and partition.

Changes are held back until the runtime takes them: it writes them to the changelog only after every message that
follows from them was acknowledged. So state is never ahead of what was sent, and what a stage compares with its rows
("did this change?") holds after a crash too.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass

_SEPARATOR = b"|"


@dataclass(frozen=True)
class Change:
    """A row to write, or to delete where the value is None."""

    partition: int
    key: bytes
    value: bytes | None


class Rows:
    """Rows over a mapping of what is committed (a Faust table's data, or a dict)."""

    def __init__(self, committed: MutableMapping[bytes, bytes] | None = None) -> None:
        self._committed: MutableMapping[bytes, bytes] = {} if committed is None else committed
        self._pending: dict[tuple[int, bytes], bytes | None] = {}

    def get(self, partition: int, key: bytes) -> bytes | None:
        if (partition, key) in self._pending:
            return self._pending[partition, key]
        return self._committed.get(_stored(partition, key))

    def put(self, partition: int, key: bytes, value: bytes) -> None:
        self._pending[partition, key] = value

    def delete(self, partition: int, key: bytes) -> None:
        self._pending[partition, key] = None

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """All rows of a partition, changes that are held back included. Scans every row: for start-up only."""
        prefix = _stored(partition, b"")
        for stored, value in list(self._committed.items()):
            key = stored[len(prefix) :]
            if stored.startswith(prefix) and (partition, key) not in self._pending:
                yield key, value
        for (owner, key), pending in list(self._pending.items()):
            if owner == partition and pending is not None:
                yield key, pending

    def take_changes(self) -> list[Change]:
        """What changed since the last call. The caller writes it to the changelog, then calls ``commit``."""
        return [Change(partition, key, value) for (partition, key), value in self._pending.items()]

    def commit(self, changes: list[Change]) -> None:
        """Make changes part of what is committed, once the changelog has them."""
        for change in changes:
            stored = _stored(change.partition, change.key)
            if change.value is None:
                self._committed.pop(stored, None)
            else:
                self._committed[stored] = change.value
            if self._pending.get((change.partition, change.key)) == change.value:
                del self._pending[change.partition, change.key]

    def roll_back(self) -> None:
        """Forget changes that were not taken: their batch is processed again."""
        self._pending.clear()


def changelog_key(change: Change) -> bytes:
    """The key of a change in the changelog topic and in the committed mapping."""
    return _stored(change.partition, change.key)


def _stored(partition: int, key: bytes) -> bytes:
    return str(partition).encode() + _SEPARATOR + key
