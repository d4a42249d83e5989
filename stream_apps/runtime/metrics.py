"""Metrics that every stage has."""

from __future__ import annotations

from typing import Final

from wirecopy.monitoring.declaring import PARTITION, TOPIC, Group
from wirecopy.monitoring.process_metrics import PROCESSES

STAGES: Final = PROCESSES[1:]

_GROUP = Group("every stage")
_OF_STAGE: Final = {"stage": STAGES}

MESSAGES = _GROUP.counter("wirecopy_stage_messages_total", "Messages processed and acknowledged.", _OF_STAGE)
BATCH_SECONDS = _GROUP.histogram(
    "wirecopy_stage_batch_seconds",
    "Time in the stage: from a batch that is complete until everything that follows from it is acknowledged.",
    _OF_STAGE,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
LAG = _GROUP.gauge(
    "wirecopy_stage_lag_messages",
    "Messages of the partition that are there and not acknowledged yet, as of this process's last fetch. Of topics "
    "that are compacted or written in transactions, offsets without a message count too while something waits.",
    {**_OF_STAGE, "topic": TOPIC, "partition": PARTITION},
    unit="messages",
)
RESTORE_SECONDS = _GROUP.histogram(
    "wirecopy_stage_restore_seconds",
    "Time until the rows of a partition that was taken over were read.",
    _OF_STAGE,
    buckets=(0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300),
)
EXPIRED = _GROUP.counter(
    "wirecopy_stage_expired_messages_total",
    "Messages that Kafka deleted before they were processed: they are lost to us.",
    unit="messages",
)
PAUSED_OUTLETS = _GROUP.gauge(
    "wirecopy_stage_paused_outlets", "Outlets whose messages the stage does not try.", _OF_STAGE
)
