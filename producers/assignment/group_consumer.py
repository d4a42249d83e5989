"""kafka-python's consumer as a member of a group, with one fault mended and some private facts made public.

**The fault** (kafka-python 3.0.12). ``poll`` ends when its time is up, and a join that it has begun goes on; the next
``poll`` takes the join up again, if ``need_rejoin`` still says that one is needed. A leader joins anew where the topic
has other partitions than those it has assigned. Within that join it assigns the partitions there are now, and so the
reason for the join is gone before the join has ended. If ``poll`` ends in between, nobody ever reads what the join has
brought: the member stands between two generations for ever, without heartbeats and without partitions, and asks for
the join in a busy loop. The Java client had the same (KAFKA-9815).

**Mended**: a join that is under way is a reason to go on with it.

``pyproject.toml`` pins the version whose private parts this knows; a test says what to look at when that changes.
"""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer
from kafka.coordinator.consumer import ConsumerCoordinator
from kafka.errors import InvalidTopicError, KafkaTimeoutError, UnknownTopicOrPartitionError

LOOKED_AT = "3.0.12"
"""The version of kafka-python in which all of this was looked at."""


class Coordinator(ConsumerCoordinator):  # type: ignore[misc]  # published without annotations
    """Takes up a join again that an earlier ``poll`` has begun."""

    def need_rejoin(self) -> bool:
        """Whether there is a join to begin or to go on with."""
        under_way = self._join_task is not None and self._subscription.partitions_auto_assigned()
        return bool(under_way or super().need_rejoin())


class GroupConsumer(KafkaConsumer):  # type: ignore[misc]  # as above
    """A consumer whose joins end."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        # It is made deep within the constructor; of the class nothing else is changed, and no other consumer's.
        self._coordinator.__class__ = Coordinator

    def count_partitions(self, topic: str) -> int:
        """Count the known partitions of the topic; 0 where none are known.

        Not ``partitions_for_topic``, which asks the broker for all topics there are, and waits for ever.
        """
        return len(self._cluster.partitions_for_topic(topic) or ())

    def ask_for_partitions(self, topic: str, seconds: float) -> int | None:
        """Ask the brokers for the number of partitions of a subscribed topic; 0 if there is no such topic.

        None where there was no answer in time. An answer to an earlier question counts as one to this, so 0 is
        certain only the second time.
        """
        try:
            self._net.run(self._manager.wait_for, self._cluster.request_update(), seconds * 1000)
        except KafkaTimeoutError:
            return None
        except (UnknownTopicOrPartitionError, InvalidTopicError):
            return 0
        return self.count_partitions(topic)

    def is_member(self) -> bool:
        """Whether we are in the group, with no join under way."""
        return self._coordinator.generation_if_stable() is not None

    def last_confirmed(self) -> float:
        """Return when the broker last answered a heartbeat, on the monotonic clock; minus infinity if never."""
        return float(self._coordinator.heartbeat.last_receive)

    def wake(self) -> None:
        """Wake the consumer's loop. May be called from any thread."""
        self._net.wakeup()
