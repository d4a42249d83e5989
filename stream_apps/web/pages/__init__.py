"""The pages, one module each; every one has its routes."""

from __future__ import annotations

from typing import Final

from starlette.routing import Route

from stream_apps.web.answers import page_route
from stream_apps.web.pages import article, difference, editing, now, operations, profiles, search, story

ROUTES: Final[list[Route]] = [
    page_route("/", search.search, "home"),
    *search.ROUTES,
    *story.ROUTES,
    *article.ROUTES,
    *difference.ROUTES,
    *now.ROUTES,
    *profiles.ROUTES,
    *editing.ROUTES,
    *operations.ROUTES,
]
