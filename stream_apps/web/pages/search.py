"""Handlers of ``/`` and ``/search``: stories by words, facets and time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from starlette.requests import Request

from stream_apps.indexing.faceted_finder import find_faceted
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.search_form import read_form, recent, to_search
from stream_apps.web.search_page import search_page, search_table


async def search(request: Request) -> Page:
    desk: Desk = request.state.desk
    form = read_form(request.query_params)
    now = desk.now()
    wanted = to_search(form, now, ZoneInfo(desk.settings.web.timezone))
    newest = recent(wanted, now) if form.is_empty else wanted
    results = await find_faceted(desk.client, desk.prefix, newest)
    if newest is not wanted and not results.answer["hits"]["hits"]:
        newest, results = wanted, await find_faceted(desk.client, desk.prefix, wanted)
    page = search_page(form, results, recent=newest is not wanted)
    title = f"{form.words} — search" if form.words else "Search"
    return Page("search.html", title, page, search_table(page), {"form": form})


ROUTES = page_routes("/search", search, "search", table=True)
