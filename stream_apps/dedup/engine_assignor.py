"""Shares the partitions of ``clean`` out among the engines by what each knows of them (``partition_shares``).

The assignors of the client know nothing of that: when an engine joined that was to stand by, or was started anew after
it was killed, they could give it the partition that another decided for, or had followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import orjson
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

from stream_apps.dedup.partition_shares import Knowledge, Known, assigned

_VERSION = 0


class EngineAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # published without annotations
    """Every engine tells what it knows when it joins the group; the leader assigns by that (KIP-54 does alike)."""

    name = "wirecopy-engine"

    def __init__(self, knowledge: Callable[[], Knowledge]) -> None:
        self._knowledge = knowledge

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        return ConsumerProtocolMemberMetadata(_VERSION, list(topics), to_bytes(self._knowledge()))

    def assign(
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        (topic,) = {topic for member in members.values() for topic in member.subscription}
        known = {name: from_bytes(member.user_data) for name, member in members.items()}
        shares = assigned(cluster.partitions_for_topic(topic) or (), known)
        return {name: ConsumerProtocolMemberAssignment(_VERSION, [(topic, own)], b"") for name, own in shares.items()}

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Nothing follows: what an engine knows is asked for when it joins."""


def to_bytes(knowledge: Knowledge) -> bytes:
    """Pack what an engine knows, for the group."""
    return orjson.dumps({str(partition): list(known) for partition, known in knowledge.items()})


def from_bytes(packed: bytes) -> Knowledge:
    """Unpack what an engine of the group knows; nothing where another program has joined it."""
    try:
        return {int(partition): Known(bool(a), int(b)) for partition, (a, b) in orjson.loads(packed).items()}
    except (ValueError, TypeError, AttributeError):
        return {}
