"""Handlers of ``/story/ID``: a story with all its carriers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from stream_apps.indexing import finder
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.story_page import SHOWN_CARRIERS, story_page, story_table


async def story(request: Request) -> Page | Response:
    desk: Desk = request.state.desk
    wanted = request.path_params["id"]
    view = await finder.story(desk.client, desk.prefix, wanted)
    if view.id != wanted:
        ending = request.url.path.rpartition("/")[2].removeprefix(wanted)
        return RedirectResponse(f"/story/{view.id}{ending}", 302)
    canonical = await finder.article(desk.client, desk.prefix, canonical_of(view))
    page = story_page(view, canonical, desk.now())
    return Page("story.html", page.headline, page, story_table(page), {"shown_carriers": SHOWN_CARRIERS})


def canonical_of(view: finder.StoryView) -> str:
    """Return the canonical article; the first one while places are being rewritten and none is marked."""
    return str(next((copy["id"] for copy in view.copies if copy.get("canonical")), view.copies[0]["id"]))


ROUTES = page_routes("/story/{id}", story, "story", table=True)
