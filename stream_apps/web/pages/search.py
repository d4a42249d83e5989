"""Handlers of ``/`` and ``/search``: stories by words, facets and time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request

from stream_apps.indexing.faceted import FacetedSearch, bounds_request, faceted_request, interval_between
from stream_apps.indexing.finder import among_stories, stories_by_id
from stream_apps.indexing.indices import read_alias
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.search_form import read_form, to_search
from stream_apps.web.search_page import search_page, search_table


async def search(request: Request) -> Page:
    desk: Desk = request.state.desk
    form = read_form(request.query_params)
    wanted = to_search(form, desk.now(), ZoneInfo(desk.settings.web.timezone))
    narrowed, among = await among_stories(desk.client, desk.prefix, wanted.search)
    wanted = replace(wanted, search=narrowed)
    bounds = await _bounds(desk, wanted)
    if bounds is None and form.words:
        wanted = replace(wanted, loosely=True)
        bounds = await _bounds(desk, wanted)
    interval = interval_between(*bounds) if bounds else "1h"
    request_body = faceted_request(wanted, interval)
    answer = await desk.client.search(index=read_alias(desk.prefix, "articles"), **request_body)
    hits = answer["hits"]["hits"]
    stories = await stories_by_id(desk.client, desk.prefix, [hit["_source"]["story"] for hit in hits])
    page = search_page(form, answer.body, stories, interval, among=among, loosely=wanted.loosely)
    title = f"{form.words} — search" if form.words else "Search"
    return Page("search.html", title, page, search_table(page), {"form": form})


async def _bounds(desk: Desk, wanted: FacetedSearch) -> tuple[datetime, datetime] | None:
    """The first and the last time of what is found; none where nothing is."""
    answer = await desk.client.search(index=read_alias(desk.prefix, "articles"), **bounds_request(wanted))
    first, last = (answer["aggregations"][end]["value"] for end in ("min", "max"))
    if first is None:
        return None
    return datetime.fromtimestamp(first / 1000, UTC), datetime.fromtimestamp(last / 1000, UTC)


ROUTES = page_routes("/search", search, "search", table=True)
