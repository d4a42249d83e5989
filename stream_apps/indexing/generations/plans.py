"""Plans of changes to generations, as data: pure. ``cluster`` carries them out.

A plan is the difference between the wanted aliases of each generation and the present ones. So repeating it does
nothing, and the same command finishes an interrupted one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from schemas.elasticsearch import IndexKind
from stream_apps.indexing.generations import periods
from stream_apps.indexing.generations.names import Generation, previous_alias, read_alias, write_alias
from wirecopy.errors import BadInput

Role = Literal["read", "write", "previous"]
Roles = Mapping[str, frozenset[Role]]
"""What each generation is for, by its stem."""
_ALIAS = {"read": read_alias, "write": write_alias, "previous": previous_alias}


@dataclass(frozen=True)
class SetAliases:
    """Aliases that change atomically in the cluster."""

    actions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Settle:
    """A wait until every stage has seen the new aliases."""


@dataclass(frozen=True)
class DeleteIndices:
    names: tuple[str, ...]


@dataclass(frozen=True)
class DeleteTemplate:
    name: str


Step = SetAliases | Settle | DeleteIndices | DeleteTemplate


def alias_name(prefix: str, kind: IndexKind, role: Role) -> str:
    return _ALIAS[role](prefix, kind)


def roles_of(generation: Generation) -> frozenset[Role]:
    """Return the present roles of a generation."""
    has: dict[Role, bool] = {"read": generation.reads, "write": generation.writes, "previous": generation.previous}
    return frozenset(role for role, on in has.items() if on)


def swapped(of_one_kind: Sequence[Generation], to: Generation) -> Roles:
    """Return the roles after a swap: ``to`` is read, and the former one becomes ``previous`` and is still written.

    An older one is no longer written. Other written generations are being rebuilt, and stay so.
    """
    wanted = {generation.stem: roles_of(generation) for generation in of_one_kind}
    for generation in of_one_kind:
        if generation.reads:
            wanted[generation.stem] = frozenset({"previous", "write"})
        elif generation.previous and not to.reads:
            wanted[generation.stem] = frozenset()
    return wanted | {to.stem: frozenset({"read", "write"})}


def set_aliases(
    prefix: str,
    kind: IndexKind,
    of_one_kind: Sequence[Generation],
    aliases: Mapping[str, Collection[str]],
    wanted: Roles,
) -> list[Step]:
    """Return the step after which every index of each generation has the wanted aliases; none where they all have."""
    actions: list[Mapping[str, Any]] = []
    for generation in of_one_kind:
        roles = wanted.get(generation.stem, roles_of(generation))
        for index in generation.indices:
            for role in ("read", "write", "previous"):
                alias = alias_name(prefix, kind, role)
                if (role in roles) != (alias in aliases[index]):
                    actions.append({"add" if role in roles else "remove": {"index": index, "alias": alias}})
    return [SetAliases(tuple(actions))] if actions else []


def drop(prefix: str, generation: Generation, aliases: Mapping[str, Collection[str]]) -> list[Step]:
    """Return the steps that end the writes to a generation, then delete it. Raises ``BadInput`` if it answers."""
    if generation.reads:
        raise BadInput("in_use", f"{generation.stem} answers searches: it cannot be dropped")
    none: Roles = {generation.stem: frozenset()}
    taken = set_aliases(prefix, generation.kind, [generation], aliases, none)
    split: list[Step] = [DeleteTemplate(generation.stem)] if generation.period != "none" else []
    wait: list[Step] = [Settle()] if generation.writes else []
    return [*taken, *split, *wait, DeleteIndices(generation.indices)]


def way_back(of_one_kind: Sequence[Generation]) -> Generation:
    """Return the generation that answered before. Raises ``BadInput`` where there is none."""
    found = [generation for generation in of_one_kind if generation.previous]
    if not found:
        raise BadInput("no_way_back", "no generation answered before this one, or it has been dropped")
    return found[-1]


def being_rebuilt(
    of_one_kind: Sequence[Generation], version: int, period: periods.Period, unfinished: Collection[str]
) -> Generation | None:
    """Return the generation with which a rebuild by this version goes on; None where it has to begin one.

    ``unfinished``: stems of generations that were begun or restored, and have not read all topics yet.
    """
    ours = [g for g in of_one_kind if g.writes and g.version == version]
    begun = [g for g in ours if not g.reads and not g.previous and g.period == period]
    fitting = [*begun, *(g for g in ours if g.stem in unfinished)]
    return fitting[-1] if fitting else None


def finished(of_one_kind: Sequence[Generation], done: Collection[str]) -> Generation:
    """Return the newest generation that may answer next. Raises ``BadInput`` where there is none."""
    waiting = [g for g in of_one_kind if g.writes and not g.reads and not g.previous]
    ready = [g for g in waiting if g.stem in done]
    if not ready:
        todo = f"{waiting[-1].stem} is not finished" if waiting else "nothing was rebuilt or restored"
        raise BadInput(
            "not_ready", f"{todo}: run `wirecopy index rebuild {of_one_kind[0].kind if of_one_kind else ''}`".rstrip()
        )
    return ready[-1]


def unused(of_one_kind: Sequence[Generation]) -> list[Generation]:
    """Return the generations that neither answer nor are rebuilt: the previous one, and those not written."""
    return [g for g in of_one_kind if not g.reads and (g.previous or not g.writes)]


def too_old(generation: Generation, days: int, now: datetime) -> list[str]:
    """Return the indices of expired periods; never all of them."""
    if generation.period == "none":
        return []
    over = [name for name in generation.indices if periods.is_over(generation.period_of(name), days, now)]
    # Where nothing has come for so long, one index stays, since its name has the generation's kind of period.
    return over if len(over) < len(generation.indices) else over[:-1]
