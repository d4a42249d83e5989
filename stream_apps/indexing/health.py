"""The readiness check for Elasticsearch."""

from __future__ import annotations

import asyncio

from stream_apps.indexing.client import connect
from wirecopy.errors import WirecopyError
from wirecopy.monitoring.health import Check
from wirecopy.settings import ElasticsearchSettings

ANSWER = 5.0
"""Seconds that Elasticsearch is given to answer when we ask whether it is there."""


def answers(settings: ElasticsearchSettings, waits_for: str = "") -> Check:
    """Check that Elasticsearch answers and accepts writes; ``waits_for`` is the reason why they wait.

    Runs in a thread of its own, with a client of its own.
    """
    if waits_for:
        return Check("elasticsearch", ok=False, detail=f"writes wait: {waits_for}")
    try:
        asyncio.run(asyncio.wait_for(check(settings), ANSWER))
    except (WirecopyError, TimeoutError) as error:
        return Check("elasticsearch", ok=False, detail=str(error) or f"no answer within {ANSWER:g} s")
    return Check("elasticsearch", ok=True, detail="it answers")


async def check(settings: ElasticsearchSettings) -> None:
    """Check the connection. Raises ``SettingsError`` and ``ServerError`` where it cannot be used."""
    async with connect(settings):
        pass
