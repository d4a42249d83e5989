"""Consumers that never create topics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaConnectionError

from wirecopy.kafka import client_config
from wirecopy.kafka_access import explaining, unreachable
from wirecopy.settings import KafkaSettings

_CONNECT_TIMEOUT = 2.0


def require_broker(settings: KafkaSettings) -> None:
    """Check that a broker accepts connections, before a client is made. Raises ``KafkaConnectionError``."""
    why = unreachable(settings.bootstrap, _CONNECT_TIMEOUT)
    if why is not None:
        raise KafkaConnectionError(why)


def consumer(settings: KafkaSettings, name: str, make: Callable[..., Any] = KafkaConsumer, **config: Any) -> Any:
    """Make a consumer that creates no topics and commits only explicitly."""
    require_broker(settings)
    access = client_config(settings)
    with explaining(settings, access):
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
