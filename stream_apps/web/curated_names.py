"""The names of curated entities, for a name's page. A thread reads them once, since that takes seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final

from stream_apps.indexing.entity_names import NONE, EntityNames, installed
from wirecopy.errors import WirecopyError
from wirecopy.settings import TaggingSettings

PATIENCE: Final = 5.0
"""Seconds that the first page waits; those after it find them read."""

log = logging.getLogger(__name__)


class CuratedNames:
    """The names in the alias files."""

    def __init__(self, read: Callable[[], EntityNames], patience: float = PATIENCE) -> None:
        self._read = read
        self._patience = patience
        self._reading: asyncio.Task[EntityNames] | None = None

    def start(self) -> asyncio.Task[EntityNames]:
        """Begin to read, if not done yet; a desk begins at its start, so that no reader waits."""
        if self._reading is None:
            self._reading = asyncio.create_task(asyncio.to_thread(self._known))
        return self._reading

    async def of(self, identities: Iterable[str]) -> tuple[str, ...] | None:
        """Return all names of these entities, each once; none while the files are being read."""
        try:
            known = await asyncio.wait_for(asyncio.shield(self.start()), self._patience)
        except TimeoutError:
            return None
        return tuple(dict.fromkeys(name for identity in identities for name in known.get(identity, ())))

    def _known(self) -> EntityNames:
        try:
            return self._read()
        except WirecopyError as error:
            log.warning("names are shown without their aliases", extra={"error": str(error)})
            return NONE


def curated_names(settings: TaggingSettings) -> CuratedNames:
    """Return the names that tagging and indexing use."""
    return CuratedNames(lambda: installed(settings))
