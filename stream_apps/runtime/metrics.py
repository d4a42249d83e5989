"""The metrics of every stage."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, Info

info = Info("wirecopy_worker", "Which app this process runs.")
messages = Counter("wirecopy_stage_messages_total", "Messages processed and acknowledged.", ["stage"])
dead_letters = Counter("wirecopy_dead_letters_total", "Messages sent to the dead letters.", ["stage", "reason"])
expired = Counter("wirecopy_stage_expired_messages_total", "Messages that Kafka deleted before they were processed.")
batch_seconds = Histogram("wirecopy_stage_batch_seconds", "Time for a batch, brokers included.", ["stage"])
last_progress = Gauge("wirecopy_stage_last_progress_seconds", "When a batch was last acknowledged.", ["stage"])
paused_outlets = Gauge("wirecopy_stage_paused_outlets", "Outlets whose messages a stage does not try.", ["stage"])
