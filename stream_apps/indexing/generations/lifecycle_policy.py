"""Retention by Elasticsearch's own index lifecycle management, where the cluster has it.

It counts from the creation of an index: for a live one about the beginning of its period, for a rebuilt one later. So
it never deletes too early, but some indices late. ``wirecopy index retention`` is exact.
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
    """Return the policy that deletes old periods; None without retention, or where indices are not split. Pure."""
    if settings.retention_days is None or settings.period not in LONGEST:
        return None
    age = f"{settings.retention_days + LONGEST[settings.period]}d"
    # Recognised by ``_meta``, since Elasticsearch returns the phases with its own defaults.
    about = {"managed_by": "wirecopy", "min_age": age}
    return {"phases": {"delete": {"min_age": age, "actions": {"delete": {}}}}, "_meta": about}


def index_setting(policy_name: str | None) -> dict[str, Any]:
    """Return the setting that attaches an index to the policy. Pure."""
    return {"index": {"lifecycle": {"name": policy_name}}} if policy_name else {}


async def in_force(client: AsyncElasticsearch, settings: ElasticsearchSettings) -> str | None:
    """Return the name of the policy in force; None without one. Raises the client's errors.

    A node without lifecycle management answers with 400 or 404.
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
    """Read the policy in the cluster: empty without one, None where the cluster has no lifecycle management."""
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
