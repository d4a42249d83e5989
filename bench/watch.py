"""What a running worker says of itself, and whether the groups know their partitions."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError
from prometheus_client.parser import text_string_to_metric_families

from wirecopy.errors import ServerError
from wirecopy.local.process import Child
from wirecopy.settings import KafkaSettings


@dataclass(frozen=True)
class Progress:
    """A worker's own count: messages processed and acknowledged by stage, and when the last batch was (Unix s)."""

    messages: dict[str, int]
    last: float

    @property
    def total(self) -> int:
        return sum(self.messages.values())


def progress(port: int) -> Progress | None:
    """What the worker with this metrics port has done; none while it does not answer yet."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return parse_progress(answer.read().decode())
    except OSError:
        return None


def parse_progress(text: str) -> Progress:
    """Read the metrics page of a worker."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    messages = {s.labels["stage"]: int(s.value) for s in samples if s.name == "wirecopy_stage_messages_total"}
    last = [s.value for s in samples if s.name == "wirecopy_last_progress_timestamp_seconds"]
    return Progress(messages, max(last, default=0.0))


def wait(condition: Callable[[], bool], what: str, watched: Iterable[Child], patience: float, every: float) -> None:
    """Until the condition holds. Raises ``ServerError`` where time runs out or a watched process ends."""
    deadline = time.monotonic() + patience
    children = list(watched)
    while not condition():
        for child in children:
            if not child.running:
                raise ServerError(f"{child.name} ended with exit code {child.exit_code}:\n{child.last_lines()}")
        if time.monotonic() > deadline:
            raise ServerError(f"not within {patience:.0f} s: {what}")
        time.sleep(every)


def assigned(admin: KafkaAdminClient, kafka: KafkaSettings, apps: Collection[str]) -> bool:
    """Whether every app's group is stable: each worker knows its partitions."""
    try:
        groups = admin.describe_groups([kafka.group(app) for app in apps])
    except CoordinatorNotAvailableError:  # the first group that a broker meets has it make a topic
        return False
    return all(found["group_state"] == "Stable" and found["members"] for found in groups.values())
