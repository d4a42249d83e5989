"""Keeps child processes running: reports a dead one with the end of its log, and restarts it after a pause."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wirecopy.errors import MissingSoftware, ServerError, SettingsError
from wirecopy.local.process import DISK_FULL, Child, disk_was_full, last_words
from wirecopy.local.progress import Progress

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY = 60.0
"""Seconds of running after which earlier failures are forgiven."""
HOPELESS = (SettingsError.exit_code, MissingSoftware.exit_code)
"""Exit codes that starting again cannot change."""
LOG_LINES = 20
LINE_LENGTH = 240
"""Characters of a log line that are shown: a line of JSON can hold a whole stack trace."""


def pause_after(failures: int) -> float:
    """Return seconds to wait after this many failures in a row: doubling, up to a limit.

    >>> [pause_after(failures) for failures in (1, 2, 3, 9)]
    [1.0, 2.0, 4.0, 30.0]
    """
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (min(failures, 16) - 1)))


@dataclass
class _Watched:
    child: Child
    started: float
    failures: int = 0
    restart_at: float | None = None


class Supervisor:
    """Watches running children. Call ``check`` about once a second, from the thread that started them."""

    def __init__(
        self, children: Iterable[Child], report: Progress, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._report = report
        self._clock = clock
        self._watched = [_Watched(child, clock()) for child in children]

    def add(self, child: Child) -> None:
        """Watch one more running child."""
        self._watched.append(_Watched(child, self._clock()))

    def check(self) -> None:
        """Check each child once. Raises ``ServerError`` where one ends for a reason that a restart cannot change."""
        for watched in self._watched:
            if watched.restart_at is not None:
                self._restart_when_due(watched)
            elif not watched.child.running:
                self._note_death(watched)

    def _note_death(self, watched: _Watched) -> None:
        child, now = watched.child, self._clock()
        watched.failures = 1 if now - watched.started > STEADY else watched.failures + 1
        self._report(f"{child.name} ended unexpectedly, {describe_exit(child.exit_code)}; the end of {child.log}:")
        for line in child.last_lines(LOG_LINES).splitlines():
            self._report(f"    {line[:LINE_LENGTH]}")
        if disk_was_full(child):
            self._report(f"{DISK_FULL}: free space where {child.log.parent.parent} is")
        if child.exit_code in HOPELESS:
            raise ServerError(f"{child.name} cannot run: {last_words(child.last_lines(LOG_LINES))}")
        pause = pause_after(watched.failures)
        watched.restart_at = now + pause
        self._report(f"starting {child.name} again in {pause:.0f} s")

    def _restart_when_due(self, watched: _Watched) -> None:
        assert watched.restart_at is not None
        if self._clock() >= watched.restart_at:
            watched.restart_at = None
            watched.started = self._clock()
            watched.child.start()


def describe_exit(code: int | None) -> str:
    """Describe the end of a process."""
    return f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
