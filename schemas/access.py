"""The rights in Kafka: one role for each stage, and roles for people and other programs. Declared here once.

Shown by ``wirecopy topics acls``, granted by ``wirecopy topics apply --acls``. A role has the rights that its process
needs: a stage reads what it takes and its own rows, writes what it gives, and is a member of its own group.

Reading and writing imply describing (KIP-290); an idempotent producer needs nothing beside writing (KIP-679).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from schemas.topics import (
    ARTICLES,
    CLEAN,
    DEAD_LETTERS,
    ENGINE_STATE,
    EVENTS,
    FEED_PUSHES,
    FEED_STATE,
    FEEDS,
    OUTLET_STATE,
    RAW,
    RESOLVED,
    STORIES,
    TAGGING_STATE,
    TOPICS,
    Topic,
)

Resource = Literal["topic", "group", "transactionalId"]
Pattern = Literal["literal", "prefix"]
"""How a rule's name matches: in full, or by its prefix. The words are those of Strimzi's ``KafkaUser``."""
Operation = Literal["Read", "Write", "Create", "Delete", "Describe", "Alter", "DescribeConfigs", "AlterConfigs"]

GROUPS = ("producer", "fingerprint", "engine", "tagging", "indexing")
"""Of the processes that are always there; with the topic prefix before them, ``PREFIX-producer``."""


@dataclass(frozen=True)
class Role:
    """The topics that one kind of process or person reads and writes, named without the topic prefix."""

    name: str
    purpose: str
    reads: tuple[Topic, ...] = ()
    writes: tuple[Topic, ...] = ()
    group: str | None = None
    """The consumer group that it is a member of."""
    group_is_prefix: bool = False
    """Whether it may be a member of every group whose name begins so."""
    transactions: str | None = None
    """What the ids of its transactions begin with."""
    on_every_topic: tuple[Operation, ...] = ()
    on_every_group: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class AccessRule:
    """The operations that a role may carry out on one resource, named in full."""

    role: str
    resource: Resource
    name: str
    pattern: Pattern
    operations: tuple[Operation, ...]


ROLES: tuple[Role, ...] = (
    Role(
        "producer",
        "`wirecopy run producer`",
        reads=(FEEDS, FEED_STATE, FEED_PUSHES),
        writes=(RAW, FEEDS, FEED_STATE, FEED_PUSHES, DEAD_LETTERS),
        group="producer",
    ),
    Role(
        "fingerprint",
        "`wirecopy run fingerprint`",
        reads=(RAW, OUTLET_STATE),
        writes=(CLEAN, OUTLET_STATE, DEAD_LETTERS),
        group="fingerprint",
    ),
    Role(
        "engine",
        "`wirecopy run engine`, the one that stands by too",
        reads=(CLEAN, ENGINE_STATE),
        writes=(RESOLVED, EVENTS, ENGINE_STATE, DEAD_LETTERS),
        group="engine",
        transactions="engine-",
    ),
    Role(
        "tagging",
        "`wirecopy run tagging`",
        reads=(RESOLVED, TAGGING_STATE),
        writes=(ARTICLES, STORIES, TAGGING_STATE, DEAD_LETTERS),
        group="tagging",
    ),
    Role(
        "indexing",
        "`wirecopy run indexing`",
        reads=(ARTICLES, STORIES, EVENTS, FEEDS, FEED_STATE, DEAD_LETTERS),
        writes=(DEAD_LETTERS,),
        group="indexing",
    ),
    Role(
        "feeds",
        "whoever adds, changes and looks at feeds: `wirecopy feeds`",
        reads=(FEEDS, FEED_STATE, DEAD_LETTERS),
        writes=(FEEDS, FEED_STATE),
    ),
    Role(
        "desk",
        "`wirecopy serve` where editors may change feeds and send dead letters again (`web.editing`)",
        reads=(FEEDS, FEED_STATE, DEAD_LETTERS),
        writes=(FEEDS, FEED_STATE, RAW, CLEAN, RESOLVED, DEAD_LETTERS),
    ),
    Role("backfill", "`wirecopy backfill`", reads=(FEEDS,), writes=(RAW, DEAD_LETTERS)),
    Role(
        "operator",
        "whoever makes topics, mends state and sends dead letters again; grants no rights",
        on_every_topic=("Read", "Write", "Create", "Delete", "Alter", "DescribeConfigs", "AlterConfigs"),
        on_every_group=("Read", "Delete"),
    ),
    Role(
        "monitor",
        "what measures lag: `wirecopy doctor`, an exporter",
        on_every_topic=("Describe",),
        on_every_group=("Describe",),
    ),
    Role(
        "reader",
        "consumers of the public topics, in groups of their own",
        reads=(ARTICLES, STORIES, EVENTS),
        group="reader",
        group_is_prefix=True,
    ),
)


def rules(prefix: str) -> list[AccessRule]:
    """List the rules for topics with this prefix: one for each role and resource."""
    return [rule for role in ROLES for rule in _rules(role, prefix)]


def principal(template: str, prefix: str, role: str) -> str:
    """Return the name by which the brokers know the holder of a role.

    >>> principal("User:CN={prefix}-{role}", "wirecopy", "engine")
    'User:CN=wirecopy-engine'
    """
    return template.replace("{prefix}", prefix).replace("{role}", role)


def _rules(role: Role, prefix: str) -> Iterator[AccessRule]:
    for topic in TOPICS:
        if operations := _operations(role, topic):
            yield AccessRule(role.name, "topic", topic.full_name(prefix), "literal", operations)
    if role.group is not None:
        pattern: Pattern = "prefix" if role.group_is_prefix else "literal"
        yield AccessRule(role.name, "group", f"{prefix}-{role.group}", pattern, ("Read",))
    if role.on_every_group:
        for group in GROUPS:
            yield AccessRule(role.name, "group", f"{prefix}-{group}", "literal", role.on_every_group)
    if role.transactions is not None:
        yield AccessRule(role.name, "transactionalId", f"{prefix}-{role.transactions}", "prefix", ("Write",))


def _operations(role: Role, topic: Topic) -> tuple[Operation, ...]:
    given: tuple[Operation, ...] = ()
    if topic in role.reads:
        given += ("Read",)
    if topic in role.writes:
        given += ("Write",)
    return given + role.on_every_topic
