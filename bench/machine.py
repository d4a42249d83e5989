"""What a measurement was taken on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from wirecopy.local import elasticsearch, kafka

PACKAGES = ("faust-streaming", "aiokafka", "kafka-python", "elasticsearch", "spacy", "numpy", "pydantic", "lxml")


def limit_cores(cores: int) -> None:
    """Keep this process, and all that it starts from now on, on so many cores. Fewer are left as they are."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[:cores])


def facts() -> dict[str, str]:
    """When, on what and with which versions; the load says how quiet the machine was."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}, {_processor()}",
        "memory": f"{_total_memory() / 2**30:.0f} GiB",
        "load at the start (1, 5, 15 min)": load,
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "servers": f"Kafka {kafka.VERSION}, Elasticsearch {elasticsearch.VERSION}",
        "packages": ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES),
    }


def _processor() -> str:
    names = _fields(Path("/proc/cpuinfo"), ":")
    return names.get("model name", platform.machine())


def _total_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _fields(path: Path, separator: str) -> Mapping[str, str]:
    pairs = (line.partition(separator) for line in path.read_text(encoding="utf-8").splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}
