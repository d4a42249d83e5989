"""The durable state of a stage: one row a key and partition.

Changes are held back until the runtime takes them: it writes them to the changelog only after every message that
follows from them was acknowledged. So state is never ahead of what was sent, and what a stage compares with its rows
("did this change?") holds after a crash too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A row to write, or to delete where the value is None."""

    partition: int
    key: bytes
    value: bytes | None


class Rows:
    """The rows of the partitions that this process owns."""

    def __init__(self) -> None:
        self._committed: dict[int, dict[bytes, bytes]] = {}
        self._pending: dict[tuple[int, bytes], bytes | None] = {}
        self._released: set[int] = set()

    def get(self, partition: int, key: bytes) -> bytes | None:
        if (partition, key) in self._pending:
            return self._pending[partition, key]
        return self._committed.get(partition, {}).get(key)

    def put(self, partition: int, key: bytes, value: bytes) -> None:
        self._pending[partition, key] = value

    def delete(self, partition: int, key: bytes) -> None:
        self._pending[partition, key] = None

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """All rows of a partition, changes that are held back included; not to be changed meanwhile."""
        for key, value in self._committed.get(partition, {}).items():
            if (partition, key) not in self._pending:
                yield key, value
        for (owner, key), pending in list(self._pending.items()):
            if owner == partition and pending is not None:
                yield key, pending

    def release(self, partition: int) -> None:
        """Keep no rows of this partition any more: the stage has what it needs of them, in a smaller form.

        Changes still go to the changelog. Where the stage has to begin anew, the rows are read from there again.
        """
        self._released.add(partition)
        self._committed[partition] = {}

    def take_changes(self) -> list[Change]:
        """What is held back. The caller writes it to the changelog, then calls ``commit``."""
        return [Change(partition, key, value) for (partition, key), value in self._pending.items()]

    def commit(self) -> None:
        """What was held back is in the changelog now."""
        for (partition, key), value in self._pending.items():
            if partition in self._released:
                continue
            rows = self._committed.setdefault(partition, {})
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
        self._pending.clear()

    def roll_back(self) -> None:
        """Forget what is held back: its batch is processed again."""
        self._pending.clear()
        for partition in self._released:
            self._committed.pop(partition, None)
        self._released.clear()

    def is_loaded(self, partition: int) -> bool:
        return partition in self._committed

    def load(self, partition: int, rows: dict[bytes, bytes]) -> None:
        """Take over a partition with the rows that its changelog holds."""
        self._committed[partition] = rows

    def drop(self) -> None:
        """Give up every partition: another process may own it now, and change its rows."""
        self._committed.clear()
        self._pending.clear()
        self._released.clear()
