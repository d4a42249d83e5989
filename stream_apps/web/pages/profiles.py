"""Handlers of ``/outlets``, ``/outlet/NAME``, ``/agencies``, ``/agency/NAME``, ``/name/ID`` and ``/trends``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request

from stream_apps.indexing import finder, profiles, tallies
from stream_apps.indexing.indices import read_alias
from stream_apps.indexing.queries import BadQuery
from stream_apps.indexing.word_clauses import Clause
from stream_apps.web import profile_pages
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.period import MAX_TIME, Period, read_period
from stream_apps.web.search_form import read_moment
from wirecopy.errors import NotFound

DEFAULT: Final = "7d"
OF_A_NAME: Final = "30d"
TREND: Final = "24h"
BEFORE: Final = "7d"
MAX_TRENDS: Final = 100
MAX_NAME: Final = 256
"""Characters of an outlet's, an agency's or another name."""


async def outlets(request: Request) -> Page:
    desk, period = _asked(request)
    wanted = tallies.outlets_request(period.start, period.end, limit=profiles.MAX_OUTLETS)
    found = await finder.outlets(desk.client, desk.prefix, wanted)
    page = profile_pages.OutletsPage(period, tuple(found))
    return Page("outlets.html", "Outlets", page, profile_pages.outlets_table(page))


async def outlet(request: Request) -> Page:
    desk, period = _asked(request)
    name = _name(request)
    articles = await _ask(desk, "articles", profiles.outlet_request(name, period.start, period.end, period.interval))
    stories = await _ask(desk, "stories", profiles.firsts_request(name, period.start, period.end))
    page = profile_pages.outlet_page(name, period, articles, stories)
    return Page("outlet.html", name, page, profile_pages.carried_table(iter(page.agencies)))


async def agencies(request: Request) -> Page:
    desk, period = _asked(request)
    answer = await _ask(desk, "articles", profiles.agencies_request(period.start, period.end))
    page = profile_pages.AgenciesPage(period, tuple(profiles.agency_tallies(answer)))
    carried = (one for tally in page.agencies for one in tally.outlets)
    shown = {"shown_outlets": profile_pages.SHOWN_OUTLETS}
    return Page("agencies.html", "Agencies", page, profile_pages.carried_table(carried), shown)


async def agency(request: Request) -> Page:
    desk, period = _asked(request)
    name = _name(request)
    articles = await _ask(desk, "articles", profiles.agencies_request(period.start, period.end, name))
    wanted = profiles.agency_stories_request(name, period.start, period.end, period.interval)
    stories = await _ask(desk, "stories", wanted)
    page = profile_pages.agency_page(name, period, profiles.agency_tallies(articles), stories)
    carried = iter(page.tally.outlets if page.tally else ())
    return Page("agency.html", page.agency, page, profile_pages.carried_table(carried))


async def name(request: Request) -> Page:
    desk, period = _asked(request, OF_A_NAME)
    wanted = _name(request)
    articles = await _ask(desk, "articles", profiles.name_request(wanted, period.start, period.end, period.interval))
    stories = await _ask(desk, "stories", profiles.name_stories_request(wanted, period.start, period.end))
    meant = profile_pages.bearers(wanted, articles)
    aliases = await desk.names.of(bearer.id for bearer in meant) if meant else ()
    page = profile_pages.name_page(wanted, period, articles, stories, meant=meant, aliases=aliases)
    if not page.articles and "from" not in request.query_params:
        raise NotFound(f"no article of the last {OF_A_NAME} names {wanted!r}: add `?from=` and a day for older ones")
    return Page("name.html", page.name, page, profile_pages.name_table(page), {"name_key": wanted})


async def trends(request: Request) -> Page:
    desk, period = _asked(request, TREND)
    kinds = tuple(filter(None, request.query_params.getlist("kind"))) or ("person", "org", "place")
    if unknown := sorted({*kinds} - {*tallies.KINDS}):
        raise BadQuery(f"kind is one of {', '.join(tallies.KINDS)}, not {unknown[0][:40]!r}")
    before = request.query_params.get("before", "").strip() or BEFORE
    moments = (_earlier(before, desk, period), period.start, period.end)
    found = await finder.trends(desk.client, desk.prefix, kinds, moments)
    page = profile_pages.TrendsPage(period, before, kinds, tuple(found[:MAX_TRENDS]))
    return Page("trends.html", "Trends", page, profile_pages.trends_table(page), {"all_kinds": tallies.KINDS})


def _earlier(before: str, desk: Desk, period: Period) -> datetime:
    """Return the start of the time that a period is compared with: ``before`` earlier than the period."""
    now = desk.now()
    earlier = period.start - (now - read_moment(before[:MAX_TIME], now, ZoneInfo(desk.settings.web.timezone)))
    if earlier >= period.start:
        raise BadQuery("before is how long is compared with, such as 7d")
    return earlier


def _asked(request: Request, default: str = DEFAULT) -> tuple[Desk, Period]:
    desk: Desk = request.state.desk
    zone = ZoneInfo(desk.settings.web.timezone)
    return desk, read_period(request.query_params, desk.now(), zone, default)


def _name(request: Request) -> str:
    wanted: str = request.path_params["name"]
    if len(wanted) > MAX_NAME:
        raise BadQuery(f"a name has at most {MAX_NAME} characters")
    return wanted


async def _ask(desk: Desk, kind: str, body: Clause) -> Any:
    answer = await desk.client.search(index=read_alias(desk.prefix, kind), **body)
    return answer.body


ROUTES = [
    *page_routes("/outlets", outlets, "outlets", table=True),
    *page_routes("/outlet/{name:path}", outlet, "outlet", table=True),
    *page_routes("/agencies", agencies, "agencies", table=True),
    *page_routes("/agency/{name:path}", agency, "agency", table=True),
    *page_routes("/name/{name:path}", name, "name", table=True),
    *page_routes("/trends", trends, "trends", table=True),
]
