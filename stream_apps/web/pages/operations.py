"""``/operations``, ``/feeds`` and ``/dead-letters``: how a deployment fares, as far as the index tells."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams
from starlette.requests import Request

from schemas.feed_conditions import ORDER
from stream_apps.indexing import operations_queries as queries
from stream_apps.indexing.indices import read_alias
from stream_apps.indexing.queries import BadQuery
from stream_apps.indexing.word_clauses import Clause
from stream_apps.web import operations_page as pages
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.period import read_period

DEFAULT: Final = "7d"
MAX_VALUE: Final = 256
"""Characters of what a list is narrowed down by."""
SHOWN: Final = {"shown_rows": pages.SHOWN_ROWS, "order": ORDER}


async def operations(request: Request) -> Page:
    desk: Desk = request.state.desk
    nothing = QueryParams()
    feeds, letters = await _feeds(desk, nothing), await _dead_letters(desk, nothing, pages.IN_SHORT)
    texts = await _ask(desk, "articles", queries.freshness_request())
    return Page("operations.html", "Operations", pages.operations_page(feeds, letters, texts), extra=SHOWN)


async def feeds(request: Request) -> Page:
    page = await _feeds(request.state.desk, request.query_params)
    return Page("feeds.html", "Feeds", page, pages.feeds_table(page), SHOWN)


async def dead_letters(request: Request) -> Page:
    page = await _dead_letters(request.state.desk, request.query_params, queries.MAX_ROWS)
    return Page("dead_letters.html", "Dead letters", page, pages.dead_letters_table(page), SHOWN)


async def _feeds(desk: Desk, query: QueryParams) -> pages.FeedsPage:
    condition, outlet = _value(query, "condition"), _value(query, "outlet")
    if condition and condition not in ORDER:
        raise BadQuery(f"condition is one of {', '.join(ORDER)}")
    answer = await _ask(desk, "feeds", queries.feeds_request(condition, outlet))
    return pages.feeds_page(condition, outlet, answer)


async def _dead_letters(desk: Desk, query: QueryParams, limit: int) -> pages.DeadLettersPage:
    period = read_period(query, desk.now(), ZoneInfo(desk.settings.web.timezone), DEFAULT)
    chosen = {name: value for name in queries.FILTERS if (value := _value(query, name))}
    answer = await _ask(desk, "dead-letters", queries.dead_letters_request(period.start, period.end, chosen, limit))
    return pages.dead_letters_page(period, chosen, answer)


def _value(query: QueryParams, name: str) -> str:
    value = query.get(name, "").strip()
    if len(value) > MAX_VALUE:
        raise BadQuery(f"{name} has at most {MAX_VALUE} characters")
    return value


async def _ask(desk: Desk, kind: str, body: Clause) -> Any:
    answer = await desk.client.search(index=read_alias(desk.prefix, kind), **body)
    return answer.body


ROUTES = [
    *page_routes("/operations", operations, "operations"),
    *page_routes("/feeds", feeds, "feeds", table=True),
    *page_routes("/dead-letters", dead_letters, "dead-letters", table=True),
]
