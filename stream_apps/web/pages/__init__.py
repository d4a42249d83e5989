"""The routes and handlers of the pages, one module each.

A handler reads the request, asks the index, and hands the answers to the pure module of the page's data beside this
package (``story_page.py``).
"""

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
