"""How the threads of a producer come by a client of Kafka, and what they do while there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaConnectionError

from wirecopy.kafka import client_config
from wirecopy.kafka_access import telling_why, unreachable
from wirecopy.settings import KafkaSettings
from wirecopy.telemetry import logger

_CONNECT_TIMEOUT = 2.0
_SAY_EVERY = 30.0


def require_broker(settings: KafkaSettings) -> None:
    """Raises ``KafkaConnectionError`` where no broker takes a connection: then no client is made."""
    why = unreachable(settings.bootstrap, _CONNECT_TIMEOUT)
    if why is not None:
        raise KafkaConnectionError(why)


def consumer(settings: KafkaSettings, name: str, make: Callable[..., Any] = KafkaConsumer, **config: Any) -> Any:
    """A consumer of what is not ours to create, with nothing committed but by us."""
    require_broker(settings)
    access = client_config(settings)
    with telling_why(settings, access):
        return make(
            **access,
            client_id=f"wirecopy-{name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            bootstrap_timeout_ms=10_000,
            reconnect_backoff_max_ms=2_000,
            **config,
        )


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
