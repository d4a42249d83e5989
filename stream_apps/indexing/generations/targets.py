"""The targets of the indexing stage's writes, read from the cluster while it runs, so that a rebuild needs no restart.

The aliases are the targets (``names``), and change atomically. An answer is valid for ``FRESH`` seconds, then the next
batch asks again. So every message read later than ``FRESH`` after a generation was added is written there, too, since a
batch has its messages before it asks. A stage that halts in the middle of a batch does not change that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from schemas import elasticsearch as templates
from schemas.elasticsearch import INDEX_KINDS, IndexKind
from stream_apps.indexing.bulk_operations import Operation
from stream_apps.indexing.generations import names
from stream_apps.indexing.generations.names import Generation
from stream_apps.indexing.generations.routing import Target, targets
from wirecopy.errors import ServerError

FRESH: Final = 1.0
"""Seconds for which the answer of the cluster is good."""
SETTLED: Final = 5.0
"""Seconds after which every stage writes what was added: ``FRESH``, and what clocks and networks may take."""


class Cluster(Protocol):
    """The part of a sink that is used here: it waits for an unavailable server."""

    async def aliases(self, patterns: Sequence[str]) -> Mapping[str, frozenset[str]]: ...
    async def make_index(self, index: str) -> None: ...


class Targets:
    """The generations that are written, by kind, of the cluster's last answer."""

    def __init__(self, cluster: Cluster, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._cluster = cluster
        self.prefix = prefix
        self._clock = clock
        self._asked = float("-inf")
        self._targets: dict[IndexKind, list[Target]] = {}

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def of(self, kinds: Iterable[IndexKind]) -> Mapping[IndexKind, list[Target]]:
        """Return the targets of these kinds. Raises ``ServerError`` where a kind has none."""
        if self._clock() - self._asked >= FRESH:
            await self._ask()
        if lacking := sorted(kind for kind in set(kinds) if not self._targets.get(kind)):
            alias = names.write_alias(self.prefix, lacking[0])
            raise ServerError(
                f"an index or alias is missing: run `wirecopy index apply` (no index has the alias {alias})"
            )
        return self._targets

    async def made(self, missing: Iterable[str]) -> None:
        """Make these indices of new periods."""
        for name in missing:
            await self._cluster.make_index(name)
            self.forget()

    async def narrowed(self, operations: Sequence[Operation]) -> list[Operation]:
        """Return the writes that are needed: here all of them."""
        return list(operations)

    def forget(self) -> None:
        """Ask again before the next batch."""
        self._asked = float("-inf")

    async def _ask(self) -> None:
        asked = self._clock()
        aliases = await self._cluster.aliases([names.pattern(self.prefix, kind) for kind in INDEX_KINDS])
        every = names.generations(self.prefix, aliases)
        self._targets = {kind: targets(names.of_kind(every, kind), version_of(kind)) for kind in INDEX_KINDS}
        self._asked = asked


class One(Targets):
    """The single generation that a rebuild writes."""

    def __init__(self, cluster: Cluster, prefix: str, generation: Generation) -> None:
        super().__init__(cluster, prefix)
        self._generation = generation

    async def _ask(self) -> None:
        aliases = await self._cluster.aliases([names.pattern(self.prefix, self._generation.kind)])
        found = [made for made in names.generations(self.prefix, aliases) if made.stem == self._generation.stem]
        self._targets = {self._generation.kind: [Target(made) for made in found if made.writes]}
        self._asked = self._clock()


def version_of(kind: IndexKind) -> int:
    """Return the mapping version that this program writes."""
    version: int = templates.load(kind)["version"]
    return version
