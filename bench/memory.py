"""Peak memory of processes, as Linux counts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bench.report import Table

MIB = 1024
"""Of the KiB that ``/proc`` gives."""
FORK_SERVER = "fork server"
ROLES = {"multiprocessing.resource_tracker": "tracker", "multiprocessing.forkserver": FORK_SERVER}


def table(processes: dict[str, int]) -> Table:
    """Peak resident memory of named processes (by process id) and of all below them, while they run."""
    rows = [(name, peak) for root, pid in processes.items() for name, peak in tree(root, pid)]
    note = "Peak resident memory (`VmHWM`) of each process; pages that processes share count in each."
    return Table("memory", ("process", "peak MiB"), [*rows, ("all together", sum(peak for _, peak in rows))], note)


def tree(name: str, pid: int) -> Iterator[tuple[str, int]]:
    """A process and its descendants: what each is, and its peak in MiB. Those that have ended are left out."""
    with suppress(OSError, KeyError):
        yield name, peak(pid) // MIB
    for child in children(pid):
        yield from tree(f"{name.partition(':')[0]}: {role_below(name, child)}", child)


def peak(pid: int) -> int:
    """KiB. Raises ``OSError`` where there is no such process, ``KeyError`` where it has no memory (a zombie)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["VmHWM"].split()[0])


def children(pid: int) -> list[int]:
    """Whichever thread started them."""
    found: list[int] = []
    for thread in sorted(Path(f"/proc/{pid}/task").glob("*/children")):
        with suppress(OSError):
            found += map(int, thread.read_text(encoding="ascii").split())
    return found


def role_below(parent: str, pid: int) -> str:
    """What a child is for. What a fork server has made has its command line: those are the parsers."""
    return "parser" if parent.endswith(FORK_SERVER) else role(pid)


def role(pid: int) -> str:
    """What a child process is for, from its command line."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except OSError:
        return "ended"
    if "spawn_main" in command:
        return "model process"
    return next((name for mark, name in ROLES.items() if mark in command), Path(command.split(" ", 1)[0]).name)
