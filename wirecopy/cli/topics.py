"""``wirecopy topics``: the topics that the schemas declare, on the broker."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

import typer
from kafka import errors
from kafka.admin import ConfigResource

from schemas.topics import TOPICS, Topic
from wirecopy.cli.registry import current_settings
from wirecopy.errors import ServerError
from wirecopy.kafka import admin_client
from wirecopy.settings import KafkaSettings

Action = Literal["create", "configure", "keep", "mismatch"]
_TIMEOUT_MS = 30_000


@dataclass(frozen=True)
class Step:
    """What has to happen to one topic. ``mismatch``: its partitions are not those of the settings, see ``note``."""

    topic: str
    action: Action
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Existing:
    """A topic as the broker has it."""

    partitions: int
    config: Mapping[str, str]


def plan(
    topics: Iterable[Topic], settings: KafkaSettings, existing: Mapping[str, Existing], engines: int = 1
) -> list[Step]:
    """What turns the topics that exist into those that are declared. Pure."""
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
    """Create what is missing, correct the configuration of what is there; doing it twice changes nothing.

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


def topics_apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the steps as JSON.")] = False,
) -> None:
    """Create missing topics and correct the configuration of the others; exit 1 where partitions differ."""
    settings = current_settings()
    steps = apply(settings.kafka, settings.dedup.engines, dry_run=dry_run)
    if as_json:
        print(json.dumps([asdict(step) for step in steps], indent=2))
    else:
        for step in steps:
            print(_sentence(step, dry_run=dry_run))
    wrong = [step for step in steps if step.action == "mismatch"]
    for step in wrong:
        print(f"wirecopy: topic {step.topic} {step.note}", file=sys.stderr)
    if wrong:
        raise typer.Exit(1)


def _sentence(step: Step, *, dry_run: bool) -> str:
    config = ", ".join(f"{key}={value}" for key, value in sorted(step.config.items()))
    verbs = {"create": "create", "configure": "configure", "keep": "keep", "mismatch": "MISMATCH"}
    will = "would " if dry_run and step.action in ("create", "configure") else ""
    return f"{will}{verbs[step.action]:9} {step.topic}  {step.partitions} partitions  {config or step.note}".rstrip()
