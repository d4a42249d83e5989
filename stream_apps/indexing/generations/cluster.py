"""The generations in the cluster: reads them, and carries out the steps of ``plans``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from elasticsearch import AsyncElasticsearch

from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing import indices
from stream_apps.indexing.generations import names, plans
from stream_apps.indexing.generations.names import Generation
from stream_apps.indexing.generations.plans import DeleteIndices, DeleteTemplate, Roles, SetAliases, Settle, Step
from stream_apps.indexing.generations.targets import SETTLED
from wirecopy.errors import ServerError
from wirecopy.settings import ElasticsearchSettings

Pause = Callable[[float], Awaitable[None]]
MOST_TRIES = 5


async def aliases(
    client: AsyncElasticsearch, prefix: str, kinds: Iterable[IndexKind] = INDEX_KINDS
) -> dict[str, frozenset[str]]:
    """Read the aliases of every physical index of these kinds. Raises the client's errors."""
    patterns = [names.pattern(prefix, kind) for kind in kinds]
    answer = await client.indices.get_alias(index=patterns, allow_no_indices=True)
    found = {name: frozenset(entry["aliases"]) for name, entry in answer.items()}
    return {name: own for name, own in found.items() if names.parse(prefix, name) is not None}


async def generations(client: AsyncElasticsearch, prefix: str, kind: IndexKind) -> list[Generation]:
    """Read all generations of a kind, by number. Raises the client's errors."""
    return names.generations(prefix, await aliases(client, prefix, [kind]))


async def carry_out(client: AsyncElasticsearch, steps: Sequence[Step], pause: Pause = asyncio.sleep) -> None:
    """Carry out one step after the other. Raises the client's errors, and ``ServerError`` where a node missed one."""
    for step in steps:
        match step:
            case SetAliases(actions):
                answer = await client.indices.update_aliases(actions=[dict(action) for action in actions])
                if not answer["acknowledged"]:
                    raise ServerError("not every node has taken the aliases: do the same again")
            case Settle():
                await pause(SETTLED)
            case DeleteIndices(gone):
                if gone:
                    await client.indices.delete(index=list(gone), ignore_unavailable=True)
            case DeleteTemplate(name):
                await client.options(ignore_status=404).indices.delete_index_template(name=name)


async def give_roles(
    client: AsyncElasticsearch, settings: ElasticsearchSettings, kind: IndexKind, wanted: Roles
) -> None:
    """Set the templates of future periods, then all aliases in one step.

    Repeats until no alias differs, because the index of a new period may appear meanwhile.
    """
    prefix = settings.index_prefix
    for _ in range(MOST_TRIES):
        present = await aliases(client, prefix, [kind])
        every = names.generations(prefix, present)
        for generation in every:
            if generation.period != "none":
                roles = wanted.get(generation.stem, plans.roles_of(generation))
                await indices.put_generation_template(client, settings, generation, roles)
        steps = plans.set_aliases(prefix, kind, every, present, wanted)
        if not steps:
            return
        await carry_out(client, steps)
    raise ServerError(f"the aliases of {kind} change under our hands: does another command run?")


def chosen(kinds: Iterable[str]) -> list[IndexKind]:
    """Return the kinds of these names, or all. Raises ``ValueError`` for an unknown name."""
    known: Mapping[str, IndexKind] = {kind: kind for kind in INDEX_KINDS}
    wanted = list(kinds)
    if unknown := [name for name in wanted if name not in known]:
        raise ValueError(f"{', '.join(unknown)} is no kind of index: there are {', '.join(known)}")
    return [known[name] for name in wanted] or list(INDEX_KINDS)
