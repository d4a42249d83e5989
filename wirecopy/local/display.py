"""The display of progress for a person: bars on a terminal, elsewhere one line a change."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from wirecopy.local.counts import STAGES, Counts


class Display:
    """Writes lines of progress to standard error, with bars below them while counts are shown."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._began = time.monotonic()

    def say(self, line: str) -> None:
        """Print one line, after the seconds since the start."""
        self._console.print(Text(f"{time.monotonic() - self._began:6.1f}s  {line}"))

    def counting(self, expected: int | None) -> Counting:
        """Return a display of counts; a context manager."""
        return Counting(self, self._console, expected)


class Counting:
    """Shows counts as they change."""

    def __init__(self, display: Display, console: Console, expected: int | None) -> None:
        self._display = display
        self._expected = expected
        self._shown = ""
        self._bars = Progress(
            TextColumn("{task.description:>9}"), BarColumn(40), MofNCompleteColumn(), console=console, transient=True
        )
        self._tasks: dict[str, TaskID] = {}
        self._on_terminal = console.is_terminal

    def __enter__(self) -> Self:
        if self._on_terminal:
            for stage in (*STAGES, "indexed"):
                self._tasks[stage] = self._bars.add_task(stage, total=self._expected)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._on_terminal:
            self._bars.stop()
        if kind is None and self._shown:
            self._display.say(self._shown)

    def show(self, counts: Counts) -> None:
        """Show counts. A changed article has several messages, so a stage can exceed the expected number."""
        line = counts.line(self._expected)
        if self._on_terminal:
            for stage, task in self._tasks.items():
                count = counts.indexed if stage == "indexed" else counts.messages.get(stage, 0)
                self._bars.update(task, completed=count, total=max(count, self._expected or 0) or None)
        elif line != self._shown:
            self._display.say(line)
        self._shown = line
