"""The desk as an ASGI application: routes, middleware, and the state of requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from importlib import resources

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from stream_apps.indexing.client import open_client
from stream_apps.web import errors
from stream_apps.web.app_state import Desk, State, utc_now
from stream_apps.web.curated_names import curated_names
from stream_apps.web.editing import editing
from stream_apps.web.live import Live, asker
from stream_apps.web.login import Login
from stream_apps.web.pages import ROUTES
from stream_apps.web.rendering import Renderer
from stream_apps.web.request_guard import Guard
from wirecopy.settings import Settings

STATIC = resources.files("stream_apps.web").joinpath("static")


def make_app(settings: Settings, now: Callable[[], datetime] = utc_now, *, names_at_once: bool = False) -> ASGIApp:
    """Make the application. It starts without Elasticsearch, which only requests ask.

    ``names_at_once``: read the alias files at the start, not on first use.
    """
    renderer = Renderer(settings.web)
    routes: list[BaseRoute] = [*ROUTES, Mount("/static", StaticFiles(directory=str(STATIC)), name="static")]
    pages = Starlette(
        routes=routes,
        lifespan=_lifespan(settings, renderer, now, names_at_once=names_at_once),
        exception_handlers=errors.HANDLERS,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.web.allowed_hosts), www_redirect=False),
            Middleware(Login, settings=settings.web),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
        ],
    )
    return Guard(pages)  # the outermost layer, so that Starlette's own answers are guarded, too


def _lifespan(
    settings: Settings, renderer: Renderer, now: Callable[[], datetime], *, names_at_once: bool
) -> Callable[[Starlette], AbstractAsyncContextManager[State]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        search = settings.elasticsearch.model_copy(update={"request_timeout": settings.web.timeout})
        client = open_client(search)
        try:
            names = curated_names(settings.tagging)
            if names_at_once:
                names.start()
            live = Live(asker(client, search, now))
            yield {"desk": Desk(settings, client, renderer, live, names, now, editing(settings))}
        finally:
            await client.close()

    return lifespan
