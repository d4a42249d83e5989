"""Which indices a write goes to: pure.

A stage writes every generation that is written and has its own version of the mapping: the one that answers, one that
is being rebuilt, and the one that answered before. One of another version that answers or has answered is written as
far as it takes the documents; one of another version that is being rebuilt is left to its own program.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stream_apps.indexing.bulk_operations import Operation
from stream_apps.indexing.generations import periods
from stream_apps.indexing.generations.names import Generation


@dataclass(frozen=True)
class Target:
    """A generation that is written. ``strict``: what it refuses is a dead letter."""

    generation: Generation
    strict: bool = True


@dataclass(frozen=True)
class Retention:
    """How long documents are kept. ``days``: none is for ever."""

    days: int | None
    now: datetime


def targets(of_one_kind: Iterable[Generation], version: int) -> list[Target]:
    """The generations of a kind that a program writes whose mapping has this version."""
    written = [generation for generation in of_one_kind if generation.writes]
    ours = [generation for generation in written if generation.version == version]
    others = [g for g in written if g.version != version and (g.reads or g.previous)]
    return [*(Target(generation) for generation in ours), *(Target(other, strict=not ours) for other in others)]


def route(operation: Operation, wanted: Sequence[Target], retention: Retention) -> list[Operation]:
    """One write for each index that it concerns; none where the document is past the time that it is kept.

    A story that was merged into another does not say when it was first seen: its delete goes to every period. So a
    write never has to ask where a document is.
    """
    routed: list[Operation] = []
    for target in wanted:
        generation = target.generation
        if operation.document is None:
            names: Sequence[str] = generation.indices
        elif generation.period == "none" and "first_seen" not in operation.document:
            names = generation.indices
        else:
            seen = periods.first_seen(operation.document)
            kept = periods.is_kept(generation.period, seen, retention.days, retention.now)
            names = (generation.index_of(seen),) if kept else ()
        routed += [replace(operation, target=name, answers=generation.reads) for name in names]
    return routed


def missing(operations: Iterable[Operation], wanted: Iterable[Target]) -> list[str]:
    """Indices of these writes that are still to be made: those of a new period."""
    present = {name for target in wanted for name in target.generation.indices}
    named = dict.fromkeys(operation.target for operation in operations)
    return [name for name in named if name is not None and name not in present]
