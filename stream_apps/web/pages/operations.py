"""Handlers of ``/operations``, ``/feeds`` and ``/dead-letters``: the state of a deployment, by the index."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams
from starlette.requests import Request

from schemas.feed_conditions import ORDER
from stream_apps.indexing import desk_operations_queries as queries
from stream_apps.indexing.indices import read_alias
from stream_apps.indexing.queries import BadQuery
from stream_apps.indexing.word_clauses import Clause
from stream_apps.web import operations_page as pages
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.form_key import about_change
from stream_apps.web.period import read_period

DEFAULT: Final = "7d"
MAX_VALUE: Final = 512
"""Characters of what a list is narrowed down by."""
SHOWN: Final = {"shown_rows": pages.SHOWN_ROWS, "order": ORDER}


async def operations(request: Request) -> Page:
    desk: Desk = request.state.desk
    nothing = QueryParams()
    feeds, letters, texts = await asyncio.gather(
        _feeds(desk, nothing),
        _dead_letters(desk, nothing, pages.IN_SHORT),
        ask(desk, "articles", queries.freshness_request()),
    )
    return Page("operations.html", "Operations", pages.operations_page(feeds, letters, texts), extra=SHOWN)


async def feeds(request: Request) -> Page:
    return await feeds_of(request.state.desk, request.query_params, notice=_notice(request))


async def feeds_of(
    desk: Desk, query: QueryParams, *, problem: tuple[str, str] | None = None, notice: tuple[str, str] | None = None
) -> Page:
    """Return the page of feeds.

    ``problem``: a feed's id, and why its change failed; ``notice``: a change that was made, and its feed.
    """
    page = await _feeds(desk, query)
    return Page("feeds.html", "Feeds", page, pages.feeds_table(page), {**SHOWN, "problem": problem, "notice": notice})


def _notice(request: Request) -> tuple[str, str] | None:
    """Return the change that an editor has just made, from the signed parameters of the address."""
    desk, query = request.state.desk, request.query_params
    done, feed, seal = (_value(query, name) for name in ("done", "feed", "seal"))
    if desk.editing is None or not seal:
        return None
    about = about_change(done, feed)
    return (done, feed) if desk.editing.key.holds(seal, request.state.person, about, desk.now()) else None


async def dead_letters(request: Request) -> Page:
    page = await _dead_letters(request.state.desk, request.query_params, queries.MAX_ROWS)
    return Page("dead_letters.html", "Dead letters", page, pages.dead_letters_table(page), SHOWN)


async def _feeds(desk: Desk, query: QueryParams) -> pages.FeedsPage:
    condition, outlet = _value(query, "condition"), _value(query, "outlet")
    if condition and condition not in ORDER:
        raise BadQuery(f"condition is one of {', '.join(ORDER)}")
    answer = await ask(desk, "feeds", queries.feeds_request(condition, outlet))
    return pages.feeds_page(condition, outlet, answer)


async def _dead_letters(desk: Desk, query: QueryParams, limit: int) -> pages.DeadLettersPage:
    period = read_period(query, desk.now(), ZoneInfo(desk.settings.web.timezone), DEFAULT)
    chosen = {name: value for name in queries.FILTERS if (value := _value(query, name))}
    answer = await ask(desk, "dead-letters", queries.dead_letters_request(period.start, period.end, chosen, limit))
    return pages.dead_letters_page(period, chosen, answer)


def _value(query: QueryParams, name: str) -> str:
    value = query.get(name, "").strip()
    if len(value) > MAX_VALUE:
        raise BadQuery(f"{name} has at most {MAX_VALUE} characters")
    return value


async def ask(desk: Desk, kind: str, body: Clause) -> Any:
    answer = await desk.client.search(index=read_alias(desk.prefix, kind), **body)
    return answer.body


ROUTES = [
    *page_routes("/operations", operations, "operations"),
    *page_routes("/feeds", feeds, "feeds", table=True),
    *page_routes("/dead-letters", dead_letters, "dead-letters", table=True),
]
