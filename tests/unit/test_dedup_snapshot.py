"""A snapshot gives the state back, and one that is cut, foreign or of another epoch is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.record import RecordError
from stream_apps.dedup import epoch, snapshot
from stream_apps.dedup.epoch import Epoch
from stream_apps.dedup.snapshot import ForeignSnapshot, Snapshots
from tests.unit.dedup_world import copies, deliver, message, of_one_outlet, result

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A snapshot of a few articles."""
    snapshot.write(deliver(map(message, copies(5))).state, tmp_path / "engine")
    return tmp_path / "engine"


@pytest.mark.parametrize("before", [0, 10])
def test_a_state_goes_on_from_its_snapshot_as_if_nothing_had_happened(tmp_path: Path, before: int) -> None:
    values = [message(one) for one in (*copies(12), *of_one_outlet(12))]
    replay = deliver(values[:before], batch=3)
    snapshot.write(replay.state, tmp_path / "engine")
    state = Snapshots(tmp_path / "engine", 100).load(1, 7, until=before)
    assert state is not None
    replay.state = state
    replay.take(values[before:])
    assert result(replay) == result(deliver(values))


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.999])
def test_a_cut_file_is_refused(path: Path, part: float) -> None:
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    with pytest.raises(ForeignSnapshot):
        snapshot.read(path)


def test_a_file_that_is_no_snapshot_is_refused(path: Path) -> None:
    path.write_bytes(b"#!/bin/sh\n" * 100)
    with pytest.raises(ForeignSnapshot, match="not a snapshot"):
        snapshot.read(path)


@pytest.mark.parametrize("what", ["FORMAT", "RULES"])
def test_another_format_and_other_rules_are_refused(path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, what, getattr(snapshot, what) + 1)
    with pytest.raises(ForeignSnapshot, match="this version has"):
        snapshot.read(path)


@pytest.mark.parametrize(("number", "days", "until"), [(2, 7, 5), (1, 8, 5), (1, 7, 4)])
def test_one_that_does_not_fit_is_left_alone(path: Path, number: int, days: int, until: int) -> None:
    assert Snapshots(path, 100).load(number, days, until) is None
    assert Snapshots(path, 100).load(1, 7, 5) is not None


def test_none_is_no_snapshot(tmp_path: Path) -> None:
    assert Snapshots(tmp_path / "engine", 100).load(1, 7, 5) is None


def test_a_child_writes_while_the_engine_goes_on(tmp_path: Path) -> None:
    replay = deliver(map(message, copies(5)))
    snapshots = Snapshots(tmp_path / "engine", 5)
    snapshots.take_if_due(replay.state)
    replay.take([message(one) for one in of_one_outlet(12)])
    snapshots.finish()
    assert snapshot.read(tmp_path / "engine").position == 5


# ---- epochs and versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", [b"", b"{}", b"[]", b"7", b'{"number": 1}', b'{"number": 1, "rules": 1, "engines": 1, "more": 1}']
)
def test_a_row_that_is_no_epoch_is_refused(row: bytes) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        epoch.current({epoch.KEY: row}, 1, NOON)


def test_a_row_of_another_format_is_refused() -> None:
    with pytest.raises(RecordError, match="format 9"):
        epoch.current({epoch.KEY: Epoch(3, snapshot.RULES, 1, format=9).to_bytes()}, 1, NOON)


def test_an_epoch_begins_where_there_is_none_and_where_rules_or_engines_change() -> None:
    first, begins = epoch.current({}, 1, NOON)
    assert begins
    assert epoch.current({epoch.KEY: first.to_bytes()}, 1, NOON) == (first, False)
    more_engines, begins = epoch.current({epoch.KEY: first.to_bytes()}, 2, NOON)
    assert begins
    other_rules = Epoch(first.number, snapshot.RULES - 1, 1).to_bytes()
    new_rules, begins = epoch.current({epoch.KEY: other_rules}, 1, NOON)
    assert begins
    assert first.number < more_engines.number == new_rules.number
