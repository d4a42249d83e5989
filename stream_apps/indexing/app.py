"""The indexing app."""

from __future__ import annotations

import asyncio

from schemas.topics import TAKEN
from stream_apps.indexing import entity_names
from stream_apps.indexing.client import connect, open_client
from stream_apps.indexing.sink import BulkSink
from stream_apps.indexing.stage import IndexingStage
from stream_apps.runtime.linger import Linger, longest_wait
from stream_apps.runtime.messages import StageSpec
from stream_apps.runtime.worker import Worker
from wirecopy.errors import WirecopyError
from wirecopy.monitoring.health import Check
from wirecopy.settings import ElasticsearchSettings, Settings

ANSWER = 5.0
"""Seconds that Elasticsearch is given to answer when we ask whether it is there."""
BUSY = 65.0
"""Articles and stories a second up to which nothing waits. What is written cannot be found before the next refresh."""


def run(settings: Settings) -> None:
    """Work until told to stop. Raises ``ServerError`` at once where Elasticsearch can't be reached."""
    asyncio.run(_check(settings.elasticsearch))
    sink = BulkSink.of(open_client(settings.elasticsearch), settings.elasticsearch, asyncio.Event())
    linger = Linger(longest_wait(settings.elasticsearch.refresh_interval), BUSY)
    names = entity_names.installed(settings.tagging)
    stage = IndexingStage(sink, settings.elasticsearch.index_prefix, linger, names)
    specs = [StageSpec(TAKEN["indexing"], lambda _: stage)]
    batch, checks = settings.elasticsearch.bulk_documents, [lambda: answers(settings.elasticsearch, sink.waits_for)]
    Worker("indexing", settings, specs, batch, checks).run()


def answers(settings: ElasticsearchSettings, waits_for: str) -> Check:
    """Whether Elasticsearch takes writes and answers. Asked in a thread of its own, with a client of its own."""
    if waits_for:
        return Check("elasticsearch", ok=False, detail=f"writes wait: {waits_for}")
    try:
        asyncio.run(asyncio.wait_for(_check(settings), ANSWER))
    except (WirecopyError, TimeoutError) as error:
        return Check("elasticsearch", ok=False, detail=str(error) or f"no answer within {ANSWER:g} s")
    return Check("elasticsearch", ok=True, detail="it answers")


async def _check(settings: ElasticsearchSettings) -> None:
    async with connect(settings):
        pass
