"""What of the membership needs no broker; the rest is in the integration tests."""

from __future__ import annotations

import kafka
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.errors import KafkaConnectionError
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment

from producers.assignment.group_consumer import LOOKED_AT
from producers.assignment.membership import Assignor, Membership, MembershipWatchdog, handover
from producers.assignment.threads import Patience
from wirecopy.errors import SettingsError
from wirecopy.kafka_consumer import require_broker
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


def test_a_member_that_has_not_joined_holds_no_partition() -> None:
    member = Membership(Settings(), assigned=nothing, asked=nothing, lost=nothing, shared=nothing, broken=nothing)
    assert not member.lease_valid()


@pytest.mark.parametrize("session", [1.0, 6.0, 45.0, 3600.0])
def test_a_handover_ends_before_the_session_times_out_and_before_the_group_goes_on(session: float) -> None:
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


def test_the_client_is_the_version_that_was_looked_at() -> None:
    """Else look whether its joins end by now, and whether its private parts are what we take them for."""
    assert kafka.__version__ == LOOKED_AT


# ---- the watchdog -----------------------------------------------------------------------------------------------


def test_a_member_that_has_not_joined_in_time_begins_anew() -> None:
    watchdog = MembershipWatchdog(30, 0)
    assert not watchdog.barks(30, member=False, partitions=0)
    assert watchdog.barks(31, member=False, partitions=0)
    assert not watchdog.barks(60, member=False, partitions=0)
    assert watchdog.barks(62, member=False, partitions=0)


def test_a_join_that_never_ends_is_noticed_while_partitions_from_before_are_still_held() -> None:
    """As after a growth of the topic."""
    watchdog = MembershipWatchdog(30, 0)
    assert not watchdog.barks(100, member=True, partitions=4)
    assert not watchdog.barks(130, member=False, partitions=4)
    assert watchdog.barks(131, member=False, partitions=4)


def test_a_member_that_may_hold_nothing_joins_again_once() -> None:
    watchdog = MembershipWatchdog(30, 0)
    barks = [watchdog.barks(moment, member=True, partitions=0) for moment in range(500)]
    assert barks.count(True) == 1


@given(st.lists(st.tuples(st.floats(0.1, 29.9), st.booleans()), max_size=50))
def test_a_member_that_is_served_now_and_then_is_left_alone(steps: list[tuple[float, bool]]) -> None:
    watchdog, now = MembershipWatchdog(30, 0), 0.0
    for seconds, between in steps:
        now += seconds / 2
        assert not watchdog.barks(now, member=not between, partitions=1)
        now += seconds / 2
        assert not watchdog.barks(now, member=True, partitions=1)


# ---- before the first join --------------------------------------------------------------------------------------


class Asked:
    """A consumer that gives these answers about the topic."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)

    def ask_for_partitions(self, topic: str, seconds: float) -> int | None:
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "knows", "said"),
    [
        ((4,), True, None),
        ((0, 4), True, None),  # the first was the answer to an earlier question, of no topic
        ((None, 4), True, None),
        ((0, 0), False, "there is no topic wirecopy.feeds.v1: run `wirecopy topics apply`"),
        ((0, None), False, "Kafka does not answer"),
    ],
)
def test_a_missing_topic_is_reported_only_where_it_is_certain(
    answers: tuple[int | None, ...], knows: bool, said: str | None
) -> None:
    member = Membership(Settings(), assigned=nothing, asked=nothing, lost=nothing, shared=nothing, broken=nothing)
    member._consumer = Asked(*answers)
    member._stopped.set()
    with structlog.testing.capture_logs() as logs:
        assert member._know_the_topic(Patience("to join")) is knows
    assert [line["why"] for line in logs] == ([said] if said else [])


def test_other_partitions_than_the_settings_say_stop_the_start_and_not_a_producer_that_runs() -> None:
    member = Membership(Settings(), assigned=nothing, asked=nothing, lost=nothing, shared=nothing, broken=nothing)
    member._consumer = Asked(8)
    with pytest.raises(SettingsError, match=r"kafka\.partitions: the topic wirecopy\.feeds\.v1 has 8"):
        member._know_the_topic(Patience("to join"))
    member._consumer = Asked(4, 8)
    assert member._know_the_topic(Patience("to join"))
    member._known = False  # it has begun anew, and the topic has grown
    assert member._know_the_topic(Patience("to join"))
