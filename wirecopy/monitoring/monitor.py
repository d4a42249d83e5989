"""Samples its own process every few seconds: sets metrics, and logs changes of readiness."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import wirecopy
from wirecopy import tracing
from wirecopy.errors import SettingsError
from wirecopy.kafka import client_config
from wirecopy.kafka_access import is_known, refusal, unreachable
from wirecopy.monitoring import process_metrics
from wirecopy.monitoring.health import Check, Health, failing, look
from wirecopy.monitoring.server import serve
from wirecopy.settings import KafkaSettings, TelemetrySettings
from wirecopy.telemetry import logger

EVERY: Final = 5.0
"""Seconds between two looks."""
_CONNECT: Final = 2.0
_ASK_EVERY: Final = 60.0
"""Seconds between two questions whether Kafka lets us in, while it does."""

_log = logger("process")


class Monitor:
    """Monitors one process. ``sample`` sets metrics; the monitor's thread calls it, and it may raise."""

    def __init__(self, process: str, health: Health, sample: Callable[[], object] = lambda: None) -> None:
        self._process = process
        self._who = {"service.name": f"wirecopy-{process}", "service.version": wirecopy.__version__}
        """As ECS has it."""
        self._health = health
        self._sample = sample
        self._was: bool | None = None
        self._checks: Sequence[Check] = ()
        self._stopped = threading.Event()

    def start(self, settings: TelemetrySettings) -> None:
        """Publish the version, start the server and the samples. Raises ``SettingsError`` where the port is taken."""
        process_metrics.BUILD.labels(self._process, wirecopy.__version__).set(1)
        tracing.start(self._process, settings)
        serve(settings, Health(self._health.alive, self.ready))
        _log.info("process starts", **self._who)
        threading.Thread(target=self._run, name="monitor", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        tracing.stop()

    def ready(self) -> Sequence[Check]:
        """Return the last result: probes ask no server, however many come."""
        return self._checks or [Check("probe", ok=False, detail="nothing has been looked at yet")]

    def look(self) -> None:
        """Sample once: measure, and log a change of readiness."""
        try:
            process_metrics.measure_memory()
            self._sample()
        except Exception as error:  # noqa: BLE001  # a measurement that fails must not end anything
            _log.debug("cannot measure", detail=f"{type(error).__name__}: {error}")
        checks = self._checks = look(self._health.ready)
        process_metrics.READY.replace({(check.name,): float(check.ok) for check in checks})
        self._log_change(checks)

    def _log_change(self, checks: Sequence[Check]) -> None:
        why = failing(checks)
        if (not why) == self._was:
            return
        first, self._was = self._was is None, not why
        held = {check.name: check.detail for check in checks}.get("partitions", "")
        if not why:
            _log.info("ready", **self._who, partitions=held)
        elif first:
            _log.info("not ready yet", **self._who, why=why)
        else:
            _log.warning("not ready any more", **self._who, why=why)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.look()
            self._stopped.wait(EVERY)


class KafkaCheck:
    """Checks that a broker accepts a connection and, less often, our login.

    Existing connections keep their login, and a client that has to reconnect retries silently: this check is how a
    revoked login is noticed.
    """

    def __init__(self, settings: KafkaSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._ask_at = clock() + _ASK_EVERY  # the login was checked at the start
        self._refusal: str | None = None

    def __call__(self) -> Check:
        why = unreachable(self._settings.bootstrap, _CONNECT)
        if why is None and is_known(self._settings) and self._clock() >= self._ask_at:
            self._refusal = self._asked()
            self._ask_at = self._clock() + (_ASK_EVERY if self._refusal is None else EVERY)
        why = why or self._refusal
        return Check("kafka", why is None, why or "a broker takes connections")

    def _asked(self) -> str | None:
        try:
            return refusal(self._settings, client_config(self._settings))
        except SettingsError as error:  # a secret's file is gone
            return str(error)
