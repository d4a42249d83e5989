"""The progress display of a backfill on standard error: a bar on a terminal, elsewhere a log line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from producers.backfill.job import Counts
from wirecopy.telemetry import logger

_SAY_EVERY = 10.0


class ShowsProgress(Protocol):
    """Shows progress; called often with the counts, the bytes read of all files, and the file being read."""

    def __call__(self, counts: Counts, done: float, looking_at: str) -> None: ...


class Speed:
    """Entries a second, and the seconds left by bytes, both since this process began. Pure but for the clock."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._clock = clock
        self._began = clock()
        self._first: tuple[int, float] | None = None

    def measure(self, entries: int, done: float) -> tuple[float, float | None]:
        """Return entries a second and the seconds left; None as long as they are unknown."""
        if self._first is None:
            self._first = (entries, done)
        seconds = self._clock() - self._began
        gone = done - self._first[1]
        if seconds <= 0:
            return 0.0, None
        return (entries - self._first[0]) / seconds, (self._total - done) / gone * seconds if gone > 0 else None


class LogLines:
    """Logs a line every ten seconds, for a service."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._clock = clock
        self._speed = Speed(total, clock)
        self._said = clock()
        self._log = logger("backfill")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def __call__(self, counts: Counts, done: float, looking_at: str) -> None:
        rate, left = self._speed.measure(counts.entries, done)
        if self._clock() - self._said < _SAY_EVERY:
            return
        self._said = self._clock()
        self._log.info(
            "backfilling", sent=counts.sent, skipped=counts.entries - counts.sent, dead=counts.dead,
            per_second=round(rate, 1), bytes=int(done), of_bytes=self._total, files=counts.files, file=looking_at,
            seconds_left=None if left is None else round(left),
        )  # fmt: skip


class Bar:
    """Draws a bar on a terminal."""

    def __init__(self, total: int) -> None:
        self._speed = Speed(total)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TimeRemainingColumn(),
            TextColumn("{task.fields[said]}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("backfill", total=total, said="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, counts: Counts, done: float, looking_at: str) -> None:
        rate, _ = self._speed.measure(counts.entries, done)
        said = f"{counts.sent} sent, {counts.entries - counts.sent} skipped, {counts.dead} dead, {rate:.0f}/s"
        self._progress.update(self._task, completed=done, description=looking_at[:40], said=said)


def display(total: int) -> Bar | LogLines:
    """Choose the bar where standard error is a terminal, else log lines."""
    return Bar(total) if sys.stderr.isatty() else LogLines(total)
