"""Handlers of ``/difference?a=ID&b=ID``: the differences of two copies, or of two texts of one article."""

from __future__ import annotations

from typing import Any, Final, get_args

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from stream_apps.evidence.revisions import at_revision
from stream_apps.indexing import finder
from stream_apps.indexing.queries import BadQuery
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.difference_page import MAX_WORDS, Layout, difference_page

ONE_AT_A_TIME: Final = CapacityLimiter(1)
"""Texts made to be compared slowly take seconds, and other pages should not wait for them."""


async def difference(request: Request) -> Page | Response:
    desk: Desk = request.state.desk
    query = request.query_params
    ids = query.get("a", ""), query.get("b", "")
    if not all(ids):
        raise BadQuery("two articles are needed, `/difference?a=ID&b=ID`: a story's page leads to those of its copies")
    layout = _layout(query)
    a, b = [await finder.article(desk.client, desk.prefix, wanted) for wanted in ids]
    chosen = at_revision(a, _revision(query, "a_revision")), at_revision(b, _revision(query, "b_revision"))
    page = await to_thread.run_sync(difference_page, *chosen, (a, b), limiter=ONE_AT_A_TIME)
    return Page(
        "difference.html", f"Difference: {page.b.headline}", page, extra={"layout": layout, "most_words": MAX_WORDS}
    )


def _revision(query: QueryParams, name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise BadQuery(f"{name} is the number of a text, such as 2")
    return int(text)


def _layout(query: QueryParams) -> Any:
    layout = query.get("layout", "side")
    if layout not in get_args(Layout):
        raise BadQuery(f"layout is one of {', '.join(get_args(Layout))}")
    return layout


ROUTES = page_routes("/difference", difference, "difference")
