"""The shared state of the desk's pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from elasticsearch import AsyncElasticsearch

from stream_apps.web.curated_names import CuratedNames
from stream_apps.web.editing import Editing
from stream_apps.web.live import Live
from stream_apps.web.rendering import Renderer
from wirecopy.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """The ports and settings of every page: ``request.state.desk``."""

    settings: Settings
    client: AsyncElasticsearch
    renderer: Renderer
    live: Live
    names: CuratedNames
    now: Callable[[], datetime] = utc_now
    editing: Editing | None = None
    """The means to change something, where editors may."""

    @property
    def prefix(self) -> str:
        return self.settings.elasticsearch.index_prefix


class State(TypedDict):
    """The application's state, which Starlette passes to every request."""

    desk: Desk
