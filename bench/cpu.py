"""CPU time of processes and of all below them, as Linux counts it."""

from __future__ import annotations

import os
import resource
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bench import memory

Spent = Mapping[str, float]
"""Seconds of CPU by process: its name, or ``NAME: ROLE`` of one below it."""
TICKS = os.sysconf("SC_CLK_TCK")
SCHEDULED = 2
"""The kind of a process's clock that counts user and system time together (``CPUCLOCK_SCHED`` of the kernel)."""


class Meter:
    """Reads what named processes (by process id) and their descendants have spent so far.

    What a process that has ended had spent is counted at its parent, so no second is lost and none counted twice.
    """

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = dict(processes)

    def read(self) -> Spent:
        """Seconds by process, and by role below it. Processes that have ended are left out."""
        spent: Counter[str] = Counter()
        for root, pid in self._processes.items():
            for name, seconds in _tree(root, pid):
                spent[name] += seconds  # type: ignore[assignment]  # a Counter adds floats as well
        return dict(spent)


def of_us() -> float:
    """User and system time of this process and of its children that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))


def between(earlier: Spent, later: Spent) -> Spent:
    """What was spent from one reading to the next, names sorted as in the later one."""
    return {name: seconds - earlier.get(name, 0.0) for name, seconds in later.items()}


def total(spent: Spent) -> float:
    return sum(spent.values())


def of_process(pid: int) -> float:
    """User and system time of one process, its ended threads too. Raises ``OSError`` where there is none.

    The clock of the process has nanoseconds where ``/proc/PID/stat`` counts hundredths: over twenty articles that
    matters. See ``clock_getcpuclockid(3)``; the sum is the same.
    """
    return time.clock_gettime((~pid << 3) | SCHEDULED)


def of_ended_children(pid: int) -> float:
    """What the children that it has waited for had spent, and theirs. Raises ``OSError`` as ``of_process`` does."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return ended_in(stat) / TICKS


def ended_in(stat: str) -> int:
    """The fields ``cutime`` and ``cstime`` of ``proc_pid_stat(5)``; a name may hold blanks and brackets."""
    fields = stat.rpartition(")")[2].split()
    return int(fields[13]) + int(fields[14])


def _tree(name: str, pid: int) -> Iterator[tuple[str, float]]:
    with suppress(OSError):
        yield name, of_process(pid) + of_ended_children(pid)
    for child in memory.children(pid):
        yield from _tree(f"{name.partition(':')[0]}: {memory.role_below(name, child)}", child)
