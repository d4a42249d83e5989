"""Handlers of ``/article/ID``: one outlet's version with its earlier texts, and why it is in its story."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from stream_apps.indexing import finder
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.article_page import article_page


async def article(request: Request) -> Page | Response:
    desk: Desk = request.state.desk
    wanted = request.path_params["id"]
    found = await finder.article(desk.client, desk.prefix, wanted)
    if found["id"] != wanted:
        ending = request.url.path.rpartition("/")[2].removeprefix(wanted)
        return RedirectResponse(f"/article/{found['id']}{ending}", 302)
    linked = await finder.articles_by_id(desk.client, desk.prefix, [link["other"] for link in found.get("links", [])])
    page = article_page(found, linked)
    return Page("article.html", page.headline, page)


ROUTES = page_routes("/article/{id}", article, "article")
