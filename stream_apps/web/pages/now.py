"""Handlers of ``/now`` and ``/now/stream``: the latest events, and new ones as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, get_args

import orjson
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from stream_apps.indexing.indices import read_alias
from stream_apps.indexing.queries import BadQuery
from stream_apps.web import now_page as pages
from stream_apps.web.answers import Page, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.live import MAX_CLIENTS
from stream_apps.web.now_page import NowRow
from wirecopy.errors import ServerError

PING: Final = 15
"""Seconds after which a silent stream says that it is still there."""
SEND_TIMEOUT: Final = 20
LIFETIME: Final = 15 * 60
"""Seconds of a stream: then the browser comes again, and whoever may read no longer is turned away."""
RETRY: Final = 5_000
"""Milliseconds after which a browser comes again."""


async def now(request: Request) -> Page:
    desk: Desk = request.state.desk
    show = _show(request)
    wanted = pages.newest_request(desk.now(), 0, show, recent=False)
    answer = await desk.client.search(index=read_alias(desk.prefix, "stories"), **wanted)
    page = pages.NowPage(show, tuple(pages.row_of(hit["_source"]) for hit in answer["hits"]["hits"]))
    return Page("now.html", "Now", page, pages.now_table(page))


async def stream(request: Request) -> Response:
    """Stream rows as HTML, or with ``form=json`` as JSON, from ``Last-Event-ID`` (or ``after``) on."""
    desk: Desk = request.state.desk
    show, as_json = _show(request), request.query_params.get("form") == "json"
    if desk.live.full:
        return PlainTextResponse(f"{MAX_CLIENTS} watch already: {_ITSELF}\n", 503, {"retry-after": "60"})
    after = pages.read_id(request.headers.get("last-event-id") or request.query_params.get("after"))
    events = _events(desk, after, show, as_json=as_json)
    return EventSourceResponse(events, ping=PING, send_timeout=SEND_TIMEOUT)


_ITSELF: Final = "the page itself shows the newest whenever it is loaded"


async def _events(desk: Desk, after: int, show: pages.Show, *, as_json: bool) -> AsyncIterator[ServerSentEvent]:
    """Yield the missed events, then new ones, for ``LIFETIME``."""
    end = asyncio.get_running_loop().time() + LIFETIME
    async with desk.live.listening() as queue:
        for row in await _missed(desk, after):
            if pages.fits(row, show):
                yield _event(desk, row, as_json=as_json)
        while (row_or_end := await _next(queue, end)) is not None:
            if pages.fits(row_or_end, show):
                yield _event(desk, row_or_end, as_json=as_json)


def _event(desk: Desk, row: NowRow, *, as_json: bool) -> ServerSentEvent:
    printed = orjson.dumps(row).decode() if as_json else desk.renderer.fragment("now_row.html", row)
    return ServerSentEvent(printed, event="story", id=str(row.at), retry=RETRY)


async def _next(queue: asyncio.Queue[NowRow], end: float) -> NowRow | None:
    """Return the next row; None where the time ends first."""
    try:
        async with asyncio.timeout_at(end):
            return await queue.get()
    except TimeoutError:
        return None


async def _missed(desk: Desk, after: int) -> list[NowRow]:
    if not after:
        return []
    try:
        stories = await desk.live.ask(after)
    except ServerError:  # the page says so when it is loaded; the stream waits
        return []
    return [pages.row_of(story) for story in reversed(stories)]


def _show(request: Request) -> pages.Show:
    show: Any = request.query_params.get("show") or "all"
    if show not in get_args(pages.Show):
        raise BadQuery(f"show is one of {', '.join(get_args(pages.Show))}")
    return show  # type: ignore[no-any-return]  # one of them


ROUTES = [Route("/now/stream", stream, name="now-stream"), *page_routes("/now", now, "now", table=True)]
