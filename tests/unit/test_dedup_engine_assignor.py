"""Which engine gets which partition."""

from __future__ import annotations

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.protocol import ConsumerProtocol
from hypothesis import given
from hypothesis import strategies as st

from stream_apps.dedup.engine_assignor import EngineAssignor, from_bytes, to_bytes
from stream_apps.dedup.partition_shares import Knowledge, Known, assigned

knowledge = st.dictionaries(st.integers(0, 5), st.builds(Known, st.booleans(), st.integers(0, 99)))
groups = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), knowledge, min_size=1, max_size=7)


@given(st.integers(0, 6), groups)
def test_each_partition_has_one_engine_and_shares_are_even(count: int, members: dict[str, Knowledge]) -> None:
    shares = assigned(range(count), members)
    assert shares.keys() == members.keys()
    assert sorted(partition for share in shares.values() for partition in share) == list(range(count))
    assert max(map(len, shares.values())) - min(map(len, shares.values())) <= 1


@given(st.integers(1, 6), groups)
def test_what_was_shared_out_stays_where_it_is(count: int, members: dict[str, Knowledge]) -> None:
    before = assigned(range(count), members)
    active = {name: {partition: Known(True, 1) for partition in share} for name, share in before.items()}
    assert assigned(range(count), active) == before
    standing_by = {partition: Known(False, 99) for partition in range(count)}
    if len(active) >= count:
        after = assigned(range(count), {**active, "new": standing_by})
        assert after == {**before, "new": []}


@given(groups)
def test_the_engine_that_knows_most_takes_over(members: dict[str, Knowledge]) -> None:
    (owner,) = [name for name, share in assigned([0], members).items() if share]
    rest = members.keys() - {owner}
    assert all(_standing(members[owner]) >= _standing(members[other]) for other in rest)


def _standing(known: Knowledge) -> tuple[bool, int]:
    here = known.get(0)
    return (here.is_active, here.position) if here else (False, -1)


def test_an_engine_that_was_frozen_does_not_get_its_partition_back() -> None:
    shares = assigned([0], {"frozen": {0: Known(True, 30)}, "deciding": {0: Known(True, 80)}})
    assert shares == {"frozen": [], "deciding": [0]}


def test_partitions_move_only_as_far_as_shares_demand() -> None:
    both = {0: Known(True, 9), 1: Known(True, 9)}
    assert assigned([0, 1], {"old": both, "new": {}}) == {"old": [0], "new": [1]}
    warm = {"old": {0: Known(False, 9), 1: Known(True, 9)}, "new": {}}
    assert assigned([0, 1], warm) == {"old": [1], "new": [0]}


@given(knowledge)
def test_what_an_engine_knows_reaches_the_group(known: Knowledge) -> None:
    assert from_bytes(to_bytes(known)) == known


def test_another_program_in_the_group_knows_nothing() -> None:
    for packed in (b"", b"\xff", b"[]", b'{"a": 1}', b'{"0": [true]}', b'{"0": [true, "x"]}', b"null"):
        assert from_bytes(packed) == {}


def test_members_are_assigned_by_what_they_tell() -> None:
    cluster = ClusterMetadata()
    cluster._partitions["clean"] = {0: None, 1: None}
    told = {
        "a": EngineAssignor(dict).metadata(["clean"]),
        "b": EngineAssignor(lambda: {0: Known(True, 5), 1: Known(False, 4)}).metadata(["clean"]),
    }
    read = {name: ConsumerProtocol.METADATA.decode(one.encode()) for name, one in told.items()}
    shares = EngineAssignor(dict).assign(cluster, read)
    assert {name: share.assignment for name, share in shares.items()} == {"a": [("clean", [1])], "b": [("clean", [0])]}
