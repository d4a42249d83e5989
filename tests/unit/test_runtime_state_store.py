"""Rows in memory and rows on disk are the same thing, crashes included."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_apps.runtime.disk_state_store import STALE, DiskStateStore
from stream_apps.runtime.state_store import BadRow, Changelog, StateStore, StoredRow, seal, unseal
from wirecopy.errors import StateError

Step = tuple[str, bytes, bytes]
KEYS = st.sampled_from([b"a", b"b", b"\xff\x00"])
STEPS = st.tuples(
    st.sampled_from(["put", "put", "delete", "commit", "roll back", "crash", "move", "lost commit"]),
    KEYS,
    st.binary(max_size=4),
)


class Topic:
    """A changelog in memory, and a worker's rows over it as the runtime drives them."""

    def __init__(self, rows: StateStore) -> None:
        self.rows = rows
        self.identity = "one"
        self.written: list[StoredRow] = []
        self.read = 0

    def take_over(self) -> None:
        changelog = Changelog(self.identity, 0, len(self.written))
        start = self.rows.begin(0, changelog)
        self.read = changelog.end - start
        for row in self.written[start:]:
            self.rows.take_in(0, [row])
        self.rows.ready(0, changelog.end)

    def write(self) -> dict[int, int]:
        changes = self.rows.take_changes()
        for change in changes:
            self.written.append(StoredRow(change.key, change.value, len(self.written)))
        return {0: len(self.written)} if changes else {}

    def put(self, key: bytes, value: bytes) -> None:
        self.rows.put(0, key, value)
        self.rows.commit(self.write())

    def moved(self, rows: StateStore) -> Topic:
        """The same topic under other rows."""
        other = Topic(rows)
        other.written, other.identity = self.written, self.identity
        return other


def on_disk(folder: Path, row_format: int = 1, now: float = 1000.0) -> DiskStateStore:
    return DiskStateStore(folder, "state", row_format, clock=lambda: now)


def content(rows: StateStore) -> list[tuple[bytes, bytes]]:
    return sorted(rows.items(0))


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


@settings(deadline=None, max_examples=50)
@given(st.lists(STEPS, max_size=25))
def test_rows_on_disk_equal_rows_in_memory(steps: Sequence[Step]) -> None:
    with folder() as path:
        memory, disk = Topic(StateStore()), Topic(on_disk(path))
        for topic in (memory, disk):
            topic.take_over()
        for what, key, value in steps:
            for topic in (memory, disk):
                apply(topic, what, key, value, path)
            assert memory.written == disk.written
            assert content(memory.rows) == content(disk.rows)
            assert memory.rows.get(0, key) == disk.rows.get(0, key)
            assert memory.rows.position(0) == disk.rows.position(0)
        disk.rows.drop()


def apply(topic: Topic, what: str, key: bytes, value: bytes, path: Path) -> None:
    if what == "put":
        topic.rows.put(0, key, value)
    elif what == "delete":
        topic.rows.delete(0, key)
    elif what == "roll back":
        topic.rows.roll_back()
    elif what == "commit":
        topic.rows.commit(topic.write())
    elif what == "move":
        topic.rows.drop()
        topic.take_over()
    else:
        if what == "lost commit":  # the rows are in the changelog, and the process is killed before it knows
            topic.write()
        topic.rows.drop()
        topic.rows = on_disk(path) if isinstance(topic.rows, DiskStateStore) else StateStore()
        topic.take_over()


def test_a_restart_reads_only_what_was_written_since(tmp_path: Path) -> None:
    topic = Topic(on_disk(tmp_path))
    topic.take_over()
    for number in range(5):
        topic.put(b"%d" % number, b"x")
    topic.rows.drop()
    later = topic.moved(on_disk(tmp_path))
    later.written.append(StoredRow(b"0", None, 5))  # by another worker
    later.take_over()
    assert (later.read, later.rows.get(0, b"0"), later.rows.get(0, b"4")) == (1, None, b"x")
    later.rows.drop()


