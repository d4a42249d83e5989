"""A stage for the tests of the runtime, in a process of its own: ``python -m tests.integration.runtime_stage``.

Arguments: bootstrap, prefix, data folder, what the stage does, and the port of its metrics, if it serves any. It takes
``raw`` and gives ``articles``: each key with how often it came, and how many different keys its partition has.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from schemas.topics import ARTICLES, RAW, RESOLVED, TAGGING_STATE
from stream_apps.runtime import faust_app, watchdog, worker
from stream_apps.runtime.stage_interface import Incoming, Outgoing, Stage, StageSpec
from stream_apps.runtime.state_store import StateStore
from stream_apps.runtime.worker import Worker
from wirecopy import telemetry
from wirecopy.errors import BadInput, WirecopyError
from wirecopy.monitoring import monitor
from wirecopy.settings import FaustSettings, KafkaSettings, Settings, TelemetrySettings

PARTITIONS = 4
HANG = b"hang"
BAD = b"bad"


class Counting(Stage):
    """``how``: ``count``; ``hang`` at a message that says so; ``fail`` on everything; ``slow`` once, for 8 seconds;
    ``crawl``: a tenth of a second a batch.

    A message that says ``BAD`` is refused.
    """

    name = "counting"

    def __init__(self, rows: StateStore, how: str) -> None:
        self._rows = rows
        self._how = how
        self._batches = 0

    async def prepare(self, messages: Sequence[Incoming]) -> None:
        self._batches += 1
        if self._how == "slow" and self._batches == 3:
            for _ in range(8):
                await asyncio.sleep(1)
                self.alive()

        if self._how == "crawl":
            await asyncio.sleep(0.1)
            self.alive()

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        if self._how == "hang" and message.value == HANG:
            time.sleep(3600)
        if message.value == BAD:
            raise BadInput("no_good", "it says so itself")
        if self._how == "fail":
            raise ZeroDivisionError("everything is bad")
        count = int(self._rows.get(message.partition, message.key) or b"0") + 1
        self._rows.put(message.partition, message.key, b"%d" % count)
        return [Outgoing(ARTICLES, message.key, b"%d" % count)]


def settings(bootstrap: str, prefix: str, folder: Path) -> Settings:
    return Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, topic_prefix=prefix, partitions=PARTITIONS),
        faust=FaustSettings(data_dir=folder, session_timeout=6, heartbeat_interval=1, commit_interval=0.2),
        telemetry=TelemetrySettings(log_format="json"),
    )


def main(bootstrap: str, prefix: str, folder: str, how: str, port: str = "") -> None:
    chosen = settings(bootstrap, prefix, Path(folder))
    if port:
        watched = chosen.telemetry.model_copy(update={"metrics_port": int(port)})
        chosen = chosen.model_copy(update={"telemetry": watched})
    telemetry.configure_logging(chosen.telemetry)
    worker.PROGRESS_LIMIT = 5.0
    monitor.EVERY = 0.5  # type: ignore[misc]  # a test does not wait for five seconds
    faust_app.MAX_POLL_INTERVAL = 4.0
    watchdog.GRACE = 5.0
    topic = RESOLVED if how == "committed" else RAW
    row_format = 2 if how == "newer" else 1
    spec = StageSpec((topic,), lambda rows: Counting(rows, how), TAGGING_STATE, row_format, on_disk=True)
    try:
        Worker("counting", chosen, [spec]).run()
    except WirecopyError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
