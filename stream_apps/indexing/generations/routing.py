"""Routes writes to indices: pure.

A stage writes every written generation with its own mapping version: the one that answers, one that is being rebuilt,
and the previous one. A generation of another version that answers or has answered is written as far as it accepts the
documents; one of another version that is being rebuilt is left to its own program.
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
    """A generation that is written. ``strict``: documents that it refuses are dead letters."""

    generation: Generation
    strict: bool = True


@dataclass(frozen=True)
class Retention:
    """The retention of documents. ``days`` of None keeps them for ever."""

    days: int | None
    now: datetime


def targets(of_one_kind: Iterable[Generation], version: int) -> list[Target]:
    """Return the generations of a kind that a program with this mapping version writes."""
    written = [generation for generation in of_one_kind if generation.writes]
    ours = [generation for generation in written if generation.version == version]
    others = [g for g in written if g.version != version and (g.reads or g.previous)]
    return [*(Target(generation) for generation in ours), *(Target(other, strict=not ours) for other in others)]


def route(operation: Operation, wanted: Sequence[Target], retention: Retention) -> list[Operation]:
    """Return a write for each index concerned; none where the document has expired.

    A merged story has no ``first_seen``, so its delete goes to every period. A write never has to ask where a document
    is.
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
    """Return the missing indices of these writes: those of a new period."""
    present = {name for target in wanted for name in target.generation.indices}
    named = dict.fromkeys(operation.target for operation in operations)
    return [name for name in named if name is not None and name not in present]
