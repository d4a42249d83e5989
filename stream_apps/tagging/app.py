"""The tagging app: one worker and its model processes."""

from __future__ import annotations

import asyncio

from schemas.topics import RESOLVED, TAGGING_STATE
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.stage_interface import StageSpec
from stream_apps.runtime.state_store import StateStore
from stream_apps.runtime.worker import Worker
from stream_apps.tagging import alias_files
from stream_apps.tagging.model_process import ModelProcesses
from stream_apps.tagging.rows import SEALED_AS
from stream_apps.tagging.stage import TaggingStage
from wirecopy.settings import Settings

LONGEST, BUSY = 1.0, 10.0
"""Seconds that a batch may wait under load, and messages a second up to which none does: a story's names are resolved
once a batch."""


def run(settings: Settings) -> None:
    """Work until told to stop. Raises ``MissingSoftware`` where the pipeline is not installed."""
    model = ModelProcesses(settings.tagging)
    model_name = asyncio.run(model.warm())
    aliases = alias_files.configured(settings.tagging.aliases)

    def build(rows: StateStore) -> TaggingStage:
        return TaggingStage(
            rows,
            model,
            model_name,
            aliases,
            window_days=settings.dedup.window_days,
            max_chars=settings.tagging.max_chars,
            cache_paragraphs=settings.tagging.cache_paragraphs,
            linger=Linger(LONGEST, BUSY),
        )

    spec = StageSpec((RESOLVED,), build, TAGGING_STATE, SEALED_AS, on_disk=True)
    Worker("tagging", settings, [spec], settings.tagging.batch).run()
    model.close()
