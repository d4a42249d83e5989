"""Whether the topics are there as the settings say, before a worker starts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.topics import TOPICS, Topic
from wirecopy.errors import ServerError, SettingsError
from wirecopy.settings import Settings


@dataclass(frozen=True)
class TopicFound:
    """A topic as the broker has it."""

    partitions: int
    identity: str
    """Of this topic; one made anew under the same name has another."""


def describe(admin: Any, prefix: str, topics: Collection[Topic] = TOPICS) -> dict[str, TopicFound]:
    """Those of the topics that are there, by full name. ``admin``: of kafka-python."""
    names = sorted(set(admin.list_topics()) & {topic.full_name(prefix) for topic in topics})
    described = admin.describe_topics(names) if names else []
    return {topic["name"]: TopicFound(len(topic["partitions"]), str(topic.get("topic_id"))) for topic in described}


def require(found: Mapping[str, TopicFound], settings: Settings, needed: Iterable[Topic]) -> None:
    """Compare topics with the settings: ``SettingsError`` for other partitions, ``ServerError`` for a missing topic.

    The partitions of every topic are looked at, since what a stage sends must fall into those of who takes it.
    """
    wrong = [text for topic in TOPICS if (text := _wrong(topic, found, settings)) is not None]
    if wrong:
        raise SettingsError("; ".join(wrong) + "; see `wirecopy topics apply`")
    missing = [name for topic in needed if (name := topic.full_name(settings.kafka.topic_prefix)) not in found]
    if missing:
        raise ServerError(f"no topic {', '.join(missing)}: run `wirecopy topics apply`")


def _wrong(topic: Topic, found: Mapping[str, TopicFound], settings: Settings) -> str | None:
    name = topic.full_name(settings.kafka.topic_prefix)
    wanted = topic.partitions(settings.kafka.partitions, settings.dedup.engines)
    if name not in found or found[name].partitions == wanted:
        return None
    by = "dedup.engine_languages says" if topic.partitioning == "engines" else "kafka.partitions says"
    return f"topic {name} has {found[name].partitions} partitions, {by} {wanted}"
