"""``wirecopy topics``: the topics that the schemas declare, on the broker."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

import typer
from kafka import errors
from kafka.admin import ConfigResource

from schemas import access
from schemas.topics import TOPICS, Topic
from wirecopy import kafka_acls
from wirecopy.cli.registry import current_settings
from wirecopy.errors import ServerError
from wirecopy.kafka import admin_client
from wirecopy.settings import KafkaSettings

Action = Literal["create", "configure", "keep", "mismatch"]
_TIMEOUT_MS = 30_000


@dataclass(frozen=True)
class Step:
    """A change to one topic. ``mismatch``: its partitions are not those of the settings, see ``note``."""

    topic: str
    action: Action
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Existing:
    """A topic on the broker."""

    partitions: int
    config: Mapping[str, str]


def plan(
    topics: Iterable[Topic], settings: KafkaSettings, existing: Mapping[str, Existing], engines: int = 1
) -> list[Step]:
    """Plan the changes from the existing topics to the declared ones. Pure."""
    return [_step(topic, settings, existing.get(topic.full_name(settings.topic_prefix)), engines) for topic in topics]


def _step(topic: Topic, settings: KafkaSettings, found: Existing | None, engines: int) -> Step:
    name, wanted = topic.full_name(settings.topic_prefix), topic.partitions(settings.partitions, engines)
    if found is None:
        return Step(name, "create", wanted, topic.config())
    different = {key: value for key, value in topic.config().items() if found.config.get(key) != value}
    if found.partitions != wanted:
        # More partitions would move keys away from their state; fewer cannot be had at all.
        setting = "dedup.engine_languages" if topic.partitioning == "engines" else "kafka.partitions"
        note = f"has {found.partitions} partitions, the settings say {wanted}: set {setting}, or use a new prefix"
        return Step(name, "mismatch", found.partitions, different, note)
    return Step(name, "configure" if different else "keep", wanted, different)


def apply(settings: KafkaSettings, engines: int = 1, *, dry_run: bool = False) -> list[Step]:
    """Create missing topics and correct the configuration of existing ones. Idempotent.

    Returns the steps, taken or (``dry_run``) to be taken. Raises ``ServerError`` if Kafka cannot be reached or says no.
    """
    names = [topic.full_name(settings.topic_prefix) for topic in TOPICS]
    with admin_client(settings) as admin:
        steps = plan(TOPICS, settings, _existing(admin, names), engines)
        if not dry_run:
            _create(admin, [step for step in steps if step.action == "create"], settings.replication)
            _configure(admin, [step for step in steps if step.action != "create" and step.config])
    return steps


def _existing(admin: Any, names: list[str]) -> dict[str, Existing]:
    there = set(admin.list_topics()) & set(names)
    if not there:
        return {}
    described = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(sorted(there))}
    resources = [ConfigResource("TOPIC", name) for name in sorted(there)]
    configs = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: Existing(partitions, {key: value["value"] for key, value in configs[name].items()})
        for name, partitions in described.items()
    }


def _create(admin: Any, steps: list[Step], replication: int) -> None:
    if not steps:
        return
    wanted = {
        step.topic: {
            "num_partitions": step.partitions,
            "replication_factor": replication,
            "configs": dict(step.config),
        }
        for step in steps
    }
    # Another process may create the same topics at the same moment; that is as good.
    with contextlib.suppress(errors.TopicAlreadyExistsError):
        admin.create_topics(wanted, timeout_ms=_TIMEOUT_MS)
    admin.wait_for_topics(list(wanted), timeout_ms=_TIMEOUT_MS)


def _configure(admin: Any, steps: list[Step]) -> None:
    if not steps:
        return
    answers = admin.alter_configs([ConfigResource("TOPIC", step.topic, dict(step.config)) for step in steps])
    refused = {name: answer for name, answer in answers.get("topic", {}).items() if answer != "OK"}
    if refused:
        raise ServerError("; ".join(f"cannot configure {name}: {answer}" for name, answer in refused.items()))


Principals = Annotated[
    str,
    typer.Option("--principal", metavar="TEMPLATE", help="How brokers know a role; with mTLS User:CN={prefix}-{role}."),
]


def topics_apply(
    acls: Annotated[bool, typer.Option("--acls", help="Grant every role its rights, too.")] = False,
    principals: Principals = kafka_acls.PRINCIPALS,
    prune: Annotated[bool, typer.Option("--prune", help="With --acls, take back what roles have beyond it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the steps as JSON.")] = False,
) -> None:
    """Create missing topics and correct the configuration of the others; exit 1 where partitions differ."""
    settings = current_settings()
    steps = apply(settings.kafka, settings.dedup.engines, dry_run=dry_run)
    granted = kafka_acls.apply(settings.kafka, principals, prune=prune, dry_run=dry_run) if acls else []
    if as_json:
        print(json.dumps([*map(asdict, steps), *({"action": step.action, **asdict(step.grant)} for step in granted)]))
    else:
        for line in (*(_sentence(step, dry_run=dry_run) for step in steps), *_grant_lines(granted, dry_run=dry_run)):
            print(line)
    wrong = [step for step in steps if step.action == "mismatch"]
    for step in wrong:
        print(f"wirecopy: topic {step.topic} {step.note}", file=sys.stderr)
    if wrong:
        raise typer.Exit(1)


def topics_acls(
    principals: Principals = kafka_acls.PRINCIPALS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what each role may do in Kafka. Asks no server; `topics apply --acls` grants it."""
    prefix = current_settings().kafka.topic_prefix
    table = access.rules(prefix)
    if as_json:
        known = {role.name: access.principal(principals, prefix, role.name) for role in access.ROLES}
        print(json.dumps([{"principal": known[rule.role], **asdict(rule)} for rule in table]))
        return
    for role in access.ROLES:
        print(f"{access.principal(principals, prefix, role.name)}  {role.purpose.replace('`', '')}")
        for rule in (rule for rule in table if rule.role == role.name):
            name = f"{rule.name}*" if rule.pattern == "prefix" else rule.name
            print(f"    {rule.resource:15}  {name:30}  {' '.join(rule.operations)}")


def _grant_lines(steps: Sequence[kafka_acls.AclStep], *, dry_run: bool) -> Iterator[str]:
    """List the rights that change; count those that stay."""
    for step in steps:
        if step.action == "keep":
            continue
        grant, will = step.grant, "would " if dry_run and step.action != "extra" else ""
        note = "  not in the table; --prune takes it back" if step.action == "extra" else ""
        name = f"{grant.name}*" if grant.pattern == "prefix" else grant.name
        what = f"{grant.principal}  {grant.operation} {grant.resource} {name}"
        yield f"{will}{step.action:9} {what}{note}"
    if kept := sum(step.action == "keep" for step in steps):
        yield f"keep      {kept} rights"


def _sentence(step: Step, *, dry_run: bool) -> str:
    config = ", ".join(f"{key}={value}" for key, value in sorted(step.config.items()))
    verbs = {"create": "create", "configure": "configure", "keep": "keep", "mismatch": "MISMATCH"}
    will = "would " if dry_run and step.action in ("create", "configure") else ""
    return f"{will}{verbs[step.action]:9} {step.topic}  {step.partitions} partitions  {config or step.note}".rstrip()
