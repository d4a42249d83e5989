"""Takes snapshots of the index in an Elasticsearch repository, and restores them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from elasticsearch import ApiError, AsyncElasticsearch

from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing import indices
from stream_apps.indexing.client import describe
from stream_apps.indexing.generations import cluster, names, rebuild_progress
from stream_apps.indexing.generations.names import IndexName
from wirecopy.errors import NotFound, ServerError, SettingsError
from wirecopy.settings import ElasticsearchSettings

LOOK_EVERY: Final = 0.5
DAYS_LONG: Final = 48 * 3600.0
"""Seconds for a snapshot or a restore."""


@dataclass(frozen=True)
class Snapshot:
    """One snapshot: its indices, its time, and whether it is complete (``SUCCESS``)."""

    name: str
    state: str
    begun: str
    indices: tuple[str, ...]


def repository(settings: ElasticsearchSettings) -> str:
    """Return the repository. Raises ``SettingsError`` where none is set."""
    if settings.snapshot_repository is None:
        raise SettingsError("elasticsearch.snapshot_repository is not set: register a repository and name it there")
    return settings.snapshot_repository


async def listed(client: AsyncElasticsearch, settings: ElasticsearchSettings) -> list[Snapshot]:
    """List our snapshots, the oldest first. Raises ``SettingsError``, ``ServerError`` and the client's errors."""
    name = repository(settings)
    try:
        answer = await client.snapshot.get(
            repository=name, snapshot=f"{settings.index_prefix}-2*", ignore_unavailable=True
        )
    except ApiError as error:
        if describe(error).split(":", 1)[0] != "repository_missing_exception":
            raise
        raise ServerError(f"Elasticsearch has no repository {name}: register it (docs/runbook.md)") from error
    ours = [
        found for found in answer["snapshots"] if (found.get("metadata") or {}).get("prefix") == settings.index_prefix
    ]
    return [_snapshot(found) for found in sorted(ours, key=lambda found: str(found["snapshot"]))]


async def take(client: AsyncElasticsearch, settings: ElasticsearchSettings, keep: int | None = None) -> Snapshot:
    """Take a snapshot of all answering indices, and delete those older than the newest ``keep`` complete ones.

    Raises ``ServerError`` where the snapshot is incomplete, and as ``listed`` does.
    """
    await listed(client, settings)
    where, now = repository(settings), datetime.now(UTC)
    every = names.generations(settings.index_prefix, await cluster.aliases(client, settings.index_prefix))
    wanted = [index for generation in every if generation.reads for index in generation.indices]
    if not wanted:
        raise ServerError("no index answers: there is nothing to copy")
    name = f"{settings.index_prefix}-{now:%Y.%m.%d-%H%M%S}"
    about = {"managed_by": "wirecopy", "prefix": settings.index_prefix}
    await client.snapshot.create(
        repository=where, snapshot=name, indices=wanted, include_global_state=False, metadata=about,
        wait_for_completion=False,
    )  # fmt: skip
    made = await _finished(client, where, name)
    if made.state != "SUCCESS":
        raise ServerError(f"the snapshot {name} is {made.state}: see `GET _snapshot/{where}/{name}`")
    if keep is not None:
        for old in outdated(await listed(client, settings), keep):
            await client.snapshot.delete(repository=where, snapshot=old)
    return made


def outdated(snapshots: Sequence[Snapshot], keep: int) -> list[str]:
    """Return the snapshots to delete: those older than the newest ``keep`` complete ones. Pure."""
    whole = [snapshot.name for snapshot in snapshots if snapshot.state == "SUCCESS"]
    kept = whole[-keep:]
    return [snapshot.name for snapshot in snapshots if kept and snapshot.name < kept[0]]


async def restore(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, name: str | None, kinds: Sequence[IndexKind]
) -> dict[str, str]:
    """Restore the newest or the named snapshot into new generations. Returns the new stem of each generation.

    They are written from now on and do not answer; ``rebuild`` adds later messages. Raises ``NotFound`` where there is
    no such snapshot, and as ``listed`` does.
    """
    copies = [snapshot for snapshot in await listed(client, settings) if snapshot.state == "SUCCESS"]
    chosen = next((copy for copy in reversed(copies) if name in (None, copy.name)), None)
    if chosen is None:
        raise NotFound(f"there is no whole snapshot{f' {name}' if name else ''} in {repository(settings)}")
    taken = {
        kind: names.next_number(await cluster.generations(client, settings.index_prefix, kind)) for kind in INDEX_KINDS
    }
    made = renamed(settings.index_prefix, chosen.indices, taken)
    restored = {}
    for old, new in made.items():
        if new.kind in kinds:
            await _restore(client, settings, chosen, old, new)
            restored[old] = new.stem
    return restored


def renamed(prefix: str, copied: Sequence[str], numbers: Mapping[IndexKind, int]) -> dict[str, IndexName]:
    """Return the new name of each generation of a snapshot, by its stem. Pure."""
    found = [name for index in copied if (name := names.parse(prefix, index)) is not None]
    return {name.stem: IndexName(prefix, name.kind, name.version, numbers[name.kind]) for name in found}


async def _restore(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, copy: Snapshot, old: str, new: IndexName
) -> None:
    where = repository(settings)
    members = [index for index in copy.indices if (n := names.parse(settings.index_prefix, index)) and n.stem == old]
    await client.snapshot.restore(
        repository=where, snapshot=copy.name, indices=members, include_global_state=False, include_aliases=False,
        rename_pattern=old, rename_replacement=new.stem, wait_for_completion=False,
    )  # fmt: skip
    await _is_there(client, [index.replace(old, new.stem, 1) for index in members])
    await rebuild_progress.begin(client, settings, new.stem, datetime.now(UTC))
    (generation,) = [
        g for g in await cluster.generations(client, settings.index_prefix, new.kind) if g.stem == new.stem
    ]
    if generation.period != "none":
        await indices.put_generation_template(client, settings, generation, {"write"})
    await cluster.give_roles(client, settings, new.kind, {new.stem: frozenset({"write"})})


async def _finished(client: AsyncElasticsearch, where: str, name: str) -> Snapshot:
    deadline = time.monotonic() + DAYS_LONG
    while True:
        (found,) = (await client.snapshot.get(repository=where, snapshot=name))["snapshots"]
        if found["state"] != "IN_PROGRESS":
            return _snapshot(found)
        if time.monotonic() > deadline:
            raise ServerError(f"the snapshot {name} is not finished after {DAYS_LONG / 3600:.0f} hours")
        await asyncio.sleep(LOOK_EVERY)


async def _is_there(client: AsyncElasticsearch, restored: Sequence[str]) -> None:
    """Wait until every primary shard is available."""
    deadline = time.monotonic() + DAYS_LONG
    while time.monotonic() < deadline:
        health = await client.options(ignore_status=408).cluster.health(
            index=list(restored), wait_for_status="yellow", timeout="10s"
        )
        if not health["timed_out"]:
            return
    raise ServerError(f"{', '.join(restored)} are not there after {DAYS_LONG / 3600:.0f} hours")


def _snapshot(found: Mapping[str, Any]) -> Snapshot:
    return Snapshot(found["snapshot"], found["state"], found["start_time"], tuple(sorted(found["indices"])))