@pytest.mark.parametrize("what", ["topic made anew", "fewer rows than the file", "format", "age", "damage"])
def test_a_file_that_does_not_fit_is_made_anew(tmp_path: Path, what: str) -> None:
    topic = Topic(on_disk(tmp_path))
    topic.take_over()
    for number in range(5):
        topic.put(b"%d" % number, b"x")
    topic.rows.drop()
    row_format, now = (2 if what == "format" else 1), (1001.0 + STALE if what == "age" else 1001.0)
    later = topic.moved(on_disk(tmp_path, row_format, now))
    if what == "topic made anew":
        later.identity = "two"
    elif what == "fewer rows than the file":
        del later.written[3:]
    elif what == "damage":
        (tmp_path / "state-0.sqlite").write_bytes(b"no database" * 1000)
    later.take_over()
    assert later.read == len(later.written)
    assert content(later.rows) == sorted((row.key, b"x") for row in later.written)
    later.rows.drop()


def test_a_file_is_not_gone_on_with_behind_a_bad_row(tmp_path: Path) -> None:
    rows = on_disk(tmp_path)
    rows.begin(0, Changelog("one", 0, 4))
    rows.take_in(0, [StoredRow(b"a", b"1", 0), StoredRow(b"b", b"1", 1)])
    rows.take_in(0, [StoredRow(b"a", None, 2), StoredRow(b"b", b"2", 3)], whole=False)  # the row at 2 was bad
    rows.drop()
    again = on_disk(tmp_path)
    assert again.begin(0, Changelog("one", 0, 4)) == 2
    again.drop()


def test_damage_that_shows_later_is_no_messages_fault(tmp_path: Path) -> None:
    topic = Topic(on_disk(tmp_path))
    topic.take_over()
    for number in range(2000):
        topic.rows.put(0, b"%d" % number, bytes(3000))
    topic.rows.commit(topic.write())
    topic.rows.drop()
    file = tmp_path / "state-0.sqlite"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] + b"\x7f" * (len(whole) - len(whole) // 2))
    later = topic.moved(on_disk(tmp_path))
    with pytest.raises(StateError, match=r"state-0\.sqlite cannot be read"):  # noqa: PT012  # where, does not matter
        later.take_over()
        content(later.rows)
    again = topic.moved(on_disk(tmp_path))
    again.take_over()
    assert len(content(again.rows)) == 2000
    again.rows.drop()


def test_changes_are_written_in_the_order_in_which_they_were_made_last() -> None:
    rows = StateStore()
    rows.put(0, b"place", b"old")
    rows.put(0, b"text", b"new")
    rows.delete(0, b"place")
    assert [(change.key, change.value) for change in rows.take_changes()] == [(b"text", b"new"), (b"place", None)]


def test_released_rows_are_not_held_and_come_back(tmp_path: Path) -> None:
    for rows in (StateStore(), on_disk(tmp_path)):
        topic = Topic(rows)
        topic.take_over()
        topic.put(b"a", b"1")
        rows.release(0)
        topic.put(b"b", b"2")
        assert (rows.get(0, b"a"), content(rows)) == (None, [])
        rows.roll_back([0])
        assert not rows.is_loaded(0)
        topic.take_over()
        assert content(rows) == [(b"a", b"1"), (b"b", b"2")]
        rows.drop()


@given(st.integers(1, 255), st.binary())
def test_a_row_carries_its_format(row_format: int, value: bytes) -> None:
    sealed = StoredRow(b"k", seal(row_format, value), 0)
    assert unseal(row_format, 0, sealed, "t").value == value
    with pytest.raises(BadRow, match=f"its format is {row_format}, this version reads"):
        unseal(row_format % 255 + 1, 0, sealed, "t")


def test_a_deleted_row_has_no_format_and_an_empty_one_is_bad() -> None:
    assert unseal(1, 0, StoredRow(b"k", seal(1, None), 0), "t").value is None
    with pytest.raises(BadRow, match="it is empty"):
        unseal(1, 0, StoredRow(b"k", b"", 0), "t")
