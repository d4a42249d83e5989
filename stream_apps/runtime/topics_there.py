"""Checks before a worker starts: the topics exist as the settings say, and we have our rights to them."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kafka.errors import CoordinatorNotAvailableError

from schemas.access import ROLES
from schemas.topics import TOPICS, Topic
from wirecopy.errors import ServerError, SettingsError
from wirecopy.kafka_access import GRANT, is_known, unseen, who
from wirecopy.settings import KafkaSettings, Settings


@dataclass(frozen=True)
class TopicFound:
    """A topic as the broker has it."""

    partitions: int
    identity: str
    """Of this topic; one made anew under the same name has another."""
    operations: frozenset[str] | None = None
    """What we may do with it, as Kafka names it (``READ``); none where the broker does not say."""


def describe(admin: Any, prefix: str, topics: Collection[Topic] = TOPICS) -> dict[str, TopicFound]:
    """Describe the topics that exist, by full name. ``admin``: of kafka-python."""
    names = sorted(set(admin.list_topics()) & {topic.full_name(prefix) for topic in topics})
    described = admin.describe_topics(names) if names else []
    return {topic["name"]: _found(topic) for topic in described}


def _found(topic: Mapping[str, Any]) -> TopicFound:
    operations = topic.get("authorized_operations")
    return TopicFound(
        len(topic["partitions"]), str(topic.get("topic_id")), None if operations is None else frozenset(operations)
    )


def require(found: Mapping[str, TopicFound], settings: Settings, needed: Iterable[Topic]) -> None:
    """Compare topics with the settings: ``SettingsError`` for other partitions, ``ServerError`` for a missing topic.

    The partitions of every topic are looked at, since what a stage sends must fall into those of who takes it.
    """
    wrong = [text for topic in TOPICS if (text := _wrong(topic, found, settings)) is not None]
    if wrong:
        raise SettingsError("; ".join(wrong) + "; see `wirecopy topics apply`")
    missing = [name for topic in needed if (name := topic.full_name(settings.kafka.topic_prefix)) not in found]
    if missing:
        raise ServerError(f"no topic {', '.join(missing)}: run `wirecopy topics apply`{unseen(settings.kafka)}")


def require_rights(admin: Any, found: Mapping[str, TopicFound], settings: KafkaSettings, app: str) -> None:
    """Raises ``ServerError`` where we lack a right to a topic that the app reads or writes, or to its group.

    To be asked before anything is read: a client that may not fetch, or not join, says so much later, if at all.
    """
    role = next((role for role in ROLES if role.name == app), None)
    if role is None or not is_known(settings):
        return
    lacking = [
        f"{operation.lower()} {name}"
        for topics, operation in ((role.reads, "READ"), (role.writes, "WRITE"))
        for topic in topics
        if not _may(operation, found.get(name := topic.full_name(settings.topic_prefix)))
    ]
    if lacking:
        raise ServerError(f"{who(settings)} has no right to {', '.join(lacking)}: {GRANT}")
    # A broker that is new has nobody yet who could answer.
    with contextlib.suppress(CoordinatorNotAvailableError):
        admin.describe_groups([settings.group(app)])


def _may(operation: str, found: TopicFound | None) -> bool:
    return found is not None and (found.operations is None or operation in found.operations)


def _wrong(topic: Topic, found: Mapping[str, TopicFound], settings: Settings) -> str | None:
    name = topic.full_name(settings.kafka.topic_prefix)
    wanted = topic.partitions(settings.kafka.partitions, settings.dedup.engines)
    if name not in found or found[name].partitions == wanted:
        return None
    by = "dedup.engine_languages says" if topic.partitioning == "engines" else "kafka.partitions says"
    return f"topic {name} has {found[name].partitions} partitions, {by} {wanted}"
