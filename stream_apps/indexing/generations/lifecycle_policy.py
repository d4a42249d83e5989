"""Retention by Elasticsearch's own index lifecycle management, where the cluster has it.

It counts from the making of an index, which for a live one is about when its period begins, and for a rebuilt one
later: so it never takes what is still to be kept, and takes some of it late. ``wirecopy index retention`` is exact.
"""

from __future__ import annotations

from typing import Any, Final

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError

from stream_apps.indexing.generations.periods import Period
from wirecopy.settings import ElasticsearchSettings

LONGEST: Final[dict[Period, int]] = {"month": 31, "year": 366}
"""Days of a period at most: its last document is so much younger than its index."""


def name_of(settings: ElasticsearchSettings) -> str:
    return f"{settings.index_prefix}-retention"


def policy(settings: ElasticsearchSettings) -> dict[str, Any] | None:
    """What takes old periods away; none where nothing is to go, or no whole index is old. Pure."""
    if settings.retention_days is None or settings.period not in LONGEST:
        return None
    age = f"{settings.retention_days + LONGEST[settings.period]}d"
    # By ``_meta`` it is known again: Elasticsearch tells the phases with defaults of its own.
    about = {"managed_by": "wirecopy", "min_age": age}
    return {"phases": {"delete": {"min_age": age, "actions": {"delete": {}}}}, "_meta": about}


def index_setting(policy_name: str | None) -> dict[str, Any]:
    """What ties an index to the policy. Pure."""
    return {"index": {"lifecycle": {"name": policy_name}}} if policy_name else {}


async def in_force(client: AsyncElasticsearch, settings: ElasticsearchSettings) -> str | None:
    """The name of the policy that indices of periods are tied to, none where there is none. Raises the client's errors.

    A node without lifecycle management has no such address, and says so with 400 or 404.
    """
    if policy(settings) is None:
        return None
    try:
        answer = await client.ilm.get_lifecycle(name=name_of(settings))
    except NotFoundError:
        return None
    except ApiError as error:
        if error.meta.status != 400:
            raise
        return None
    return name_of(settings) if name_of(settings) in answer else None


async def stored(client: AsyncElasticsearch, settings: ElasticsearchSettings) -> dict[str, Any] | None:
    """The policy as it is in the cluster: empty where there is none, none where the cluster has no such management."""
    try:
        await client.ilm.get_status()
    except ApiError as error:
        if error.meta.status not in (400, 404, 405):
            raise
        return None
    answer = await client.options(ignore_status=404).ilm.get_lifecycle(name=name_of(settings))
    found: dict[str, Any] = answer.get(name_of(settings), {}).get("policy", {})
    return found


async def put(client: AsyncElasticsearch, settings: ElasticsearchSettings, wanted: dict[str, Any]) -> None:
    await client.ilm.put_lifecycle(name=name_of(settings), policy=wanted)
