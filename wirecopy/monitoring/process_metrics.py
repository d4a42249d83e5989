"""Metrics of every process, producers and stages alike."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from wirecopy.monitoring.declaring import PARTITION, TOPIC, Group, Open

PROCESSES: Final = ("producer", "fingerprint", "engine", "tagging", "indexing")
CHECKS: Final = ("kafka", "elasticsearch", "state", "partitions")
REASON: Final = Open("as in the header `x-dlq-reason`")

_GROUP = Group("every process")

BUILD = _GROUP.gauge(
    "wirecopy_build_info",
    "Always 1: which process this is, and of which version.",
    {"process": (*PROCESSES, "serve"), "version": Open("of wirecopy")},
)
READY = _GROUP.gauge(
    "wirecopy_ready",
    "1 where this holds, as `/readyz` says; the process is ready where all do.",
    {"check": CHECKS},
)
LAST_PROGRESS = _GROUP.gauge(
    "wirecopy_last_progress_timestamp_seconds",
    "When messages of this partition were last acknowledged, or when it was taken over. Of the producer: when its loop "
    "last went round, without topic and partition.",
    {"stage": PROCESSES, "topic": TOPIC, "partition": PARTITION},
    unit="seconds",
)
PARTITIONS_HELD = _GROUP.gauge(
    "wirecopy_partitions_held",
    "Partitions that this process has. Over all processes of a stage the sum is `wirecopy_partitions`.",
    {"stage": PROCESSES},
)
PARTITIONS = _GROUP.gauge(
    "wirecopy_partitions",
    "Partitions that the topics of this stage have together, by the settings.",
    {"stage": PROCESSES},
)
DEAD_LETTERS = _GROUP.counter(
    "wirecopy_dead_letters_total",
    "Messages, entries and feeds sent to the dead letters. A backfill tells its own at its end.",
    {"stage": PROCESSES, "reason": REASON},
)
MEMORY = _GROUP.gauge(
    "wirecopy_memory_bytes",
    "Memory that is resident: of the process, and of all processes that it has started (parsers, models).",
    {"of": ("process", "children")},
    unit="bytes",
)

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def measure_memory() -> None:
    """Measure the memory; nothing on systems without ``/proc``."""
    if Path("/proc/self/statm").exists():
        MEMORY.labels("process").set(_resident(os.getpid()))
        MEMORY.labels("children").set(sum(map(_resident, _descendants(os.getpid()))))


def _descendants(process: int) -> list[int]:
    found: list[int] = []
    for child in _children(process):
        found += [child, *_descendants(child)]
    return found


def _children(process: int) -> list[int]:
    """Return the children of all threads of a process, since Linux lists a child under the thread that started it."""
    numbers: list[int] = []
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            numbers += map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:  # the process has ended meanwhile
        return numbers
    return numbers


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
