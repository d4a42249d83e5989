"""The tagging app: one worker and its model processes."""

from __future__ import annotations

import asyncio
import gc

from schemas.topics import RESOLVED, TAGGING_STATE
from stream_apps.runtime.messages import StageSpec
from stream_apps.runtime.rows import Rows
from stream_apps.runtime.worker import Worker
from stream_apps.tagging import alias_files
from stream_apps.tagging.model_process import ModelProcesses
from stream_apps.tagging.stage import TaggingStage
from wirecopy.settings import Settings

GC_THRESHOLDS = 20_000, 20, 50
"""Texts as they are read are many small objects without circles: at Python's own pace a quarter of the time is lost
in looking for some."""


def run(settings: Settings) -> None:
    """Work until told to stop. Raises ``MissingSoftware`` where the pipeline is not installed."""
    model = ModelProcesses(settings.tagging)
    model_name = asyncio.run(model.warm())
    aliases = alias_files.configured(settings.tagging.aliases)

    gc.freeze()  # aliases and catalogues stay for good
    gc.set_threshold(*GC_THRESHOLDS)

    def build(rows: Rows) -> TaggingStage:
        return TaggingStage(
            rows,
            model,
            model_name,
            aliases,
            window_days=settings.dedup.window_days,
            max_chars=settings.tagging.max_chars,
            cache_paragraphs=settings.tagging.cache_paragraphs,
        )

    spec = StageSpec((RESOLVED,), build, TAGGING_STATE, on_disk=True)
    Worker("tagging", settings, [spec], settings.tagging.batch).run()
    model.close()
