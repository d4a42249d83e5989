"""Waits until indexing has taken everything that is in its topics."""

from __future__ import annotations

import contextlib
import time
from typing import Final

from kafka import TopicPartition
from kafka import errors as kafka_errors

from schemas.topics import ARTICLES, STORIES
from wirecopy.errors import ServerError
from wirecopy.kafka import admin_client, partition_numbers
from wirecopy.local import probes
from wirecopy.settings import KafkaSettings

PATIENCE: Final = 120.0
"""Seconds: an indexing that is further behind than that has other worries."""
LOOK_EVERY: Final = 0.5


def wait_until_indexed(settings: KafkaSettings, patience: float = PATIENCE) -> None:
    """Wait until every article and story that is in the topics now has been indexed.

    Raises ``ServerError`` after ``patience``, or where Kafka cannot be reached.
    """
    names = [topic.full_name(settings.topic_prefix) for topic in (ARTICLES, STORIES)]
    places = [TopicPartition(name, number) for name in names for number in partition_numbers(settings, name)]
    deadline = time.monotonic() + patience
    with admin_client(settings) as admin:
        ends = {place: end for place, end in probes.ends(admin, places).items() if end}
        while behind := _behind(admin, settings, ends):
            if time.monotonic() > deadline:
                raise ServerError(
                    f"indexing has {behind} messages to take that were there {patience:.0f} s ago: nothing is swept "
                    "before it has, for their stories would seem to have no articles"
                )
            time.sleep(LOOK_EVERY)


def _behind(admin: object, settings: KafkaSettings, ends: dict[TopicPartition, int]) -> int:
    done: dict[TopicPartition, int] = {}
    if not ends:
        return 0
    # A broker that has never had a group makes its coordinator at the first request.
    with contextlib.suppress(kafka_errors.GroupIdNotFoundError, kafka_errors.CoordinatorNotAvailableError):
        done = probes.committed(admin, [settings.group("indexing")])
    return sum(max(0, end - done.get(place, 0)) for place, end in ends.items())
