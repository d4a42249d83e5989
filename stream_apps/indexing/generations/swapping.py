"""Swaps the generation that answers, and rolls back to the previous one."""

from __future__ import annotations

from dataclasses import dataclass

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import IndexKind
from stream_apps.indexing.generations import cluster, plans, rebuild_progress
from stream_apps.indexing.generations.comparing import Comparison, compare
from stream_apps.indexing.generations.names import Generation
from wirecopy.settings import ElasticsearchSettings


@dataclass(frozen=True)
class Swap:
    """The old and the new answering generation. ``done`` is False where the comparison failed, or for a dry run."""

    kind: IndexKind
    old: str | None
    new: str
    done: bool
    comparison: Comparison | None = None


async def swap(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, kind: IndexKind, *, force: bool = False,
    dry_run: bool = False,
) -> Swap:  # fmt: skip
    """Make the rebuilt or restored generation the one that answers, if it passes the comparison.

    ``force``: even if it fails, or has not read all topics. Raises ``BadInput`` where there is none, and the
    client's errors.
    """
    every = await cluster.generations(client, settings.index_prefix, kind)
    done = [g.stem for g in every if force or await _is_finished(client, settings.index_prefix, g)]
    new = plans.finished(every, done)
    old = next((g for g in every if g.reads), None)
    comparison = await compare(client, old, new) if old is not None else None
    fits = comparison is None or not comparison.problems
    if dry_run or not (fits or force):
        return Swap(kind, old.stem if old else None, new.stem, done=False, comparison=comparison)
    await cluster.give_roles(client, settings, kind, plans.swapped(every, new))
    return Swap(kind, old.stem if old else None, new.stem, done=True, comparison=comparison)


async def roll_back(client: AsyncElasticsearch, settings: ElasticsearchSettings, kind: IndexKind) -> Swap:
    """Make the previous generation answer again. Raises ``BadInput`` where there is none, and the client's errors."""
    every = await cluster.generations(client, settings.index_prefix, kind)
    new, old = plans.way_back(every), next((g for g in every if g.reads), None)
    await cluster.give_roles(client, settings, kind, plans.swapped(every, new))
    return Swap(kind, old.stem if old else None, new.stem, done=True)


async def drop(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, kind: IndexKind, *, rebuilds: bool = False,
    dry_run: bool = False,
) -> list[str]:  # fmt: skip
    """Delete the generations of a kind that do not answer; those that are being rebuilt only with ``rebuilds``.

    Returns their indices. Raises the client's errors.
    """
    prefix = settings.index_prefix
    present = await cluster.aliases(client, prefix, [kind])
    every = await cluster.generations(client, prefix, kind)
    gone = [g for g in every if not g.reads] if rebuilds else plans.unused(every)
    for generation in gone if not dry_run else ():
        await cluster.carry_out(client, plans.drop(prefix, generation, present))
        await rebuild_progress.forget(client, prefix, generation.stem)
    return [name for generation in gone for name in generation.indices]


async def _is_finished(client: AsyncElasticsearch, prefix: str, generation: Generation) -> bool:
    noted = await rebuild_progress.load(client, prefix, generation.stem) if generation.writes else None
    return noted is not None and noted.finished is not None
