"""Logs as ECS JSON, or readable on a terminal."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import ecs_logging
import structlog

from wirecopy.settings import TelemetrySettings

MAX_FIELD = 500
"""Characters of any one field: feed text reaches the logs, and a feed must not be able to fill a disk."""

_CLIENTS = ("aiokafka", "kafka")
"""Whose loggers say the same several times a second while no broker is there, or none lets us in."""
_AGAIN_AFTER = 30.0
"""Seconds until such a client may say the same again."""
_MOST_REMEMBERED = 1000


class Seldom(logging.Filter):
    """Lets a repeated line of a Kafka client pass only now and then, and all lines of others."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in _CLIENTS:
            return True
        now, line = self._clock(), (record.name, str(record.msg))
        if now < self._said.get(line, -math.inf) + _AGAIN_AFTER:
            return False
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[line] = now
        return True


def configure_logging(settings: TelemetrySettings) -> None:
    """Send every log line of the process to standard error, one event a line."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    rendering: list[Any] = (
        [_ecs_level, ecs_logging.StructlogFormatter()] if as_json else [structlog.dev.ConsoleRenderer()]
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        _limit_fields,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    if settings.log_level != "debug":
        handler.addFilter(Seldom())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in ("elastic_transport", "aiokafka", "kafka", "faust", "mode", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.INFO if settings.log_level == "debug" else logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def logger(dataset: str) -> Any:
    """Return a logger whose lines carry ``event.dataset``.

    A module may make it before logging is configured: the configuration is looked up with each line. (``bind``
    would fix that at once, and structlog's own default shows the local variables of every frame.)
    """
    return structlog.get_logger(f"wirecopy.{dataset}", **{"event.dataset": f"wirecopy.{dataset}"})


def _ecs_level(_: object, __: str, event: Any) -> Any:
    """Set ECS's ``log.level``; by default the formatter would take the method's name, such as ``exception``."""
    event["log.level"] = event.pop("level")
    return event


def _limit_fields(_: object, __: str, event: Any) -> Any:
    for key, value in event.items():
        if isinstance(value, str) and len(value) > MAX_FIELD and key != "exception":
            event[key] = value[:MAX_FIELD] + "…"
    return event
