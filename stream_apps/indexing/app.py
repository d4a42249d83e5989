"""The indexing app."""

from __future__ import annotations

import asyncio

from schemas.topics import TAKEN
from stream_apps.indexing import entity_names
from stream_apps.indexing.client import open_client
from stream_apps.indexing.generations.targets import Targets
from stream_apps.indexing.health import answers, check
from stream_apps.indexing.sink import BulkSink
from stream_apps.indexing.stage import IndexingStage
from stream_apps.runtime.linger import Linger, longest_wait
from stream_apps.runtime.stage_interface import StageSpec
from stream_apps.runtime.worker import Worker
from wirecopy.settings import Settings

BUSY = 65.0
"""Articles and stories a second up to which nothing waits. What is written cannot be found before the next refresh."""


def run(settings: Settings) -> None:
    """Work until told to stop. Raises ``ServerError`` at once where Elasticsearch can't be reached."""
    asyncio.run(check(settings.elasticsearch))
    sink = BulkSink.of(open_client(settings.elasticsearch), settings.elasticsearch, asyncio.Event())
    linger = Linger(longest_wait(settings.elasticsearch.refresh_interval), BUSY)
    names = entity_names.installed(settings.tagging)
    prefix, days = settings.elasticsearch.index_prefix, settings.elasticsearch.retention_days
    stage = IndexingStage(sink, Targets(sink, prefix), linger, names, days)
    specs = [StageSpec(TAKEN["indexing"], lambda _: stage)]
    batch, checks = settings.elasticsearch.bulk_documents, [lambda: answers(settings.elasticsearch, sink.waits_for)]
    Worker("indexing", settings, specs, batch, checks).run()
