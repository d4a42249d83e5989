"""What the threads of a producer do while there is no Kafka."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from wirecopy.telemetry import logger

_SAY_EVERY = 30.0


class Patience:
    """Says that Kafka is away, and that it is back, once in a while and not once an attempt."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._said = 0.0
        self._log = logger("producer")

    def failed(self, why: object) -> None:
        now = time.monotonic()
        if not self._said or now - self._said > _SAY_EVERY:
            self._said = now
            self._log.warning("waiting for Kafka", what=self._what, why=str(why))

    def worked(self) -> None:
        if self._said:
            self._said = 0.0
            self._log.info("Kafka is there", what=self._what)


def start_thread(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
