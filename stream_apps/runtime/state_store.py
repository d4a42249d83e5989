"""The durable state of a stage: one row for each key and partition.

Changes are held back until the runtime takes them; it writes them to the changelog only after the brokers acknowledged
every message that follows from them. So state is never ahead of the sent messages, and a stage that compares with its
rows ("did this change?") decides the same after a crash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wirecopy.errors import StateError

NO_ENDS: Mapping[int, int] = {}


@dataclass(frozen=True)
class RowChange:
    """A row to write, or to delete where the value is None."""

    partition: int
    key: bytes
    value: bytes | None


class StoredRow(NamedTuple):
    """A row of a changelog; deleted where the value is None."""

    key: bytes
    value: bytes | None
    offset: int


@dataclass(frozen=True)
class Changelog:
    """One partition of a changelog: its topic, and its current offsets."""

    identity: str
    """Differs from that of a topic of the same name that was there before."""
    beginning: int
    end: int
    """Offset of the next row that is written."""


class BadRow(StateError):
    """A row that this version cannot read. Raised by a stage without the topic; the runtime adds it."""

    def __init__(self, partition: int, key: bytes, detail: str, topic: str = "state") -> None:
        super().__init__(
            f"cannot read a row of {topic}, partition {partition}, key {shown(key)}: {detail}. Nothing of its batch "
            "was acknowledged. `wirecopy state check` lists such rows; `wirecopy state repair KEY` makes those of one "
            "article anew; `wirecopy state rebuild` makes all state anew"
        )
        self.partition = partition
        self.key = key
        self.detail = detail


def shown(key: bytes) -> str:
    """Return a key for people: as text where it is text, else as hexadecimal digits.

    >>> shown(b"a1:b2"), shown(bytes([1, 255]))
    ('a1:b2', '01ff')
    """
    text = key.decode("utf-8", errors="replace")
    return text if text.isprintable() and "\ufffd" not in text else key.hex()


def seal(row_format: int, value: bytes | None) -> bytes | None:
    """Prefix a row with the number of its format, one byte."""
    return None if value is None else bytes([row_format]) + value


def unseal(row_format: int, partition: int, row: StoredRow, topic: str) -> StoredRow:
    """Return the row without the number of its format. Raises ``BadRow`` where that is another one."""
    if row.value is None:
        return row
    if not row.value:
        raise BadRow(partition, row.key, f"it is empty; format {row_format} was expected", topic)
    if row.value[0] != row_format:
        raise BadRow(partition, row.key, f"its format is {row.value[0]}, this version reads {row_format}", topic)
    return row._replace(value=row.value[1:])


class StateStore:
    """The rows of the partitions that this process owns, in memory."""

    def __init__(self) -> None:
        self._committed: dict[int, dict[bytes, bytes]] = {}
        self._pending: dict[tuple[int, bytes], bytes | None] = {}
        self._released: set[int] = set()
        self._positions: dict[int, int] = {}

    def get(self, partition: int, key: bytes) -> bytes | None:
        if (partition, key) in self._pending:
            return self._pending[partition, key]
        return self._get(partition, key)

    def put(self, partition: int, key: bytes, value: bytes) -> None:
        self._hold(partition, key, value)

    def delete(self, partition: int, key: bytes) -> None:
        self._hold(partition, key, None)

    def _hold(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Hold a change back, behind all others: where a crash cuts the writing off, what came later is missing."""
        self._pending.pop((partition, key), None)
        self._pending[partition, key] = value

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Iterate over the rows of a partition, held-back changes included. Do not change rows meanwhile."""
        for key, value in self._items(partition):
            if (partition, key) not in self._pending:
                yield key, value
        for (owner, key), pending in list(self._pending.items()):
            if owner == partition and pending is not None:
                yield key, pending

    def release(self, partition: int) -> None:
        """Drop the rows of this partition: the stage has what it needs in a smaller form.

        Changes still go to the changelog. A stage that starts over has the rows read from there again.
        """
        self._released.add(partition)
        self._let_go(partition)

    def take_changes(self) -> list[RowChange]:
        """Return the held-back changes. The caller writes them to the changelog, then calls ``commit``."""
        return [RowChange(partition, key, value) for (partition, key), value in self._pending.items()]

    def commit(self, ends: Mapping[int, int] = NO_ENDS) -> None:
        """Mark the held-back changes as written. ``ends``: the next offset of each partition's changelog."""
        changes = self.take_changes()
        self._pending.clear()
        for partition in {change.partition for change in changes} | set(ends):
            of_partition = [change for change in changes if change.partition == partition]
            self._write(partition, of_partition, ends.get(partition))
            if partition in ends:
                self._positions[partition] = ends[partition]

    def roll_back(self, partitions: Collection[int] | None = None) -> None:
        """Drop the held-back changes: their batch is processed again.

        The stage has dropped its state of these partitions (all of them, by default), so released ones have to be
        loaded again.
        """
        self._pending.clear()
        self._give_up({p for p in self._released if partitions is None or p in partitions})

    def is_loaded(self, partition: int) -> bool:
        return partition in self._committed

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions that are loaded."""
        return frozenset(self._committed)

    def position(self, partition: int) -> int | None:
        """Return the offset of the changelog that the rows have reached; None where it is unknown."""
        return self._positions.get(partition)

    def begin(self, partition: int, changelog: Changelog) -> int:
        """Prepare to take over a partition. Returns the offset from which to read its changelog."""
        self._committed[partition] = {}
        return changelog.beginning

    def take_in(self, partition: int, rows: Sequence[StoredRow], *, whole: bool = True) -> None:  # noqa: ARG002  # on disk
        """Add rows of a partition that is being taken over, in the order of its changelog.

        ``whole``: no row up to here was left out since it is bad, so that a later start may go on from here.
        """
        _apply(self._committed[partition], ((row.key, row.value) for row in rows))

    def ready(self, partition: int, end: int) -> None:
        """Mark the partition as taken over: its rows are complete up to this offset."""
        self._positions[partition] = end

    def load(self, partition: int, rows: dict[bytes, bytes]) -> None:
        """Take over a partition with the rows of its changelog."""
        self._committed[partition] = rows

    def drop(self, partitions: Collection[int] | None = None) -> None:
        """Give up these partitions, or all: other processes may own them now."""
        given_up = self.partitions if partitions is None else partitions
        for place in [place for place in self._pending if partitions is None or place[0] in given_up]:
            del self._pending[place]
        self._give_up(set(given_up))

    def _give_up(self, partitions: set[int]) -> None:
        for partition in partitions:
            self._committed.pop(partition, None)
            self._positions.pop(partition, None)
        self._released -= partitions

    def _get(self, partition: int, key: bytes) -> bytes | None:
        return self._committed.get(partition, {}).get(key)

    def _items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        yield from self._committed.get(partition, {}).items()

    def _write(self, partition: int, changes: Sequence[RowChange], _end: int | None) -> None:
        if partition not in self._released:
            _apply(self._committed.setdefault(partition, {}), ((change.key, change.value) for change in changes))

    def _let_go(self, partition: int) -> None:
        self._committed[partition] = {}


def _apply(rows: dict[bytes, bytes], changes: Iterator[tuple[bytes, bytes | None]]) -> None:
    for key, value in changes:
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value
