"""A thread that ends a worker which hangs, or which does not stop on a signal.

Crash-only: messages that a worker has not acknowledged are processed again, so it may be ended at any moment. The
thread shares nothing with the event loop but ``Heartbeat``, and asks Kafka through a client of its own.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from wirecopy import telemetry
from wirecopy.monitoring.health import Check
from wirecopy.monitoring.heartbeat import Heartbeat

EXIT_CRASHED = 70
GRACE = 8.0
"""Seconds to stop in, after SIGTERM or SIGINT; then the process is ended."""
LOOKS = 10
"""How often within the limit the progress is looked at."""

log = telemetry.logger("runtime")


class Watchdog:
    """Ends the process if it makes no progress for ``limit`` seconds while there is work.

    ``lag`` returns the number of waiting messages; it raises if Kafka does not say, since then it is not the stage that
    hangs.
    """

    def __init__(
        self,
        heartbeats: Sequence[Heartbeat],
        lag: Callable[[], int],
        limit: float,
        end: Callable[[int], Any] = os._exit,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heartbeats = heartbeats
        self._lag = lag
        self._limit = limit
        self._end = end
        self._clock = clock
        self._waiting_since: float | None = None
        self._hangs = False
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop_requested(self) -> None:
        """Start the deadline: the process has ``GRACE`` seconds to end."""
        if not self._stopping.is_set():
            self._stopping.set()
            threading.Thread(target=self._end_later, name="deadline", daemon=True).start()

    def hears_signals(self) -> None:
        """Handle SIGTERM and SIGINT. Call it on the main thread, after the event loop has set its own handlers:
        those run on the loop, which may hang, and are still woken by Python's wake-up file.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop_requested())

    def alive(self) -> Sequence[Check]:
        """Whether the worker made progress or had nothing to do, as of the last look."""
        silent = max((heartbeat.silent_for() for heartbeat in self._heartbeats if heartbeat.busy), default=0.0)
        doing = f"at work, the last sign of life {silent:.0f} s ago" if silent else "between batches"
        return [Check("progress", not (self._hangs or silent > self._limit), doing)]

    def look(self) -> bool:
        """Whether the worker hangs: in a batch, or beside messages that have waited for longer than the limit."""
        self._hangs = self._look()
        return self._hangs

    def _look(self) -> bool:
        if any(heartbeat.busy and heartbeat.silent_for() > self._limit for heartbeat in self._heartbeats):
            return True
        now = self._clock()
        if min(heartbeat.silent_for() for heartbeat in self._heartbeats) < self._limit / LOOKS or not self._waits():
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        return self._waiting_since is not None and now - self._waiting_since > self._limit

    def _waits(self) -> bool:
        if any(heartbeat.busy for heartbeat in self._heartbeats):
            return False
        try:
            return self._lag() > 0
        except Exception as error:  # noqa: BLE001  # Kafka is away, or in another state: nobody can get on
            log.warning("no progress, and Kafka does not say whether there is lag", detail=str(error))
            return False

    def _watch(self) -> None:
        while not self._stopping.wait(self._limit / LOOKS):
            if self.look():
                log.error("no progress while there is work: the worker is ended", seconds=self._limit)
                faulthandler.dump_traceback(sys.stderr)
                self._end(EXIT_CRASHED)

    def _end_later(self) -> None:
        threading.Event().wait(GRACE)
        log.warning("not stopped in time: the process is ended; what it has not acknowledged is processed again")
        self._end(0)
