"""What of the membership needs no broker; the rest is in the integration tests."""

from __future__ import annotations

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaConnectionError
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment

from producers.owning.clients import require_broker
from producers.owning.membership import Assignor, Membership, handover
from wirecopy.settings import KafkaSettings, Settings


def nothing(*_: object) -> None:
    """Not called here."""


def test_a_member_that_was_thrown_out_claims_nothing_when_it_joins_again() -> None:
    """Else the leader has live owners give up what a zombie once had."""
    assignor = Assignor()
    assignor.on_assignment(ConsumerProtocolAssignment(1, [("feeds", [1, 3])], b""), 7)
    (owned,) = assignor.metadata({"feeds"}).owned_partitions
    assert list(owned.partitions) == [1, 3]
    lost: list[frozenset[int]] = []
    member = Membership(Settings(), assigned=nothing, asked=nothing, lost=lost.append, shared=nothing, broken=nothing)
    member._assignor = assignor
    member.dropped(frozenset({1, 3}))
    assert lost == [frozenset({1, 3})]
    assert assignor.metadata({"feeds"}).owned_partitions == []


def test_who_has_not_joined_holds_nothing() -> None:
    member = Membership(Settings(), assigned=nothing, asked=nothing, lost=nothing, shared=nothing, broken=nothing)
    assert not member.holds()


@pytest.mark.parametrize("session", [1.0, 6.0, 45.0, 3600.0])
def test_a_handover_ends_before_the_session_and_before_the_group_goes_on(session: float) -> None:
    assert 0 < handover(session) <= session / 2
    assert handover(session) <= 30


def test_no_client_is_made_for_a_kafka_that_is_away() -> None:
    with pytest.raises(KafkaConnectionError, match=r"127\.0\.0\.1:1"):
        require_broker(KafkaSettings(bootstrap="127.0.0.1:1"))


def test_partitions_are_told_by_their_numbers() -> None:
    told: list[frozenset[int]] = []
    member = Membership(Settings(), assigned=told.append, asked=nothing, lost=nothing, shared=nothing, broken=nothing)

    class Consumer:
        paused: tuple[TopicPartition, ...] = ()

        def pause(self, *partitions: TopicPartition) -> None:
            self.paused = partitions

    member._consumer = Consumer()
    member.took(frozenset({4}))
    assert told == [frozenset({4})]
    assert member._consumer.paused == (TopicPartition("wirecopy.feeds.v1", 4),)
